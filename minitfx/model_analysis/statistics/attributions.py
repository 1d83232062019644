"""Sums of what each feature contributed to the predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from minitfx.errors import ColumnError, did_you_mean
from minitfx.model_analysis.columns import Floats, Ints, add_up, is_list, matrix, numbers
from minitfx.model_analysis.keys import SubKey
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.statistics.statistic import Rows, Slots, pick, total
from minitfx.model_analysis.statistics.sums import add_rows


@dataclass(frozen=True)
class Attributed:
    """Sums of attributions.

    Attributes
    ----------
    size : int
        How many slots there are.
    sums : mapping of str to ndarray of shape (size, width)
        By feature; width is 1, or the number of classes.
    """

    size: int
    sums: Mapping[str, Floats]


@dataclass(frozen=True)
class AttributionSum:
    """The sum of weight × attribution of each feature; its state is `Attributed`.

    Attributes
    ----------
    view : View
        Whose weights, and which class.
    column : str
        A column of structs with a field for each feature: a number, or a list with one for each
        class. With several models, or outputs, its fields are theirs, and hold such structs.
    absolute : bool
        Whether signs are dropped first.
    """

    view: View
    column: str
    absolute: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the examples that it reads."""
        return (self.column,)

    def collect(self, rows: Rows, slots: Slots) -> Attributed:
        """Return the sums of a chunk; NaN where an attribution of a slice is missing."""
        pairs, codes, factor = slots.place(None)
        view = self.view
        weights = rows.scores[view.model, view.output].weights if view.weighted else None
        mass = total([pick(weights, pairs), factor])
        sums = {}
        for name, values in rows.once(("attributions", self), lambda: self._values(rows)).items():
            chosen = values if pairs is None else values[pairs]
            product = chosen if mass is None else chosen * mass[:, None]
            parts = [add_up(codes, part, slots.size) for part in product.T]
            sums[name] = np.stack(parts, axis=1)
        return Attributed(slots.size, sums)

    def join(self, first: Attributed, second: Attributed) -> Attributed:
        """Return the slots of both."""
        sums = {}
        for name in dict.fromkeys([*first.sums, *second.sums]):
            known = first.sums[name] if name in first.sums else second.sums[name]
            sums[name] = np.concatenate(
                [each.sums.get(name, _zeros(each, known)) for each in (first, second)]
            )
        return Attributed(first.size + second.size, sums)

    def regroup(self, state: Attributed, groups: Ints, size: int) -> Attributed:
        """Return the sums of the slots of each group."""
        sums = {name: add_rows(each, groups, size) for name, each in state.sums.items()}
        return Attributed(size, sums)

    def _values(self, rows: Rows) -> dict[str, Floats]:
        fields = _fields(rows.table.column(self.column), self.column)
        for name in (self.view.model, self.view.output):
            if name and name in fields and pat.is_struct(fields[name].type):
                fields = _fields(fields[name], f"{self.column}.{name}")
        return {name: self._numbers(each, name) for name, each in fields.items()}

    def _numbers(self, column: pa.ChunkedArray, feature: str) -> Floats:
        name = f"{self.column}.{feature}"
        if is_list(column.type):
            values = _chosen(matrix(column, name), self.view.sub_key, name)
        elif self.view.sub_key is not None:
            raise ColumnError(
                f"{name!r} has one attribution a row, and {self.view.sub_key} was asked for; "
                "expected a list with one for each class"
            )
        else:
            values = numbers(column, name)[:, None]
        return np.abs(values) if self.absolute else values


def _zeros(state: Attributed, like: Floats) -> Floats:
    return np.zeros((state.size, like.shape[1]))


def _fields(column: pa.ChunkedArray, name: str) -> dict[str, pa.ChunkedArray]:
    if not pat.is_struct(column.type):
        raise ColumnError(
            f"the column of attributions {name!r} holds {column.type}; expected a struct with a "
            "field for each feature, which an extractor can make of columns of their own"
        )
    return dict(zip([field.name for field in column.type], column.flatten(), strict=True))


def _chosen(values: Floats, sub_key: SubKey | None, name: str) -> Floats:
    """Return the class of a sub-key, or the highest few in descending order."""
    if sub_key is None:
        return values
    count = values.shape[1]
    places = {"class_id": (sub_key.class_id, range(count))}
    places |= {key: (getattr(sub_key, key), range(1, count + 1)) for key in ("k", "top_k")}
    for wanted, known in places.values():
        if wanted is not None and wanted not in known:
            raise ColumnError(
                f"{sub_key} is asked of {name!r}, which has {count} attributions a row. "
                f"{did_you_mean(str(wanted), map(str, known))}"
            )
    if sub_key.class_id is not None:
        return values[:, sub_key.class_id, None]
    ranked: Floats = -np.sort(-values, axis=1)
    if sub_key.k is not None:
        return ranked[:, sub_key.k - 1, None]
    return ranked[:, : sub_key.top_k]
