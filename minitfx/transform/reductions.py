"""One number for each row's list, as TensorFlow's reductions along the second axis give.

The analyzers `minitfx.transform.sum`, `mean`, `min` and `max` give one number for all rows.
"""

from __future__ import annotations

from minitfx.transform.column import Column, apply


def reduce_sum(x: Column) -> Column:
    """Return the sum of each row's list.

    Parameters
    ----------
    x : Column of lists of numbers
        Missing items are left out; NaN is not. An empty list gives 0, a missing one is missing.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [[1, 2, 3], [], None]})
    >>> tft.analyze(data, lambda i: {"y": tft.reduce_sum(i["x"])}).transform(data)["y"].to_pylist()
    [6, 0, None]
    """
    return apply("reduce_sum", [x])


def reduce_mean(x: Column) -> Column:
    """Return the mean of each row's list, as a float.

    Parameters
    ----------
    x : Column of lists of numbers
        Missing items are left out; NaN is not. Without items the mean is missing.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [[1, 2], []]})
    >>> tft.analyze(data, lambda i: {"y": tft.reduce_mean(i["x"])}).transform(data)["y"].to_pylist()
    [1.5, None]
    """
    return apply("reduce_mean", [x])


def reduce_min(x: Column) -> Column:
    """Return the smallest number of each row's list; see `reduce_mean` for missing items."""
    return apply("reduce_min", [x])


def reduce_max(x: Column) -> Column:
    """Return the largest number of each row's list; see `reduce_mean` for missing items."""
    return apply("reduce_max", [x])
