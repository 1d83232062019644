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

What TensorFlow's own functions do beside TFT's has a counterpart: operators and methods of a
`Column`, numpy's functions (``np.log1p(x)``, ``np.where(c, x, y)``), `cast`, `where`, `stack`,
`split`, `join`, `lookup` (a table known beforehand), `reduce_sum` and its like (a row's list).
Of TFT's names only ``coders`` is not there, as rows are Arrow tables, and what annotates sparse
tensors is refused. An analyzer of one's own (`experimental.ptransform_analyzer`) is an accumulator
in plain Python instead of a Beam transform.

A row gives the same bits alone and in any batch, except through `sklearn` transformers that use
matrix products and functions of `apply_pyfunc` that look beyond their row.
"""

from typing import Any

from minitfx.lazy import exports

_load, __dir__, __all__ = exports(
    __name__,
    {
        "AnalyzerCache": "cache",
        "Column": "column",
        "DatasetMetadata": "feature_spec",
        "FixedLenFeature": "feature_spec",
        "StatsType": "stats_type",
        "TFTransformOutput": "output",
        "TransformGraph": "graph",
        "TransformFeaturesLayer": "layer",
        "VarLenFeature": "feature_spec",
        "abs": "functions",
        "analyze": "analysis",
        "annotate_asset": "annotators",
        "apply_buckets": "bucketizers",
        "apply_buckets_with_interpolation": "bucketizers",
        "apply_pyfunc": "encoders",
        "apply_vocabulary": "vocabularies",
        "bag_of_words": "tokens",
        "bucketize": "bucketizers",
        "bucketize_per_key": "keyed_scalers",
        "cast": "functions",
        "ceil": "functions",
        "clip": "functions",
        "compute_and_apply_vocabulary": "vocabularies",
        "count_per_key": "distributions",
        "covariance": "distributions",
        "deduplicate_tensor_per_row": "tokens",
        "document_frequency": "tokens",
        "estimated_probability_density": "distributions",
        "exp": "functions",
        "experimental": "",
        "fill_missing": "functions",
        "fingerprint64": "fingerprint",
        "floor": "functions",
        "get_analyze_input_columns": "inspection",
        "get_num_buckets_for_transformed_feature": "vocabularies",
        "get_transform_input_columns": "inspection",
        "graph_digest": "graphfile",
        "hash_strings": "functions",
        "histogram": "distributions",
        "idf": "tokens",
        "impute": "encoders",
        "is_missing": "functions",
        "is_nan": "functions",
        "join": "functions",
        "load": "graph",
        "log": "functions",
        "log1p": "functions",
        "lookup": "functions",
        "make_and_track_object": "annotators",
        "materialize": "parts",
        "matmul": "functions",
        "max": "summaries",
        "maximum": "functions",
        "mean": "summaries",
        "min": "summaries",
        "minimum": "functions",
        "ngrams": "tokens",
        "one_hot": "bucketizers",
        "ordinal_encode": "encoders",
        "pca": "distributions",
        "quantiles": "summaries",
        "reduce_max": "reductions",
        "reduce_mean": "reductions",
        "reduce_min": "reductions",
        "reduce_sum": "reductions",
        "round": "functions",
        "scale_by_min_max": "scalers",
        "scale_by_min_max_per_key": "keyed_scalers",
        "scale_to_0_1": "scalers",
        "scale_to_0_1_per_key": "keyed_scalers",
        "scale_to_gaussian": "scalers",
        "scale_to_z_score": "scalers",
        "scale_to_z_score_per_key": "keyed_scalers",
        "segment_indices": "tokens",
        "sigmoid": "functions",
        "size": "summaries",
        "sklearn": "encoders",
        "sparse_tensor_left_align": "tokens",
        "sparse_tensor_to_dense_with_shape": "tokens",
        "split": "functions",
        "sqrt": "functions",
        "stack": "functions",
        "sum": "summaries",
        "tanh": "functions",
        "target_encode": "encoders",
        "tfidf": "tokens",
        "tukey_h_params": "distributions",
        "tukey_location": "distributions",
        "tukey_scale": "distributions",
        "var": "summaries",
        "vocabulary": "vocabularies",
        "where": "functions",
        "word_count": "tokens",
    },
)

_REFUSED = {
    "coders": "rows are Arrow tables, which need no coder: pyarrow.csv.read_csv and "
    "minitfx.dataset read them, and graph.transform takes them",
    "beam": "there is no Beam here: tft.analyze fits a preprocessing_fn, and graph.transform "
    "applies it",
}


def __getattr__(name: str) -> Any:
    if name in _REFUSED:
        raise AttributeError(f"minitfx.transform has no {name!r}: {_REFUSED[name]}")
    return _load(name)
