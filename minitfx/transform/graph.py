"""The fitted graph: what analyzers found, and the operations that are applied to every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.dataset.source import ROWS_PER_CHUNK
from minitfx.errors import ColumnError, TransformError, did_you_mean
from minitfx.transform.arrow import writer_of
from minitfx.transform.cells import Cells, Numbers, Strings
from minitfx.transform.columntype import ColumnType, arrow_type
from minitfx.transform.content import GraphContent
from minitfx.transform.expression import expressions
from minitfx.transform.graphfile import read, write
from minitfx.transform.metadata import schema_of_columns
from minitfx.transform.operations.reading import Value
from minitfx.transform.plan import PassPlan, passes_of
from minitfx.transform.program import Program, needed
from minitfx.transform.tape import Node
from minitfx.transform.tracing import Trace
from minitfx.transform.values import plain
from minitfx.transform.vocab import Vocabulary


@dataclass(frozen=True, eq=False)
class _Applied:
    """Some outputs of a graph, ready to be computed and written."""

    program: Program
    schema: pa.Schema
    writers: Sequence[Callable[[Cells, int], pa.Array]]


@dataclass(frozen=True, eq=False)
class TransformGraph:
    """A ``preprocessing_fn`` whose analyzers have seen the data, ready for rows of any origin.

    Made by `analyze`, or read from a folder by `load`. The same graph is applied in training,
    evaluation and serving; the values of a row do not depend on the rows around it.

    Attributes
    ----------
    content : GraphContent
        Its operations, and what analyzers found.
    """

    content: GraphContent
    _programs: dict[tuple[str, ...], _Applied] = field(default_factory=dict, repr=False)

    @property
    def outputs(self) -> Mapping[str, int]:
        """The name of each column that it gives, and its place among the operations."""
        return self.content.outputs

    @property
    def constants(self) -> Mapping[str, Any]:
        """What each analyzer found, by expression: ``mean(fare)``. Numbers, or arrays of them."""
        return self.content.constants

    @property
    def vocabularies(self) -> Mapping[str, Vocabulary]:
        """Vocabularies by the names of their files."""
        return self.content.vocabularies

    @property
    def plan(self) -> tuple[PassPlan, ...]:
        """The passes over the data in which it was fitted."""
        return self.content.plan

    @property
    def schema(self) -> schema_pb2.Schema | None:
        """What was known of the columns that it reads."""
        return self.content.schema

    @cached_property
    def input_columns(self) -> list[str]:
        """The raw columns that the outputs are computed from, in the order of their names."""
        return [node.parameters["name"] for node in self.content.nodes if node.op == "input"]

    @cached_property
    def output_types(self) -> dict[str, ColumnType]:
        """The type of each output."""
        return {name: self.content.nodes[place].type for name, place in self.outputs.items()}

    @cached_property
    def output_schema(self) -> pa.Schema:
        """Names and Arrow types of the columns that `transform` gives."""
        return _schema_of(self.output_types)

    def inputs_of(self, outputs: Sequence[str]) -> list[str]:
        """Return the raw columns that some outputs are computed from.

        Raises
        ------
        TransformError
            If there is no such output.
        """
        return self._applied(tuple(outputs)).program.columns

    def transform(
        self,
        table: pa.Table,
        outputs: Sequence[str] | None = None,
        *,
        first_row: int = 0,
        is_fitting: bool = False,
    ) -> pa.Table:
        """Return the transformed rows of a table, one for each row.

        Parameters
        ----------
        table : pyarrow.Table
            Raw rows; a record batch, a frame or a dict of columns will do too. Columns that are
            not in `input_columns` are not looked at.
        outputs : sequence of str, optional
            Which outputs; only the columns that they need must be there, so that serving can
            leave out the label. All of them when not given.
        first_row : int
            Which row of its data set the first row is.
        is_fitting : bool
            Whether these are the rows that the analyzers saw, in the same order. It matters
            only to `target_encode`, which then leaves a row's own fold out.

        Raises
        ------
        ColumnError
            If a column that is needed is not there, or has the wrong type.
        TransformError
            If there is no such output, or an operation fails on these values.

        Notes
        -----
        O(rows); tables of many rows are worked on in slices, so that what is computed in
        between stays small.
        """
        if not isinstance(table, pa.Table):
            table = _table_of(table)
        names = tuple(self.outputs) if outputs is None else tuple(outputs)
        applied = self._applied(names)
        if table.num_rows <= ROWS_PER_CHUNK:
            return self._transformed(applied, table, first_row, is_fitting)
        columns = applied.program.columns
        table = table.select([name for name in columns if name in table.schema.names])
        return pa.concat_tables(
            self._transformed(applied, table.slice(at, ROWS_PER_CHUNK), first_row + at, is_fitting)
            for at in range(0, table.num_rows, ROWS_PER_CHUNK)
        )

    def _transformed(
        self, applied: _Applied, table: pa.Table, first_row: int, is_fitting: bool
    ) -> pa.Table:
        try:
            results = applied.program.run(table, first_row, is_fitting)
        except ColumnError as error:
            raise self._explained(error, table, applied.program) from None
        rows = table.num_rows
        pairs = zip(applied.writers, results, strict=True)
        arrays = [write(cells, rows) for write, cells in pairs]
        return pa.Table.from_arrays(arrays, schema=applied.schema)

    def _explained(self, error: ColumnError, table: pa.Table, program: Program) -> ColumnError:
        """Return the error with the outputs that do not need what is missing."""
        missing = {name for name in program.columns if name not in table.schema.names}
        able = [name for name in self.outputs if not missing & set(self.inputs_of([name]))]
        if not missing or not able:
            return error
        listed = ", ".join(sorted(missing))
        return ColumnError(
            f"{error} Without {listed} there are still the outputs {', '.join(able)}"
        )

    def _applied(self, names: tuple[str, ...]) -> _Applied:
        known = self._programs.get(names)
        if known is None:
            for name in names:
                if name not in self.outputs:
                    raise TransformError(
                        f"the transform has no output {name!r}. {did_you_mean(name, self.outputs)}"
                    )
            wanted = [self.outputs[name] for name in names]
            program = Program(self.content.nodes, self.content.values, wanted)
            types = {name: self.output_types[name] for name in names}
            writers = [writer_of(column) for column in types.values()]
            known = self._programs[names] = _Applied(program, _schema_of(types), writers)
        return known

    def __reduce__(self) -> tuple[Any, ...]:
        return TransformGraph, (self.content,)

    def vocabulary(self, name: str) -> list[str]:
        """Return the tokens of a vocabulary, in their order.

        Parameters
        ----------
        name : str
            Its ``vocab_filename``, a name that `annotate_asset` gave it, or the output that is
            looked up in it.

        Raises
        ------
        TransformError
            If there is no such vocabulary.
        """
        return list(self.find_vocabulary(name).tokens)

    def find_vocabulary(self, name: str) -> Vocabulary:
        """Return a vocabulary by its ``vocab_filename``, or by the output that uses it."""
        found = self.vocabularies.get(self.content.annotations.get(name, name))
        if found is None and name in self.outputs:
            places = needed(self.content.nodes, [self.outputs[name]], {})
            behind = [v for v in map(self.content.values.get, places) if isinstance(v, Vocabulary)]
            found = behind[0] if len(behind) == 1 else None
        if found is None:
            raise TransformError(
                f"the transform has no vocabulary {name!r}. {did_you_mean(name, self.vocabularies)}"
            )
        return found

    def save(self, path: str | Path) -> None:
        """Write the graph into a folder, for `load`; see `minitfx.transform.graphfile`."""
        write(self.content, path)

    def describe(self) -> str:
        """Return the plan as text: what is read, in how many passes, and what comes out."""
        lines = [f"reads {', '.join(self.input_columns) or 'no column'}"]
        for number, each in enumerate(self.plan, 1):
            lines.append(f"pass {number} reads {', '.join(each.columns)}")
            lines += [f"    {analyzer}" for analyzer in each.analyzers]
        lines += [f"vocabulary {name}: {len(v)} tokens" for name, v in self.vocabularies.items()]
        lines.append("every row gives")
        texts = expressions(self.content.nodes)
        for name, place in self.outputs.items():
            lines.append(f"    {name}: {self.output_types[name]} = {texts[place]}")
        return "\n".join(lines)


def _table_of(data: Any) -> pa.Table:
    try:
        return pa.table(data)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise TransformError(
            f"cannot transform {type(data).__qualname__}; expected a pyarrow.Table, a record "
            f"batch, a data frame or a dict of columns: {error}"
        ) from None


def _schema_of(types: Mapping[str, ColumnType]) -> pa.Schema:
    return pa.schema([pa.field(name, arrow_type(column)) for name, column in types.items()])


def fitted_graph(
    traced: Trace, constants: Mapping[int, Value], schema: schema_pb2.Schema | None
) -> TransformGraph:
    """Return the graph of a trace, without what only the analyzers needed."""
    nodes = traced.tape.nodes
    texts = expressions(nodes)
    kept = needed(nodes, traced.outputs.values(), constants)
    at = {place: new for new, place in enumerate(kept)}
    pruned = tuple(
        _as_constant(nodes[place], texts[place])
        if place in constants
        else replace(nodes[place], of=tuple(at[each] for each in nodes[place].of))
        for place in kept
    )
    vocabularies = [value for value in constants.values() if isinstance(value, Vocabulary)]
    read = {node.parameters["name"] for node in pruned if node.op == "input"}
    content = GraphContent(
        pruned,
        {at[place]: constants[place] for place in kept if place in constants},
        {name: at[place] for name, place in traced.outputs.items()},
        _found(nodes, constants, texts),
        {each.name: each for each in vocabularies},
        passes_of(nodes),
        None if schema is None else schema_of_columns(schema, read),
        dict(traced.tape.annotations),
    )
    return TransformGraph(content)


def _as_constant(node: Node, text: str) -> Node:
    return replace(node, op="constant", of=(), parameters={"name": text}, level=0, payload=None)


def _found(
    nodes: Sequence[Node], constants: Mapping[int, Value], texts: Sequence[str]
) -> dict[str, Any]:
    """Return what analyzers found by expression, numbered where expressions were cut to one."""
    found: dict[str, Any] = {}
    for place, value in sorted(constants.items()):
        if isinstance(value, (Numbers, Strings)) and _is_reading(nodes, nodes[place]):
            name, number = texts[place], 1
            while name in found:
                number += 1
                name = f"{texts[place]} #{number}"
            found[name] = plain(value)
    return found


def _is_reading(nodes: Sequence[Node], node: Node) -> bool:
    return node.is_constant and any(nodes[each].is_analyzer for each in node.of)


def load(path: str | Path, *, trust: bool | str = False) -> TransformGraph:
    """Return the graph that was saved in a folder.

    Parameters
    ----------
    path : str or Path
        The folder that `TransformGraph.save` wrote, or the ``transform_fn`` in it.
    trust : bool or str
        Who vouches for the files, if loading the graph can run code: it holds a scikit-learn
        transformer, or the source of a function of `apply_pyfunc` that is not a module of this
        project. True says that you know where it comes from; a SHA-256 says which graph it
        must be (see `graph_digest`). Other graphs need nobody to vouch for them.

    Raises
    ------
    StorageError
        If there is no graph, or an asset is not there.
    ModelRefusedError
        If nobody vouches for a graph that can run code.
    TransformError
        If the graph is damaged, or of a format that this version does not know.

    Examples
    --------
    >>> import pyarrow as pa, tempfile, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 3.0]})
    >>> graph = tft.analyze(data, lambda inputs: {"z": tft.scale_to_z_score(inputs["x"])})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     graph.save(folder)
    ...     tft.load(folder).transform(data)["z"].to_pylist()
    [-1.0, 1.0]
    """
    return TransformGraph(read(path, trust))
