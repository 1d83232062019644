"""What a component class declares: its inputs, parameters and outputs."""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from minitfx.artifact import Artifact
from minitfx.channel import Channel
from minitfx.code import CodeReference
from minitfx.errors import ParameterError
from minitfx.parameter import ESTIMATOR, FRAME, INPUT_PATH, Code, RuntimeParameter
from minitfx.placeholder import Placeholder

REQUIRED = object()
"""Stands for the default of an input or parameter that must be given."""


@dataclass(frozen=True)
class Output:
    """An output of a component: the class attribute ``name = Output(Type)``.

    Attributes
    ----------
    type : type of Artifact
        What comes out.
    optional : bool
        Whether the component may leave it out; it does so by deleting the artifact's folder.
    per_input : str
        Name of an input: there is one artifact for each of that input's, and ``execute`` gets a
        list.
    """

    type: type[Artifact]
    optional: bool = False
    per_input: str = ""


class WorkDir:
    """A scratch folder of a node: ``name = WorkDir()``; ``execute`` gets it as a `Path`.

    It is kept when the node fails, so that the next try can go on from it, and deleted when the
    node completes. The same fingerprint gives the same folder.
    """


class Resolved:
    """A value that ``resolve`` finds out: ``name = Resolved()``; ``execute`` gets it by name.

    It does not enter the fingerprint by itself: ``resolve`` says what does.
    """


@dataclass(frozen=True)
class Input:
    """An input, as read from an annotation ``Channel[T]``.

    Attributes
    ----------
    name : str
        The keyword.
    type : type of Artifact
        What it takes.
    many : bool
        Whether ``execute`` gets a list (``Channel[list[T]]``) or exactly one artifact.
    optional : bool
        Whether it may be left open.
    value : bool
        Whether ``execute`` gets the value of a value artifact; a plain value may then be given
        in the channel's stead, as the parameter of the same name.
    """

    name: str
    type: type[Artifact]
    many: bool = False
    optional: bool = False
    value: bool = False


@dataclass(frozen=True)
class Parameter:
    """A parameter, as read from an annotation that is no channel.

    Attributes
    ----------
    name : str
        The keyword.
    annotation : object
        Its type, or None where it could not be evaluated without loading a library.
    default : object
        Its default, or `REQUIRED`.
    mark : object
        `INPUT_PATH`, `FRAME`, `ESTIMATOR`, a `Code`, or None.
    """

    name: str
    annotation: Any
    default: Any
    mark: Any = None


@dataclass(frozen=True)
class Declaration:
    """All that a component class declares, in order."""

    inputs: Mapping[str, Input]
    parameters: Mapping[str, Parameter]
    outputs: Mapping[str, Output]
    resolved: tuple[str, ...] = ()
    scratch: tuple[str, ...] = ()

    @property
    def keywords(self) -> list[str]:
        """Names that the constructor takes, in the order in which it takes them by position."""
        return list(dict.fromkeys([*self.inputs, *self.parameters]))

    def may_be_empty(self, name: str) -> bool:
        """Whether the artifacts of an input may be missing when the component runs."""
        spec = self.inputs[name]
        return self.parameters[name].default is not REQUIRED if spec.value else spec.optional

    @property
    def arguments(self) -> list[str]:
        """Names that ``execute`` takes."""
        return [*self.keywords, *self.outputs, *self.resolved, *self.scratch]


