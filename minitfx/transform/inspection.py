"""Which columns a ``preprocessing_fn`` reads, found out without any data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import pyarrow as pa

from minitfx.errors import TransformError
from minitfx.transform.columntype import RAGGED, ColumnType, Kind, type_of
from minitfx.transform.output import FixedLenFeature, VarLenFeature
from minitfx.transform.program import needed
from minitfx.transform.tracing import PreprocessingFn, Trace, trace

Specs: TypeAlias = pa.Schema | Mapping[str, Any]


def get_analyze_input_columns(
    preprocessing_fn: PreprocessingFn,
    specs: Specs,
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
    return {name: _type(name, spec) for name, spec in specs.items()}


_KINDS: dict[str, Kind] = {"int64": "int", "float64": "float", "string": "string"}


def _type(name: str, spec: Any) -> tuple[ColumnType, bool]:
    kind = _KINDS.get(getattr(spec, "dtype", ""))
    if kind is not None and isinstance(spec, VarLenFeature):
        return ColumnType(kind, RAGGED), False
    if kind is not None and isinstance(spec, FixedLenFeature) and len(spec.shape) <= 1:
        return ColumnType(kind, spec.shape[0] if spec.shape else None), True
    raise TransformError(
        f"the specification of {name!r} is {spec!r}; expected a FixedLenFeature of no or one "
        f"dimension, or a VarLenFeature, with a dtype of {', '.join(_KINDS)}"
    )
