"""Mappers that put the numbers of a column on a common scale."""

from __future__ import annotations

from minitfx.errors import TransformError
from minitfx.transform.column import Column, apply
from minitfx.transform.distributions import tukey_parameters
from minitfx.transform.functions import stack
from minitfx.transform.origin import calling_line, located
from minitfx.transform.summaries import extent, moments, var, whole_or_float


def scale_to_z_score(
    x: Column, elementwise: bool = False, name: str | None = None, output_dtype: object = None
) -> Column:
    """Return a column scaled to mean 0 and standard deviation 1.

    Parameters
    ----------
    x : Column of numbers
        Missing stays missing and NaN stays NaN; both, and infinities, are left out of the mean.
    elementwise : bool
        For lists of one length: scale each place by itself.
    name, output_dtype : optional
        Taken as in TFT, without effect: the result is a float of 64 bits.

    Returns
    -------
    Column
        ``(x - mean) / sqrt(variance)``; plain ``x - mean`` where the variance is 0. The
        variance is divided by the number of values.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 3.0]})
    >>> graph = tft.analyze(data, lambda inputs: {"z": tft.scale_to_z_score(inputs["x"])})
    >>> graph.transform(data)["z"].to_pylist()
    [-1.0, 1.0]
    """
    found = moments(x, elementwise)
    scale = apply("deviation", [apply("variance", [found])])
    return apply("z_score", [x, apply("mean", [found]), scale])


def scale_by_min_max(
    x: Column,
    output_min: float = 0.0,
    output_max: float = 1.0,
    elementwise: bool = False,
    name: str | None = None,
) -> Column:
    """Return a column scaled so that its smallest and largest value lie at two bounds.

    Parameters
    ----------
    x : Column of numbers
        Missing stays missing and NaN stays NaN; both are left out of the minimum. (TFT lets a
        NaN spoil the whole column.)
    output_min, output_max : float
        The bounds. What is seen later and lies outside is not clipped.
    elementwise : bool
        For lists of one length: scale each place by itself.
    name : optional
        Taken as in TFT, without effect.

    Returns
    -------
    Column
        Floats. A column of one value, whose place between the bounds nobody knows, gives the
        sigmoid of its values between the bounds, as in TFT.

    Raises
    ------
    TransformError
        If ``output_min`` is not below ``output_max``.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 3.0]})
    >>> graph = tft.analyze(data, lambda inputs: {"s": tft.scale_by_min_max(inputs["x"], -1, 1)})
    >>> graph.transform(data)["s"].to_pylist()
    [-1.0, 1.0]
    """
    bounds = output_bounds(output_min, output_max)
    found, kind = extent(x, elementwise), {"kind": whole_or_float(x)}
    low, high = apply("lowest", [found], kind), apply("highest", [found], kind)
    return apply("min_max", [x, low, high], bounds)


def output_bounds(output_min: float, output_max: float) -> dict[str, float]:
    """Return the settings of a scaling between two bounds.

    Raises
    ------
    TransformError
        If the first is not below the second.
    """
    if not output_min < output_max:
        raise located(
            f"output_min is {output_min} and output_max is {output_max}; expected it to be larger",
            calling_line(),
            TransformError,
        )
    return {"output_min": float(output_min), "output_max": float(output_max)}


def scale_to_0_1(x: Column, elementwise: bool = False, name: str | None = None) -> Column:
    """Return a column scaled so that its smallest value is 0 and its largest 1.

    Parameters
    ----------
    x, elementwise, name
        As for `scale_by_min_max`.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [2, 3, 4]})
    >>> graph = tft.analyze(data, lambda inputs: {"s": tft.scale_to_0_1(inputs["x"])})
    >>> graph.transform(data)["s"].to_pylist()
    [0.0, 0.5, 1.0]
    """
    return scale_by_min_max(x, 0.0, 1.0, elementwise)


def scale_to_gaussian(
    x: Column, elementwise: bool = False, name: str | None = None, output_dtype: object = None
) -> Column:
    """Return a column made about normally distributed, its long tails drawn in.

    Parameters
    ----------
    x : Column of numbers
        Missing stays missing and NaN stays NaN.
    elementwise : bool
        For lists of one length: scale each place by itself.
    name, output_dtype : optional
        Taken as in TFT, without effect.

    Returns
    -------
    Column
        The normal value behind each value, if the column is taken for a Tukey HH distribution
        (see `tukey_location`); the z-score when its tails are not longer than normal ones.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 2.0, 3.0]})
    >>> graph = tft.analyze(data, lambda inputs: {"g": tft.scale_to_gaussian(inputs["x"])})
    >>> graph.transform(data)["g"].to_pylist()
    [-1.224744871391589, 0.0, 1.224744871391589]
    """
    if elementwise:
        return stack([scale_to_gaussian(x.element(at)) for at in range(x.type.length or 0)])
    return apply("gaussian", [x, tukey_parameters(x), var(x)])