def read_declaration(cls: type, base: Declaration) -> Declaration:
    """Return what ``cls`` declares, on top of what its base class declares.

    Raises
    ------
    TypeError
        If an annotation is neither a channel nor a parameter, or a name is reserved.
    """
    inputs, parameters, outputs = dict(base.inputs), dict(base.parameters), dict(base.outputs)
    resolved, scratch = list(base.resolved), list(base.scratch)
    for name, annotation in _annotations(cls).items():
        default = cls.__dict__.get(name, REQUIRED)
        _refuse_reserved(cls, name)
        found = _as_input(name, annotation, default)
        if found is not None:
            inputs[name] = found
        else:
            kind, mark = _split_mark(annotation)
            parameters[name] = Parameter(name, kind, default, mark)
    for name, value in cls.__dict__.items():
        if isinstance(value, (Output, WorkDir, Resolved)):
            _refuse_reserved(cls, name)
        if isinstance(value, Output):
            outputs[name] = value
        elif isinstance(value, Resolved):
            resolved.append(name)
        elif isinstance(value, WorkDir):
            scratch.append(name)
    return unambiguous(
        cls.__name__, Declaration(inputs, parameters, outputs, tuple(resolved), tuple(scratch))
    )


def unambiguous(owner: str, declared: Declaration) -> Declaration:
    """Return a declaration in which no name means two things.

    Raises
    ------
    TypeError
        If one does.
    """
    names = declared.arguments
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TypeError(
            f"{owner} declares {', '.join(twice)} twice, as an input or parameter and as an "
            "output; choose different names"
        )
    return declared


def check_value(value: Any, parameter: Parameter, owner: str) -> Any:
    """Return a parameter's value, made into the declared type where that is unambiguous.

    A dict becomes the declared protobuf message; a path, dotted path or function becomes a
    `CodeReference`.

    Raises
    ------
    ParameterError
        If the value is of another type.
    """
    where = f"{owner}.{parameter.name}"
    if value is None or isinstance(value, (RuntimeParameter, Placeholder)):
        if value is None and parameter.default is REQUIRED and not _takes_none(parameter):
            raise ParameterError(f"{where} is None; expected {_describe(parameter.annotation)}")
        return value
    if isinstance(parameter.mark, Code):
        return _as_code(value, parameter.mark)
    if parameter.mark is INPUT_PATH:
        if not isinstance(value, (str, Path)):
            raise ParameterError(f"{where} is {value!r}; expected a path")
        return str(value)
    if parameter.mark is ESTIMATOR:
        return _as_estimator(value, where)
    if parameter.mark is FRAME or parameter.annotation is None:
        return value
    return _checked(value, parameter.annotation, where)


def _as_estimator(value: Any, where: str) -> Any:
    """Return an estimator; what cannot be one by its methods is refused."""
    if isinstance(value, type):
        raise ParameterError(f"{where} is the class {value.__name__}; expected {value.__name__}()")
    if not (hasattr(value, "fit") and hasattr(value, "get_params")):
        raise ParameterError(
            f"{where} is {value!r}; expected a scikit-learn estimator, with fit and get_params"
        )
    return value


_RESERVED = frozenset(
    {
        "id",
        "inputs",
        "outputs",
        "exec_properties",
        "upstream_nodes",
        "cache",
        "execution_options",
        "conditions",
    }
)


def _refuse_reserved(cls: type, name: str) -> None:
    if name in _RESERVED or name.startswith("with_"):
        raise TypeError(f"{cls.__name__}.{name}: this name is reserved; choose another")


def _annotations(cls: type) -> dict[str, Any]:
    """Return evaluated annotations of the class itself; None for what cannot be evaluated."""
    found: dict[str, Any] = {}
    namespace = {**vars(typing), **vars(sys.modules[cls.__module__])}
    for name, annotation in _raw_annotations(cls).items():
        if isinstance(annotation, str):
            try:
                annotation = eval(annotation, namespace, dict(vars(cls)))
            except (NameError, AttributeError, TypeError):
                if annotation.startswith("Channel"):
                    raise
                annotation = None
        if name.startswith("_") or get_origin(annotation) is ClassVar or annotation is ClassVar:
            continue
        found[name] = annotation
    return found


