"""The Open Inference Protocol, version 2: tables to its JSON tensors and back.

One named tensor per column::

    {"inputs": [{"name": "fare", "shape": [2], "datatype": "FP64", "data": [7.5, null]}]}

A missing value is ``null``, in requests and answers alike; JSON has no NaN and no infinity, so
those are ``null`` in answers too. The same routes take an Arrow IPC stream instead, which keeps
them apart.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from minitfx.errors import SignatureError, did_you_mean
from minitfx.models.manifest import Manifest
from minitfx.models.signature import Field, Signature

# Without it a request is parsed some times slower.
orjson: Any = import_module("orjson") if find_spec("orjson") else None

ARROW = "application/vnd.apache.arrow.stream"
"""Content type of an Arrow IPC stream."""

_DATATYPES = {
    "bool": "BOOL",
    "int64": "INT64",
    "double": "FP64",
    "string": "BYTES",
    "binary": "BYTES",
    "timestamp": "INT64",
    "date": "INT64",
}
_ARROW_TYPES: dict[str, pa.DataType] = {
    "BOOL": pa.bool_(),
    "BYTES": pa.string(),
    "FP16": pa.float64(),
    "FP32": pa.float64(),
    "FP64": pa.float64(),
    **{f"{sign}INT{bits}": pa.int64() for sign in ("", "U") for bits in (8, 16, 32, 64)},
}


def to_tensors(table: pa.Table) -> list[dict[str, Any]]:
    """Return a table as a list of tensors, one per column.

    Examples
    --------
    >>> to_tensors(pa.table({"x": [1.5, None]}))
    [{'name': 'x', 'shape': [2], 'datatype': 'FP64', 'data': [1.5, None]}]
    """
    return [_tensor(name, table.column(name), _listed) for name in table.column_names]


def from_tensors(
    tensors: object, signature: Signature | None = None, where: str = "inputs"
) -> pa.Table:
    """Return the table that a list of tensors describes.

    Parameters
    ----------
    tensors : list of dict
        Parsed JSON; anything else is an error, not a crash.
    signature : Signature, optional
        What the model takes. Its types decide how data are read, and columns that it does not
        name are an error.
    where : str
        What the list is called in messages.

    Raises
    ------
    SignatureError
        If it is not a list of tensors of one number of rows, or does not fit the signature. The
        message names the column.
    """
    if not isinstance(tensors, list) or not tensors:
        raise SignatureError(f"{where!r} is {_short(tensors)}; expected a list of tensors")
    known = {field.name: field for field in signature.inputs} if signature else {}
    columns: dict[str, pa.Array] = {}
    for place, tensor in enumerate(tensors):
        name, column = _column(tensor, f"{where}[{place}]", known)
        if name in columns:
            raise SignatureError(f"{where} names the column {name!r} twice")
        columns[name] = column
    rows = {name: len(column) for name, column in columns.items()}
    if len(set(rows.values())) > 1:
        listed = ", ".join(f"{name}: {count}" for name, count in rows.items())
        raise SignatureError(f"the columns have different numbers of rows ({listed})")
    return pa.table(columns)


def describe(manifest: Manifest, name: str, versions: Sequence[str]) -> dict[str, Any]:
    """Return a model's metadata as the protocol has it."""
    return {
        "name": name,
        "versions": list(versions),
        "platform": f"minitfx_{manifest.flavour}",
        "inputs": [_metadata(field) for field in manifest.signature.inputs],
        "outputs": [_metadata(field) for field in manifest.signature.outputs],
        "parameters": {
            "task": manifest.task,
            "classes": None if manifest.classes is None else list(manifest.classes),
            "label": manifest.label,
        },
    }


def dumps(value: object) -> bytes:
    """Return a JSON value as UTF-8.

    Raises
    ------
    ValueError, TypeError
        If it holds what JSON has no word for.
    """
    if orjson is not None:
        data: bytes = orjson.dumps(value)
        return data
    return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode()


def dumps_answer(about: Mapping[str, Any], table: pa.Table) -> bytes:
    """Return an answer as JSON text: what is said about it, and the table as ``outputs``.

    Examples
    --------
    >>> dumps_answer({"model_name": "m"}, pa.table({"x": [1.5]})).decode()
    '{"model_name":"m","outputs":[{"name":"x","shape":[1],"datatype":"FP64","data":[1.5]}]}'
    """
    if orjson is None:
        return dumps({**about, "outputs": to_tensors(table)})
    tensors = [_tensor(name, table.column(name), _listed_or_array) for name in table.column_names]
    data: bytes = orjson.dumps({**about, "outputs": tensors}, option=orjson.OPT_SERIALIZE_NUMPY)
    return data


