"""Fit once, serve the same: a ``preprocessing_fn`` as a graph over Arrow tables.

The part that TFT plays in TFX, under TFT's names; use it with or without a pipeline::

    import minitfx.transform as tft

    def preprocessing_fn(inputs):
        return {
            "fare_z": tft.scale_to_z_score(inputs["fare"]),
            "company": tft.compute_and_apply_vocabulary(inputs["company"], top_k=1000),
        }

    graph = tft.analyze("trips.parquet", preprocessing_fn)
    graph.transform(table)            # any rows: a million, or one
    graph.save("graph")               # JSON and vocabularies, no pickle
    tft.load("graph").transform(row)  # the same bits

How the parts work together::

    preprocessing_fn ─ tracing ─► tape of operations ─ analysis ─► constants
                       (Column)        │                 (passes of accumulators over chunks)
                                       └──► graph ◄──────────────┘
    rows ─ arrow ─► cells ─ program (operations) ─► cells ─ arrow ─► transformed rows

What is exact, and where this is not TFT:

==========================  ===================================================================
counts, vocabularies        exact, spilling to disk when they are large
minimum, maximum, sums of   exact; a sum of integers that 64 bits cannot hold is an error
integers
mean, variance, sums of     float64 (TFT: float32); the same bits for any number of workers,
floats, covariance          another chunking changes the last ones
quantiles, buckets          exact up to 32,768 different values (4,096 a key), above that off by
                            about 0.001 in rank; the same for any chunking
tails (``scale_to_          from exact L-moments; TFT's depend on its batches
gaussian``)
missing cells               stay missing in every operation but ``fill_missing``, ``is_missing``
                            and ``impute``; analyzers leave them out
NaN                         a value, and stays NaN; analyzers leave it out (in TFT one NaN spoils
                            the minimum of its column)
infinity                    left out of mean and variance only
a column of one value       z-score 0, min-max scaling the sigmoid, as in TFT
booleans                    written as int64, 0 or 1
==========================  ===================================================================

A row gives the same bits alone and in any batch, except through `sklearn` transformers that use
matrix products and functions of `apply_pyfunc` that look beyond their row.
"""

from minitfx.transform.analysis import analyze
from minitfx.transform.bucketizers import (
    apply_buckets,
    apply_buckets_with_interpolation,
    bucketize,
    one_hot,
)
from minitfx.transform.cache import AnalyzerCache
from minitfx.transform.column import Column
from minitfx.transform.distributions import (
    count_per_key,
    covariance,
    estimated_probability_density,
    histogram,
    pca,
    tukey_h_params,
    tukey_location,
    tukey_scale,
)
from minitfx.transform.encoders import (
    apply_pyfunc,
    impute,
    ordinal_encode,
    sklearn,
    target_encode,
)
from minitfx.transform.fingerprint import fingerprint64
from minitfx.transform.functions import (
    abs,
    cast,
    ceil,
    clip,
    exp,
    fill_missing,
    floor,
    hash_strings,
    is_missing,
    join,
    log,
    log1p,
    matmul,
    maximum,
    minimum,
    round,
    sigmoid,
    split,
    sqrt,
    stack,
    tanh,
    where,
)
from minitfx.transform.graph import TransformGraph, load
from minitfx.transform.graphfile import graph_digest
from minitfx.transform.keyed_scalers import (
    bucketize_per_key,
    scale_by_min_max_per_key,
    scale_to_0_1_per_key,
    scale_to_z_score_per_key,
)
from minitfx.transform.materialize import materialize
from minitfx.transform.output import (
    FixedLenFeature,
    TFTransformOutput,
    VarLenFeature,
)
from minitfx.transform.scalers import (
    scale_by_min_max,
    scale_to_0_1,
    scale_to_gaussian,
    scale_to_z_score,
)
from minitfx.transform.stats_type import StatsType
from minitfx.transform.summaries import max, mean, min, quantiles, size, sum, var
from minitfx.transform.tokens import (
    bag_of_words,
    deduplicate_tensor_per_row,
    document_frequency,
    idf,
    ngrams,
    segment_indices,
    tfidf,
    word_count,
)
from minitfx.transform.vocabularies import (
    apply_vocabulary,
    compute_and_apply_vocabulary,
    vocabulary,
)

__all__ = [
    "AnalyzerCache",
    "Column",
    "FixedLenFeature",
    "StatsType",
    "TFTransformOutput",
    "TransformGraph",
    "VarLenFeature",
    "abs",
    "analyze",
    "apply_buckets",
    "apply_buckets_with_interpolation",
    "apply_pyfunc",
    "apply_vocabulary",
    "bag_of_words",
    "bucketize",
    "bucketize_per_key",
    "cast",
    "ceil",
    "clip",
    "compute_and_apply_vocabulary",
    "count_per_key",
    "covariance",
    "deduplicate_tensor_per_row",
    "document_frequency",
    "estimated_probability_density",
    "exp",
    "fill_missing",
    "fingerprint64",
    "floor",
    "graph_digest",
    "hash_strings",
    "histogram",
    "idf",
    "impute",
    "is_missing",
    "join",
    "load",
    "log",
    "log1p",
    "materialize",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "ngrams",
    "one_hot",
    "ordinal_encode",
    "pca",
    "quantiles",
    "round",
    "scale_by_min_max",
    "scale_by_min_max_per_key",
    "scale_to_0_1",
    "scale_to_0_1_per_key",
    "scale_to_gaussian",
    "scale_to_z_score",
    "scale_to_z_score_per_key",
    "segment_indices",
    "sigmoid",
    "size",
    "sklearn",
    "split",
    "sqrt",
    "stack",
    "sum",
    "tanh",
    "target_encode",
    "tfidf",
    "tukey_h_params",
    "tukey_location",
    "tukey_scale",
    "var",
    "vocabulary",
    "where",
    "word_count",
]
