"""Components made from functions.

::

    @component
    def split_off(
        examples: InputArtifact[Examples],       # an artifact
        sample: OutputArtifact[Examples],        # an artifact to fill
        rows: Parameter[int] = 100,              # a parameter
        seed: int = 0,                           # a value: given, or out of a value artifact
    ) -> OutputDict(kept=int):                   # values, each as a value artifact
        ...

    step = split_off(examples=example_gen.outputs["examples"], rows=10)
"""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import (
    Any,
    ClassVar,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    overload,
)

from minitfx.annotations import AsyncOutputArtifact, InputArtifact, OutputArtifact, OutputDict
from minitfx.annotations import Parameter as ParameterAnnotation
from minitfx.artifact import Artifact
from minitfx.component import Component
from minitfx.declaration import REQUIRED, Declaration, Input, Output, Parameter, unambiguous
from minitfx.errors import ExecutionError, ParameterError, did_you_mean
from minitfx.types import Boolean, Bytes, Float, Integer, JsonValue, String

_VALUE_TYPES: dict[Any, type[Artifact]] = {
    int: Integer,
    float: Float,
    str: String,
    bytes: Bytes,
    bool: Boolean,
    dict: JsonValue,
    list: JsonValue,
}


class FunctionComponent(Component):
    """A component whose ``execute`` is a function; made by `component`.

    Attributes
    ----------
    test_call : callable
        The function itself, for unit tests.
    """

    __function__: ClassVar[Callable[..., Any]]
    __returns__: ClassVar[Mapping[str, bool]]
    test_call: ClassVar[Callable[..., Any]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args:
            raise ParameterError(
                f"{type(self).__name__} takes keyword arguments only: "
                f"{', '.join(self.declaration.keywords)}"
            )
        super().__init__(**kwargs)


@overload
def component(function: Callable[..., Any], /) -> type[FunctionComponent]: ...


@overload
def component(
    function: None = None, /, *, component_annotation: Any = None, use_beam: bool = False
) -> Callable[[Callable[..., Any]], type[FunctionComponent]]: ...


def component(
    function: Callable[..., Any] | None = None,
    /,
    *,
    component_annotation: Any = None,
    use_beam: bool = False,
) -> Any:
    """Make a component class of a function.

    Parameters
    ----------
    function : callable
        Its annotations declare the component (see the module's own text); its name is the
        node's id unless ``with_id`` says otherwise.
    component_annotation : optional
        TFX's label for the kind of component; accepted, without effect.
    use_beam : bool
        Accepted, without effect.

    Returns
    -------
    type of FunctionComponent
        Call it with keyword arguments to get a node.

    Raises
    ------
    TypeError
        If an argument or the return has no annotation that says what it is.
    """
    names = sys._getframe(1).f_locals
    if function is None:
        return lambda wrapped: _made(wrapped, names)
    return _made(function, names)


def _made(function: Callable[..., Any], names: Mapping[str, Any]) -> type[FunctionComponent]:
    """Return the component class; ``names`` are those known where the function is written."""
    inputs: dict[str, Input] = {}
    parameters: dict[str, Parameter] = {}
    outputs: dict[str, Output] = {}
    hints = _hints(function, names)
    for name, argument in inspect.signature(function).parameters.items():
        default = REQUIRED if argument.default is argument.empty else argument.default
        _declare(function, name, hints.get(name), default, inputs, parameters, outputs)
    returned = _returned(function, hints.get("return"))
    for name, (kind, _) in returned.items():
        outputs[name] = Output(kind)
    namespace = {
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
        "__doc__": function.__doc__,
        "__function__": staticmethod(function),
        "__returns__": {name: optional for name, (_, optional) in returned.items()},
        "declaration": unambiguous(
            f"@component {function.__qualname__}", Declaration(inputs, parameters, outputs)
        ),
        "execute": staticmethod(_executor(function, {n: o for n, (_, o) in returned.items()})),
        "test_call": staticmethod(function),
    }
    return type(function.__name__, (FunctionComponent,), namespace)


def _hints(function: Callable[..., Any], names: Mapping[str, Any]) -> dict[str, Any]:
    enclosing = inspect.getclosurevars(function).nonlocals
    try:
        return inspect.get_annotations(function, eval_str=True, locals={**names, **enclosing})
    except NameError as error:
        raise TypeError(
            f"@component {function.__qualname__}: an annotation names {error.name!r}, which its "
            "module does not define"
        ) from error


def _declare(
    function: Callable[..., Any],
    name: str,
    annotation: Any,
    default: Any,
    inputs: dict[str, Input],
    parameters: dict[str, Parameter],
    outputs: dict[str, Output],
) -> None:
    marked, may_be_none = _without_none(annotation)
    origin, members = get_origin(marked), get_args(marked)
    where = f"@component {function.__qualname__}: {name!r}"
    if origin is InputArtifact:
        if default not in (REQUIRED, None):
            raise TypeError(f"{where} is an input artifact; its only default can be None")
        many = get_origin(members[0]) is list
        kind = get_args(members[0])[0] if many else members[0]
        inputs[name] = Input(name, _artifact(kind, where), many, default is None or may_be_none)
    elif origin in (OutputArtifact, AsyncOutputArtifact):
        if default is not REQUIRED:
            raise TypeError(f"{where} is an output artifact; it can have no default")
        outputs[name] = Output(_artifact(members[0], where), may_be_none)
    elif origin is ParameterAnnotation:
        kind = members[0] | None if may_be_none else members[0]
        default = None if default is REQUIRED and may_be_none else default
        parameters[name] = Parameter(name, kind, default)
    else:
        kind, optional = _value_type(annotation, where)
        inputs[name] = Input(name, kind, optional=True, value=True)
        parameters[name] = Parameter(name, annotation, None if optional else default)
        if default is not REQUIRED:
            parameters[name] = Parameter(name, annotation, default)


def _artifact(kind: Any, where: str) -> type[Artifact]:
    if isinstance(kind, type) and issubclass(kind, Artifact):
        return kind
    raise TypeError(f"{where} names {kind!r}; expected an artifact type, such as Examples")


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """Return an annotation without ``| None``, and whether it had that."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    members = [each for each in get_args(annotation) if each is not type(None)]
    optional = len(members) < len(get_args(annotation))
    return (members[0] if len(members) == 1 else annotation), optional


def _value_type(annotation: Any, where: str) -> tuple[type[Artifact], bool]:
    """Return the value artifact type of a plain annotation, and whether None is allowed."""
    kind, optional = _without_none(annotation)
    plain = get_origin(kind) or kind
    if plain not in _VALUE_TYPES:
        raise TypeError(
            f"{where} is annotated {annotation!r}; expected InputArtifact[T], OutputArtifact[T], "
            "Parameter[T], or int, float, str, bytes, bool, list or dict"
        )
    return _VALUE_TYPES[plain], optional


def _returned(
    function: Callable[..., Any], annotation: Any
) -> dict[str, tuple[type[Artifact], bool]]:
    if annotation is None or annotation is type(None):
        return {}
    where = f"@component {function.__qualname__}: its return"
    if isinstance(annotation, OutputDict):
        fields = annotation.kwargs
    elif typing.is_typeddict(annotation):
        fields = typing.get_type_hints(annotation, include_extras=True)
    else:
        raise TypeError(f"{where} is annotated {annotation!r}; expected a TypedDict or OutputDict")
    total = getattr(annotation, "__total__", True)
    found: dict[str, tuple[type[Artifact], bool]] = {}
    for name, kind in fields.items():
        origin = get_origin(kind)
        plain = get_args(kind)[0] if origin in (NotRequired, Required) else kind
        value_type, may_be_none = _value_type(plain, f"{where} {name!r}")
        left_out = origin is NotRequired or (not total and origin is not Required)
        found[name] = value_type, may_be_none or left_out
    return found


def _executor(function: Callable[..., Any], returned: Mapping[str, bool]) -> Callable[..., None]:
    """Return an ``execute`` that calls the function and writes what it returns."""

    def execute(**arguments: Any) -> None:
        values = {name: arguments.pop(name) for name in returned}
        result = function(**arguments)
        given = result if isinstance(result, Mapping) else {}
        for name in given:
            if name not in returned:
                hint = did_you_mean(name, returned)
                raise ExecutionError(
                    f"{function.__name__} returned {name!r}, which it does not declare. {hint}"
                )
        for name, optional in returned.items():
            if given.get(name) is None and not optional:
                raise ExecutionError(f"{function.__name__} returned no {name!r}, which it declares")
            values[name].value = given.get(name)

    return execute
