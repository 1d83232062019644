"""The rows' part of a graph, made ready to run: a straight list of functions on cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from minitfx.errors import ColumnError, DataError, TransformError, did_you_mean
from minitfx.transform.arrow import read_cells
from minitfx.transform.cells import Cells, Numbers, Strings, words_of
from minitfx.transform.operation import Call, Operand
from minitfx.transform.operations import OPERATIONS
from minitfx.transform.tape import Node

Constants = Mapping[int, Any]
CONTEXT = frozenset({"row_number", "is_fitting"})
"""Inputs that are no columns: where a row stands in its data, and whether analyzers saw it."""


def settle_memory() -> None:
    """Let the C library keep the memory of arrays that come and go.

    Notes
    -----
    glibc hands every array of 128 kB or more back to the system, to be mapped and zeroed again
    for the next one, until it has seen a larger one freed. This one is freed before anything is
    written to it, so it costs nothing, and saves 40,000 page faults (0.15 s of CPU) in the first
    million rows.
    """
    np.empty(30 << 20, np.uint8)


def call_of(nodes: Sequence[Node], node: Node) -> Call:
    """Return the operands and settings of a node."""
    operands = tuple(Operand(nodes[at].type, nodes[at].is_constant) for at in node.of)
    return Call(operands, node.parameters, node.payload)


def needed(nodes: Sequence[Node], wanted: Iterable[int], known: Constants) -> list[int]:
    """Return the nodes that ``wanted`` are computed from, in order, stopping at known values."""
    found: set[int] = set()
    pending = list(wanted)
    while pending:
        place = pending.pop()
        if place not in found:
            found.add(place)
            if place not in known:
                pending.extend(nodes[place].of)
    return sorted(found)


class Program:
    """The computation of some nodes from the columns of a batch.

    Parameters
    ----------
    nodes : sequence of Node
        A tape; analyzers and what follows from them must be among ``constants``.
    constants : mapping of int to value
        What is known of it.
    wanted : sequence of int
        The nodes to compute.

    Attributes
    ----------
    columns : list of str
        The columns that are read.
    """

    def __init__(self, nodes: Sequence[Node], constants: Constants, wanted: Sequence[int]) -> None:
        self._spec = (nodes, constants, wanted)
        self._slots: list[Any] = []
        self._inputs: list[tuple[str, int, Node]] = []
        self._context: list[tuple[str, int]] = []
        self._steps: list[tuple[Any, tuple[int, ...], int, Node]] = []
        self._add(needed(nodes, wanted, constants))

    def _add(self, places: list[int]) -> None:
        nodes, constants, wanted = self._spec
        at: dict[int, int] = {}
        for place in places:
            slot = at[place] = len(self._slots)
            node = nodes[place]
            self._slots.append(constants.get(place))
            if place in constants:
                continue
            if node.op == "input":
                self._inputs.append((node.parameters["name"], slot, node))
            elif node.op in CONTEXT:
                self._context.append((node.op, slot))
            else:
                function = OPERATIONS[node.op].build(call_of(nodes, node))
                self._steps.append((function, tuple(at[each] for each in node.of), slot, node))
        settle_memory()
        self._results = [at[place] for place in wanted]
        self.columns = [name for name, _, _ in self._inputs]

    def __reduce__(self) -> tuple[Any, ...]:
        nodes, constants, wanted = self._spec
        kept = needed(nodes, wanted, constants)
        known = {place: constants[place] for place in kept if place in constants}
        return Program, (nodes, known, wanted)

    def run(self, table: pa.Table, first_row: int = 0, is_fitting: bool = False) -> list[Cells]:
        """Return the cells of the wanted nodes for the rows of a table.

        Raises
        ------
        ColumnError
            If a column is not there or cannot be read as the type it was traced with.
        TransformError
            If an operation fails on these values.
        """
        slots = self._slots.copy()
        batches = table.to_batches()
        rows = batches[0] if len(batches) == 1 else table  # an array costs less than its chunks
        for name, slot, node in self._inputs:
            slots[slot] = read_cells(_column(rows, name), node.type, name)
        for name, slot in self._context:
            slots[slot] = _context(name, table.num_rows, first_row, is_fitting)
        with np.errstate(all="ignore"):
            for function, operands, slot, node in self._steps:
                try:
                    slots[slot] = function(*[slots[at] for at in operands])
                except (ValueError, TypeError, ArithmeticError, pa.ArrowException) as error:
                    raise failure(node, error) from error
        return [slots[at] for at in self._results]


def failure(node: Node, error: Exception) -> Exception:
    """Return the error of an operation with the operation and the user's line in its message."""
    text = str(error) if isinstance(error, DataError | TransformError) else repr(error)
    where = f"\n  in {node.origin}" if node.origin else ""
    return TransformError(f"{node.op} failed: {text}{where}")


def _column(table: pa.Table | pa.RecordBatch, name: str) -> pa.ChunkedArray | pa.Array:
    try:
        return table.column(name)
    except KeyError:
        pass
    times = table.schema.names.count(name)
    if times:
        raise ColumnError(f"the data have {times} columns {name!r}; expected one")
    raise ColumnError(
        f"the transform needs the column {name!r}, which the data do not have. "
        f"{did_you_mean(name, table.schema.names)}"
    )


def _context(name: str, rows: int, first_row: int, is_fitting: bool) -> Numbers:
    if name == "row_number":
        return Numbers(np.arange(first_row, first_row + rows))
    return Numbers(np.asarray(is_fitting))


def evaluate(nodes: Sequence[Node], constants: dict[int, Any], places: Iterable[int]) -> None:
    """Compute constant nodes from constants that are known, adding them to ``constants``."""
    for place in needed(nodes, places, constants):
        if place in constants:
            continue
        node = nodes[place]
        if node.op == "literal":
            constants[place] = literal_value(node)
            continue
        function = OPERATIONS[node.op].build(call_of(nodes, node))
        try:
            with np.errstate(all="ignore"):
                constants[place] = function(*[constants[at] for at in node.of])
        except (ValueError, TypeError, ArithmeticError, pa.ArrowException) as error:
            raise failure(node, error) from error


def literal_value(node: Node) -> Any:
    """Return the value of a literal as a constant."""
    value = node.parameters["value"]
    if node.type.kind == "string":
        words = words_of([value] if node.type.length is None else value)
        codes = np.arange(len(words), dtype=np.int32)
        return Strings(codes.reshape(()) if node.type.length is None else codes, words)
    dtypes = {"int": np.int64, "float": np.float64, "bool": np.bool_, "timestamp": np.int64}
    dtype = dtypes[node.type.kind]
    return Numbers(np.asarray(value, dtype))
