"""What a component takes and makes, as TFX users write it down.

::

    class HelloSpec(ComponentSpec):
        PARAMETERS = {"name": ExecutionParameter(type=str)}
        INPUTS = {"examples": ChannelParameter(type=Examples)}
        OUTPUTS = {"greeted": ChannelParameter(type=Examples)}

    spec = HelloSpec(examples=channel, name="you")

A `minitfx.spec_component.SpecComponent` has such a class and an executor. New components are
shorter as a subclass of `minitfx.component.Component`, where one declaration says all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from minitfx.artifact import Artifact
from minitfx.channel import Channel
from minitfx.declaration import REQUIRED, Declaration, Input, Output, Parameter, unambiguous
from minitfx.errors import ChannelTypeError, ParameterError, did_you_mean


@dataclass(frozen=True)
class ExecutionParameter:
    """A parameter.

    Attributes
    ----------
    type : type, optional
        What it holds: a JSON type, a protobuf message, or several in a tuple; anything unless
        said.
    optional : bool
        Whether it may be left out; it is None then.
    use_proto : bool
        Whether the executor gets a message as a message, and not as its JSON text.
    """

    type: Any = None
    optional: bool = False
    use_proto: bool = False

    @property
    def is_message(self) -> bool:
        """Whether it holds a protobuf message."""
        return hasattr(self.type, "DESCRIPTOR")

    @property
    def annotation(self) -> Any:
        """The type as an annotation; None for anything."""
        kinds = self.type if isinstance(self.type, tuple) else (self.type,)
        if None in kinds:
            return None
        return reduce(or_, [*kinds, None]) if self.optional else reduce(or_, kinds)


@dataclass(frozen=True)
class ChannelParameter:
    """An input or output.

    Attributes
    ----------
    type : type of Artifact
        What goes in or comes out.
    optional : bool
        Whether an input may be left open, or an output left out.
    allow_empty : bool
        Whether an input that is wired may turn out to have no artifact.
    is_async : bool
        Accepted, without effect: an output is seen once it is whole.
    """

    type: type[Artifact]
    optional: bool = False
    allow_empty: bool = False
    is_async: bool = False


class ComponentSpec:
    """What a component takes and makes, and its values: subclass it and set three attributes.

    Parameters
    ----------
    **given
        Channels of inputs and values of parameters by name. Channels for outputs may be given;
        only their type counts.

    Attributes
    ----------
    inputs, outputs : dict of str to Channel
        What was given.
    exec_properties : dict of str to object
        Values of the parameters.

    Raises
    ------
    TypeError
        When the class is made, if one of the attributes is no such mapping or a name means two
        things.
    ParameterError, ChannelTypeError
        If something is missing, unknown, or of another type.

    Examples
    --------
    >>> from minitfx.types import Schema
    >>> class HelloSpec(ComponentSpec):
    ...     PARAMETERS = {"name": ExecutionParameter(type=str)}
    ...     OUTPUTS = {"schema": ChannelParameter(type=Schema)}
    >>> HelloSpec(name="you").exec_properties
    {'name': 'you'}
    """

    PARAMETERS: ClassVar[Mapping[str, ExecutionParameter]] = {}
    INPUTS: ClassVar[Mapping[str, ChannelParameter]] = {}
    OUTPUTS: ClassVar[Mapping[str, ChannelParameter]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, kind in (
            ("PARAMETERS", ExecutionParameter),
            ("INPUTS", ChannelParameter),
            ("OUTPUTS", ChannelParameter),
        ):
            found = getattr(cls, name)
            if not isinstance(found, Mapping):
                raise TypeError(f"{cls.__name__}.{name} is {found!r}; expected a dict")
            for key, each in found.items():
                if not isinstance(each, kind):
                    raise TypeError(
                        f"{cls.__name__}.{name}[{key!r}] is {each!r}; expected a {kind.__name__}"
                    )
        cls.declare()

    def __init__(self, **given: Any) -> None:
        owner = type(self).__name__
        known = [*self.PARAMETERS, *self.INPUTS, *self.OUTPUTS]
        for name in given:
            if name not in known:
                raise ParameterError(f"{owner} takes no {name!r}. {did_you_mean(name, known)}")
        self.inputs: dict[str, Channel[Any]] = {}
        self.outputs: dict[str, Channel[Any]] = {}
        self.exec_properties: dict[str, Any] = {}
        for name, parameter in self.PARAMETERS.items():
            value = given.get(name)
            if value is None and not parameter.optional:
                raise ParameterError(f"{owner} needs the parameter {name!r}")
            if parameter.is_message and isinstance(value, str):
                value = _parsed(value, parameter.type, f"{owner}.{name}")
            self.exec_properties[name] = value
        for name, declared in self.INPUTS.items():
            if given.get(name) is not None:
                self.inputs[name] = given[name]
            elif not declared.optional:
                raise ParameterError(f"{owner} needs {name!r}, a channel")
        for name, declared in self.OUTPUTS.items():
            channel = given.get(name) or Channel(declared.type)
            if not isinstance(channel, Channel) or not issubclass(channel.type, declared.type):
                raise ChannelTypeError(
                    f"{owner}.{name} makes {declared.type.TYPE_NAME}, but was given {channel!r}"
                )
            self.outputs[name] = channel

    @classmethod
    def declare(cls, *more: Parameter) -> Declaration:
        """Return what the engine has to know of a component with this spec.

        Raises
        ------
        TypeError
            If a name means two things.
        """
        inputs = {
            name: Input(name, each.type, many=True, optional=each.optional or each.allow_empty)
            for name, each in cls.INPUTS.items()
        }
        parameters = {
            name: Parameter(name, each.annotation, None if each.optional else REQUIRED)
            for name, each in cls.PARAMETERS.items()
        }
        outputs = {name: Output(each.type, each.optional) for name, each in cls.OUTPUTS.items()}
        twice = sorted(set(inputs) & set(parameters))
        if twice:
            raise TypeError(f"{cls.__name__} declares {', '.join(twice)} as input and parameter")
        parameters |= {each.name: each for each in more}
        return unambiguous(cls.__name__, Declaration(inputs, parameters, outputs))


def _parsed(text: str, kind: Any, where: str) -> Any:
    from google.protobuf.json_format import Parse, ParseError

    try:
        return Parse(text, kind())
    except ParseError as error:
        raise ParameterError(f"{where} is no {kind.DESCRIPTOR.name}: {error}") from error
