"""Analyzers of how a column is distributed: histograms, counts, covariance, tails.

Each gives a deferred constant. Missing cells and NaN are left out. The ``name`` of TFT's
functions is taken and has no effect.
"""

from __future__ import annotations

from collections.abc import Sequence

from minitfx.errors import TransformError
from minitfx.transform.column import Column, apply, literal
from minitfx.transform.operand import as_text, column_of
from minitfx.transform.origin import calling_line, located
from minitfx.transform.summaries import at_each_place
from minitfx.transform.summaries import max as max_of
from minitfx.transform.summaries import min as min_of


def histogram(
    x: Column,
    boundaries: Column | Sequence[float] | int | None = None,
    categorical: bool = False,
    name: str | None = None,
) -> tuple[Column, Column]:
    """Return how many values lie in each of some bins, and the boundaries of the bins.

    Parameters
    ----------
    x : Column of numbers; of str or int if ``categorical``
        What to count.
    boundaries : int, sequence of float or Column, optional
        How many boundaries to spread from the least to the largest value (which takes a pass
        of its own; all are moved down by 0.0001, as in TFT), or the boundaries, ascending. 11
        from 0 to 1 when not given.
    categorical : bool
        Whether to count each different value instead; ``boundaries`` do not matter then.
    name : optional
        Taken as in TFT, without effect.

    Returns
    -------
    counts : Column
        A constant list of int. A value that equals a boundary belongs above it; what is below
        the first or above the last boundary joins the first or last bin.
    boundaries : Column
        A constant list of float; the different values, ascending as text, if ``categorical``.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1, 2, 2, 9]})
    >>> def preprocessing_fn(inputs):
    ...     counts, boundaries = tft.histogram(inputs["x"], boundaries=[0, 2, 10])
    ...     return {"counts": counts}
    >>> tft.analyze(data, preprocessing_fn).transform(data.slice(0, 1))["counts"].to_pylist()
    [[1, 3]]
    """
    if categorical:
        keys, counts = count_per_key(as_text(x))
        return counts, keys
    edges = _edges(column_of(x), boundaries)
    found = apply("histogram", [x, edges])
    return apply("histogram_counts", [found], {"bins": (edges.type.length or 0) - 1}), edges


def _edges(x: Column, boundaries: Column | Sequence[float] | int | None) -> Column:
    if isinstance(boundaries, Column):
        return boundaries
    if isinstance(boundaries, int):
        if boundaries < 2:
            raise located(f"boundaries is {boundaries}; expected 2 or more", calling_line())
        return apply("spread_boundaries", [min_of(x), max_of(x)], {"number": boundaries})
    edges = [place / 10 for place in range(11)] if boundaries is None else list(boundaries)
    flat = [float(edge) for edge in edges]
    if flat != sorted(flat) or len(flat) < 2:
        raise located(f"boundaries are {edges}; expected ascending numbers", calling_line())
    return literal(x.tape, flat)


def count_per_key(
    key: Column, key_vocabulary_filename: str | None = None, name: str | None = None
) -> tuple[Column, Column]:
    """Return the different texts of a column, ascending, and how often each occurs.

    Parameters
    ----------
    key : Column of str or int
        Empty texts count; missing cells do not.
    key_vocabulary_filename, name : optional
        Taken as in TFT, without effect: the result is part of the graph.

    Returns
    -------
    keys, counts : Column
        Constant lists of str and of int. They can be results, but not be computed with, as
        nobody knows their length before the data are read.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"k": ["b", "a", "b"]})
    >>> def preprocessing_fn(inputs):
    ...     keys, counts = tft.count_per_key(inputs["k"])
    ...     return {"keys": keys, "counts": counts}
    >>> tft.analyze(data, preprocessing_fn).transform(data.slice(0, 1)).to_pydict()
    {'keys': [['a', 'b']], 'counts': [[1, 2]]}
    """
    counts = apply("counts", [as_text(key)])
    return apply("sorted_keys", [counts]), apply("sorted_counts", [counts])


def covariance(x: Column, dtype: object = None, name: str | None = None) -> Column:
    """Return how the places of a list vary together, divided by the number of rows.

    Parameters
    ----------
    x : Column of lists of k numbers
        As from `stack`. Rows in which a place is missing, NaN or infinite are left out.
    dtype, name : optional
        Taken as in TFT, without effect: the result is of 64 bits.

    Returns
    -------
    Column
        A constant list of k * k floats: the matrix, row after row.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 3.0], "y": [0.0, 4.0]})
    >>> def preprocessing_fn(inputs):
    ...     return {"c": tft.covariance(tft.stack([inputs["x"], inputs["y"]]))}
    >>> tft.analyze(data, preprocessing_fn).transform(data.slice(0, 1))["c"].to_pylist()
    [[1.0, 2.0, 2.0, 4.0]]
    """
    return apply("covariance_matrix", [apply("covariance", [x])])


