"""Parameters: values that can be written down, compared and handed to another process.

A parameter is a JSON value, a protobuf message, a frozen dataclass with ``to_json``, a path
whose content counts (`InputPath`), user code (`Code`), a scikit-learn estimator (`Estimator`) or
a table in memory (`Frame`); while the pipeline is built it may also be a `RuntimeParameter` or a
placeholder. `encode` turns each into JSON with a tag for what JSON has no word
for, and `decode` turns it back, in this process or another.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

from minitfx.code import CodeReference
from minitfx.errors import ParameterError
from minitfx.placeholder import Placeholder, Predicate, Record, mapped

JSON = None | bool | int | float | str | list[Any] | dict[str, Any]


@dataclass(frozen=True)
class Code:
    """Marks a parameter that names user code: a module file, a dotted path or a function.

    Parameters
    ----------
    *names : str
        For a module file: the functions in it that will be called, the first of which must be
        there. None for a parameter that names one function.
    dotted : bool
        Whether the module is given by its dotted name rather than its file.

    Examples
    --------
    ``module_file: Annotated[str | None, Code("run_fn")] = None``
    """

    names: tuple[str, ...]
    dotted: bool

    def __init__(self, *names: str, dotted: bool = False) -> None:
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "dotted", dotted)


class _Mark:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


INPUT_PATH = _Mark("InputPath")
FRAME = _Mark("Frame")
ESTIMATOR = _Mark("Estimator")

InputPath = Annotated[str, INPUT_PATH]
"""A file or folder that enters the fingerprint by its content, never by its name."""

Frame = Annotated[Any, FRAME]
"""A table in memory: a pandas frame, or anything with ``__arrow_c_stream__``."""

Estimator = Annotated[Any, ESTIMATOR]
"""A scikit-learn estimator: its class and ``get_params``, recursively."""


class RuntimeParameter:
    """A value that is chosen when the pipeline runs.

    Parameters
    ----------
    name : str
        What ``run(parameters={name: …})`` and ``--runtime-parameter name=…`` call it.
    ptype : {int, float, str, bool}
        Its type.
    default : optional
        Used when the run does not say; without one, the run must.
    description : str, optional
        Shown in error messages and in the plan.

    Raises
    ------
    ParameterError
        If the type is another, or the default is not of it.
    """

    def __init__(
        self, name: str, ptype: type, default: Any = None, description: str | None = None
    ) -> None:
        if ptype not in (int, float, str, bool):
            raise ParameterError(
                f"runtime parameter {name!r} has type {ptype!r}; expected int, float, str or bool"
            )
        self.name = name
        self.ptype = ptype
        self.description = description or ""
        self.default = None if default is None else self.parse(default)

    def parse(self, value: Any) -> Any:
        """Return ``value`` as the parameter's type; text is read as the type's literal.

        Raises
        ------
        ParameterError
            If it cannot be.
        """
        if self.ptype is bool and isinstance(value, str):
            words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
            if value.lower() in words:
                return words[value.lower()]
        elif self.ptype in (int, float) and isinstance(value, (str, int, float)):
            if not isinstance(value, bool):
                try:
                    number = self.ptype(value)
                    if isinstance(value, str) or number == value:
                        return number
                except ValueError:
                    pass
        elif isinstance(value, self.ptype):
            return value
        raise ParameterError(
            f"runtime parameter {self.name!r} was given {value!r}; expected {self.ptype.__name__}"
            + (f" ({self.description})" if self.description else "")
        )

    def __repr__(self) -> str:
        return f"RuntimeParameter({self.name!r}, {self.ptype.__name__}, default={self.default!r})"


def runtime_parameters(value: Any) -> list[RuntimeParameter]:
    """Return the runtime parameters inside a parameter's value."""
    if isinstance(value, RuntimeParameter):
        return [value]
    if isinstance(value, Placeholder):
        return runtime_parameters(value.operands)
    if isinstance(value, Mapping):
        return [found for each in value.values() for found in runtime_parameters(each)]
    if isinstance(value, (list, tuple)):
        return [found for each in value for found in runtime_parameters(each)]
    return []


def substitute(value: Any, chosen: Mapping[str, Any]) -> Any:
    """Return ``value`` with every runtime parameter replaced by what was chosen for it."""
    if isinstance(value, RuntimeParameter):
        return chosen[value.name]
    return mapped(value, lambda each: substitute(each, chosen))


