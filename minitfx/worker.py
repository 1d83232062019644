"""Run one execution from a request: in this thread, or in a process of its own.

A request says all that the work needs: the component's class, its input artifacts, its parameters
as JSON, the empty folders for its outputs. So the same function runs in a thread, in
``python -m minitfx.worker REQUEST RESULT``, on another machine or in a container.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from minitfx import ambient
from minitfx.artifact import Artifact
from minitfx.code import CodeReference
from minitfx.code.imports import is_installed, module_name
from minitfx.component import Component
from minitfx.errors import ExecutionError
from minitfx.execution import artifact_from_json, artifact_to_json
from minitfx.failure import failure_of
from minitfx.faultpoint import passing
from minitfx.parameter import Code, decode
from minitfx.placeholder import is_placeholder
from minitfx.process_tree import end_own_tree
from minitfx.scope import Scope, evaluate

Artifacts = dict[str, list[Artifact]]


@dataclass(frozen=True)
class Request:
    """All that one execution needs.

    Attributes
    ----------
    component : type of Component
        The class.
    inputs, outputs : dict of str to list of Artifact
        Input artifacts, and output artifacts whose folders are empty.
    parameters : dict of str to JSON
        Encoded parameters.
    values : dict of str to JSON
        What ``resolve`` found out.
    scratch : str
        Folder for the work folders.
    log : str
        File for what is printed.
    workers : int
        How many workers a fold may use.
    """

    component: type[Component]
    inputs: Artifacts
    outputs: Artifacts
    parameters: Mapping[str, Any]
    values: Mapping[str, Any] = field(default_factory=dict)
    scratch: str = ""
    log: str = ""
    workers: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return the request as a JSON value.

        Raises
        ------
        ExecutionError
            If some of its code exists in this process only.
        """
        reference = class_reference(self.component)
        if not is_portable(self.component, self.parameters):
            raise ExecutionError(
                f"{self.component.__qualname__} uses code that only this process has (a lambda, a "
                "closure, or code of a notebook or of __main__), so it cannot run in another; move "
                "the code into a module"
            )
        here = Path()
        return {
            "component": reference.to_json(),
            "inputs": _artifacts_to_json(self.inputs, here),
            "outputs": _artifacts_to_json(self.outputs, here),
            "parameters": dict(self.parameters),
            "values": dict(self.values),
            "scratch": self.scratch,
            "log": self.log,
            "workers": self.workers,
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Request:
        """Read what `to_json` wrote."""
        component = CodeReference.from_json(written["component"]).load()
        return cls(
            **{
                **written,
                "component": component,
                "inputs": _artifacts_from_json(written["inputs"]),
                "outputs": _artifacts_from_json(written["outputs"]),
            }
        )


def class_reference(cls: type[Component]) -> CodeReference:
    """Return where a component class is written."""
    origin = getattr(sys.modules.get(cls.__module__), "__file__", None)
    file = Path(origin).resolve() if origin else None
    live = None if "<" not in cls.__qualname__ and cls.__module__ != "__main__" else "live"
    if file is None or is_installed(file) or cls.__module__.split(".")[0] == "minitfx":
        return CodeReference(cls.__module__, None, (cls.__qualname__,), live)
    return CodeReference(module_name(file), str(file), (cls.__qualname__,), live)


def is_portable(cls: type[Component], parameters: Mapping[str, Any]) -> bool:
    """Whether another process can run a component with these encoded parameters."""
    return class_reference(cls).importable and '"live": "' not in json.dumps(dict(parameters))


def perform(request: Request) -> Artifacts:
    """Call the component's ``execute`` and return the outputs that it made.

    Raises
    ------
    Exception
        Whatever ``execute`` raises.
    """
    cls = request.component
    declared = cls.declaration
    arguments: dict[str, Any] = {}
    for name, spec in declared.inputs.items():
        found = request.inputs.get(name, [])
        arguments[name] = found if spec.many else (found[0] if found else None)
    own = Scope(outputs=request.outputs)
    for name, value in request.parameters.items():
        is_code = value is not None and isinstance(declared.parameters[name].mark, Code)
        given = CodeReference.from_json(value["$code"]) if is_code else decode(value)
        arguments[name] = evaluate(given, own) if is_placeholder(given) else given
    for name, spec in declared.inputs.items():
        if spec.value and name not in request.parameters:
            made = request.inputs.get(name)
            fallback = declared.parameters[name].default
            arguments[name] = getattr(made[0], "value") if made else fallback  # noqa: B009
    arguments |= {name: request.values.get(name) for name in declared.resolved}
    for name in declared.scratch:
        folder = Path(request.scratch) / name
        folder.mkdir(parents=True, exist_ok=True)
        arguments[name] = folder
    for name, output in declared.outputs.items():
        for each in request.outputs[name]:
            each.path.mkdir(parents=True, exist_ok=True)
        arguments[name] = request.outputs[name] if output.per_input else request.outputs[name][0]
    with ambient.surround(workers=request.workers):
        cls.execute(**arguments)  # type: ignore[attr-defined]
    return {
        name: made
        for name, made in request.outputs.items()
        if not declared.outputs[name].optional or (made and made[0].path.exists())
    }


_log: ContextVar[TextIO | None] = ContextVar("minitfx_node_log", default=None)


@contextlib.contextmanager
def logging_to(path: str) -> Iterator[None]:
    """Copy what this node prints and logs into a file."""
    with Path(path).open("a", encoding="utf-8", errors="replace") as file:
        token = _log.set(file)
        try:
            yield
        finally:
            _log.reset(token)


class Tee:
    """A standard stream that also goes into the log of the node that prints.

    A run does not end because nobody reads what it prints any more, as in ``… | head -1``: from
    then on only the logs are written.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._is_heard = True

    def write(self, text: str) -> int:
        """Write to the stream, and to the node's log if a node is printing."""
        file = _log.get()
        if file is not None and not file.closed:
            file.write(text)
        self._reach(lambda: self.stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._reach(self.stream.flush)

    def _reach(self, action: Callable[[], object]) -> None:
        if not self._is_heard:
            return
        try:
            action()
        except BrokenPipeError:
            self._is_heard = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class NodeLogHandler(logging.Handler):
    """Writes log records into the log of the node that emits them."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, if a node is running in this context."""
        file = _log.get()
        if file is not None and not file.closed:
            file.write(f"{record.levelname} {record.name}: {record.getMessage()}\n")


def main(request_path: str, result_path: str) -> int:
    """Perform a request file and write a result file; return the exit code."""
    _die_with_parent()
    written = json.loads(Path(request_path).read_text("utf-8"))
    result: dict[str, Any]
    try:
        passing("worker begins")
        outputs = perform(Request.from_json(written))
        passing("worker has made its outputs")
        result = {"outputs": _artifacts_to_json(outputs, Path())}
    except BaseException as error:
        traceback.print_exc()
        result = {"failure": asdict(failure_of(error))}
    aside = Path(f"{result_path}.tmp")
    aside.write_text(json.dumps(result), "utf-8")
    passing("worker's result written aside")
    aside.replace(result_path)
    passing("worker's result in place")
    return 0 if "outputs" in result else 1


def read_outputs(written: Mapping[str, Any]) -> Artifacts:
    """Return the outputs of a result file's value."""
    return _artifacts_from_json(written)


def _die_with_parent() -> None:
    """End this process and its own when the one that started it is gone: when its input ends."""

    def watch() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(0, 1024):
                pass
        end_own_tree(70)

    threading.Thread(target=watch, daemon=True, name="minitfx-parent-watch").start()


def _artifacts_to_json(artifacts: Artifacts, root: Path) -> dict[str, Any]:
    return {
        key: [artifact_to_json(each, root) for each in found] for key, found in artifacts.items()
    }


def _artifacts_from_json(written: Mapping[str, Any]) -> Artifacts:
    return {
        key: [artifact_from_json(each, Path()) for each in found] for key, found in written.items()
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
