"""Placeholders: expressions over what only a run knows.

::

    trainer = Trainer(..., custom_config={"depth": best.outputs["depth"].future()[0].value})
    with Cond(evaluator.outputs["blessing"].future()[0].custom_property("blessed") == 1):
        Pusher(...)

A placeholder stands for a value of a component's parameter, alone or inside a list or dict, and is
replaced by the value just before the fingerprint is taken; one of the node's own `output` folders
is replaced where the node runs. Comparisons and `logical_and`, `logical_or`, `logical_not` give a
`Predicate`, which is what a condition takes.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from minitfx.errors import ParameterError, PipelineError, did_you_mean

FACTS = ("node_id", "pipeline_name", "pipeline_root", "run_id")


class Placeholder:
    """An expression; made by the functions of this module and by ``channel.future()``.

    ``[0]`` takes one artifact (or an item of a value), ``.uri``, ``.split_uri(name)``, ``.value``,
    ``.property(key)`` and ``.custom_property(key)`` ask it; of several artifacts the first is
    asked. ``+`` joins texts, and comparisons give a `Predicate`.

    Raises
    ------
    PipelineError
        If it is used as if it had its value already: formatted, tested for truth, looped over.
    """

    def __init__(self, operation: str, *operands: Any) -> None:
        self.operation = operation
        self.operands = operands

    @builtins.property
    def uri(self) -> Placeholder:
        """The artifact's folder."""
        return Placeholder("uri", self)

    @builtins.property
    def value(self) -> Placeholder:
        """The value of a value artifact."""
        return Placeholder("value", self)

    def split_uri(self, split: str) -> Placeholder:
        """Return the folder of one split of the artifact."""
        return Placeholder("split_uri", self, split)

    def property(self, key: str) -> Placeholder:
        """Return a declared property of the artifact; None if it was not set."""
        return Placeholder("property", self, key)

    def custom_property(self, key: str) -> Placeholder:
        """Return a free-form property of the artifact; None if it was not set."""
        return Placeholder("custom_property", self, key)

    def b64encode(self) -> Placeholder:
        """Return the text or bytes as base64 text."""
        return Placeholder("b64encode", self)

    def serialize_list(self) -> Placeholder:
        """Return a list as JSON text."""
        return Placeholder("json", self)

    def __getitem__(self, key: int | str) -> Placeholder:
        return Placeholder("item", self, key)

    def __add__(self, other: object) -> Placeholder:
        return Placeholder("+", self, other)

    def __radd__(self, other: object) -> Placeholder:
        return Placeholder("+", other, self)

    def __eq__(self, other: object) -> Predicate:  # type: ignore[override]
        return Predicate("==", self, other)

    def __ne__(self, other: object) -> Predicate:  # type: ignore[override]
        return Predicate("!=", self, other)

    def __lt__(self, other: object) -> Predicate:
        return Predicate("<", self, other)

    def __le__(self, other: object) -> Predicate:
        return Predicate("<=", self, other)

    def __gt__(self, other: object) -> Predicate:
        return Predicate(">", self, other)

    def __ge__(self, other: object) -> Predicate:
        return Predicate(">=", self, other)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise self._premature("tested for truth", "use Cond, logical_and, logical_or, logical_not")

    def __iter__(self) -> Iterator[Any]:
        raise self._premature("looped over", "take one item with [0]")

    def __str__(self) -> str:
        raise self._premature("formatted as text", "join texts with + or join")

    def __format__(self, spec: str) -> str:
        return str(self)

    def __repr__(self) -> str:
        return describe(self)

    def _premature(self, use: str, instead: str) -> PipelineError:
        return PipelineError(
            f"{self!r} is {use}, but its value exists only when the pipeline runs; {instead}"
        )


class Predicate(Placeholder):
    """A placeholder that is true or false: a comparison, or several joined."""


class Record(Placeholder):
    """A placeholder whose value has fields: ``exec_property("train_args").num_steps``."""

    def __getattr__(self, name: str) -> Record:
        if name.startswith("_") or name.isupper() or name in ("to_json", "get_params"):
            raise AttributeError(name)
        return Record("field", self, name)


def input(key: str) -> Placeholder:
    """Return the artifacts under one of the node's own input keys."""
    return Placeholder("input", key)


def output(key: str) -> Placeholder:
    """Return the artifacts under one of the node's own output keys.

    Notes
    -----
    Its folder is the one in which the node writes; it is moved when the node is committed.
    """
    return Placeholder("output", key)


def exec_property(key: str) -> Record:
    """Return the value of another parameter of the same node; a message's fields by attribute."""
    return Record("exec_property", key)


