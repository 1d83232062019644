"""Running a ``preprocessing_fn`` once, on deferred columns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from minitfx.errors import ColumnError, TransformError, did_you_mean
from minitfx.transform.column import Column, literal
from minitfx.transform.columntype import VALUES, ColumnType
from minitfx.transform.origin import Origin, calling_line, defining_line, located
from minitfx.transform.tape import Tape

PreprocessingFn = Callable[..., Mapping[str, Any]]


class Inputs(dict[str, Column]):
    """The columns that a ``preprocessing_fn`` is given, by name.

    Parameters
    ----------
    columns : mapping of str to Column
        The columns.
    left_out : mapping of str to str
        Why other columns of the data are not among them.

    Raises
    ------
    ColumnError
        When a column is asked for that is not there; names the line.
    """

    def __init__(self, columns: Mapping[str, Column], left_out: Mapping[str, str]) -> None:
        super().__init__(columns)
        self._left_out = left_out

    def __missing__(self, name: str) -> Column:
        message = f"the data have no column {name!r}. {did_you_mean(str(name), self)}"
        if name in self._left_out:
            message = f"the column {name!r} {self._left_out[name]}"
        raise located(message, calling_line(), ColumnError)

    def copy(self) -> Inputs:
        """Return a copy that still names the line when a column is not there."""
        return Inputs(self, self._left_out)


@dataclass(frozen=True)
class Trace:
    """What a ``preprocessing_fn`` does.

    Attributes
    ----------
    tape : Tape
        The operations.
    outputs : dict of str to int
        Name of each result, and its node.
    """

    tape: Tape
    outputs: dict[str, int]


def trace(
    preprocessing_fn: PreprocessingFn,
    types: Mapping[str, tuple[ColumnType, bool]],
    custom_config: Mapping[str, Any] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> Trace:
    """Return the operations that a function applies to columns of the given types.

    Parameters
    ----------
    preprocessing_fn : callable
        Takes a dict of columns, and ``custom_config`` if it has such a parameter; returns a
        dict of columns.
    types : mapping of str to (ColumnType, bool)
        The columns that there are, and whether each is never missing.
    custom_config : mapping, optional
        Handed on to a function that takes it, an empty dict when it is not given.
    left_out : mapping of str to str, optional
        Why other columns of the data cannot be had, by name.

    Raises
    ------
    TransformError
        If the function does what cannot be deferred, or returns something else; the message
        names the line. What else it raises is passed on.
    """
    tape = Tape()
    places: dict[str, int] = {}
    for name in sorted(types):  # so that a graph does not show the order of the columns
        column, always = types[name]
        parameters = {"name": name, "required": always}
        places[name] = tape.source("input", parameters, column, constant=False)
    inputs = Inputs({name: Column(tape, places[name]) for name in types}, left_out or {})
    settings = _settings(preprocessing_fn, custom_config)
    with tape.recording():
        results = preprocessing_fn(inputs, **settings)
    line = defining_line(inspect.unwrap(preprocessing_fn))
    _check_annotations(tape, line)
    return Trace(tape, dict(_outputs(results, tape, line)))


def _settings(
    function: PreprocessingFn, custom_config: Mapping[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """Return what a function is called with beside its inputs."""
    expected = "expected a function preprocessing_fn(inputs) or (inputs, custom_config)"
    if not callable(function):
        raise TransformError(f"the preprocessing function is {function!r}; {expected}")
    signature = inspect.signature(function)
    parameters = signature.parameters.values()
    takes_all = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)
    is_asked = takes_all or "custom_config" in signature.parameters
    settings = {"custom_config": dict(custom_config or {})} if is_asked else {}
    try:
        signature.bind(Inputs({}, {}), **settings)
    except TypeError as error:
        line = defining_line(inspect.unwrap(function))
        raise located(
            f"the preprocessing function takes {signature}: {error}; {expected}", line
        ) from None
    return settings


def _check_annotations(tape: Tape, line: Origin | None) -> None:
    for key, name in tape.annotations.items():
        if name not in tape.names:
            raise located(
                f"annotate_asset({key!r}, {name!r}): the transform has no asset {name!r}. "
                f"{did_you_mean(name, tape.names)}",
                line,
            )


def _outputs(results: Any, tape: Tape, origin: Origin | None) -> Iterator[tuple[str, int]]:
    if not isinstance(results, Mapping):
        raise located(
            f"the preprocessing function returned {_described(results)}; expected a dict of "
            "column names to columns",
            origin,
        )
    if not results:
        raise located("the preprocessing function returned no columns", origin)
    for name, result in results.items():
        if not isinstance(name, str) or not name:
            raise located(f"the name of a result is {name!r}; expected a text", origin)
        yield name, _checked(name, result, tape, origin)


def _checked(name: str, result: Any, tape: Tape, origin: Origin | None) -> int:
    if isinstance(result, (bool, int, float, str, date)):
        return literal(tape, result).place
    if not isinstance(result, Column):
        raise located(
            f"the result {name!r} is {_described(result)}, which has not one value for each row; "
            "expected a column, or one number or text for all rows",
            origin,
        )
    if result.tape is not tape:
        raise located(f"the result {name!r} is a column of another function", origin)
    if result.type.kind not in VALUES:
        node = tape.nodes[result.place]
        raise located(
            f"the result {name!r} is a {result.type.kind}, which a row cannot hold; apply it to "
            "a column first",
            node.origin,
        )
    return result.place


def _described(value: Any) -> str:
    text = repr(value)
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return f"{shown}, a {type(value).__qualname__}" if value is not None else "nothing"


def check_serving(traced: Trace, outputs: Sequence[str], absent: Collection[str]) -> None:
    """Refuse outputs for serving that are computed from columns that serving does not have.

    Parameters
    ----------
    traced : Trace
        What the function does.
    outputs : sequence of str
        Results that serving asks for.
    absent : collection of str
        Raw columns that only training has.

    Raises
    ------
    TransformError
        Naming the line on which such a column comes in. What only an analyzer reads does not
        matter: serving has its result.
    """
    nodes = traced.tape.nodes
    for name in outputs:
        if name not in traced.outputs:
            raise TransformError(
                f"there is no result {name!r} to serve. {did_you_mean(name, traced.outputs)}"
            )
        pending = [(traced.outputs[name], nodes[traced.outputs[name]].origin)]
        seen: set[int] = set()
        while pending:
            place, line = pending.pop()
            node = nodes[place]
            if place in seen:
                continue
            seen.add(place)
            if node.op == "input" and node.parameters["name"] in absent:
                raise located(
                    f"the result {name!r} is computed from {node.parameters['name']!r}, which "
                    "serving does not have; leave it out, or keep it from the served results",
                    line,
                )
            if not node.is_constant:
                pending.extend((each, node.origin) for each in node.of)


__all__ = ["Inputs", "PreprocessingFn", "Trace", "check_serving", "trace"]
