"""Analyzers that sum a column up in a few numbers: mean, minimum, quantiles and the like.

Each gives a deferred constant: a column that has the same value in every row once the data have
been read. Missing cells and NaN are left out everywhere; ``mean`` and ``var`` leave infinities
out too. The ``name`` of TFT's functions is taken and has no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from minitfx.transform.column import Column, apply
from minitfx.transform.columntype import Kind
from minitfx.transform.operand import column_of, whole
from minitfx.transform.origin import calling_line, located


def mean(
    x: Column,
    reduce_instance_dims: bool = True,
    name: str | None = None,
    output_dtype: object = None,
) -> Column:
    """Return the mean of the finite values of a column.

    Parameters
    ----------
    x : Column of numbers
        Missing cells, NaN and infinities are left out.
    reduce_instance_dims : bool
        False gives, for lists of one length, the mean at each place.
    name, output_dtype : optional
        Taken as in TFT, without effect: the result is a float of 64 bits.

    Returns
    -------
    Column
        A constant float, or a list of them; 0 when there are no values.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 3.0, None]})
    >>> graph = tft.analyze(data, lambda inputs: {"m": tft.mean(inputs["x"])})
    >>> graph.transform(data)["m"].to_pylist()
    [2.0, 2.0, 2.0]
    """
    return apply("mean", [moments(x, not reduce_instance_dims)])


def var(
    x: Column,
    reduce_instance_dims: bool = True,
    name: str | None = None,
    output_dtype: object = None,
) -> Column:
    """Return the variance of the finite values of a column, divided by their number.

    Parameters
    ----------
    x, reduce_instance_dims, name, output_dtype
        As for `mean`.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 3.0]})
    >>> tft.analyze(data, lambda inputs: {"v": tft.var(inputs["x"])}).constants
    {'variance(x)': 1.0}
    """
    return apply("variance", [moments(x, not reduce_instance_dims)])


def moments(x: Column, elementwise: bool) -> Column:
    """Record the analyzer that mean and variance share."""
    return apply("moments", [x], {"elementwise": elementwise})


def min(x: Column, reduce_instance_dims: bool = True, name: str | None = None) -> Column:
    """Return the smallest value of a column; infinity (the largest integer) when there is none.

    Parameters
    ----------
    x : Column of numbers
        Missing cells and NaN are left out.
    reduce_instance_dims : bool
        False gives, for lists of one length, the minimum at each place.
    name : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [3, 1, None]})
    >>> tft.analyze(data, lambda inputs: {"low": tft.min(inputs["x"])}).constants
    {'lowest(x)': 1}
    """
    return apply("lowest", [extent(x, not reduce_instance_dims)], {"kind": whole_or_float(x)})


def max(x: Column, reduce_instance_dims: bool = True, name: str | None = None) -> Column:
    """Return the largest value of a column; minus infinity (the least integer) if there is none.

    Parameters
    ----------
    x, reduce_instance_dims, name
        As for `min`.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [3, 1, None]})
    >>> tft.analyze(data, lambda inputs: {"high": tft.max(inputs["x"])}).constants
    {'highest(x)': 3}
    """
    return apply("highest", [extent(x, not reduce_instance_dims)], {"kind": whole_or_float(x)})


def extent(x: Column, elementwise: bool) -> Column:
    """Record the analyzer that minimum and maximum share."""
    return apply("extent", [x], {"elementwise": elementwise})


def whole_or_float(x: Column) -> Kind:
    """Return the kind of a minimum or a sum of a column."""
    return "float" if column_of(x).type.kind == "float" else "int"


def sum(x: Column, reduce_instance_dims: bool = True, name: str | None = None) -> Column:
    """Return the sum of the values of a column; missing cells and NaN add nothing.

    Parameters
    ----------
    x : Column of numbers
        Sums of integers are exact.
    reduce_instance_dims : bool
        False gives, for lists of one length, the sum at each place.
    name : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [3, 1, None]})
    >>> tft.analyze(data, lambda inputs: {"s": tft.sum(inputs["x"])}).constants
    {'total(x)': 4}
    """
    if not reduce_instance_dims:
        return at_each_place(x, sum)
    return apply("total", [apply("sum", [x])], {"kind": whole_or_float(x)})


def size(x: Column, reduce_instance_dims: bool = True, name: str | None = None) -> Column:
    """Return how many values a column has: NaN counts, a missing cell does not.

    Parameters
    ----------
    x : Column
        Of lists, all items count.
    reduce_instance_dims : bool
        False counts, for lists of one length, at each place.
    name : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [3, 1, None]})
    >>> tft.analyze(data, lambda inputs: {"n": tft.size(inputs["x"])}).constants
    {'size(x)': 2}
    """
    if not reduce_instance_dims:
        return at_each_place(x, size)
    return apply("size", [apply("sum", [x if column_of(x).type.kind != "string" else x.length()])])


def at_each_place(x: Column, analyzer: Callable[[Column], Column]) -> Column:
    """Return what an analyzer finds at each place of lists of one length, side by side.

    Raises
    ------
    TransformError
        If the lists have any length.
    """
    if column_of(x).type.is_ragged:
        raise located(
            "reduce_instance_dims=False needs one value a row, or lists of one length; found "
            f"{x.type}. tft.sparse_tensor_to_dense_with_shape(x, [None, k]) makes them so",
            calling_line(),
        )
    if x.type.length is None:
        return analyzer(x)
    found = [analyzer(x.element(place)) for place in range(x.type.length)]
    return apply("stack", found)


def quantiles(
    x: Column,
    num_buckets: int,
    epsilon: float | None = None,
    weights: Column | None = None,
    reduce_instance_dims: bool = True,
    name: str | None = None,
) -> Column:
    """Return the boundaries that cut a column into parts of equal size.

    Parameters
    ----------
    x : Column of numbers
        Missing cells and NaN are left out.
    num_buckets : int
        How many parts, at least 2.
    epsilon : float, optional
        Taken as in TFT, without effect: up to 32,768 different values the answer is exact,
        above that the error in rank is about 0.001.
    weights : Column of numbers, optional
        The weight of each row; what is missing, NaN, zero or negative weighs nothing.
    reduce_instance_dims : bool
        False gives, for lists of one length, the boundaries at each place, one place after the
        other in one list.
    name : optional
        Taken as in TFT, without effect.

    Returns
    -------
    Column
        A constant list of ``num_buckets - 1`` floats in ascending order, values of the column:
        boundary r is the first whose cumulated weight exceeds r / num_buckets of the whole.
        Zeros when there are no values.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": range(1, 11)})
    >>> graph = tft.analyze(data, lambda inputs: {"q": tft.quantiles(inputs["x"], 4)})
    >>> graph.transform(data.slice(0, 1))["q"].to_pylist()
    [[3.0, 6.0, 8.0]]
    """
    num_buckets = whole(num_buckets, "num_buckets", 2)
    if not reduce_instance_dims:
        return at_each_place(x, lambda each: quantiles(each, num_buckets, weights=weights))
    operands: Sequence[Column] = [x] if weights is None else [x, weights]
    return apply("quantiles", [apply("distribution", operands)], {"num_buckets": num_buckets})
