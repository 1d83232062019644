"""Mappers on lists of tokens."""

from __future__ import annotations

from collections.abc import Sequence

from minitfx.errors import TransformError
from minitfx.transform.column import Column, apply
from minitfx.transform.functions import stack
from minitfx.transform.operand import column_of, whole
from minitfx.transform.origin import calling_line, located


def word_count(tokens: Column, name: str | None = None) -> Column:
    """Return how many items each row's list has, 0 where the list is missing.

    Parameters
    ----------
    tokens : Column of lists
        As from `split`.
    name : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": ["a b a", None]})
    >>> graph = tft.analyze(data, lambda i: {"n": tft.word_count(tft.split(i["x"]))})
    >>> graph.transform(data)["n"].to_pylist()
    [3, 0]
    """
    return apply("word_count", [tokens])


def deduplicate_tensor_per_row(input_tensor: Column, name: str | None = None) -> Column:
    """Return each row's list without items that stood in it before.

    Parameters
    ----------
    input_tensor : Column of lists
        As from `split`.
    name : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": ["a b a"]})
    >>> def preprocessing_fn(inputs):
    ...     return {"d": tft.deduplicate_tensor_per_row(tft.split(inputs["x"]))}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["d"].to_pylist()
    [['a', 'b']]
    """
    return apply("deduplicate", [input_tensor])


def ngrams(
    tokens: Column, ngram_range: tuple[int, int], separator: str, name: str | None = None
) -> Column:
    """Return the n-grams of each row: runs of tokens, joined.

    Parameters
    ----------
    tokens : Column of lists of str
        As from `split`.
    ngram_range : tuple of two int
        The least and the largest number of tokens.
    separator : str
        What to put between tokens.
    name : optional
        Taken as in TFT, without effect.

    Returns
    -------
    Column
        Lists of str: the n-grams that start at the first token, the shortest first, then those
        that start at the second, and so on.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": ["a b c"]})
    >>> graph = tft.analyze(data, lambda i: {"n": tft.ngrams(tft.split(i["x"]), (1, 2), " ")})
    >>> graph.transform(data)["n"].to_pylist()
    [['a', 'a b', 'b', 'b c', 'c']]
    """
    return _ngrams(tokens, ngram_range, separator, unique=False)


def bag_of_words(
    tokens: Column, ngram_range: tuple[int, int], separator: str, name: str | None = None
) -> Column:
    """Return the different n-grams of each row, in the order in which they first occur.

    Parameters
    ----------
    tokens, ngram_range, separator, name
        As for `ngrams`.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": ["a b a"]})
    >>> graph = tft.analyze(data, lambda i: {"n": tft.bag_of_words(tft.split(i["x"]), (1, 1), "")})
    >>> graph.transform(data)["n"].to_pylist()
    [['a', 'b']]
    """
    return _ngrams(tokens, ngram_range, separator, unique=True)


def _ngrams(tokens: Column, ngram_range: tuple[int, int], separator: str, unique: bool) -> Column:
    low, high = ngram_range
    if not 1 <= low <= high:
        raise located(
            f"ngram_range is {ngram_range}; expected two numbers of 1 or more, ascending",
            calling_line(),
            TransformError,
        )
    settings = {"ngram_range": [low, high], "separator": separator, "unique": unique}
    return apply("ngrams", [tokens], settings)


def tfidf(
    x: Column, vocab_size: int | Column, smooth: bool = True, name: str | None = None
) -> tuple[Column, Column]:
    """Return the different indices of each row, ascending, and the tf-idf weight of each.

    Parameters
    ----------
    x : Column of lists of int
        Vocabulary indices, such as `compute_and_apply_vocabulary` gives. An index outside the
        vocabulary wraps around it, as in TFT: -1 is its last index.
    vocab_size : int or constant Column of int
        How many indices there are, those of out-of-vocabulary buckets among them; also as
        `get_num_buckets_for_transformed_feature` gives it.
    smooth : bool
        Whether to add 1 to both counts in the inverse document frequency.
    name : optional
        Taken as in TFT, without effect.

    Returns
    -------
    indices, weights : Column
        Lists of int and of float. A weight is the index's share of the row's items times
        ``1 + log(rows / rows with the index)``.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [[0, 0, 1], [1]]})
    >>> def preprocessing_fn(inputs):
    ...     indices, weights = tft.tfidf(inputs["x"], 2)
    ...     return {"indices": indices, "weights": weights}
    >>> found = tft.analyze(data, preprocessing_fn).transform(data)
    >>> found["indices"].to_pylist(), found["weights"][1].as_py()
    ([[0, 1], [1]], [1.0])
    """
    inverse, settings = _inverse(x, vocab_size, smooth, add_baseline=True)
    return (
        apply("tfidf_indices", [x, inverse], settings),
        apply("tfidf_weights", [x, inverse], settings),
    )


