"""Which features a table has, and of which kind each is.

=====================================  =======================================================
Arrow type                             feature
=====================================  =======================================================
bool, integers                         INT
floats, decimals                       FLOAT
strings, binary, dictionaries of them  STRING
dates, timestamps                      INT: days since 1970, microseconds since 1970 (in UTC)
times of day, durations                STRING, as the text that casting them to string gives
null                                   STRING without values
lists of these, of any depth           the same kind, several values, several nest levels
structs                                STRUCT, and a feature for each field
=====================================  =======================================================

An INT that the schema calls categorical is counted like a string; a STRING with an image domain
is BYTES.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation.language import LanguageSettings, language_settings
from minitfx.data_validation.nesting import is_list
from minitfx.data_validation.options import StatsOptions
from minitfx.data_validation.paths import FeaturePath
from minitfx.dataset.instants import unit_of
from minitfx.errors import ColumnError, did_you_mean


class Kind(Enum):
    """What the values of a feature are."""

    INT = "INT"
    FLOAT = "FLOAT"
    STRING = "STRING"
    BYTES = "BYTES"
    STRUCT = "STRUCT"


@dataclass(frozen=True)
class Feature:
    """A feature to compute statistics of.

    Attributes
    ----------
    path : FeaturePath
        Its place; the first step is the column.
    kind : Kind
        What its values are.
    categorical : bool
        Whether an INT is counted like a string.
    weight : str or None
        The weight column.
    histograms : bool
        Whether numbers get histograms and a median.
    language : LanguageSettings or None
        What to count of sequences of tokens.
    unit : {"days", "microseconds"} or None
        What the integers of dates and timestamps count.
    """

    path: FeaturePath
    kind: Kind
    categorical: bool = False
    weight: str | None = None
    histograms: bool = True
    language: LanguageSettings | None = None
    unit: str | None = None

    @property
    def column(self) -> str:
        """The column that holds it."""
        return self.path.path[0]

    @property
    def counts_strings(self) -> bool:
        """Whether its values are counted one by one."""
        return self.kind is Kind.STRING or self.categorical


def features_of(schema: pa.Schema, options: StatsOptions) -> tuple[Feature, ...]:
    """Return the features of a table, in the order of its columns.

    Parameters
    ----------
    schema : pyarrow.Schema
        Names and types of the columns.
    options : StatsOptions
        Says which features are wanted, and how they are weighted.

    Raises
    ------
    ColumnError
        If a column has a type of which no statistics can be made, a name stands twice, or a
        weight column or an allowed feature is not there.
    """
    twice = [name for name, count in Counter(schema.names).items() if count > 1]
    if twice:
        raise ColumnError(f"there are several columns {twice[0]!r}; expected each name once")
    described = _described(options.schema)
    found = []
    for name in schema.names:
        for path, kind, unit in _inside(FeaturePath([name]), schema.field(name).type):
            feature = _feature(path, kind, described.get(path), options)
            found.append(replace(feature, unit=unit))
    _check_weights(found, schema)
    allowed = options.allowed
    if allowed is None:
        return tuple(found)
    known = {feature.path.serialized for feature in found}
    for path in allowed:
        if str(path) not in known:
            raise ColumnError(
                f"feature_allowlist: no feature {path}. {did_you_mean(str(path), known)}"
            )
    return tuple(feature for feature in found if feature.path in allowed)


def _feature(
    path: FeaturePath, kind: Kind, described: schema_pb2.Feature | None, options: StatsOptions
) -> Feature:
    overrides = options.per_feature_weight_override or {}
    settings = (options.per_feature_stats_config or {}).get(path)
    categorical = kind is Kind.INT and described is not None and _is_categorical(described)
    if kind is Kind.STRING and described is not None and described.HasField("image_domain"):
        kind = Kind.BYTES
    return Feature(
        path=path,
        kind=kind,
        categorical=categorical,
        weight=overrides.get(path, options.weight_feature),
        histograms=settings is None or settings.histograms,
        language=_language(described, kind, options),
    )


def _language(
    described: schema_pb2.Feature | None, kind: Kind, options: StatsOptions
) -> LanguageSettings | None:
    if described is None or not described.HasField("natural_language_domain"):
        return None
    if kind not in (Kind.INT, Kind.STRING):
        return None
    return language_settings(described.natural_language_domain, options.vocab_paths)


def _is_categorical(described: schema_pb2.Feature) -> bool:
    domain = described.WhichOneof("domain_info")
    if domain == "int_domain":
        return bool(described.int_domain.is_categorical)
    return domain in ("bool_domain", "natural_language_domain")


def _described(schema: schema_pb2.Schema | None) -> dict[FeaturePath, schema_pb2.Feature]:
    """Return the features of a schema by path, those inside structs too."""
    found: dict[FeaturePath, schema_pb2.Feature] = {}

    def visit(features: Sequence[schema_pb2.Feature], parent: FeaturePath) -> None:
        for feature in features:
            path = parent.child(feature.name)
            found[path] = feature
            visit(feature.struct_domain.feature, path)

    if schema is not None:
        visit(schema.feature, FeaturePath([]))
    return found


def _inside(path: FeaturePath, kind: Any) -> Iterator[tuple[FeaturePath, Kind, str | None]]:
    """Yield the feature at ``path`` and, of a struct, those below it: path, kind and unit."""
    while is_list(kind):
        kind = kind.field(0).type if pa.types.is_map(kind) else kind.value_type
    if pa.types.is_struct(kind):
        yield path, Kind.STRUCT, None
        for index in range(kind.num_fields):
            yield from _inside(path.child(kind.field(index).name), kind.field(index).type)
        return
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    yield path, _kind(path, kind), unit_of(kind)


def _kind(path: FeaturePath, kind: Any) -> Kind:
    types = pa.types
    if types.is_integer(kind) or types.is_boolean(kind) or unit_of(kind) is not None:
        return Kind.INT
    if types.is_floating(kind) or types.is_decimal(kind):
        return Kind.FLOAT
    is_time = types.is_temporal(kind) and not types.is_interval(kind)
    if types.is_null(kind) or is_text(kind) or is_time:
        return Kind.STRING
    raise ColumnError(
        f"no statistics can be made of column {path} of type {kind}; expected numbers, strings, "
        "times, or lists and structs of these. Leave it out with feature_allowlist, or convert it"
    )


def is_text(kind: Any) -> bool:
    """Return whether an Arrow type holds strings or bytes."""
    types = pa.types
    tests = (
        types.is_string,
        types.is_large_string,
        types.is_string_view,
        types.is_binary,
        types.is_large_binary,
        types.is_binary_view,
        types.is_fixed_size_binary,
    )
    return any(test(kind) for test in tests)


def _check_weights(features: Sequence[Feature], schema: pa.Schema) -> None:
    for name in sorted({feature.weight for feature in features if feature.weight is not None}):
        if name not in schema.names:
            raise ColumnError(f"no weight column {name!r}. {did_you_mean(name, schema.names)}")
        kind = schema.field(name).type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            raise ColumnError(f"weight column {name!r} has type {kind}; expected numbers")
