"""Fit once, serve the same: a ``preprocessing_fn`` as a graph over Arrow tables."""

from minitfx.transform.analysis import analyze
from minitfx.transform.bucketizers import (
    apply_buckets,
    apply_buckets_with_interpolation,
    bucketize,
    one_hot,
)
from minitfx.transform.column import Column
from minitfx.transform.fingerprint import fingerprint64
from minitfx.transform.functions import (
    abs,
    cast,
    ceil,
    clip,
    deduplicate_tensor_per_row,
    exp,
    fill_missing,
    floor,
    hash_strings,
    is_missing,
    join,
    log,
    log1p,
    maximum,
    minimum,
    round,
    sigmoid,
    split,
    sqrt,
    stack,
    tanh,
    where,
    word_count,
)
from minitfx.transform.graph import TransformGraph, load
from minitfx.transform.materialize import materialize
from minitfx.transform.scalers import scale_by_min_max, scale_to_0_1, scale_to_z_score
from minitfx.transform.stats_type import StatsType
from minitfx.transform.summaries import max, mean, min, quantiles, size, sum, var
from minitfx.transform.vocabularies import (
    apply_vocabulary,
    compute_and_apply_vocabulary,
    vocabulary,
)

__all__ = [
    "Column",
    "StatsType",
    "TransformGraph",
    "abs",
    "analyze",
    "apply_buckets",
    "apply_buckets_with_interpolation",
    "apply_vocabulary",
    "bucketize",
    "cast",
    "ceil",
    "clip",
    "compute_and_apply_vocabulary",
    "deduplicate_tensor_per_row",
    "exp",
    "fill_missing",
    "fingerprint64",
    "floor",
    "hash_strings",
    "is_missing",
    "join",
    "load",
    "log",
    "log1p",
    "materialize",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "one_hot",
    "quantiles",
    "round",
    "scale_by_min_max",
    "scale_to_0_1",
    "scale_to_z_score",
    "sigmoid",
    "size",
    "split",
    "sqrt",
    "stack",
    "sum",
    "tanh",
    "var",
    "vocabulary",
    "where",
    "word_count",
]
