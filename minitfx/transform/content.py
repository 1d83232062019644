"""What a fitted graph consists of: what is written to its folder, and read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.transform.operations.reading import Value
from minitfx.transform.plan import PassPlan
from minitfx.transform.pyfunction import PythonFunction
from minitfx.transform.tape import Node
from minitfx.transform.vocab import Vocabulary


@dataclass(frozen=True, eq=False)
class GraphContent:
    """The parts of a fitted graph.

    Attributes
    ----------
    nodes : tuple of Node
        The rows' part of the function, inputs before what uses them.
    values : mapping of int to value
        The constants among the nodes.
    outputs : mapping of str to int
        The name of each column that it gives, and its node.
    constants : mapping of str to object
        What each analyzer found, by expression: ``mean(fare)``. Numbers, or arrays of numbers.
    vocabularies : mapping of str to Vocabulary
        Vocabularies by the names of their files.
    plan : tuple of PassPlan
        The passes in which it was fitted.
    schema : Schema or None
        What was known of the columns that it reads.
    annotations : mapping of str to str
        Other names of assets, and the asset that each stands for.
    """

    nodes: tuple[Node, ...]
    values: Mapping[int, Value]
    outputs: Mapping[str, int]
    constants: Mapping[str, Any]
    vocabularies: Mapping[str, Vocabulary]
    plan: tuple[PassPlan, ...] = ()
    schema: schema_pb2.Schema | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def functions(self) -> list[PythonFunction]:
        """The Python functions that are applied to rows."""
        return [node.payload for node in self.nodes if isinstance(node.payload, PythonFunction)]
