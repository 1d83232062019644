"""Which columns a ``preprocessing_fn`` reads, found out without any data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import pyarrow as pa

from minitfx.transform.columntype import ColumnType, type_of
from minitfx.transform.feature_spec import FixedLenFeature, column_type
from minitfx.transform.program import needed
from minitfx.transform.tracing import PreprocessingFn, Trace, trace

Specs: TypeAlias = pa.Schema | Mapping[str, Any]


def get_analyze_input_columns(
    preprocessing_fn: PreprocessingFn,
    specs: Specs,
    force_tf_compat_v1: bool = False,
    *,
    custom_config: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return the columns that must be there to fit a function's analyzers.

    Parameters
    ----------
    preprocessing_fn : callable
        As for `analyze`.
    specs : pyarrow.Schema or mapping of str to FixedLenFeature or VarLenFeature
        The columns that there are.
    force_tf_compat_v1 : bool
        Taken as in TFT, without effect.
    custom_config : mapping, optional
        Settings for the function.

    Returns
    -------
    list of str
        Their names, ascending.

    Raises
    ------
    TransformError, ColumnError
        If the function cannot be traced, or a column has no type that a graph can hold.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> def preprocessing_fn(inputs):
    ...     return {"z": tft.scale_to_z_score(inputs["x"]), "y": inputs["y"]}
    >>> schema = pa.schema([("x", pa.float64()), ("y", pa.int64()), ("unused", pa.string())])
    >>> tft.get_analyze_input_columns(preprocessing_fn, schema)
    ['x']
    >>> tft.get_transform_input_columns(preprocessing_fn, schema)
    ['x', 'y']
    """
    traced = trace(preprocessing_fn, _types(specs), custom_config)
    analyzers = [place for place, node in enumerate(traced.tape.nodes) if node.is_analyzer]
    return _inputs(traced, analyzers, {})


def get_transform_input_columns(
    preprocessing_fn: PreprocessingFn,
    specs: Specs,
    force_tf_compat_v1: bool = False,
    *,
    custom_config: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return the columns that must be there to transform rows; see `get_analyze_input_columns`."""
    traced = trace(preprocessing_fn, _types(specs), custom_config)
    known = {place: None for place, node in enumerate(traced.tape.nodes) if node.is_constant}
    return _inputs(traced, list(traced.outputs.values()), known)


def _inputs(traced: Trace, wanted: list[int], known: Mapping[int, Any]) -> list[str]:
    nodes = [traced.tape.nodes[place] for place in needed(traced.tape.nodes, wanted, known)]
    return sorted(node.parameters["name"] for node in nodes if node.op == "input")


def _types(specs: Specs) -> dict[str, tuple[ColumnType, bool]]:
    if isinstance(specs, pa.Schema):
        found = {field.name: type_of(field.type) for field in specs}
        return {name: (column, False) for name, column in found.items() if column is not None}
    return {
        name: (column_type(name, spec), isinstance(spec, FixedLenFeature))
        for name, spec in specs.items()
    }
