"""Channels: promises of artifacts of one type.

A component's output is a promise that another component's input takes. A bare
``Channel(type=Model)`` promises any artifact of that type in the pipeline's catalog: it is what a
`Resolver` asks for.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from minitfx.artifact import Artifact
from minitfx.errors import ChannelTypeError, PipelineError, did_you_mean
from minitfx.placeholder import Placeholder, placeholders

T = TypeVar("T")


class Producer(Protocol):
    """Whoever keeps a promise: a `minitfx.node.Node`."""

    @property
    def id(self) -> str:
        """Its name in the pipeline."""


class Channel(Generic[T]):
    """A promise of artifacts of one type.

    Parameters
    ----------
    type : type of Artifact
        What is promised.
    producer_component_id : str, optional
        Only artifacts that this node made.
    output_key : str, optional
        Only artifacts that came out under this key.
    pipeline_name : str, optional
        The pipeline that made them, if it is another one with the same catalog.
    """

    def __init__(
        self,
        type: type[Artifact],
        *,
        producer_component_id: str | None = None,
        output_key: str | None = None,
        pipeline_name: str | None = None,
    ) -> None:
        if not (isinstance(type, builtins.type) and issubclass(type, Artifact)):
            raise ChannelTypeError(f"Channel(type={type!r}): expected an artifact type, as Model")
        self.type = type
        self.producer_component_id = producer_component_id
        self.output_key = output_key
        self.pipeline_name = pipeline_name

    @property
    def type_name(self) -> str:
        """Name of the artifact type."""
        return self.type.TYPE_NAME

    @property
    def producers(self) -> tuple[Producer, ...]:
        """Return the nodes that must have run before this promise can be kept."""
        return ()

    def future(self) -> Placeholder:
        """Return the artifacts that it will have, as a placeholder for parameters and `Cond`."""
        return Placeholder("channel", self)

    def __repr__(self) -> str:
        return f"Channel({self.type_name})"

    def __iter__(self) -> Iterator[Any]:
        raise PipelineError(
            f"{self!r} is a promise: its artifacts exist only once the pipeline has run. Wire it "
            "to a component's input, or read RunResult.nodes[…].outputs after the run"
        )


class OutputChannel(Channel[T]):
    """The promise that a node makes under one of its output keys."""

    def __init__(
        self, type: type[Artifact], producer: Producer, output_key: str, *, optional: bool = False
    ) -> None:
        super().__init__(type, output_key=output_key)
        self.producer = producer
        self.optional = optional

    @property
    def producers(self) -> tuple[Producer, ...]:
        """Return the node that makes the promise."""
        return (self.producer,)

    def __repr__(self) -> str:
        return f"{self.producer.id}.outputs[{self.output_key!r}] ({self.type_name})"


class UnionChannel(Channel[T]):
    """Several promises of one type, taken together."""

    def __init__(self, channels: Sequence[Channel[Any]]) -> None:
        types = {channel.type for channel in channels}
        if len(types) != 1:
            names = ", ".join(repr(channel) for channel in channels) or "nothing"
            raise ChannelTypeError(f"a union takes channels of one type, but was given {names}")
        super().__init__(types.pop())
        self.channels = tuple(channels)

    @property
    def producers(self) -> tuple[Producer, ...]:
        """Return the nodes behind all of the channels."""
        return tuple(node for channel in self.channels for node in channel.producers)

    def __repr__(self) -> str:
        return f"union({', '.join(repr(channel) for channel in self.channels)})"


def union(channels: Sequence[Channel[Any]]) -> UnionChannel[Any]:
    """Return one channel with the artifacts of all of ``channels``.

    Raises
    ------
    ChannelTypeError
        If they are not of one type, or there is none.
    """
    return UnionChannel(channels)


def channels(value: Any) -> list[Channel[Any]]:
    """Return the channels that placeholders inside a value ask."""
    return [each.operands[0] for each in placeholders(value) if each.operation == "channel"]


class Outputs(Mapping[str, OutputChannel[Any]]):
    """A node's output channels by key."""

    def __init__(self, owner: Producer, channels: Mapping[str, OutputChannel[Any]]) -> None:
        self._owner = owner
        self._channels = dict(channels)

    def __getitem__(self, key: str) -> OutputChannel[Any]:
        if key not in self._channels:
            raise PipelineError(
                f"{self._owner.id} has no output {key!r}. {did_you_mean(key, self._channels)}"
            )
        return self._channels[key]

    def __contains__(self, key: object) -> bool:
        return key in self._channels

    def __iter__(self) -> Iterator[str]:
        return iter(self._channels)

    def __len__(self) -> int:
        return len(self._channels)

    def __repr__(self) -> str:
        return f"Outputs({', '.join(self._channels)})"
