"""Functions of columns, value by value, for what has no operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minitfx.errors import TransformError
from minitfx.transform.column import Column, Operand, apply
from minitfx.transform.literal import literal_of
from minitfx.transform.operand import as_text, column_of, columns_of, whole
from minitfx.transform.origin import calling_line, located


def where(condition: Column, x: Operand, y: Operand) -> Column:
    """Return ``x`` where the condition holds and ``y`` elsewhere.

    Parameters
    ----------
    condition : Column of bool
        Where it is missing, the result is.
    x, y : Column or plain value
        Of one kind; integers meet floats as floats.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [-1, 2]})
    >>> graph = tft.analyze(data, lambda i: {"y": tft.where(i["x"] > 0, i["x"], 0)})
    >>> graph.transform(data)["y"].to_pylist()
    [0, 2]
    """
    return apply("where", [condition, x, y])


def fill_missing(x: Column, value: Operand) -> Column:
    """Return a column with ``value`` in the cells that are missing; see `Column.fill_missing`."""
    return column_of(x).fill_missing(value)


def is_missing(x: Column) -> Column:
    """Return whether each cell is missing; NaN is a value."""
    return column_of(x).is_missing()


def is_nan(x: Column) -> Column:
    """Return whether each number is NaN; a missing cell stays missing."""
    return column_of(x).is_nan()


def cast(x: Column, to: str | type) -> Column:
    """Return the values as another kind; see `Column.cast`."""
    return column_of(x).cast(to)


def log(x: Column) -> Column:
    """Return the natural logarithm: NaN below 0, minus infinity at 0."""
    return apply("log", [x])


def log1p(x: Column) -> Column:
    """Return ``log(1 + x)``, exact for small values."""
    return apply("log1p", [x])


def exp(x: Column) -> Column:
    """Return e to the power of each value."""
    return apply("exp", [x])


def sqrt(x: Column) -> Column:
    """Return the square root: NaN below 0."""
    return apply("sqrt", [x])


def abs(x: Column) -> Column:
    """Return each value without its sign."""
    return apply("absolute", [x])


def round(x: Column) -> Column:
    """Return the nearest whole numbers, halves to the even one."""
    return apply("rint", [x])


def floor(x: Column) -> Column:
    """Return the largest whole numbers that are not above the values."""
    return apply("floor", [x])


def ceil(x: Column) -> Column:
    """Return the smallest whole numbers that are not below the values."""
    return apply("ceil", [x])


def sigmoid(x: Column) -> Column:
    """Return ``1 / (1 + exp(-x))``."""
    return apply("sigmoid", [x])


def tanh(x: Column) -> Column:
    """Return the hyperbolic tangent."""
    return apply("tanh", [x])


def minimum(x: Operand, y: Operand) -> Column:
    """Return the smaller of two values in each row; `min` is the smallest of a column."""
    return apply("minimum", [x, y])


def maximum(x: Operand, y: Operand) -> Column:
    """Return the larger of two values in each row; `max` is the largest of a column."""
    return apply("maximum", [x, y])


def clip(x: Column, low: float | None = None, high: float | None = None) -> Column:
    """Return the values, those below ``low`` and above ``high`` replaced by these."""
    return column_of(x).clip(low, high)


def stack(columns: Sequence[Operand]) -> Column:
    """Return columns side by side, as one list of fixed length for each row.

    Parameters
    ----------
    columns : sequence of Column or plain values
        Of one kind; a list of fixed length adds all its places. A missing cell is a missing
        place.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1, 2], "y": [3, 4]})
    >>> graph = tft.analyze(data, lambda i: {"both": tft.stack([i["x"], i["y"]])})
    >>> graph.transform(data)["both"].to_pylist()
    [[1, 3], [2, 4]]
    """
    return apply("stack", columns_of(columns))


def matmul(x: Column, matrix: Column | Sequence[float], output_dim: int | None = None) -> Column:
    """Return each row's list multiplied by a matrix.

    Parameters
    ----------
    x : Column of lists of k numbers
        Where a place is missing, the whole result is.
    matrix : Column or sequence of float
        k * m numbers, row after row, such as `pca` gives.
    output_dim : int, optional
        m; follows from the number of numbers when not given.

    Returns
    -------
    Column
        Lists of m floats.

    Notes
    -----
    Added up in the order of the places, so that a row gives the same bits in any batch.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [[1.0, 2.0]]})
    >>> pairs = data.cast(pa.schema([("x", pa.list_(pa.float64(), 2))]))
    >>> graph = tft.analyze(pairs, lambda i: {"y": tft.matmul(i["x"], [1, 10, 2, 20])})
    >>> graph.transform(pairs)["y"].to_pylist()
    [[5.0, 50.0]]
    """
    return apply("matmul", [x, matrix], {"output_dim": output_dim})


def split(x: Column, delimiter: str | Sequence[str] | None = None) -> Column:
    """Return the tokens of each text.

    Parameters
    ----------
    x : Column of str
        A missing text gives a missing list, an empty one an empty list.
    delimiter : str or sequence of str, optional
        What stands between tokens, or several of which any does; white space of any length when
        not given. There are no empty tokens.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": ["a b", ""]})
    >>> tft.analyze(data, lambda i: {"t": tft.split(i["x"])}).transform(data)["t"].to_pylist()
    [['a', 'b'], []]
    """
    several = None if delimiter is None or isinstance(delimiter, str) else list(delimiter)
    if delimiter == "" or (several is not None and not (several and all(several))):
        raise located(f"delimiter is {delimiter!r}; expected a text", calling_line())
    return apply("split", [x], {"delimiter": several or delimiter})


def join(columns: Sequence[Operand], separator: str = "") -> Column:
    """Return the texts of several columns joined, as a feature cross needs them.

    Parameters
    ----------
    columns : sequence of Column of str, or plain texts
        Where one is missing, the result is.
    separator : str
        What to put between them.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": ["a"], "y": ["b"]})
    >>> graph = tft.analyze(data, lambda i: {"xy": tft.join([i["x"], i["y"]], "_x_")})
    >>> graph.transform(data)["xy"].to_pylist()
    ['a_x_b']
    """
    return apply("join", columns_of(columns), {"separator": separator})


def lookup(x: Column, table: Mapping[Any, Any], default_value: Any = None) -> Column:
    """Return for each value what a table that is known beforehand has for it.

    Parameters
    ----------
    x : Column of str or int
        Also lists of them. Missing stays missing.
    table : mapping
        From texts (or integers) to values of one kind: numbers, texts or times.
    default_value : optional
        For what is not in the table; missing when not given.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"income": [">50K", "<=50K", "?"]})
    >>> def preprocessing_fn(inputs):
    ...     return {"label": tft.lookup(inputs["income"], {">50K": 1, "<=50K": 0}, -1)}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["label"].to_pylist()
    [1, 0, -1]
    """
    if isinstance(table, Mapping):
        keys = (key.item() if isinstance(key, np.generic) else key for key in table)
        table = dict(zip(keys, table.values(), strict=True))
    kinds = {type(key) for key in table} if isinstance(table, Mapping) else set()
    if kinds != {str} and kinds != {int}:
        raise located(
            f"table is {table!r}; expected a dict from texts, or from integers, to values",
            calling_line(),
        )
    given = [*table.values(), *([] if default_value is None else [default_value])]
    values = [each.item() if isinstance(each, np.generic) else each for each in given]
    try:
        column, plain = literal_of(values)
    except TransformError as error:
        raise located(str(error), calling_line()) from None
    settings = {"keys": list(table), "values": plain[: len(table)], "kind": column.kind}
    settings["default_value"] = None if default_value is None else plain[-1]
    return apply("lookup", [x], settings)


def hash_strings(
    strings: Column, hash_buckets: int, key: Sequence[int] | None = None, name: str | None = None
) -> Column:
    """Return one of ``hash_buckets`` integers for each text, always the same.

    Parameters
    ----------
    strings : Column of str or int
        Integers are hashed as text. Missing stays missing.
    hash_buckets : int
        How many integers.
    key : sequence of two int, optional
        With a secret key, nobody can construct texts that share a bucket (SipHash-2-4 instead
        of FarmHash's Fingerprint64).
    name : optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": ["abc"]})
    >>> graph = tft.analyze(data, lambda i: {"h": tft.hash_strings(i["x"], 1000)})
    >>> graph.transform(data)["h"].to_pylist()
    [385]
    """
    hash_buckets = whole(hash_buckets, "hash_buckets", 1)
    if key is not None and len(key) != 2:
        raise located(f"key is {key!r}; expected two integers", calling_line())
    key = None if key is None else [whole(each, "a half of key") for each in key]
    texts = as_text(strings)
    settings = {"hash_buckets": hash_buckets, "key": key}
    return apply("hash_strings", [texts], settings)