def idf(
    x: Column,
    vocab_size: int | Column,
    smooth: bool = True,
    add_baseline: bool = True,
    name: str | None = None,
) -> Column:
    """Return the inverse document frequency of each index, in the order of the row.

    Parameters
    ----------
    x, vocab_size, smooth, name
        As for `tfidf`.
    add_baseline : bool
        Whether 1 is added to the logarithm.

    Returns
    -------
    Column
        Lists of float, as long as those of ``x``; missing where an index is.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [[0, 0, 1], [1]]})
    >>> def preprocessing_fn(inputs):
    ...     return {"idf": tft.idf(inputs["x"], 2, smooth=False, add_baseline=False)}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["idf"].to_pylist()[1]
    [0.0]
    """
    inverse, settings = _inverse(x, vocab_size, smooth, add_baseline)
    return apply("value_of_index", [x, inverse], settings)


def document_frequency(x: Column, vocab_size: int | Column, name: str | None = None) -> Column:
    """Return for each index in how many rows it occurs, in the order of the row.

    Parameters
    ----------
    x, vocab_size, name
        As for `tfidf`.

    Returns
    -------
    Column
        Lists of int, as long as those of ``x``; missing where an index is.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [[0, 0, 1], [1]]})
    >>> def preprocessing_fn(inputs):
    ...     return {"rows": tft.document_frequency(inputs["x"], 2)}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["rows"].to_pylist()
    [[1, 1, 2], [2]]
    """
    documents, settings = _documents(x, vocab_size)
    return apply("value_of_index", [x, apply("document_frequency", documents, settings)], settings)


def _inverse(
    x: Column, vocab_size: int | Column, smooth: bool, add_baseline: bool
) -> tuple[Column, dict[str, int | None]]:
    """Record the inverse document frequency of all indices, a constant list."""
    documents, size = _documents(x, vocab_size)
    settings: dict[str, int | bool | None] = {**size, "smooth": smooth}
    if not add_baseline:
        settings["add_baseline"] = False
    return apply("inverse_document_frequency", documents, settings), size


def _documents(x: Column, vocab_size: int | Column) -> tuple[list[Column], dict[str, int | None]]:
    """Record in how many rows each index occurs; return it, and the size, as operands.

    A size that is known beforehand is a setting instead.
    """
    if isinstance(vocab_size, Column):
        unknown: dict[str, int | None] = {"vocab_size": None}
        return [apply("documents", [x, vocab_size], unknown), vocab_size], unknown
    settings: dict[str, int | None] = {"vocab_size": whole(vocab_size, "vocab_size", 1)}
    return [apply("documents", [x], settings)], settings


def segment_indices(segment_ids: Column, name: str | None = None) -> Column:
    """Return the place of each item in the run of equal items that it stands in, from 0.

    Parameters
    ----------
    segment_ids : Column of lists of int
        Runs do not reach from one row into the next.
    name : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [[7, 7, 8], [8, 8]]})
    >>> graph = tft.analyze(data, lambda i: {"s": tft.segment_indices(i["x"])})
    >>> graph.transform(data)["s"].to_pylist()
    [[0, 1, 0], [0, 1]]
    """
    return apply("segment_indices", [segment_ids])


def sparse_tensor_left_align(sparse_tensor: Column) -> Column:
    """Return lists as they are: the items of a row have no gaps between them here.

    Parameters
    ----------
    sparse_tensor : Column of lists
        As from `split`.
    """
    if not column_of(sparse_tensor).type.is_ragged:
        raise located(
            f"sparse_tensor_left_align takes lists; found {sparse_tensor.type}", calling_line()
        )
    return sparse_tensor


def sparse_tensor_to_dense_with_shape(
    x: Column, shape: Sequence[int | None], default_value: float | str = 0
) -> Column:
    """Return each row's list filled up to one length, for what needs lists of one length.

    Parameters
    ----------
    x : Column
        Of lists of any length, or of single values that may be missing.
    shape : sequence of int or None
        ``[None, k]``: any number of rows, k places a row.
    default_value : float or str
        For places that a row has not, or that are missing.

    Raises
    ------
    TransformError
        When it is applied, if a list is longer than k.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [[1, 2], [], None]})
    >>> def preprocessing_fn(inputs):
    ...     return {"x": tft.sparse_tensor_to_dense_with_shape(inputs["x"], [None, 2], -1)}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["x"].to_pylist()
    [[1, 2], [-1, -1], [-1, -1]]
    """
    length = shape[1] if len(shape) == 2 else None
    if not isinstance(length, int) or length < 1:
        raise located(f"shape is {list(shape)}; expected [None, k]", calling_line(), TransformError)
    if not column_of(x).type.is_ragged:
        x = stack([x])
    if x.type.is_ragged:
        x = apply("padded", [x], {"length": length})
    elif x.type.length != length:
        raise located(f"{x.type} cannot be made into lists of {length}", calling_line())
    return x.fill_missing(default_value)
