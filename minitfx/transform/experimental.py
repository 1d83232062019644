"""Names that TFT keeps under ``tft.experimental``, for functions that use them there.

Nothing here is less certain than the rest. Vocabularies that TFT approximates are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from minitfx.transform.annotators import get_vocabulary_size_by_name
from minitfx.transform.column import Column
from minitfx.transform.origin import calling_line, located
from minitfx.transform.own_analyzer import (
    CacheablePTransformAnalyzer,
    PTransformAnalyzerCacheCoder,
    SimpleJsonPTransformAnalyzerCacheCoder,
    ptransform_analyzer,
)
from minitfx.transform.tokens import document_frequency, idf
from minitfx.transform.vocabularies import compute_and_apply_vocabulary, vocabulary


def approximate_vocabulary(
    x: Column,
    top_k: int,
    *,
    vocab_filename: str | None = None,
    store_frequency: bool = False,
    reserved_tokens: Sequence[str] | None = None,
    weights: Column | None = None,
    file_format: str = "text",
    name: str | None = None,
) -> Column:
    """Return the ``top_k`` most frequent texts of a column as a vocabulary, exactly.

    Parameters
    ----------
    x, top_k, vocab_filename, store_frequency, reserved_tokens, weights, file_format, name
        As for `minitfx.transform.vocabulary`.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"c": ["a", "b", "b"]})
    >>> def preprocessing_fn(inputs):
    ...     tokens = tft.experimental.approximate_vocabulary(inputs["c"], 1)
    ...     return {"c": tft.apply_vocabulary(inputs["c"], tokens)}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["c"].to_pylist()
    [-1, 0, 0]
    """
    return vocabulary(
        x,
        top_k=top_k,
        vocab_filename=vocab_filename,
        store_frequency=store_frequency,
        reserved_tokens=reserved_tokens,
        weights=weights,
        file_format=file_format,
    )


def compute_and_apply_approximate_vocabulary(
    x: Column, *, default_value: int = -1, num_oov_buckets: int = 0, **settings: Any
) -> Column:
    """Return the place of each text in the vocabulary of its column, which is exact.

    Parameters
    ----------
    x, default_value, num_oov_buckets, **settings
        As for `minitfx.transform.compute_and_apply_vocabulary`.
    """
    return compute_and_apply_vocabulary(
        x, default_value=default_value, num_oov_buckets=num_oov_buckets, **settings
    )


def annotate_sparse_output_shape(tensor: Any, shape: Any) -> NoReturn:
    """Refuse: there are no sparse tensors here.

    Raises
    ------
    TransformError
        Always; says what to use instead.
    """
    raise located(
        "annotate_sparse_output_shape: there are no sparse tensors here, and a list column has no "
        "shape. tft.sparse_tensor_to_dense_with_shape(x, [None, k]) gives lists of one length, "
        "which the schema of the result then says",
        calling_line(),
    )


def annotate_true_sparse_output(tensor: Any) -> NoReturn:
    """Refuse: there are no sparse tensors here.

    Raises
    ------
    TransformError
        Always; says what to use instead.
    """
    raise located(
        "annotate_true_sparse_output: there are no sparse tensors here; leave the call out: a list "
        "column is written with as many items as each row has",
        calling_line(),
    )


__all__ = [
    "CacheablePTransformAnalyzer",
    "PTransformAnalyzerCacheCoder",
    "SimpleJsonPTransformAnalyzerCacheCoder",
    "annotate_sparse_output_shape",
    "annotate_true_sparse_output",
    "approximate_vocabulary",
    "compute_and_apply_approximate_vocabulary",
    "document_frequency",
    "get_vocabulary_size_by_name",
    "idf",
    "ptransform_analyzer",
]
