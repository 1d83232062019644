"""What every node of a pipeline has: an id, inputs, outputs and parameters."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

from minitfx.channel import Channel, OutputChannel, Outputs, channels
from minitfx.condition import conditions_around
from minitfx.errors import ParameterError
from minitfx.options import NodeOptions
from minitfx.placeholder import Predicate

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")


class Node:
    """A place in a pipeline's graph.

    Attributes
    ----------
    id : str
        Unique in its pipeline; the class's name unless `with_id` says otherwise.
    inputs : dict of str to Channel
        What it waits for; an input that was left open is not in it.
    outputs : Outputs
        What it promises.
    exec_properties : dict of str to object
        Its parameters.
    """

    KIND: ClassVar[str] = "node"

    def __init__(self) -> None:
        self._id = type(self).__name__
        self._inputs: dict[str, Channel[Any]] = {}
        self._outputs: dict[str, OutputChannel[Any]] = {}
        self._parameters: dict[str, Any] = {}
        self._after: list[Node] = []
        self._cache: bool | None = None
        self._options = NodeOptions()
        self._conditions = conditions_around()

    @property
    def id(self) -> str:
        """The node's name in its pipeline."""
        return self._id

    def with_id(self, id: str) -> Self:
        """Give the node another id and return it.

        Raises
        ------
        ParameterError
            If ``id`` cannot name a folder: letters, digits, ``_``, ``-`` and ``.``, at most 100.
        """
        if not isinstance(id, str) or not _ID.fullmatch(id) or id.endswith("."):
            raise ParameterError(
                f"node id {id!r} cannot name a folder; use letters, digits, '_', '-' and '.', "
                "beginning with a letter or digit, at most 100 characters"
            )
        self._id = id
        return self

    @property
    def inputs(self) -> Mapping[str, Channel[Any]]:
        """The channels that it takes, by input key."""
        return self._inputs

    @property
    def outputs(self) -> Outputs:
        """The channels that it makes, by output key."""
        return Outputs(self, self._outputs)

    @property
    def exec_properties(self) -> Mapping[str, Any]:
        """The parameters, as they were given or by default."""
        return self._parameters

    @property
    def upstream_nodes(self) -> tuple[Node, ...]:
        """The nodes that must have finished before this one starts, each once."""
        asked = [*self._inputs.values(), *channels([self._parameters, self._conditions])]
        producers = [each for channel in asked for each in channel.producers]
        found = [each for each in producers if isinstance(each, Node)]
        return tuple(dict.fromkeys([*found, *self._after]))

    @property
    def conditions(self) -> tuple[Predicate, ...]:
        """The predicates of the `Cond` blocks that it was made in, the outermost first."""
        return self._conditions

    def add_upstream_node(self, node: Node) -> Self:
        """Wait for ``node`` although nothing of it is read; return this node.

        Raises
        ------
        ParameterError
            If it is no node.
        """
        if not isinstance(node, Node):
            raise ParameterError(f"{self.id} cannot wait for {node!r}; expected a node")
        self._after.append(node)
        return self

    def add_upstream_nodes(self, nodes: Iterable[Node]) -> Self:
        """Wait for all of ``nodes`` although nothing of them is read; return this node."""
        for node in nodes:
            self.add_upstream_node(node)
        return self

    def add_downstream_node(self, node: Node) -> Self:
        """Let ``node`` wait for this one although it reads nothing of it; return this node."""
        node.add_upstream_node(self)
        return self

    def add_downstream_nodes(self, nodes: Iterable[Node]) -> Self:
        """Let all of ``nodes`` wait for this one although they read nothing of it; return it."""
        for node in nodes:
            self.add_downstream_node(node)
        return self

    def with_cache(self, enable: bool) -> Self:
        """Allow or forbid the cache for this node, whatever the pipeline says; return it."""
        self._cache = enable
        return self

    @property
    def cache(self) -> bool | None:
        """Whether the cache may serve this node; None leaves it to the pipeline."""
        return self._cache

    def with_retries(self, retries: int, backoff_s: float = 1.0) -> Self:
        """Let the node be tried again when it fails; return it.

        Parameters
        ----------
        retries : int
            How many more tries there are; each is an execution of its own in the catalog.
        backoff_s : float
            Seconds to wait before the first of them, doubled before each further one.
        """
        self._options = replace(self._options, retries=retries, backoff_s=backoff_s)
        return self

    def with_timeout(self, seconds: float | None) -> Self:
        """Let one try of the node take so long at most, None for any time; return it.

        A node with a time limit runs in a process of its own, which is ended then with all that
        it started.
        """
        limit = math.inf if seconds is None else seconds
        self._options = replace(self._options, timeout_s=limit)
        return self

    def with_isolation(self, place: str) -> Self:
        """Let the node run in a ``"thread"`` of the runner or a ``"process"``; return it."""
        self._options = replace(self._options, isolation=place)
        return self

    def with_resources(self, **amounts: float) -> Self:
        """Say what the node holds while it runs, as in ``with_resources(gpu=1)``; return it.

        It starts only when the runner (``LocalDagRunner(resources={"gpu": 1})``) has that much
        left; a resource of which the runner says nothing is never short.
        """
        self._options = replace(self._options, resources=amounts)
        return self

    @property
    def execution_options(self) -> NodeOptions:
        """How the node is carried out: retries, time limit, isolation, resources."""
        return self._options

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r})"