def loads(data: bytes) -> Any:
    """Return the value of JSON text.

    Raises
    ------
    ValueError
        If it is not JSON; NaN and infinities are not.
    """
    if orjson is not None:
        return orjson.loads(data)
    try:
        return json.loads(data, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON; write null for a missing value")


def to_stream(table: pa.Table) -> bytes:
    """Return a table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_stream(data: bytes) -> pa.Table:
    """Return the table of an Arrow IPC stream.

    Raises
    ------
    SignatureError
        If it is none, or is cut short.
    """
    try:
        with pa.ipc.open_stream(io.BytesIO(data)) as reader:
            table = reader.read_all()
            table.validate(full=True)
            return table
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OSError) as error:
        raise SignatureError(f"the body is not an Arrow IPC stream: {error}") from error


def _tensor(
    name: str, column: pa.ChunkedArray, values: Callable[[Any, str], object]
) -> dict[str, Any]:
    field = Field.of(name, column.type)
    if field.type in ("timestamp", "date"):
        column = column.cast(pa.timestamp("us")).cast(pa.int64())
    shape = [len(column)]
    if field.size is not None:
        column, size = _unnested(name, column)
        shape.append(size)
    data = values(column, field.type or "")
    return {"name": name, "shape": shape, "datatype": _DATATYPES[field.type or ""], "data": data}


def _listed(column: pa.Array | pa.ChunkedArray, type_: str) -> list[Any]:
    """Return values as JSON has them."""
    values: list[Any] = column.to_pylist()
    if type_ == "double" and not pc.all(pc.is_finite(column)).as_py():
        return [None if value is None or not math.isfinite(value) else value for value in values]
    if type_ == "binary":
        return [None if value is None else value.decode("latin-1") for value in values]
    return values


def _listed_or_array(column: pa.Array | pa.ChunkedArray, type_: str) -> Any:
    """Return numbers without gaps as a numpy array, which orjson writes as `_listed` would be."""
    if type_ not in ("double", "int64") or column.null_count:
        return _listed(column, type_)
    return np.ascontiguousarray(column.to_numpy(), np.float64 if type_ == "double" else np.int64)


def _unnested(name: str, column: pa.ChunkedArray) -> tuple[pa.Array, int]:
    """Return the flat values of lists of one length, and that length."""
    lists = column.combine_chunks()
    sizes = pc.unique(pc.list_value_length(lists)).to_pylist()
    if len(sizes) > 1 or None in sizes:
        raise SignatureError(f"column {name!r} holds lists of different lengths")
    fixed = max(getattr(lists.type, "list_size", 0), 0)
    return lists.flatten(), sizes[0] if sizes else fixed


def _column(tensor: object, place: str, known: Mapping[str, Field]) -> tuple[str, pa.Array]:
    if not isinstance(tensor, dict):
        raise SignatureError(f"{place} is {_short(tensor)}; expected an object")
    name = tensor.get("name")
    if not isinstance(name, str):
        raise SignatureError(f"{place} has no 'name'")
    if known and name not in known:
        raise SignatureError(f"the model takes no column {name!r}. {did_you_mean(name, known)}")
    shape, datatype, data = tensor.get("shape"), tensor.get("datatype"), tensor.get("data")
    if (
        not isinstance(shape, list)
        or not shape
        or not all(type(n) is int and n >= 0 for n in shape)
    ):
        raise SignatureError(f"column {name!r} has shape {_short(shape)}; expected [rows]")
    if not isinstance(datatype, str) or datatype not in _ARROW_TYPES:
        raise SignatureError(
            f"column {name!r} has datatype {_short(datatype)}; expected one of "
            f"{', '.join(sorted(_ARROW_TYPES))}"
        )
    values = _flat(data, len(shape), name)
    if len(values) != math.prod(shape):
        raise SignatureError(
            f"column {name!r} has {len(values)} values; its shape {shape} asks for "
            f"{math.prod(shape)}"
        )
    return name, _rows(_values(values, datatype, name, known.get(name)), shape, known.get(name))


def _flat(data: object, depth: int, name: str) -> list[Any]:
    """Return nested lists as one flat list; flat data stay as they are."""
    if not isinstance(data, list):
        raise SignatureError(f"column {name!r} has data {_short(data)}; expected a list")
    for _ in range(depth - 1):
        if not any(isinstance(value, list) for value in data):
            break
        if not all(isinstance(value, list) for value in data):
            raise SignatureError(f"column {name!r} mixes lists and single values")
        data = [value for row in data for value in row]
    return data


def _values(values: list[Any], datatype: str, name: str, field: Field | None) -> pa.Array:
    wanted = _ARROW_TYPES[datatype]
    if datatype.startswith("FP"):
        doubles = _doubles(values)
        if doubles is not None:
            return doubles
    # Arrow would cut 1.5 to 1 and take true for 1.0, so the kinds are looked at first.
    odd = set(map(type, values)) - _kinds(datatype)
    if odd:
        wrong = next(value for value in values if type(value) in odd)
        raise SignatureError(f"column {name!r} holds {_short(wrong)}, which is no {datatype}")
    try:
        if field is not None and field.type == "binary":
            return pa.array([None if v is None else v.encode("latin-1") for v in values])
        array = pa.array(values, wanted)
        if field is not None and field.type in ("timestamp", "date") and datatype == "INT64":
            return array.cast(pa.timestamp("us"))
        return array
    except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError) as error:
        raise SignatureError(f"column {name!r} does not fit {datatype}: {error}") from error


def _doubles(values: list[Any]) -> pa.Array | None:
    """Return numbers as doubles in one pass, or None where something else may be among them.

    Of what is no number Arrow takes true and false only, as 1 and 0.
    """
    try:
        array = pa.array(values, pa.float64())
    except (pa.ArrowException, OverflowError):
        return None
    found = array.to_numpy(zero_copy_only=False)
    return None if ((found == 0) | (found == 1)).any() else array


def _rows(values: pa.Array, shape: list[int], field: Field | None) -> pa.Array:
    if field is not None and field.size is None and len(shape) == 2 and shape[1] == 1:
        return values
    if len(shape) == 1:
        return values
    if len(shape) > 2 or not shape[1]:
        raise SignatureError(f"shape {shape} fits no column; expected [rows] or [rows, length]")
    return pa.FixedSizeListArray.from_arrays(values, shape[1])


def _kinds(datatype: str) -> set[type]:
    """Return the types that parsed JSON may have under a datatype."""
    if datatype in ("BYTES", "BOOL"):
        return {str if datatype == "BYTES" else bool, type(None)}
    return {int, float, type(None)} if datatype.startswith("FP") else {int, type(None)}


def _metadata(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "datatype": _DATATYPES.get(field.type or "", "BYTES"),
        "shape": field.shape(-1),
        "parameters": {"nullable": field.nullable},
    }


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
