"""Slices of a table: by the values of columns, by SQL, or by your own function.

A slicer gives names to sub-tables; a row may be in several or in none. The whole is always
there beside them, as "All Examples".
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from minitfx.data_validation.buffers import array_of
from minitfx.data_validation.coded import Coded, coded_values, pairs_by_row
from minitfx.data_validation.distribution import Ints, run_ends
from minitfx.data_validation.list_form import in_list_form
from minitfx.data_validation.nesting import is_list
from minitfx.data_validation.options import SliceFunction, StatsOptions
from minitfx.errors import ColumnError, ParameterError, did_you_mean

FeatureValues = Mapping[str, Sequence[str | int | float | bool] | None]
"""Columns to slice by, with the values that count, or None for every value."""


class Slicer(Protocol):
    """Cuts a table into named parts."""

    def slices(self, table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
        """Yield names and sub-tables."""
        ...

    def columns(self, schema: pa.Schema) -> Sequence[str]:
        """Return the columns that it looks at."""
        ...


def slicers_of(options: StatsOptions) -> list[Slicer]:
    """Return the slicers that the options ask for, in order."""
    found: list[Slicer] = [FunctionSlicer(function) for function in options.functions]
    queries = list(options.experimental_slice_sqls or ())
    for spec in (options.slicing_config or {}).get("slicing_specs", ()):
        query = spec.get("slice_keys_sql")
        wanted: dict[str, Any] = dict.fromkeys(spec.get("feature_keys", ()))
        wanted.update({key: [value] for key, value in spec.get("feature_values", {}).items()})
        if query and wanted:
            raise ParameterError(
                f"a slicing spec has both slice_keys_sql and features {sorted(wanted)}; expected "
                "one of them"
            )
        if query:
            queries.append(query)
        elif wanted:
            found.append(ValueSlicer(wanted))
    if queries:
        # DuckDB takes a while to load, and few options need it.
        from minitfx.data_validation.slice_sql import SqlSlicer

        found.extend(SqlSlicer(query) for query in queries)
    return found


def experimental_get_feature_value_slicer(features: FeatureValues) -> SliceFunction:
    """Return a slice function for the values of some columns.

    Parameters
    ----------
    features : mapping of str to sequence or None
        Which values of each column count; None for all. Several columns give their cross.

    Returns
    -------
    callable
        For ``StatsOptions(slice_functions=[…])``. It names slices after columns, in the order
        of their names, and values: ``payment_type_Cash_zone_7``.

    Raises
    ------
    ParameterError
        If no column is given.
    """
    return ValueSlicer(dict(features))


@dataclass(frozen=True)
class FunctionSlicer:
    """Slices by a function of the user's.

    Attributes
    ----------
    function : callable
        Takes a record batch, whose columns are lists as in TFDV, and returns pairs of a name
        and a record batch.
    """

    function: SliceFunction

    def slices(self, table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
        """Yield what the function returns."""
        if isinstance(self.function, ValueSlicer):
            yield from self.function.slices(table)
            return
        for batch in in_list_form(table).to_batches():
            for key, rows in self.function(batch):
                yield key, pa.Table.from_batches([rows])

    def columns(self, schema: pa.Schema) -> Sequence[str]:
        """Return all columns, for nobody knows what the function looks at."""
        if isinstance(self.function, ValueSlicer):
            return self.function.columns(schema)
        return list(schema.names)


@dataclass(frozen=True)
class ValueSlicer:
    """Slices by the values of columns.

    Attributes
    ----------
    features : mapping of str to sequence or None
        Values that count, None for all.
    """

    features: FeatureValues

    def __post_init__(self) -> None:
        if not self.features:
            raise ParameterError("a feature value slicer got no column; expected at least one")

    def __call__(self, batch: pa.RecordBatch) -> Sequence[tuple[str, pa.RecordBatch]]:
        """Return the slices of a record batch."""
        pairs = self.slices(pa.Table.from_batches([batch]))
        return [(key, part.combine_chunks().to_batches()[0]) for key, part in pairs]

    def columns(self, schema: pa.Schema) -> Sequence[str]:
        """Return the columns that are sliced by, as far as they are there; warn of others.

        Raises
        ------
        ColumnError
            If one holds structs.
        """
        for name in sorted(set(self.features) - set(schema.names)):
            logging.getLogger("minitfx").warning(
                "there is no column %r to slice by, and so no such slice. %s",
                name,
                did_you_mean(name, schema.names),
            )
        found = [name for name in sorted(self.features) if name in schema.names]
        for name in found:
            if pa.types.is_struct(_innermost(schema.field(name).type)):
                raise ColumnError(
                    f"column {name!r} of type {schema.field(name).type} cannot be sliced by; "
                    "expected numbers, text, dates or lists of these. Slice by SQL, as by "
                    f'SELECT "{name}"."field" FROM example'
                )
        return found

    def slices(self, table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
        """Yield each combination of values that occurs, with its rows."""
        names = [name for name in sorted(self.features) if name in table.column_names]
        if len(names) < len(self.features):
            return
        rows, keys = np.arange(table.num_rows), np.zeros(table.num_rows, np.int64)
        labels: list[list[str]] = []
        for name in names:
            column = _wanted(table.column(name), self.features[name])
            rows, keys = _crossed(rows, keys, column)
            labels.append(column.values)
        order = np.argsort(keys, kind="stable")
        lasts = run_ends(keys[order])
        for start, last in zip([0, *(lasts[:-1] + 1).tolist()], lasts.tolist(), strict=False):
            members = order[start : last + 1]
            key = _name(names, labels, int(keys[members[0]]))
            yield key, table.take(array_of(rows[members]))


def _innermost(kind: Any) -> Any:
    while is_list(kind):
        kind = kind.field(0).type if pa.types.is_map(kind) else kind.value_type
    return kind


def _crossed(rows: Ints, keys: Ints, column: Coded) -> tuple[Ints, Ints]:
    """Return the rows and keys so far, crossed with the values of one more column."""
    before, places = pairs_by_row(rows, column.rows)
    return rows[before], keys[before] * max(1, len(column.values)) + column.codes[places]


def _name(names: Sequence[str], labels: Sequence[Sequence[str]], key: int) -> str:
    """Return the name of a combination of values from its code."""
    parts = []
    for name, known in zip(reversed(names), reversed(labels), strict=True):
        key, code = divmod(key, max(1, len(known)))
        parts.append(f"{name}_{known[code]}")
    return "_".join(reversed(parts))


def _wanted(column: Any, wanted: Sequence[str | int | float | bool] | None) -> Coded:
    """Return the labels of the wanted values of a column."""
    coded = coded_values(column)
    labels = [_label(value) for value in coded.values]
    if wanted is None:
        return Coded(coded.rows, coded.codes, labels)
    allowed = {_label(value) for value in wanted}
    kept = np.array([label in allowed for label in labels], bool)[coded.codes]
    return Coded(coded.rows[kept], coded.codes[kept], labels)


def _label(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(int(value)) if isinstance(value, bool) else str(value)