def encode(value: Any, where: str = "parameter") -> Any:
    """Return a JSON value that stands for ``value`` and that `decode` reads back.

    Parameters
    ----------
    value : object
        A parameter's value.
    where : str
        What to call it in an error.

    Raises
    ------
    ParameterError
        If it cannot be written down.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, Mapping):
        return _encode_mapping(value, where)
    if isinstance(value, (list, tuple)):
        items = [encode(each, f"{where}[{index}]") for index, each in enumerate(value)]
        return items if isinstance(value, list) else {"$tuple": items}
    for test, encoder in _ENCODERS:
        if test(value):
            return encoder(value, where)
    raise ParameterError(
        f"{where} is a {type(value).__module__}.{type(value).__qualname__}, which cannot be "
        "written down; use a JSON value, a protobuf message, a frozen dataclass with to_json, "
        "an importable function or a scikit-learn estimator"
    )


def decode(value: Any) -> Any:
    """Return the value that `encode` wrote."""
    if isinstance(value, list):
        return [decode(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (tag,) = value
        if tag in _DECODERS:
            return _DECODERS[tag](value[tag])
    return {key: decode(each) for key, each in value.items()}


def _encode_mapping(value: Mapping[Any, Any], where: str) -> Any:
    if all(isinstance(key, str) and not key.startswith("$") for key in value):
        return {key: encode(each, f"{where}[{key!r}]") for key, each in value.items()}
    pairs = [[encode(key, where), encode(each, f"{where}[{key!r}]")] for key, each in value.items()]
    return {"$dict": pairs}


def _encode_placeholder(value: Placeholder, where: str) -> Any:
    if value.operation == "channel":
        (channel,) = value.operands
        producer = getattr(channel, "producer", None)
        asked = {"node": producer.id if producer else None, "output": channel.output_key}
        return {"$placeholder": ["channel", {**asked, "type": channel.type_name}]}
    return {"$placeholder": [value.operation, *(encode(each, where) for each in value.operands)]}


def _decode_placeholder(written: list[Any]) -> Placeholder:
    operation, *operands = written
    kind = _PLACEHOLDERS.get(operation, Placeholder)
    return kind(operation, *(decode(each) for each in operands))


_PLACEHOLDERS: dict[str, type[Placeholder]] = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "and", "or", "not"), Predicate),
    **dict.fromkeys(("exec_property", "invocation", "field"), Record),
}


def _is_proto(value: Any) -> bool:
    return hasattr(value, "DESCRIPTOR") and hasattr(value, "SerializeToString")


def _is_estimator(value: Any) -> bool:
    return hasattr(value, "get_params") and not isinstance(value, type)


def _is_numpy(value: Any) -> bool:
    return type(value).__module__ == "numpy" and hasattr(value, "dtype") and hasattr(value, "item")


def _encode_numpy(value: Any, where: str) -> Any:
    if not value.shape:
        return encode(value.item(), where)
    if value.dtype.hasobject:
        raise ParameterError(f"{where} is an array of Python objects; use a list")
    data = base64.b64encode(value.tobytes()).decode()
    return {"$array": [value.dtype.str, list(value.shape), data]}


def _decode_array(written: list[Any]) -> Any:
    import numpy as np

    kind, shape, data = written
    return np.frombuffer(base64.b64decode(data), dtype=kind).reshape(shape).copy()


def _encode_proto(value: Any, where: str) -> Any:
    from google.protobuf.json_format import MessageToDict

    fields = MessageToDict(value, preserving_proto_field_name=True)
    return {"$proto": [_qualified(type(value)), fields]}


def _encode_dataclass(value: Any, where: str) -> Any:
    return {"$dataclass": [_qualified(type(value)), value.to_json()]}


def _encode_estimator(value: Any, where: str) -> Any:
    parameters = {
        key: encode(each, f"{where}.{key}")
        for key, each in sorted(value.get_params(deep=False).items())
    }
    return {"$estimator": [_qualified(type(value)), parameters]}


def _encode_type(value: Any, where: str) -> Any:
    return {"$type": _qualified(value)}


def _encode_function(value: Any, where: str) -> Any:
    return {"$code": CodeReference.of(value).to_json()}


_ENCODERS: list[tuple[Callable[[Any], bool], Callable[[Any, str], Any]]] = [
    (lambda value: isinstance(value, Placeholder), _encode_placeholder),
    (lambda value: isinstance(value, CodeReference), lambda value, _: {"$code": value.to_json()}),
    (lambda value: isinstance(value, Path), lambda value, _: str(value)),
    (
        lambda value: isinstance(value, (bytes, bytearray)),
        lambda value, _: {"$bytes": base64.b64encode(value).decode()},
    ),
    (
        lambda value: isinstance(value, (set, frozenset)),
        lambda value, where: {"$set": sorted((encode(each, where) for each in value), key=repr)},
    ),
    (
        lambda value: isinstance(value, RuntimeParameter),
        lambda value, _: {"$runtime": [value.name, value.ptype.__name__, value.default]},
    ),
    (_is_proto, _encode_proto),
    (
        lambda value: isinstance(value, type) and "<locals>" not in value.__qualname__,
        _encode_type,
    ),
    (lambda value: hasattr(value, "to_json") and hasattr(value, "from_json"), _encode_dataclass),
    (_is_estimator, _encode_estimator),
    (_is_numpy, _encode_numpy),
    (callable, _encode_function),
]


def _decode_proto(written: list[Any]) -> Any:
    from google.protobuf.json_format import ParseDict

    return ParseDict(written[1], _load(written[0])())


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$placeholder": _decode_placeholder,
    "$float": float,
    "$bytes": base64.b64decode,
    "$tuple": lambda written: tuple(decode(each) for each in written),
    "$array": _decode_array,
    "$set": lambda written: {decode(each) for each in written},
    "$dict": lambda written: {decode(key): decode(each) for key, each in written},
    "$proto": _decode_proto,
    "$dataclass": lambda written: _load(written[0]).from_json(written[1]),
    "$estimator": lambda written: _load(written[0])(**decode(written[1])),
    "$type": lambda written: _load(written),
    "$code": lambda written: CodeReference.from_json(written).load(),
    "$frame": lambda written: _read_frame(written[1]),
}


def _qualified(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _load(qualified: str) -> Any:
    module, _, name = qualified.partition(":")
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _read_frame(path: str) -> Any:
    import pyarrow as pa

    with pa.memory_map(path) as file:
        return pa.ipc.open_file(file).read_all()
