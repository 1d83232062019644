"""Fitting: the passes over the data in which analyzers find their values.

::

    pass 1   read chunk ─ rows' part ─ every analyzer of level 1 ─┐ fold
    pass 2   read chunk ─ rows' part with what pass 1 found ─ …   ┘
    …        as many passes as analyzers are nested, no more
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.dataset.source import Source, open_source
from minitfx.errors import TransformError
from minitfx.kernels import Accumulator, fold
from minitfx.transform.accumulators import ANALYZERS, empty_own
from minitfx.transform.accumulators.distribution import Distribution
from minitfx.transform.accumulators.own import Packed
from minitfx.transform.accumulators.refinement import Refinement
from minitfx.transform.cache import AnalyzerCache, analyzer_key
from minitfx.transform.expression import expression
from minitfx.transform.given import given_columns, left_out, not_at_serving
from minitfx.transform.graph import TransformGraph, fitted_graph
from minitfx.transform.program import Program, call_of, evaluate, failure
from minitfx.transform.rows import Rows, numbered
from minitfx.transform.tape import Node
from minitfx.transform.tracing import PreprocessingFn, Trace, check_serving, trace

_LOGGER = logging.getLogger(__name__)


class Pass:
    """All analyzers of one level over the same rows, as one accumulator.

    Parameters
    ----------
    nodes : sequence of Node
        The tape.
    members : mapping of int to Accumulator
        What the analyzers have seen, by node.
    program : Program
        Computes the analyzers' operands, all of them, in the order of ``members``.
    """

    def __init__(
        self, nodes: Sequence[Node], members: Mapping[int, Accumulator[Any, Any]], program: Program
    ) -> None:
        self.nodes = nodes
        self.members = dict(members)
        self.program = program

    @classmethod
    def of(
        cls,
        nodes: Sequence[Node],
        places: Sequence[int],
        constants: Mapping[int, Any],
        spill: str,
    ) -> Pass:
        """Return the pass of the analyzers at ``places``; ``spill`` is a folder for their use."""
        operands = [operand for place in places for operand in nodes[place].of]
        members = {
            place: ANALYZERS[nodes[place].op].accumulator(call_of(nodes, nodes[place]), spill)
            for place in places
        }
        return cls(nodes, members, Program(nodes, constants, operands))

    def zero(self) -> Pass:
        """Return the pass before it has seen anything."""
        empty = {place: member.zero() for place, member in self.members.items()}
        return Pass(self.nodes, empty, self.program)

    def add(self, rows: Rows) -> Pass:
        """Show the rows to every analyzer."""
        cells = iter(self.program.run(rows.table, rows.first_row, is_fitting=True))
        with np.errstate(all="ignore"):
            for place, member in self.members.items():
                node = self.nodes[place]
                operands = tuple(next(cells) for _ in node.of)
                try:
                    self.members[place] = member.add(operands)
                except (ValueError, TypeError, ArithmeticError) as error:
                    raise failure(node, error) from error
        return self

    def merge(self, other: Pass) -> Pass:
        """Merge analyzer by analyzer."""
        self.members = {
            place: member.merge(other.members[place]) for place, member in self.members.items()
        }
        return self

    def result(self) -> dict[int, Any]:
        """Return what each analyzer found, by node."""
        return {place: member.result() for place, member in self.members.items()}


def analyze(
    data: Any,
    preprocessing_fn: PreprocessingFn,
    schema: schema_pb2.Schema | None = None,
    *,
    custom_config: Mapping[str, Any] | None = None,
    cache: AnalyzerCache | None = None,
    serving_outputs: Sequence[str] = (),
) -> TransformGraph:
    """Return the graph of a ``preprocessing_fn``, its analyzers fitted to the data.

    Parameters
    ----------
    data : path, Source, pyarrow.Table, pandas.DataFrame or a mapping of these
        What analyzers read; see `minitfx.dataset.source.open_source`. A mapping holds several
        data sets of the same columns, such as spans, by name.
    preprocessing_fn : callable
        Takes a dict of deferred columns (and ``custom_config``, if it has that parameter) and
        returns a dict of columns. It is called once.
    schema : Schema, optional
        Which columns the function is given, and which of them are floats, or never missing; all
        columns of the data when there is none.
    custom_config : mapping, optional
        Settings for the function.
    cache : AnalyzerCache, optional
        What analyzers found earlier in data sets of the same names, which must stand for their
        content. Only other data sets are read; but analyzers that depend on others (from the
        second pass on) are only found again while the earlier ones find the same values.
    serving_outputs : sequence of str, optional
        Results that serving will ask for, such as a model's features. None of them may be
        computed, row by row, from a column that the schema keeps out of its ``SERVING``
        environment, such as the label.

    Raises
    ------
    TransformError, ColumnError
        If the function cannot be traced, or an operation fails; the message names the line.

    Notes
    -----
    Reads the data once for each level of nested analyzers, only the columns that are needed,
    in chunks: memory is bounded by the chunk and the analyzers' own bounds. The same data give
    the same graph, byte for byte, for any number of workers.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> def preprocessing_fn(inputs):
    ...     return {"scaled": tft.scale_to_z_score(inputs["x"])}
    >>> graph = analyze(pa.table({"x": [1.0, 2.0, 3.0]}), preprocessing_fn)
    >>> graph.transform(pa.table({"x": [2.0]})).to_pydict()
    {'scaled': [0.0]}
    """
    sources = _sources(data)
    schemas = [source.schema for source in sources.values()]
    given = given_columns(schemas, schema)
    traced = trace(preprocessing_fn, given, custom_config, left_out(schemas[0], given))
    check_serving(traced, serving_outputs, not_at_serving(schema))
    return fitted_graph(traced, fit(traced, sources, cache or AnalyzerCache()), schema)


def _sources(data: Any) -> dict[str, Source]:
    if not isinstance(data, Mapping):
        return {"": open_source(data)}
    if not data:
        raise TransformError("there is no data set to analyze")
    for name, each in data.items():
        if isinstance(each, (list, tuple, np.ndarray)):
            raise TransformError(
                f"{name!r} is a {type(each).__qualname__}: a mapping names data sets, not columns; "
                "expected a table of columns, such as pyarrow.table(data)"
            )
    return {name: open_source(each) for name, each in data.items()}


def fit(traced: Trace, sources: Mapping[str, Source], cache: AnalyzerCache) -> dict[int, Any]:
    """Return the constants of a trace: every analyzer's value and what is computed from them."""
    nodes = traced.tape.nodes
    constants: dict[int, Any] = {}
    _settle(nodes, constants, 0)
    for level in range(1, max((node.level for node in nodes), default=0) + 1):
        places = [p for p, node in enumerate(nodes) if node.is_analyzer and node.level == level]
        with TemporaryDirectory(prefix="minitfx-analysis-") as spill:
            merged: dict[int, Any] = {}
            for name, source in sources.items():
                found = _analyzed(nodes, places, constants, _Dataset(name, source, spill), cache)
                for place, member in found.items():
                    merged[place] = merged[place].merge(member) if place in merged else member
            merged = _refined(nodes, merged, constants, sources)
            constants.update({place: member.result() for place, member in merged.items()})
            _settle(nodes, constants, level)
    return constants


