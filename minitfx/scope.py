"""What placeholders stand for at one node of a run, and what their operations do."""

from __future__ import annotations

import base64
import json
import operator
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minitfx.artifact import Artifact
from minitfx.channel import Channel
from minitfx.errors import ParameterError, ResolutionError, did_you_mean
from minitfx.placeholder import Placeholder, is_placeholder, mapped
from minitfx.types import SplitArtifact


@dataclass(frozen=True)
class Scope:
    """What placeholders stand for at one node of a run.

    Attributes
    ----------
    inputs, outputs : mapping of str to list of Artifact, optional
        The node's own; None where they are not known yet.
    parameter : callable, optional
        Returns the value of one of the node's parameters.
    channel : callable, optional
        Returns the artifacts of another node's output.
    facts : mapping of str to str
        What `runtime_info` tells.
    """

    inputs: Mapping[str, list[Artifact]] | None = None
    outputs: Mapping[str, list[Artifact]] | None = None
    parameter: Callable[[str], Any] | None = None
    channel: Callable[[Channel[Any]], list[Artifact]] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


def evaluate(value: Any, scope: Scope) -> Any:
    """Return a value with the placeholders in it replaced by what they stand for.

    What depends on a part of the scope that is None stays a placeholder.

    Raises
    ------
    ResolutionError
        If an artifact, key or property that is asked for is not there.
    ParameterError
        If an environment variable is not set.
    """
    if not isinstance(value, Placeholder):
        return mapped(value, lambda each: evaluate(each, scope))
    if value.operation in _SOURCES:
        return _SOURCES[value.operation](scope, value)
    if value.operation in ("and", "or"):
        left = evaluate(value.operands[0], scope)
        if not isinstance(left, Placeholder) and bool(left) is (value.operation == "or"):
            return left
    operands = [evaluate(each, scope) for each in value.operands]
    if is_placeholder(operands):
        return type(value)(value.operation, *operands)
    try:
        return _OPERATIONS[value.operation](*operands)
    except ResolutionError as error:
        raise ResolutionError(f"{value!r}: {error}") from error
    except (TypeError, KeyError, IndexError, AttributeError, ValueError, OSError) as error:
        raise ResolutionError(f"{value!r}: {type(error).__name__}: {error}") from error


def _of_node(kind: str) -> Callable[[Scope, Placeholder], Any]:
    def find(scope: Scope, asked: Placeholder) -> Any:
        known = getattr(scope, kind)
        if known is None:
            return asked
        key = asked.operands[0]
        if key not in known:
            raise ResolutionError(f"{asked!r}: there is no such key. {did_you_mean(key, known)}")
        return known[key]

    return find


def _from(name: str) -> Callable[[Scope, Placeholder], Any]:
    def find(scope: Scope, asked: Placeholder) -> Any:
        ask = getattr(scope, name)
        return asked if ask is None else ask(asked.operands[0])

    return find


def _invocation(scope: Scope, asked: Placeholder) -> Any:
    if not scope.facts:
        return asked
    return {
        "pipeline_run_id": scope.facts["run_id"],
        "pipeline_info": {"id": scope.facts["pipeline_name"]},
        "pipeline_node": {"node_info": {"id": scope.facts["node_id"]}},
    }


def _environment(scope: Scope, asked: Placeholder) -> str:
    name = asked.operands[0]
    if name not in os.environ:
        raise ParameterError(f"the environment variable {name!r} is not set, but {asked!r} asks it")
    return os.environ[name]


_SOURCES: dict[str, Callable[[Scope, Any], Any]] = {
    "input": _of_node("inputs"),
    "output": _of_node("outputs"),
    "exec_property": _from("parameter"),
    "channel": _from("channel"),
    "runtime_info": lambda scope, asked: scope.facts.get(asked.operands[0], asked),
    "invocation": _invocation,
    "environment_variable": _environment,
}


def _one(found: Any) -> Any:
    """Return an artifact, the first of a list."""
    if isinstance(found, list):
        if not found:
            raise ResolutionError("there is no artifact")
        return found[0]
    return found


def _split_uri(found: Any, split: str) -> str:
    artifact = _one(found)
    if not isinstance(artifact, SplitArtifact):
        raise ResolutionError(f"{artifact.type_name} has no splits")
    return str(artifact.split_path(split))


def _item(value: Any, key: Any) -> Any:
    if isinstance(value, list) and isinstance(key, int) and not -len(value) <= key < len(value):
        raise ResolutionError(f"there are {len(value)}")
    return value[key]


def _field(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, Mapping) else getattr(value, name)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no text")


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    return _text(left) + _text(right)


def _proto(message: Any, fields: Mapping[str, Any]) -> Any:
    from google.protobuf.json_format import ParseDict

    made = type(message)()
    made.CopyFrom(message)
    for name, value in fields.items():
        if hasattr(value, "DESCRIPTOR"):
            getattr(made, name).CopyFrom(value)
        else:
            ParseDict({name: value}, made)
    return made


def _encoded(value: Any) -> str:
    data = value if isinstance(value, bytes) else _text(value).encode()
    return base64.b64encode(data).decode()


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "uri": lambda found: _one(found).uri,
    "value": lambda found: _one(found).value,
    "split_uri": _split_uri,
    "property": lambda found, key: _one(found).properties.get(key),
    "custom_property": lambda found, key: _one(found).custom_properties.get(key),
    "item": _item,
    "field": _field,
    "+": _plus,
    "join": lambda parts, separator: separator.join(_text(each) for each in parts),
    "join_path": lambda parts: os.path.join(*map(_text, parts)),  # noqa: PTH118
    "dirname": lambda path: os.path.dirname(path),  # noqa: PTH120
    "list": list,
    "dict": dict,
    "proto": _proto,
    "b64encode": _encoded,
    "json": lambda value: json.dumps(value, sort_keys=True),
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "and": lambda left, right: bool(left and right),
    "or": lambda left, right: bool(left or right),
    "not": operator.not_,
}