def pca(x: Column, output_dim: int, dtype: object = None, name: str | None = None) -> Column:
    """Return the directions in which a list varies most, for `matmul`.

    Parameters
    ----------
    x : Column of lists of k numbers
        As for `covariance`.
    output_dim : int
        How many directions, at most k.
    dtype, name : optional
        Taken as in TFT, without effect: the result is of 64 bits.

    Returns
    -------
    Column
        A constant list of k * output_dim floats: the matrix with the directions as columns, row
        after row. The largest entry of every direction is positive.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 3.0], "y": [0.0, 0.0]})
    >>> def preprocessing_fn(inputs):
    ...     both = tft.stack([inputs["x"], inputs["y"]])
    ...     return {"first": tft.matmul(both, tft.pca(both, 1))}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["first"].to_pylist()
    [[1.0], [3.0]]
    """
    width = column_of(x).type.length or 0
    if not 1 <= output_dim <= width:
        raise located(
            f"output_dim is {output_dim}; expected 1 to {width} for {x.type}",
            calling_line(),
            TransformError,
        )
    return apply("principal_axes", [apply("covariance", [x])], {"output_dim": output_dim})


def tukey_location(
    x: Column,
    reduce_instance_dims: bool = True,
    output_dtype: object = None,
    name: str | None = None,
) -> Column:
    """Return the location of a column as a Tukey HH distribution, its mean without long tails.

    Parameters
    ----------
    x : Column of numbers
        What to describe.
    reduce_instance_dims : bool
        False gives, for lists of one length, the answer at each place.
    output_dtype, name : optional
        Taken as in TFT, without effect: the result is a float of 64 bits.

    Notes
    -----
    From L-moments, which are exact up to 32,768 different values. (TFT averages the L-moments
    of batches, so that its answer depends on them.)
    """
    return _tukey_parameter(x, 0, reduce_instance_dims)


def tukey_scale(
    x: Column,
    reduce_instance_dims: bool = True,
    output_dtype: object = None,
    name: str | None = None,
) -> Column:
    """Return the scale of a column as a Tukey HH distribution; see `tukey_location`."""
    return _tukey_parameter(x, 1, reduce_instance_dims)


def _tukey_parameter(x: Column, place: int, reduce_instance_dims: bool) -> Column:
    if reduce_instance_dims:
        return tukey_parameters(x).element(place)
    return at_each_place(x, lambda each: tukey_parameters(each).element(place))


def tukey_h_params(
    x: Column,
    reduce_instance_dims: bool = True,
    output_dtype: object = None,
    name: str | None = None,
) -> tuple[Column, Column]:
    """Return how long the left and the right tail of a column are, 0 for a normal one.

    Parameters
    ----------
    x : Column of numbers
        What to describe.
    reduce_instance_dims, output_dtype, name
        As for `tukey_location`.
    """
    return (
        _tukey_parameter(x, 2, reduce_instance_dims),
        _tukey_parameter(x, 3, reduce_instance_dims),
    )


def tukey_parameters(x: Column) -> Column:
    """Record location, scale, left and right h as one constant list."""
    return apply("tukey_parameters", [apply("distribution", [x])])


def estimated_probability_density(
    x: Column,
    boundaries: Column | Sequence[float] | int | None = None,
    categorical: bool = False,
    name: str | None = None,
) -> Column:
    """Return how likely each value is, by the histogram of its column.

    Parameters
    ----------
    x, boundaries, categorical
        As for `histogram`.
    name : optional
        Taken as in TFT, without effect.

    Returns
    -------
    Column
        Share of the values in the same bin, divided by the mean width of the bins; with
        ``categorical`` the share of the same value, 0 if it was never seen.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"c": ["a", "b", "b", "b"]})
    >>> def preprocessing_fn(inputs):
    ...     return {"p": tft.estimated_probability_density(inputs["c"], categorical=True)}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["p"].to_pylist()
    [0.25, 0.75, 0.75, 0.75]
    """
    if categorical:
        texts = as_text(x)
        return apply("share_per_key", [texts, apply("key_shares", [apply("counts", [texts])])])
    counts, edges = histogram(x, boundaries)
    return apply("density", [x, counts, edges])