def _raw_annotations(cls: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(cls)


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        return [each for member in get_args(annotation) for each in _members(member)]
    return [annotation]


def _as_input(name: str, annotation: Any, default: Any) -> Input | None:
    for member in _members(annotation):
        if get_origin(member) is not Channel:
            continue
        (kind,) = get_args(member)
        many = get_origin(kind) is list
        if many:
            (kind,) = get_args(kind)
        if not (isinstance(kind, type) and issubclass(kind, Artifact)):
            raise TypeError(f"input {name!r}: Channel[{kind!r}] does not name an artifact type")
        return Input(name, kind, many, default is not REQUIRED)
    return None


def _split_mark(annotation: Any) -> tuple[Any, Any]:
    for member in _members(annotation):
        if get_origin(member) is Annotated:
            kind, *marks = get_args(member)
            for mark in marks:
                if isinstance(mark, Code) or mark in (INPUT_PATH, FRAME, ESTIMATOR):
                    return (annotation if member is not annotation else kind), mark
    return annotation, None


def _takes_none(parameter: Parameter) -> bool:
    return parameter.annotation is None or type(None) in _members(parameter.annotation)


def _as_code(value: Any, mark: Code) -> CodeReference:
    if isinstance(value, CodeReference):
        return value
    if mark.dotted:
        return CodeReference(str(value), None, mark.names)
    if mark.names:
        return CodeReference.from_file(value, mark.names)
    return CodeReference.of(value)


def _checked(value: Any, annotation: Any, where: str) -> Any:
    for member in _members(annotation):
        fits, made = _fit(value, member)
        if fits:
            return made
    if isinstance(value, Channel):
        raise ParameterError(
            f"{where} is the channel {value!r}; expected {_describe(annotation)}: give it the "
            "channel's value with .future()[0].value, or let a function component take it as a "
            "value by a plain annotation, without Parameter[…]"
        )
    raise ParameterError(
        f"{where} is {value!r} ({type(value).__name__}); expected {_describe(annotation)}"
    )


def _fit(value: Any, kind: Any) -> tuple[bool, Any]:
    """Return whether a value is of a type, and the value as that type."""
    if isinstance(value, (RuntimeParameter, Placeholder)):
        return True, value
    origin = get_origin(kind)
    if origin is Annotated:
        return _fit(value, get_args(kind)[0])
    if kind is Any or kind is object or isinstance(kind, (str, typing.TypeVar)):
        return True, value
    if origin is typing.Literal:
        return value in get_args(kind), value
    if origin is not None:
        return _fit_generic(value, origin, get_args(kind))
    if hasattr(kind, "DESCRIPTOR") and isinstance(value, Mapping):
        return True, _as_proto(value, kind)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return True, float(value)
    if kind in (int, float) and isinstance(value, bool):
        return False, value
    if isinstance(kind, type):
        return isinstance(value, kind), value
    return True, value


def _fit_generic(value: Any, origin: Any, members: tuple[Any, ...]) -> tuple[bool, Any]:
    if origin in (list, tuple, Sequence) and isinstance(value, (list, tuple)):
        member = members[0] if members else Any
        fits = all(any(_fit(each, kind)[0] for kind in _members(member)) for each in value)
        return fits, list(value)
    if origin in (dict, Mapping):
        return isinstance(value, Mapping), value
    if origin is type:
        return isinstance(value, type), value
    return callable(value) or not isinstance(value, (str, int, float, list, dict)), value


def _as_proto(value: Mapping[str, Any], kind: Any) -> Any:
    from google.protobuf.json_format import ParseDict, ParseError

    try:
        return ParseDict(dict(value), kind())
    except ParseError as error:
        raise ParameterError(f"{value!r} is no {kind.DESCRIPTOR.name}: {error}") from error


def _describe(annotation: Any) -> str:
    if annotation is None:
        return "a value"
    names = [
        "None" if member is type(None) else getattr(member, "__name__", str(member))
        for member in _members(annotation)
    ]
    return " or ".join(dict.fromkeys(names))
