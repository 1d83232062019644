"""How a runner carries out a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minitfx.component import Component
from minitfx.options import NodeOptions
from minitfx.result import Observer


@dataclass(frozen=True)
class RunnerOptions:
    """How a runner carries out a pipeline.

    Attributes
    ----------
    workers : int
        How many nodes, and workers inside the folds of a node, may be busy at once.
    observers : tuple of callable
        Who is told of every `minitfx.result.Event`.
    defaults : NodeOptions
        What holds for nodes that say nothing.
    resources : mapping of str to float
        How much there is of each named resource; of one that is not named, enough.
    stop_on_failure : bool
        Whether nothing more starts once a node has failed.
    exit_handlers : tuple of Component
        What runs when all else has ended.
    """

    workers: int
    observers: tuple[Observer, ...] = ()
    defaults: NodeOptions = field(default_factory=NodeOptions)
    resources: Mapping[str, float] = field(default_factory=dict)
    stop_on_failure: bool = False
    exit_handlers: tuple[Component, ...] = ()
