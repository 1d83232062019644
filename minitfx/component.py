"""Components: one declaration, and a function from artifacts to artifacts.

::

    class StatisticsGen(Component):
        examples: Channel[Examples]                 # an input: exactly one artifact
        schema: Channel[Schema] | None = None       # an input that may be left open
        exclude_splits: tuple[str, ...] = ()        # all else that is annotated: a parameter
        statistics = Output(ExampleStatistics)      # an output

        @staticmethod
        def execute(examples, schema, exclude_splits, statistics): ...

``execute`` takes exactly the declared names, which is checked when the class is made. It gets
artifacts for inputs (None for an open one; a list for ``Channel[list[T]]``), the values of the
parameters, and for each output an artifact whose folder is fresh and empty, into which it writes
and whose properties it sets. It is pure: no clock, environment, network or catalog, so it runs in
a thread, another process or another machine alike, and the same inputs give the same bytes.

Parameters may be marked: ``InputPath`` (counts by content), ``Annotated[…, Code("run_fn")]`` (user
code; ``execute`` gets a `CodeReference` whose ``load()`` returns the function, and ``load("name")``
another function of the same module or None), ``Estimator``, ``Frame`` (``execute`` gets a
`pyarrow.Table`). Lists and tuples arrive as lists.

Three hooks, all optional and static:

``check(inputs, parameters)``
    Called when the component is constructed, with the wired channels and the parameters; raises
    `ParameterError` for what the types cannot say ("exactly one of module_file and run_fn").
``resolve(inputs, parameters) -> Resolution``
    Called before the fingerprint is taken, with artifacts and values; pure. It may drop or
    replace inputs, find out the `Resolved` values, and say what enters the fingerprint.
``recheck(parameters, outputs) -> str | None``
    Called before a cached execution is used again; a text says why it must not be.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, dataclass_transform

from minitfx.artifact import Artifact
from minitfx.channel import Channel, OutputChannel
from minitfx.declaration import (
    REQUIRED,
    Declaration,
    Input,
    Output,
    Resolved,
    WorkDir,
    check_value,
    read_declaration,
)
from minitfx.errors import ChannelTypeError, ParameterError, did_you_mean
from minitfx.node import Node
from minitfx.parameter import Code, Estimator, Frame, InputPath

__all__ = [
    "Annotated",
    "Artifact",
    "Channel",
    "Code",
    "Component",
    "Estimator",
    "Frame",
    "InputPath",
    "Output",
    "Resolution",
    "Resolved",
    "WorkDir",
]


@dataclass(frozen=True)
class Resolution:
    """What a component's ``resolve`` found out.

    Attributes
    ----------
    inputs : mapping of str to list of Artifact, optional
        Replacements for some of the inputs; an empty list leaves an optional input open.
    values : mapping of str to object
        The `Resolved` values, JSON only.
    ingredients : mapping of str to str
        What enters the fingerprint in their stead, by name. The name of a parameter replaces
        that parameter's own ingredient.
    """

    inputs: Mapping[str, list[Artifact]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    ingredients: Mapping[str, str] = field(default_factory=dict)


@dataclass_transform(kw_only_default=False)
class Component(Node):
    """A node that computes: subclass it, declare, and write ``execute``.

    ``CODE`` names classes whose code counts as the component's own; what ``execute`` names itself
    counts anyway.

    Raises
    ------
    TypeError
        When the class is made, if ``execute`` does not take exactly the declared names.
    ParameterError, ChannelTypeError
        When it is constructed with an unknown, missing or ill-typed argument.
    """

    KIND = "component"
    CODE: ClassVar[tuple[type, ...]] = ()
    declaration: ClassVar[Declaration] = Declaration({}, {}, {})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "declaration" in cls.__dict__:
            return
        cls.declaration = read_declaration(cls, cls.declaration)
        execute = inspect.getattr_static(cls, "execute", None)
        if execute is not None:
            _check_execute(cls, execute)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        declared = self.declaration
        given = _bind(type(self).__name__, declared, args, kwargs)
        for name, spec in declared.inputs.items():
            channel = given.get(name)
            if spec.value and not isinstance(channel, (Channel, Node)):
                continue
            if channel is None:
                if not spec.optional:
                    raise ParameterError(f"{type(self).__name__} needs {name!r}, a channel")
                self.__dict__[name] = None
                continue
            self._inputs[name] = self.__dict__[name] = _checked_channel(
                channel, spec, type(self).__name__
            )
        for name, parameter in declared.parameters.items():
            value = given.get(name, parameter.default)
            if name in self._inputs:
                continue
            if value is REQUIRED:
                raise ParameterError(f"{type(self).__name__} needs the parameter {name!r}")
            self._parameters[name] = self.__dict__[name] = check_value(
                value, parameter, type(self).__name__
            )
        for name, output in declared.outputs.items():
            self._outputs[name] = OutputChannel(output.type, self, name, optional=output.optional)
        check = getattr(self, "check", None)
        if check is not None:
            check(self._inputs, self._parameters)

    @classmethod
    def type_name(cls) -> str:
        """Return the name by which the catalog knows this kind of node."""
        return f"{cls.__module__}.{cls.__qualname__}"


def _bind(
    owner: str, declared: Declaration, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    names = declared.keywords
    if len(args) > len(names):
        raise ParameterError(f"{owner} takes {len(names)} arguments but was given {len(args)}")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in names:
            raise ParameterError(f"{owner} takes no {name!r}. {did_you_mean(name, names)}")
        if name in given:
            raise ParameterError(f"{owner} was given {name!r} twice")
        given[name] = value
    return given


def _checked_channel(channel: Any, spec: Input, owner: str) -> Channel[Any]:
    if isinstance(channel, Node):
        offered = [each for each in channel.outputs.values() if issubclass(each.type, spec.type)]
        keys = ", ".join(channel.outputs)
        hint = f" Write .outputs[{offered[0].output_key!r}]." if len(offered) == 1 else ""
        raise ChannelTypeError(
            f"{owner}.{spec.name} was given the node {channel.id} itself; expected one of its "
            f"outputs ({keys}).{hint}"
        )
    if not isinstance(channel, Channel):
        raise ChannelTypeError(
            f"{owner}.{spec.name} is {channel!r}; expected a channel of {spec.type.TYPE_NAME}, "
            "such as other_component.outputs['…']"
        )
    if not issubclass(channel.type, spec.type):
        raise ChannelTypeError(
            f"{owner}.{spec.name} needs {spec.type.TYPE_NAME} but {channel!r} produces "
            f"{channel.type_name}"
        )
    return channel


def _check_execute(cls: type[Component], execute: Any) -> None:
    if not isinstance(execute, staticmethod):
        raise TypeError(f"{cls.__name__}.execute must be a @staticmethod")
    taken = set(inspect.signature(execute.__func__).parameters)
    declared = set(cls.declaration.arguments)
    missing, extra = sorted(declared - taken), sorted(taken - declared)
    if missing or extra:
        raise TypeError(
            f"{cls.__name__}.execute does not take what {cls.__name__} declares:"
            + (f" it lacks {', '.join(missing)};" if missing else "")
            + (f" it takes {', '.join(extra)}, which nothing declares;" if extra else "")
            + f" declared are {', '.join(cls.declaration.arguments)}"
        )
