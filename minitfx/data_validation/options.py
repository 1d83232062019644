"""What to compute when generating statistics."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from numbers import Real
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from google.protobuf.message import Message
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation.paths import FeaturePath, as_path
from minitfx.errors import ParameterError, ParameterTypeError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

    from minitfx.data_validation.generators import StatsGenerator

SliceFunction = Callable[["pa.RecordBatch"], "Sequence[tuple[str, pa.RecordBatch]]"]
"""Takes rows, gives named slices of them; a row may be in none or in several."""


@dataclass(frozen=True)
class FeatureStatsOptions:
    """What to leave out for one feature (TFDV's ``PerFeatureStatsConfig``).

    Attributes
    ----------
    histograms : bool
        Whether to make histograms and the median of numbers; without them the median is NaN.
    """

    histograms: bool = True


@dataclass
class StatsOptions:
    """What to compute when generating statistics, with TFDV's names and defaults.

    Options may be changed after they are made, as in a ``stats_options_updater_fn``; a value is
    checked whenever it is set.

    Attributes
    ----------
    generators : sequence of StatsGenerator, optional
        Your own statistics, computed in the same pass.
    schema : Schema, optional
        Tells which integers are categorical and which strings are images; needed for
        ``infer_type_from_schema``.
    label_feature : str, optional
        The label. With a schema, lift of each categorical feature towards it is computed.
    weight_feature : str, optional
        A numeric column that gives each example's weight; missing and negative weights are
        errors. Adds the weighted fields beside the plain ones.
    slice_functions, experimental_slice_functions : sequence of callables, optional
        See `minitfx.data_validation.experimental_get_feature_value_slicer`.
    experimental_slice_sqls : sequence of str, optional
        DuckDB queries ``SELECT <key parts> FROM example``, one row out for each row in.
    slicing_config : mapping or SlicingConfig, optional
        ``{"slicing_specs": [{"feature_keys": [...]} or {"feature_values": {...}} or
        {"slice_keys_sql": "..."}]}``, or TFDV's message; not together with slice functions.
    sample_rate : float, optional
        Share of the rows to look at, in (0, 1]; which ones follows from their position.
    num_top_values : int
        Most frequent strings to list.
    frequency_threshold, weighted_frequency_threshold : int, float
        Strings that occur less often are not listed.
    num_rank_histogram_buckets : int
        Strings in the rank histogram.
    num_values_histogram_buckets, num_histogram_buckets, num_quantiles_histogram_buckets : int
        Buckets of the histograms of list lengths (at least 2), of equal width, of quantiles.
    epsilon : float
        Allowed rank error of quantiles where they are not exact (over 32,768 distinct values);
        a column whose cells are coarser is read again.
    infer_type_from_schema : bool
        Read CSV columns with the types of the schema, which must be set by then; stored examples
        have their types already.
    desired_batch_size : int, optional
        Accepted for TFDV's sake; chunks follow from the file.
    enable_semantic_domain_stats : bool
        Guess images, dates and natural language.
    semantic_domain_stats_sample_rate : float, optional
        Accepted for TFDV's sake; guesses look at distinct values, not at rows.
    per_feature_weight_override : mapping of FeaturePath or str to str, optional
        Another weight column for some features.
    vocab_paths : mapping of str to str, optional
        Vocabulary files by name, for natural-language domains.
    add_default_generators : bool
        False computes only ``generators``.
    feature_allowlist : sequence of str or FeaturePath, optional
        Only these features.
    use_sketch_based_topk_uniques, experimental_use_sketch_based_topk_uniques : bool, optional
        Accepted for TFDV's sake; counts are always exact here.
    per_feature_stats_config : mapping of FeaturePath or str to FeatureStatsOptions, optional
        What to leave out for some features.
    experimental_result_partitions, experimental_num_feature_partitions : int
        Accepted for TFDV's sake; they are about Beam.
    experimental_filter_read_paths : bool
        Accepted for TFDV's sake; only the columns that are needed are ever read.

    Raises
    ------
    ParameterError
        If a value is out of its range, there is no such option, or both slice functions and a
        slicing config are given.

    Examples
    --------
    >>> options = StatsOptions(num_top_values=5)
    >>> options.sample_rate = 0.5
    >>> StatsOptions.from_json(options.to_json()) == options
    True
    """

    generators: Sequence[StatsGenerator] | None = None
    schema: schema_pb2.Schema | None = None
    label_feature: str | None = None
    weight_feature: str | None = None
    slice_functions: Sequence[SliceFunction] | None = None
    sample_rate: float | None = None
    num_top_values: int = 20
    frequency_threshold: int = 1
    weighted_frequency_threshold: float = 1.0
    num_rank_histogram_buckets: int = 1000
    num_values_histogram_buckets: int = 10
    num_histogram_buckets: int = 10
    num_quantiles_histogram_buckets: int = 10
    epsilon: float = 0.01
    infer_type_from_schema: bool = False
    desired_batch_size: int | None = None
    enable_semantic_domain_stats: bool = False
    semantic_domain_stats_sample_rate: float | None = None
    per_feature_weight_override: Mapping[FeaturePath | str, str] | None = None
    vocab_paths: Mapping[str, str] | None = None
    add_default_generators: bool = True
    feature_allowlist: Sequence[str | FeaturePath] | None = None
    use_sketch_based_topk_uniques: bool | None = None
    experimental_use_sketch_based_topk_uniques: bool | None = None
    experimental_slice_functions: Sequence[SliceFunction] | None = None
    experimental_slice_sqls: Sequence[str] | None = None
    experimental_result_partitions: int = 1
    experimental_num_feature_partitions: int = 1
    slicing_config: Mapping[str, Any] | None = None
    experimental_filter_read_paths: bool = False
    per_feature_stats_config: Mapping[FeaturePath | str, FeatureStatsOptions] | None = field(
        default=None
    )

    def __setattr__(self, name: str, value: Any) -> None:
        known = {each.name for each in fields(self)}
        if name not in known:
            raise ParameterError(f"StatsOptions has no {name!r}. {did_you_mean(name, known)}")
        object.__setattr__(self, name, _checked(name, value))
        if self.functions and self.slicing_config:
            raise ParameterError(
                "slice functions and slicing_config are both given; expected one of them"
            )

    @property
    def allowed(self) -> tuple[FeaturePath, ...] | None:
        """The paths of the allowed features, None when all are."""
        if self.feature_allowlist is None:
            return None
        return tuple(as_path(feature) for feature in self.feature_allowlist)

    @property
    def functions(self) -> tuple[SliceFunction, ...]:
        """The slice functions, under whichever name they were given."""
        return tuple(self.slice_functions or ()) + tuple(self.experimental_slice_functions or ())

    def to_json(self) -> str:
        """Return the options as JSON; keys in order, defaults left out.

        Raises
        ------
        ParameterError
            If there are functions among them, or settings for single features.
        """
        for name in _NOT_JSON:
            if getattr(self, name):
                raise ParameterError(
                    f"StatsOptions.{name} cannot be written as JSON, so a component cannot take "
                    "it. Call the library's generate_statistics_from_… functions instead, or use "
                    "slicing_config for slices."
                )
        return json.dumps(
            {
                each.name: _plain(getattr(self, each.name))
                for each in fields(self)
                if getattr(self, each.name) != each.default
            },
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, options_json: str) -> StatsOptions:
        """Return the options that `to_json` has written.

        Raises
        ------
        ParameterError
            If the text holds an unknown option.
        """
        values = json.loads(options_json)
        known = {each.name for each in fields(cls)}
        for name in values:
            if name not in known:
                raise ParameterError(f"unknown option {name!r}. {did_you_mean(name, known)}")
        if values.get("schema") is not None:
            values["schema"] = json_format.ParseDict(values["schema"], schema_pb2.Schema())
        if values.get("feature_allowlist") is not None:
            values["feature_allowlist"] = map(FeaturePath.from_string, values["feature_allowlist"])
        overrides = values.get("per_feature_weight_override")
        if overrides is not None:
            values["per_feature_weight_override"] = {
                FeaturePath.from_string(path): weight for path, weight in overrides.items()
            }
        return cls(**values)


_LEAST = {
    "num_top_values": 0,
    "num_rank_histogram_buckets": 0,
    "num_values_histogram_buckets": 2,
    "num_histogram_buckets": 1,
    "num_quantiles_histogram_buckets": 1,
    "desired_batch_size": 1,
    "experimental_result_partitions": 1,
    "experimental_num_feature_partitions": 1,
}

_NUMBERS = (
    *_LEAST,
    "sample_rate",
    "semantic_domain_stats_sample_rate",
    "frequency_threshold",
    "weighted_frequency_threshold",
    "epsilon",
)

_LISTS = ("generators", "slice_functions", "feature_allowlist", "experimental_slice_sqls")

_NOT_JSON = (
    "generators",
    "slice_functions",
    "experimental_slice_functions",
    "per_feature_stats_config",
)


def _checked(name: str, value: Any) -> Any:
    """Return the value of an option in the form that it is kept in."""
    if value is None:
        return None
    if name in _NUMBERS and (isinstance(value, bool) or not isinstance(value, Real)):
        raise ParameterTypeError(f"{name} is {value!r}; expected a number")
    if name in ("sample_rate", "semantic_domain_stats_sample_rate") and not 0 < value <= 1:
        raise ParameterError(f"{name} is {value}; expected more than 0 and at most 1")
    if name in _LEAST and value < _LEAST[name]:
        raise ParameterError(f"{name} is {value}; expected {_LEAST[name]} or more")
    if name == "schema" and not isinstance(value, schema_pb2.Schema):
        raise ParameterTypeError(
            f"schema is a {type(value).__name__}; expected a Schema, as load_schema_text gives"
        )
    if name in _LISTS and isinstance(value, str):
        raise ParameterTypeError(f"{name} is the text {value!r}; expected a list, [{value!r}]")
    if name in ("per_feature_weight_override", "per_feature_stats_config"):
        return {as_path(key): each for key, each in value.items()}
    if name == "feature_allowlist":
        return tuple(as_path(feature) for feature in value)
    if name == "slicing_config":
        return _checked_slicing(value)
    return value


def _checked_slicing(config: Any) -> Mapping[str, Any]:
    if isinstance(config, Message):
        config = json_format.MessageToDict(config, preserving_proto_field_name=True)
    found: Mapping[str, Any] = config
    _check_keys("slicing_config", found, ("slicing_specs",))
    for spec in found.get("slicing_specs", ()):
        _check_keys("a slicing spec", spec, ("feature_keys", "feature_values", "slice_keys_sql"))
    return found


def _check_keys(where: str, part: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in part:
        if key not in known:
            raise ParameterError(f"{where} has no {key!r}. {did_you_mean(key, known)}")


def _plain(value: Any) -> Any:
    if isinstance(value, schema_pb2.Schema):
        return json_format.MessageToDict(value, preserving_proto_field_name=True)
    if isinstance(value, Mapping):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, FeaturePath):
        return value.serialized
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def _key(key: Any) -> str:
    return key.serialized if isinstance(key, FeaturePath) else str(key)
