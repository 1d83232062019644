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
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Union, get_args, get_origin, overload

from minitfx.annotations import InputArtifact, OutputArtifact, OutputDict
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
        TFX's label for the kind of component; kept, without effect.
    use_beam : bool
        Accepted for TFX's sake.

    Returns
    -------
    type of FunctionComponent
        Call it with keyword arguments to get a node.

    Raises
    ------
    TypeError
        If an argument or the return has no annotation that says what it is.
    """
    if function is None:
        return lambda wrapped: component(wrapped)
    inputs: dict[str, Input] = {}
    parameters: dict[str, Parameter] = {}
    outputs: dict[str, Output] = {}
    hints = _hints(function)
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


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    enclosing = inspect.getclosurevars(function).nonlocals
    try:
        return inspect.get_annotations(function, eval_str=True, locals=dict(enclosing))
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
    origin, members = get_origin(annotation), get_args(annotation)
    where = f"@component {function.__qualname__}: {name!r}"
    if origin is InputArtifact:
        if default not in (REQUIRED, None):
            raise TypeError(f"{where} is an input artifact; its only default can be None")
        many = get_origin(members[0]) is list
        kind = get_args(members[0])[0] if many else members[0]
        inputs[name] = Input(name, _artifact(kind, where), many, default is None)
    elif origin is OutputArtifact:
        if default is not REQUIRED:
            raise TypeError(f"{where} is an output artifact; it can have no default")
        outputs[name] = Output(_artifact(members[0], where))
    elif origin is ParameterAnnotation:
        parameters[name] = Parameter(name, members[0], default)
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


def _value_type(annotation: Any, where: str) -> tuple[type[Artifact], bool]:
    """Return the value artifact type of a plain annotation, and whether None is allowed."""
    optional = False
    if get_origin(annotation) in (Union, types.UnionType):
        members = [each for each in get_args(annotation) if each is not type(None)]
        optional = len(members) < len(get_args(annotation))
        annotation = members[0] if len(members) == 1 else annotation
    plain = get_origin(annotation) or annotation
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
        fields = typing.get_type_hints(annotation)
    else:
        raise TypeError(f"{where} is annotated {annotation!r}; expected a TypedDict or OutputDict")
    return {name: _value_type(kind, f"{where} {name!r}") for name, kind in fields.items()}


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
