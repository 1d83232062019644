"""Pipelines: nodes, closed under their channels, without a cycle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError as GraphCycle
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from minitfx.errors import (
    CycleError,
    DuplicateNodeError,
    ParameterError,
    PipelineError,
    UnknownNodeError,
    did_you_mean,
)
from minitfx.node import Node
from minitfx.parameter import RuntimeParameter, runtime_parameters
from minitfx.plan import plan_of

MAX_NAME = 63
_MODES = ("in_memory", "multi_threading", "multi_processing")


class Pipeline:
    """A graph of nodes under one name and one root folder.

    Parameters
    ----------
    pipeline_name : str
        At most 63 characters.
    pipeline_root : path
        The folder of the artifacts, and of what the catalog is made from.
    components : sequence of Node
        The nodes, in any order; each once, though it may be given twice.
    enable_cache : bool, default False
        Whether an execution may be served by an earlier one with the same fingerprint.
    metadata_connection_config : path or ":memory:", optional
        The catalog; ``<pipeline_root>/catalog.duckdb`` unless said otherwise.
    beam_pipeline_args : sequence of str, optional
        ``--direct_num_workers=N`` sets how many workers a fold may use. Other arguments choose
        a Beam runner and need Beam.

    Raises
    ------
    PipelineError
        If the name is too long or empty, or a node reads from one that is not in
        ``components``.
    DuplicateNodeError
        If two nodes share an id, or one has the pipeline's name.
    CycleError
        If nodes wait for each other; the message shows the circle.
    """

    def __init__(
        self,
        pipeline_name: str,
        pipeline_root: str | Path = "",
        components: Sequence[Node] = (),
        enable_cache: bool = False,
        metadata_connection_config: str | Path | None = None,
        beam_pipeline_args: Sequence[str] | None = None,
    ) -> None:
        if not isinstance(pipeline_name, str) or not 0 < len(pipeline_name) <= MAX_NAME:
            raise PipelineError(
                f"pipeline_name is {pipeline_name!r}; expected a text of 1 to {MAX_NAME} characters"
            )
        self.pipeline_name = pipeline_name
        self.pipeline_root = str(pipeline_root)
        self.enable_cache = enable_cache
        self.metadata_connection_config = metadata_connection_config
        self.beam_pipeline_args = list(beam_pipeline_args or ())
        self.workers = _workers(self.beam_pipeline_args)
        self._nodes = _ordered(pipeline_name, _unique(pipeline_name, components))

    @property
    def components(self) -> list[Node]:
        """The nodes, each after those that it waits for."""
        return list(self._nodes.values())

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by id, each after those that it waits for."""
        return self._nodes

    @property
    def upstream(self) -> dict[str, list[str]]:
        """Every node id, in order, with the ids of the nodes that it waits for."""
        return {
            name: [each.id for each in node.upstream_nodes] for name, node in self._nodes.items()
        }

    @property
    def root(self) -> Path:
        """The root as an absolute path.

        Raises
        ------
        PipelineError
            If the pipeline has none.
        """
        if not self.pipeline_root:
            raise PipelineError(
                f"pipeline {self.pipeline_name!r} has no pipeline_root; give one to Pipeline(…), "
                "or --root to the command"
            )
        return Path(self.pipeline_root).expanduser().absolute()

    @property
    def runtime_parameters(self) -> dict[str, RuntimeParameter]:
        """The runtime parameters of all nodes, by name."""
        found: dict[str, RuntimeParameter] = {}
        for node in self.components:
            for parameter in runtime_parameters([dict(node.exec_properties), node.conditions]):
                known = found.setdefault(parameter.name, parameter)
                if (known.ptype, known.default) != (parameter.ptype, parameter.default):
                    raise ParameterError(
                        f"runtime parameter {parameter.name!r} is declared twice, as {known!r} "
                        f"and as {parameter!r}"
                    )
        return found

    def choose(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the value of every runtime parameter: what was given, or its default.

        Raises
        ------
        ParameterError
            If one is unknown, of the wrong type, or missing without a default.
        """
        declared = self.runtime_parameters
        for name in given or {}:
            if name not in declared:
                raise ParameterError(
                    f"pipeline {self.pipeline_name!r} has no runtime parameter {name!r}. "
                    f"{did_you_mean(name, declared)}"
                )
        chosen: dict[str, Any] = {}
        for name, parameter in declared.items():
            value = (given or {}).get(name, parameter.default)
            if value is None:
                raise ParameterError(
                    f"runtime parameter {name!r} ({parameter.ptype.__name__}) has no default and "
                    f"was not given; add --runtime-parameter {name}=… or parameters={{…}}"
                )
            chosen[name] = parameter.parse(value)
        return chosen

    def select(self, from_nodes: Iterable[str] = (), to_nodes: Iterable[str] = ()) -> list[str]:
        """Return the ids of the nodes between ``from_nodes`` and ``to_nodes``, in order.

        A node is between them if it is, or waits for, one of ``from_nodes``, and is, or is
        waited for by, one of ``to_nodes``; an empty side does not restrict.

        Raises
        ------
        UnknownNodeError
            If an id is not in the pipeline.
        PipelineError
            If nothing is between them.
        """
        first, last = self._known(from_nodes), self._known(to_nodes)
        after = self._reachable(first, self._children()) if first else set(self._nodes)
        before = self._reachable(last, self.upstream) if last else set(self._nodes)
        chosen = [name for name in self._nodes if name in after and name in before]
        if not chosen:
            raise PipelineError(
                f"no node lies between {', '.join(first)} and {', '.join(last)}; "
                f"the order is {', '.join(self._nodes)}"
            )
        return chosen

    def to_json(self, home: Path | None = None) -> dict[str, Any]:
        """Return the plan: nodes, wiring, parameters and conditions; see `minitfx.plan`.

        Parameters
        ----------
        home : Path, optional
            A folder; paths below it are written relative to it.
        """
        return {
            "pipeline_name": self.pipeline_name,
            "enable_cache": self.enable_cache,
            **plan_of(self._nodes, self.runtime_parameters, home),
        }

    def __repr__(self) -> str:
        return f"Pipeline({self.pipeline_name!r}, {len(self._nodes)} nodes)"

    def _known(self, names: Iterable[str]) -> list[str]:
        found = list(names)
        for name in found:
            if name not in self._nodes:
                raise UnknownNodeError(
                    f"pipeline {self.pipeline_name!r} has no node {name!r}. "
                    f"{did_you_mean(name, self._nodes)}"
                )
        return found

    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {name: [] for name in self._nodes}
        for name, parents in self.upstream.items():
            for parent in parents:
                children[parent].append(name)
        return children

    @staticmethod
    def _reachable(start: Iterable[str], edges: Mapping[str, list[str]]) -> set[str]:
        seen: set[str] = set()
        pending = list(start)
        while pending:
            name = pending.pop()
            if name not in seen:
                seen.add(name)
                pending += edges[name]
        return seen


def _unique(pipeline_name: str, components: Sequence[Node]) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for node in dict.fromkeys(components):
        if not isinstance(node, Node):
            raise PipelineError(
                f"components holds {node!r} ({type(node).__name__}); expected components, "
                "Importers and Resolvers"
            )
        if node.id == pipeline_name:
            raise DuplicateNodeError(
                f"node {node.id!r} has the pipeline's own name; give one of them another"
            )
        if node.id in nodes:
            raise DuplicateNodeError(
                f"two nodes have the id {node.id!r} ({type(nodes[node.id]).__name__} and "
                f"{type(node).__name__}); give one of them .with_id('…')"
            )
        nodes[node.id] = node
    for node in nodes.values():
        for needed in node.upstream_nodes:
            if nodes.get(needed.id) is not needed:
                raise PipelineError(
                    f"{node.id} reads from {needed.id}, which is not among the components; add it"
                )
    return nodes


def _ordered(pipeline_name: str, nodes: dict[str, Node]) -> dict[str, Node]:
    sorter = TopologicalSorter(
        {name: [each.id for each in node.upstream_nodes] for name, node in nodes.items()}
    )
    try:
        return {name: nodes[name] for name in sorter.static_order()}
    except GraphCycle as error:
        circle = " -> ".join(error.args[1])
        raise CycleError(
            f"the nodes of {pipeline_name!r} wait for each other: {circle}; "
            "take one of these connections out"
        ) from None


def _workers(arguments: Sequence[str]) -> int | None:
    """Return the number of workers that direct-runner arguments ask for."""
    workers = None
    pending = [part for argument in arguments for part in str(argument).split("=", 1)]
    while pending:
        name = pending.pop(0)
        value = pending.pop(0) if pending and not pending[0].startswith("--") else ""
        if name == "--direct_num_workers" and value.isdigit():
            workers = int(value) or None
        elif (name, value) in (("--runner", "DirectRunner"), ("--runner", "direct")) or (
            name == "--direct_running_mode" and value in _MODES
        ):
            continue
        else:
            raise PipelineError(
                f"beam_pipeline_args has {name}{'=' + value if value else ''}, which needs Apache "
                "Beam; without it only --runner=DirectRunner, --direct_num_workers=N and "
                f"--direct_running_mode={'|'.join(_MODES)} are understood"
            )
    return workers
