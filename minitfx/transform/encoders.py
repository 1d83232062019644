"""Mappers that scikit-learn users expect, and functions of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from minitfx.errors import TransformError
from minitfx.transform.column import Column, apply
from minitfx.transform.columntype import NUMERIC, ColumnType, kind_named
from minitfx.transform.functions import where
from minitfx.transform.operand import as_text, column_of, columns_of, whole
from minitfx.transform.origin import calling_line, located
from minitfx.transform.pyfunction import PythonFunction
from minitfx.transform.summaries import mean
from minitfx.transform.vocabularies import apply_vocabulary, build_vocabulary

Strategy = Literal["mean", "median", "most_frequent", "constant"]


def impute(
    x: Column,
    strategy: Strategy = "mean",
    fill_value: float | str | None = None,
    nan_is_missing: bool = False,
) -> Column:
    """Return a column whose missing cells are filled.

    Parameters
    ----------
    x : Column
        Of numbers, or with ``most_frequent`` and ``constant`` of text.
    strategy : str
        ``mean``, ``median`` (the mean of the two middle values of an even number),
        ``most_frequent`` (the smallest of several) or ``constant``.
    fill_value : float or str, optional
        For ``constant``.
    nan_is_missing : bool
        Whether to fill NaN too, as scikit-learn's SimpleImputer does.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, None, 4.0, 5.0]})
    >>> graph = tft.analyze(data, lambda i: {"x": tft.impute(i["x"], "median")})
    >>> graph.transform(data)["x"].to_pylist()
    [1.0, 4.0, 4.0, 5.0]
    """
    filled = column_of(x).fill_missing(_fill(x, strategy, fill_value))
    if not nan_is_missing or x.type.kind != "float":
        return filled
    return where(apply("isnan", [filled]), _fill(x, strategy, fill_value), filled)


def _fill(x: Column, strategy: str, fill_value: float | str | None) -> Any:
    is_text = x.type.kind == "string"
    if strategy == "constant" and fill_value is not None:
        return fill_value
    if strategy == "most_frequent" and is_text:
        return apply("most_frequent_text", [apply("counts", [x])])
    if strategy == "mean" and not is_text:
        return mean(x)
    if strategy in ("median", "most_frequent") and not is_text:
        found = apply(strategy, [apply("distribution", [x])])
        whole = strategy == "most_frequent" and x.type.kind == "int"
        return found.cast("int") if whole else found
    hint = " without a fill_value" if strategy == "constant" else ""
    raise located(f"cannot impute {x.type} by {strategy!r}{hint}", calling_line(), TransformError)


def ordinal_encode(x: Column, unknown_value: int = -1, vocab_filename: str | None = None) -> Column:
    """Return the place of each text among all texts of its column, in ascending order.

    Parameters
    ----------
    x : Column of str or int
        Integers are ordered as text. Missing stays missing; empty texts and texts with line
        breaks count as unknown.
    unknown_value : int
        For texts that were not seen.
    vocab_filename : str, optional
        The name of the file that lists the texts.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"c": ["b", "a", "b"]})
    >>> graph = tft.analyze(data, lambda i: {"c": tft.ordinal_encode(i["c"])})
    >>> graph.transform(data)["c"].to_pylist()
    [1, 0, 1]
    """
    settings: dict[str, Any] = {
        "top_k": None,
        "frequency_threshold": None,
        "store_frequency": False,
        "reserved_tokens": [],
        "fingerprint_shuffle": False,
        "order": "text",
    }
    tokens = build_vocabulary(x, settings, vocab_filename)
    return apply_vocabulary(x, tokens, default_value=whole(unknown_value, "unknown_value"))


def target_encode(
    x: Column, label: Column, folds: int = 5, smooth: float | Literal["auto"] = "auto"
) -> Column:
    """Return the mean of the label for each category, smoothed, without leaking the label.

    Parameters
    ----------
    x : Column of str or int
        The category.
    label : Column of numbers
        One a row. It is read when the graph is fitted; serving does not need it.
    folds : int
        The rows that the graph was fitted on are encoded by the other folds' rows only: row r
        by those whose number is not r modulo ``folds``. All other rows, and those of a request,
        are encoded by all rows.
    smooth : float or "auto"
        How many rows the overall mean weighs against a category's own; "auto" goes by the
        variances within the category and of all rows.

    Returns
    -------
    Column
        Floats; a category that was not seen, and a missing one, gives the overall mean.

    Notes
    -----
    Rows of the fitting data get their out-of-fold encoding from ``transform(…,
    is_fitting=True)``, which is what Transform writes for the splits that it analyzes.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"c": ["a", "a", "b", "b"], "y": [0, 0, 1, 0]})
    >>> def preprocessing_fn(inputs):
    ...     return {"c": tft.target_encode(inputs["c"], inputs["y"], folds=2, smooth=0.0)}
    >>> graph = tft.analyze(data, preprocessing_fn)
    >>> graph.transform(pa.table({"c": ["a", "b", "?"]}))["c"].to_pylist()
    [0.0, 0.5, 0.25]
    """
    folds = whole(folds, "folds", 2)
    texts = as_text(x)
    if column_of(label).type.kind not in NUMERIC or label.type.length is not None:
        raise located(f"target_encode takes a number as label; found {label.type}", calling_line())
    numbers, fitting = _context(x, "row_number"), _context(x, "is_fitting")
    settings = {"folds": folds, "smooth": None if smooth == "auto" else float(smooth)}
    table = apply("folded_target", [label, texts, numbers], settings)
    return apply("target_encode", [texts, table, numbers, fitting])


def _context(x: Column, name: str) -> Column:
    kind = ColumnType("int" if name == "row_number" else "bool")
    return Column(x.tape, x.tape.source(name, {}, kind, constant=False))


def sklearn(
    estimator: Any,
    columns: Column | Sequence[Column],
    label: Column | None = None,
    width: int | None = None,
    max_rows: int | None = 1_000_000,
    name: str | None = None,
) -> Column:
    """Return what a scikit-learn transformer makes of some columns.

    Parameters
    ----------
    estimator : transformer
        An unfitted one; it is cloned.
    columns : Column or sequence of Column
        Of single values or of fixed lists. Numbers arrive as a float matrix with NaN where
        missing; if there is text, as an object matrix with None.
    label : Column of numbers, optional
        For transformers that are fitted to a label; serving does not need it.
    width : int, optional
        How many columns it gives. Follows for transformers that give a column for a column, or
        have ``n_components``; for others the result is a list whose length is not known, and
        with which little can be computed.
    max_rows : int, optional
        Fitted to so many rows, chosen by their numbers, if there are more; None takes all. The
        rows are held in memory.
    name : str, optional
        The name of its file among the assets of the graph.

    Returns
    -------
    Column
        Lists of floats.

    Notes
    -----
    The fitted transformer is the one part of a graph that is saved as a pickle: loading such a
    graph needs somebody to vouch for it. Whether a row gives the same bits alone and in a large
    batch is up to the transformer; those that use matrix products do not.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> from sklearn.preprocessing import StandardScaler
    >>> data = pa.table({"x": [1.0, 3.0], "y": [0.0, 4.0]})
    >>> def preprocessing_fn(inputs):
    ...     return {"s": tft.sklearn(StandardScaler(), [inputs["x"], inputs["y"]])}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["s"].to_pylist()
    [[-1.0, -1.0], [1.0, 1.0]]
    """
    missing = [name for name in ("fit", "transform") if not hasattr(estimator, name)]
    if missing or isinstance(estimator, type):
        raise located(
            f"tft.sklearn takes a transformer, such as StandardScaler(); found {estimator!r}",
            calling_line(),
            TransformError,
        )
    columns = [columns] if isinstance(columns, Column) else columns_of(columns)
    if not columns:
        raise located("tft.sklearn was given no columns", calling_line(), TransformError)
    width = _width(estimator, columns) if width is None else width
    operands = [*columns, *([] if label is None else [label]), _context(columns[0], "row_number")]
    rows = apply("sample", operands, {"max_rows": max_rows})
    settings = {
        "name": _file_name(estimator, rows, name),
        "supervised": label is not None,
        "estimator": repr(estimator),
    }
    fitted = apply("fit_estimator", [rows], settings, payload=estimator)
    return apply("apply_estimator", [*columns, fitted], {"width": width})


def _width(estimator: Any, columns: Sequence[Column]) -> int | None:
    components = getattr(estimator, "n_components", None)
    if isinstance(components, int):
        return components
    bases = {base.__name__ for base in type(estimator).__mro__}
    if "OneToOneFeatureMixin" not in bases:
        return None
    return sum(column.type.length or 1 for column in columns)


def _file_name(estimator: Any, rows: Column, name: str | None) -> str:
    names = rows.tape.names
    base = name or f"{type(estimator).__name__}.joblib"
    content, number = f"{rows.place} {estimator!r}", 0
    while True:
        candidate = f"{number}_{base}" if number else base
        if names.setdefault(candidate, content) == content:
            return candidate
        if name is not None:
            raise located(f"two assets are named {name!r}", calling_line(), TransformError)
        number += 1


def apply_pyfunc(
    func: Callable[..., Any],
    Tout: object,  # noqa: N803 - TFT's name, by which it may be given
    stateful: bool = True,
    name: str | None = None,
    *args: Column,
) -> Column:
    """Return what a Python function makes of some columns, batch by batch.

    Parameters
    ----------
    func : callable
        Gets a numpy array for each of ``args``, one value (or, of fixed lists, one row) a row,
        and returns an array-like of one value a row. Missing floats are NaN, missing text is
        None; other kinds must not have missing cells. None in the result is missing. It must
        not depend on how rows are cut into batches. To save the graph, it must stand at the top
        of a module.
    Tout : str or type
        The kind of the result: int, float, bool or str.
    stateful, name : optional
        Taken as in TFT, without effect.
    *args : Column
        What it is given.

    Raises
    ------
    TransformError
        When it is applied, if it returns another number of values, or another kind; names the
        line on which it was recorded.

    Notes
    -----
    The source of the function's module becomes part of the saved graph. Loading the graph runs
    it only where the same module is found, or if somebody vouches for the graph.

    Examples
    --------
    >>> import numpy as np, pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 4.0]})
    >>> def preprocessing_fn(inputs):
    ...     return {"r": tft.apply_pyfunc(np.sqrt, float, False, None, inputs["x"])}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["r"].to_pylist()
    [1.0, 2.0]
    """
    kind = kind_named(Tout)
    if kind == "timestamp":
        raise located("apply_pyfunc gives int, float, bool or str", calling_line(), TransformError)
    function = PythonFunction.of(func)
    return apply(
        "apply_pyfunc", list(args), {"kind": kind, "function": function.name}, payload=function
    )
