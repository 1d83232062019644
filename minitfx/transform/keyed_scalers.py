"""Mappers that scale or bucketize a column by itself for each key of another column."""

from __future__ import annotations

from minitfx.errors import TransformError
from minitfx.transform.bucketizers import bucketize
from minitfx.transform.column import Column, apply
from minitfx.transform.operand import as_text, whole
from minitfx.transform.origin import calling_line, located
from minitfx.transform.scalers import output_bounds, scale_by_min_max, scale_to_z_score


def scale_to_z_score_per_key(
    x: Column,
    key: Column | None = None,
    elementwise: bool = False,
    key_vocabulary_filename: str | None = None,
    name: str | None = None,
    output_dtype: object = None,
) -> Column:
    """Return a column scaled to mean 0 and standard deviation 1 for each key.

    Parameters
    ----------
    x : Column of numbers
        Missing stays missing.
    key : Column of str or int, optional
        Where it is missing the result is; a key that was never seen leaves ``x`` as it is.
        Without a key, as `scale_to_z_score`.
    elementwise : bool
        Cannot be had together with a key.
    key_vocabulary_filename, name, output_dtype : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 3.0, 10.0, 30.0], "k": ["a", "a", "b", "b"]})
    >>> def preprocessing_fn(inputs):
    ...     return {"z": tft.scale_to_z_score_per_key(inputs["x"], inputs["k"])}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["z"].to_pylist()
    [-1.0, 1.0, -1.0, 1.0]
    """
    if key is None:
        return scale_to_z_score(x, elementwise)
    _refuse_elementwise(elementwise)
    keys = as_text(key)
    return apply("z_score_per_key", [x, keys, apply("keyed_moments", [x, keys])])


def scale_by_min_max_per_key(
    x: Column,
    key: Column | None = None,
    output_min: float = 0.0,
    output_max: float = 1.0,
    elementwise: bool = False,
    key_vocabulary_filename: str | None = None,
    name: str | None = None,
) -> Column:
    """Return a column scaled between two bounds for each key.

    Parameters
    ----------
    x : Column of numbers
        Missing stays missing.
    key : Column of str or int, optional
        Where it is missing the result is; a key that was never seen, or has one value only,
        gives the sigmoid between the bounds. Without a key, as `scale_by_min_max`.
    output_min, output_max : float
        The bounds.
    elementwise : bool
        Cannot be had together with a key.
    key_vocabulary_filename, name : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 3.0, 10.0, 30.0], "k": ["a", "a", "b", "b"]})
    >>> def preprocessing_fn(inputs):
    ...     return {"s": tft.scale_by_min_max_per_key(inputs["x"], inputs["k"], -1, 1)}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["s"].to_pylist()
    [-1.0, 1.0, -1.0, 1.0]
    """
    if key is None:
        return scale_by_min_max(x, output_min, output_max, elementwise)
    _refuse_elementwise(elementwise)
    bounds, keys = output_bounds(output_min, output_max), as_text(key)
    return apply("min_max_per_key", [x, keys, apply("keyed_extent", [x, keys])], bounds)


def scale_to_0_1_per_key(
    x: Column,
    key: Column | None = None,
    elementwise: bool = False,
    key_vocabulary_filename: str | None = None,
    name: str | None = None,
) -> Column:
    """Return a column scaled to lie between 0 and 1 for each key.

    Parameters
    ----------
    x, key, elementwise, key_vocabulary_filename, name
        As for `scale_by_min_max_per_key`.
    """
    return scale_by_min_max_per_key(x, key, 0.0, 1.0, elementwise)


def bucketize_per_key(
    x: Column,
    key: Column,
    num_buckets: int,
    epsilon: float | None = None,
    weights: Column | None = None,
    name: str | None = None,
) -> Column:
    """Return the bucket of each value among the values of its key.

    Parameters
    ----------
    x : Column of numbers
        Missing stays missing; NaN falls into the last bucket.
    key : Column of str or int
        Where it is missing the result is; a key that was never seen gives -1.
    num_buckets : int
        How many buckets for each key.
    epsilon, name : optional
        Taken as in TFT, without effect: up to 4,096 different values of a key the boundaries
        are exact.
    weights : Column of numbers, optional
        The weight of each row.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1, 2, 10, 20], "k": ["a", "a", "b", "b"]})
    >>> def preprocessing_fn(inputs):
    ...     return {"b": tft.bucketize_per_key(inputs["x"], inputs["k"], 2)}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["b"].to_pylist()
    [0, 1, 0, 1]
    """
    num_buckets = whole(num_buckets, "num_buckets", 2)
    if key is None:
        return bucketize(x, num_buckets, weights=weights)
    keys = as_text(key)
    operands = [x, keys] if weights is None else [x, keys, weights]
    found = apply("keyed_distribution", operands)
    table = apply("boundaries_per_key", [found], {"num_buckets": num_buckets})
    return apply("bucketize_per_key", [x, keys, table], {"num_buckets": num_buckets})


def _refuse_elementwise(elementwise: bool) -> None:
    if elementwise:
        raise located(
            "elementwise scaling per key is not defined; scale column.element(i) place by place",
            calling_line(),
            TransformError,
        )
