"""Mappers that turn numbers into the places of intervals, and places into indicators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minitfx.transform.column import Column, apply
from minitfx.transform.columntype import kind_named
from minitfx.transform.operand import whole
from minitfx.transform.origin import calling_line, located
from minitfx.transform.summaries import quantiles

Boundaries = Column | Sequence[float] | Sequence[Sequence[float]]


def bucketize(
    x: Column,
    num_buckets: int,
    epsilon: float | None = None,
    weights: Column | None = None,
    elementwise: bool = False,
    name: str | None = None,
) -> Column:
    """Return the bucket of each value, out of buckets that hold about as many values each.

    Parameters
    ----------
    x : Column of numbers
        Missing stays missing; NaN falls into the last bucket and is left out of the quantiles.
    num_buckets : int
        How many buckets; fewer are used when values repeat.
    epsilon : float, optional
        Taken as in TFT, without effect; see `quantiles` for what is exact.
    weights : Column of numbers, optional
        The weight of each row.
    elementwise : bool
        For lists of one length: bucketize each place by itself.
    name : optional
        Taken as in TFT, without effect.

    Returns
    -------
    Column
        Integers from 0 to ``num_buckets - 1``; a value equal to a boundary belongs above it.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": range(1, 11)})
    >>> graph = tft.analyze(data, lambda inputs: {"b": tft.bucketize(inputs["x"], 4)})
    >>> graph.transform(data)["b"].to_pylist()
    [0, 0, 1, 1, 1, 2, 2, 3, 3, 3]
    """
    if not elementwise:
        return apply_buckets(x, quantiles(x, num_buckets, weights=weights))
    edges = [quantiles(x.element(place), num_buckets) for place in range(x.type.length or 0)]
    return apply("bucketize_elementwise", [x, *edges])


def apply_buckets(x: Column, bucket_boundaries: Boundaries, name: str | None = None) -> Column:
    """Return for each value how many boundaries are not above it.

    Parameters
    ----------
    x : Column of numbers
        Missing stays missing; NaN falls into the last bucket.
    bucket_boundaries : Column or sequence of float
        Ascending, as from `quantiles`; a list in a list is taken too, as TFT's has that shape.
    name : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [0.5, 1.0, 7.0]})
    >>> graph = tft.analyze(data, lambda inputs: {"b": tft.apply_buckets(inputs["x"], [1, 5])})
    >>> graph.transform(data)["b"].to_pylist()
    [0, 1, 2]
    """
    return apply("apply_buckets", [x, _boundaries(bucket_boundaries)])


def apply_buckets_with_interpolation(
    x: Column, bucket_boundaries: Boundaries, name: str | None = None
) -> Column:
    """Return the place of each value among boundaries, from 0 to 1 and linear between them.

    Parameters
    ----------
    x : Column of numbers
        Missing stays missing; NaN gives 0.5.
    bucket_boundaries : Column or sequence of float
        Ascending, as from `quantiles`; those that are not finite are left out.
    name : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [0.0, 1.0, 2.0, 9.0]})
    >>> def preprocessing_fn(inputs):
    ...     return {"p": tft.apply_buckets_with_interpolation(inputs["x"], [0, 4, 5])}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["p"].to_pylist()
    [0.0, 0.125, 0.25, 1.0]
    """
    return apply("apply_buckets_with_interpolation", [x, _boundaries(bucket_boundaries)])


def _boundaries(given: Boundaries) -> Column | list[float]:
    if isinstance(given, Column):
        return given
    try:
        flat = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        flat = np.zeros(())
    if flat.ndim == 2 and len(flat) == 1:
        flat = flat[0]
    if flat.ndim != 1 or (np.diff(flat) < 0).any():
        raise located(
            f"bucket_boundaries are {given!r}; expected a list of ascending numbers", calling_line()
        )
    return [float(edge) for edge in flat]


def one_hot(x: Column, depth: int | Column, dtype: str | type = float) -> Column:
    """Return a list of ``depth`` numbers for each integer: 1 at its place and 0 elsewhere.

    Parameters
    ----------
    x : Column of int
        Places, such as buckets or vocabulary indices. What is not below ``depth``, or negative,
        gives only zeros; missing gives a missing list.
    depth : int or constant Column of int
        The length of the lists. A length that is found in the data, such as
        `get_num_buckets_for_transformed_feature` gives, makes lists of which nobody knows the
        length beforehand; little can be computed with those.
    dtype : str or type
        ``float`` or ``int``.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1, 0, -1]})
    >>> graph = tft.analyze(data, lambda inputs: {"h": tft.one_hot(inputs["x"], 2)})
    >>> graph.transform(data)["h"].to_pylist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]
    """
    kind = kind_named(dtype)
    if kind not in ("int", "float"):
        raise located(f"one_hot's dtype is {dtype!r}; expected int or float", calling_line())
    if isinstance(depth, Column):
        return apply("one_hot", [x, depth], {"kind": kind})
    return apply("one_hot", [x], {"depth": whole(depth, "one_hot's depth", 1), "kind": kind})
