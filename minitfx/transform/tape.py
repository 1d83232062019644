"""The record of a ``preprocessing_fn``: which operation was applied to what.

::

    0 input fare            row       pass 0
    1 moments (0)           constant  known after pass 1
    2 z_score (0, 1)        row       needs pass 1

Every deferred column is a place on one tape. The same operation on the same columns is recorded
once, so an analyzer that is asked for twice is computed once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minitfx.errors import TransformError
from minitfx.transform.accumulators import ANALYZERS
from minitfx.transform.columntype import ColumnType
from minitfx.transform.operation import Call, Operand
from minitfx.transform.operations import OPERATIONS
from minitfx.transform.origin import Origin, calling_line, located

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """One operation on a tape.

    Attributes
    ----------
    op : str
        Its name: ``input``, ``literal``, a row operation or an analyzer.
    of : tuple of int
        The nodes that it is applied to.
    parameters : mapping
        JSON values.
    type : ColumnType
        What it gives.
    is_constant : bool
        Whether it gives one value for all rows.
    level : int
        How many passes over the data must be finished before it can be computed; for an
        analyzer, the pass that computes it.
    origin : Origin or None
        The user's line.
    """

    op: str
    of: tuple[int, ...]
    parameters: Parameters
    type: ColumnType
    is_constant: bool
    level: int
    origin: Origin | None = None
    payload: object = None

    @property
    def is_analyzer(self) -> bool:
        """Whether it needs a pass over the data."""
        return self.op in ANALYZERS


@dataclass
class Tape:
    """Nodes in the order in which they were recorded, inputs before what uses them.

    Attributes
    ----------
    nodes : list of Node
        The operations.
    names : dict of str to str
        The files that vocabularies will be written to, and what each of them holds.
    annotations : dict of str to str
        Other names for such files, and the file that each stands for.
    objects : dict of str to object
        What was made while the function ran, by name.
    """

    nodes: list[Node] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    objects: dict[str, Any] = field(default_factory=dict)
    _known: dict[tuple[str, tuple[int, ...], str, int], int] = field(default_factory=dict)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Let this be the tape of functions that are given no column; see `current_tape`."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)

    def source(self, op: str, parameters: Parameters, column: ColumnType, constant: bool) -> int:
        """Record an input or a literal and return its place."""
        return self._append(Node(op, (), parameters, column, constant, 0, calling_line()))

    def apply(
        self, op: str, of: Sequence[int], parameters: Parameters, payload: object = None
    ) -> int:
        """Record an operation or analyzer and return its place.

        Raises
        ------
        TransformError
            If it does not take columns of these types; names the user's line.
        """
        origin = calling_line()
        parameters = {key: plain_setting(value) for key, value in parameters.items()}
        inputs = [self.nodes[place] for place in of]
        operands = tuple(Operand(node.type, node.is_constant) for node in inputs)
        call = Call(operands, parameters, payload)
        level = max((node.level for node in inputs), default=0)
        try:
            if op in ANALYZERS:
                column = ANALYZERS[op].infer(call)
                node = Node(op, tuple(of), parameters, column, True, level + 1, origin, payload)
            else:
                _check_constant_list(op, operands)
                column = OPERATIONS[op].infer(call)
                constant = bool(inputs) and all(node.is_constant for node in inputs)
                node = Node(op, tuple(of), parameters, column, constant, level, origin, payload)
        except TransformError as error:
            raise located(str(error), origin) from None
        return self._append(node)

    def _append(self, node: Node) -> int:
        settings = json.dumps(node.parameters, sort_keys=True)
        key = (node.op, node.of, settings, id(node.payload))
        place = self._known.setdefault(key, len(self.nodes))
        if place == len(self.nodes):
            self.nodes.append(node)
        return place


def plain_setting(value: Any) -> Any:
    """Return a setting with Python's numbers and texts in the place of numpy's."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain_setting(each) for each in value]
    return value


def _check_constant_list(op: str, operands: tuple[Operand, ...]) -> None:
    """Refuse to compute with a list that an analyzer found, and that is no row's."""
    first = operands[0]
    if first.is_constant and first.type.is_ragged and op not in ("element", "apply_pyfunc"):
        raise TransformError(
            f"{op} cannot compute with a constant list whose length depends on the data; "
            ".element(k) is one value of it"
        )


_CURRENT: ContextVar[Tape | None] = ContextVar("minitfx_tape", default=None)


def current_tape(function: str) -> Tape:
    """Return the tape of the ``preprocessing_fn`` that is running.

    Parameters
    ----------
    function : str
        Who asks.

    Raises
    ------
    TransformError
        If none is running; names the user's line.
    """
    tape = _CURRENT.get()
    if tape is None:
        raise located(
            f"tft.{function} was called outside a preprocessing_fn; call it inside one",
            calling_line(),
        )
    return tape