@dataclass(frozen=True)
class _Dataset:
    name: str
    source: Source
    spill: str


def _analyzed(
    nodes: Sequence[Node],
    places: Sequence[int],
    constants: Mapping[int, Any],
    dataset: _Dataset,
    cache: AnalyzerCache,
) -> dict[int, Any]:
    """Return the analyzers' accumulators over a data set, from the cache or by reading it."""
    keys = {place: analyzer_key(nodes, place, constants) for place in places}
    found = {
        place: None if key is None else cache.find(dataset.name, key) for place, key in keys.items()
    }
    for place, kept in found.items():
        if isinstance(kept, Packed):
            found[place] = empty_own(call_of(nodes, nodes[place])).unpacked(kept)
    unknown = [place for place in places if found[place] is None]
    if unknown:
        work = Pass.of(nodes, unknown, constants, dataset.spill)
        chunks = numbered(dataset.source, work.program.columns)
        for place, member in fold(_Open(work), chunks).members.items():
            key = keys[place]
            if key is not None:
                cache.put(dataset.name, key, member)
            found[place] = member
    return found


def _refined(
    nodes: Sequence[Node],
    merged: Mapping[int, Any],
    constants: Mapping[int, Any],
    sources: Mapping[str, Source],
) -> dict[int, Any]:
    """Return the accumulators, those of distributions fine enough everywhere.

    Notes
    -----
    Nearly always they are. Where most values lie so close together, and some so far away, that
    the cells between them are too coarse, the data are read once more for the coarse cells.
    """
    found = dict(merged)
    for place, member in merged.items():
        refinement = Refinement.of(member) if isinstance(member, Distribution) else None
        while refinement is not None:
            _LOGGER.warning(
                "the values of %s are spread so unevenly that they are read once more",
                expression(nodes, nodes[place].of[0]),
            )
            work = Pass(nodes, {place: refinement}, Program(nodes, constants, nodes[place].of))
            chunks = [
                chunk
                for source in sources.values()
                for chunk in numbered(source, work.program.columns)
            ]
            found[place] = fold(_Open(work), chunks).members[place].result()
            refinement = Refinement.of(found[place])
    return found


def _settle(nodes: Sequence[Node], constants: dict[int, Any], level: int) -> None:
    """Compute the constants that are known after ``level`` passes."""
    places = [
        place
        for place, node in enumerate(nodes)
        if node.is_constant and node.level <= level and not node.is_analyzer
    ]
    evaluate(nodes, constants, places)


class _Open:
    """A pass whose result is the pass itself, so that it can be merged with that of other data."""

    def __init__(self, work: Pass) -> None:
        self.work = work

    def zero(self) -> _Open:
        return _Open(self.work.zero())

    def add(self, rows: Rows) -> _Open:
        return _Open(self.work.add(rows))

    def merge(self, other: _Open) -> _Open:
        return _Open(self.work.merge(other.work))

    def result(self) -> Pass:
        return self.work