def runtime_info(key: str) -> Placeholder:
    """Return ``run_id``, ``pipeline_name``, ``pipeline_root`` or ``node_id``.

    Raises
    ------
    ParameterError
        If ``key`` is another.

    Notes
    -----
    The value enters the fingerprint: a node that is told its run's id is never served from the
    cache.
    """
    if key not in FACTS:
        raise ParameterError(f"runtime_info({key!r}) is not known. {did_you_mean(key, FACTS)}")
    return Placeholder("runtime_info", key)


def execution_invocation() -> Record:
    """Return what TFX tells of an execution.

    It has ``pipeline_run_id``, ``pipeline_info.id`` and ``pipeline_node.node_info.id``; see the
    note on `runtime_info`.
    """
    return Record("invocation")


def environment_variable(name: str) -> Placeholder:
    """Return the value that an environment variable has when the node is prepared."""
    return Placeholder("environment_variable", name)


def join(parts: Sequence[Any], separator: str = "") -> Placeholder:
    """Return the texts of ``parts`` with ``separator`` between them.

    Examples
    --------
    >>> join(["models", input("model")[0].property("version")], "/")
    join(['models', input('model')[0].property('version')], '/')
    """
    return Placeholder("join", list(parts), separator)


def join_path(*parts: Any) -> Placeholder:
    """Return a path made of parts."""
    return Placeholder("join_path", list(parts))


def dirname(path: Any) -> Placeholder:
    """Return the folder that a path lies in."""
    return Placeholder("dirname", path)


def make_list(items: Sequence[Any]) -> Placeholder:
    """Return a list of placeholders and plain values."""
    return Placeholder("list", list(items))


def make_dict(entries: Mapping[str, Any] | Sequence[tuple[str, Any]]) -> Placeholder:
    """Return a dict whose values are placeholders or plain."""
    return Placeholder("dict", dict(entries))


def make_proto(message: Any, **fields: Any) -> Placeholder:
    """Return a copy of a protobuf message with some of its fields set from placeholders."""
    return Placeholder("proto", message, fields)


def logical_and(left: Predicate, right: Predicate) -> Predicate:
    """Return whether both are true; ``right`` is not asked if ``left`` is false.

    Examples
    --------
    >>> logical_and(exec_property("rows") > 10, exec_property("name") != "")
    (exec_property('rows') > 10 and exec_property('name') != '')
    """
    return Predicate("and", _boolean(left), _boolean(right))


def logical_or(left: Predicate, right: Predicate) -> Predicate:
    """Return whether one is true; ``right`` is not asked if ``left`` is true."""
    return Predicate("or", _boolean(left), _boolean(right))


def logical_not(predicate: Predicate) -> Predicate:
    """Return whether it is false."""
    return Predicate("not", _boolean(predicate))


def _boolean(value: Any) -> Predicate:
    if isinstance(value, Predicate):
        return value
    raise PipelineError(f"{value!r} is not true or false; compare it with something")


def placeholders(value: Any) -> Iterator[Placeholder]:
    """Yield every placeholder inside a value, outer ones first."""
    if isinstance(value, Placeholder):
        yield value
        for operand in value.operands:
            yield from placeholders(operand)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from placeholders(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from placeholders(each)


def is_placeholder(value: Any) -> bool:
    """Whether a value is a placeholder, or has one inside."""
    return any(True for _ in placeholders(value))


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a value with every part of it changed: the items of containers and placeholders."""
    if isinstance(value, Placeholder):
        return type(value)(value.operation, *(change(each) for each in value.operands))
    if isinstance(value, Mapping):
        return {key: change(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(change(each) for each in value)
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same expression."""
    if isinstance(one, Placeholder) and isinstance(other, Placeholder):
        return (
            one.operation == other.operation
            and len(one.operands) == len(other.operands)
            and all(map(same, one.operands, other.operands))
        )
    if isinstance(one, Placeholder) or isinstance(other, Placeholder):
        return False
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one is other or one == other)


def describe(value: Any) -> str:
    """Return an expression as it would be written."""
    if not isinstance(value, Placeholder):
        return repr(value)
    operation, operands = value.operation, value.operands
    if operation == "channel":
        producer = getattr(operands[0], "producer", None)
        key = operands[0].output_key
        return f"{producer.id}.outputs[{key!r}]" if producer is not None else repr(operands[0])
    written = [describe(each) for each in operands]
    if operation in ("uri", "value"):
        return f"{written[0]}.{operation}"
    if operation == "field":
        return f"{written[0]}.{operands[1]}"
    if operation == "item":
        return f"{written[0]}[{written[1]}]"
    if operation in ("split_uri", "property", "custom_property", "b64encode"):
        return f"{written[0]}.{operation}({', '.join(written[1:])})"
    if operation in ("and", "or"):
        return f"({written[0]} {operation} {written[1]})"
    if operation == "not":
        return f"not {written[0]}"
    if len(operands) == 2 and not operation[0].isalpha():
        return f"{written[0]} {operation} {written[1]}"
    return f"{operation}({', '.join(written)})"
