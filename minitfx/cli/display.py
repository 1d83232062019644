"""What a run looks like while it is under way: lines, bars, or JSON."""

from __future__ import annotations

import json
import os
import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import click

from minitfx.cli.bars import Bars
from minitfx.execution import State
from minitfx.result import (
    Event,
    NodeFinished,
    NodeProgress,
    NodeResult,
    NodeRetried,
    NodeStarted,
    NodeWaiting,
    RunFinished,
    RunResult,
    RunStarted,
)

_COLORS = {
    State.COMPLETE: "green",
    State.CACHED: "cyan",
    State.FAILED: "red",
    State.BLOCKED: "yellow",
    State.SKIPPED: "yellow",
    State.CANCELED: "yellow",
}


class Lines:
    """One line per node as it ends; on a terminal, bars for what is running.

    Parameters
    ----------
    bars : bool
        Whether to draw bars.
    root : str
        The pipeline root.
    verbose : bool
        Whether to show all of an error's traceback, also where it runs through minitfx.
    """

    def __init__(self, bars: bool, root: str, verbose: bool = False) -> None:
        self.draws = bars
        self.root = root
        self.verbose = verbose
        self._width = 16
        self._bars = Bars()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, RunStarted):
            self._width = max([self._width, *(len(name) for name in event.node_ids)])
            click.echo(f"{event.pipeline_name}  run {event.run_id}")
        elif isinstance(event, NodeStarted):
            if self.draws:
                self._bars.start(event.node_id)
        elif isinstance(event, NodeProgress):
            self._bars.advance(event.node_id, event.progress)
        elif isinstance(event, NodeRetried):
            self._bars.close(event.node_id)
            self._bars.write(retry_line(event, self._width))
        elif isinstance(event, NodeWaiting):
            self._bars.write(waiting_line(event, self._width))
        elif isinstance(event, NodeFinished):
            self._bars.close(event.result.node_id)
            self._bars.write(node_line(event.result, self._width))
        elif isinstance(event, RunFinished):
            for line in summary(event.result, self.root, self.verbose):
                click.echo(line)


class Json:
    """One JSON object per event, for machines.

    Parameters
    ----------
    stream : text file
        Where to; what nodes print must go elsewhere.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __call__(self, event: Event) -> None:
        """Write an event as a line."""
        if isinstance(event, NodeProgress):
            return
        try:
            click.echo(json.dumps(event_json(event), ensure_ascii=False), file=self.stream)
        except BrokenPipeError:
            flush(self.stream)


def flush(stream: TextIO) -> None:
    """Flush a stream; if nobody reads it any more, let all that is written to it vanish."""
    try:
        stream.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def event_json(event: Event) -> dict[str, Any]:
    """Return an event as a JSON value."""
    if isinstance(event, RunStarted):
        return {"event": "run_started", "run_id": event.run_id, "nodes": list(event.node_ids)}
    if isinstance(event, NodeStarted):
        return {"event": "node_started", "node_id": event.node_id}
    if isinstance(event, NodeRetried):
        return {"event": "node_retried", **vars(event)}
    if isinstance(event, NodeWaiting):
        return {"event": "node_waiting", **vars(event)}
    if isinstance(event, NodeFinished):
        return {"event": "node_finished", **node_json(event.result)}
    if isinstance(event, RunFinished):
        result = event.result
        return {
            "event": "run_finished",
            "run_id": result.run_id,
            "state": str(result.state),
            "seconds": round(result.seconds, 6),
            "nodes": {name: str(each.state) for name, each in result.nodes.items()},
            "pushed": pushes(result),
        }
    return {"event": "progress"}


def node_json(result: NodeResult) -> dict[str, Any]:
    """Return a node's result as a JSON value."""
    return {
        "node_id": result.node_id,
        "kind": result.kind,
        "state": str(result.state),
        "cause": result.cause,
        "seconds": round(result.seconds, 6),
        "rows": result.rows,
        "execution_id": result.execution_id,
        "outputs": {
            key: [{"id": each.id, "uri": each.uri} for each in made]
            for key, made in result.outputs.items()
        },
        "error": result.error or None,
    }


def node_line(result: NodeResult, width: int) -> str:
    """Return one node's line: id, state, time, rows, and what is worth saying."""
    state = "RESOLVED" if result.kind == "resolver" and result.state.is_good else str(result.state)
    color = _COLORS.get(result.state)
    mark = "+" if result.state.is_good else "-" if result.state is State.FAILED else "."
    if result.state is State.CACHED:
        mark = "="
    parts = [
        f"  {mark} {result.node_id:<{width}}",
        click.style(f"{state:<9}", fg=color),
        f"{result.seconds:>7.2f} s" if result.state is State.COMPLETE else " " * 9,
        f"{result.rows:>11,} rows" if result.rows else " " * 16,
    ]
    return "  ".join([*parts, remark(result)]).rstrip()


def retry_line(event: NodeRetried, width: int) -> str:
    """Return the line of a try that failed."""
    state = click.style(f"{State.FAILED:<9}", fg="yellow")
    told = f"try {event.attempt} of {event.of}, again in {event.pause_s:g} s: {event.cause}"
    return f"  . {event.node_id:<{width}}  {state}  {told}"


def waiting_line(event: NodeWaiting, width: int) -> str:
    """Return the line of a node that waits."""
    state = click.style(f"{'WAITING':<9}", fg="yellow")
    return f"  . {event.node_id:<{width}}  {state}  {event.cause}"


def remark(result: NodeResult) -> str:
    """Return what is worth saying of a node besides its state."""
    if not result.state.is_good or result.kind == "resolver":
        return result.cause
    said = [
        told
        for made in result.outputs.values()
        for each in made
        for told in messages(each.custom_properties)
    ]
    if said or result.state is not State.COMPLETE or "not run before" in result.cause:
        return "; ".join(said)
    return result.cause


def messages(found: Mapping[str, Any]) -> list[str]:
    """Return the verdict that an artifact's custom properties carry, in words."""
    reason = next(
        (str(found[key]) for key in ("blessing_message", "reason", "message") if found.get(key)), ""
    )
    first = reason.strip().splitlines()[0] if reason.strip() else ""
    return [": ".join(filter(None, [_verdict(found), first]))] if _verdict(found) or first else []


def _verdict(found: Mapping[str, Any]) -> str:
    if "pushed" in found:
        return f"pushed to {found.get('pushed_destination')}" if found["pushed"] else "not pushed"
    blessed = found.get("blessed")
    if isinstance(blessed, dict):
        bad = [split for split, good in blessed.items() if not good]
        return f"anomalies in {', '.join(bad)}" if bad else "no anomalies"
    if isinstance(blessed, int):
        return "blessed" if blessed else "NOT BLESSED"
    return ""


def pushes(result: RunResult) -> list[str]:
    """Return where the run's models were pushed to."""
    return [
        str(artifact.custom_properties.get("pushed_destination"))
        for node in result.nodes.values()
        for made in node.outputs.values()
        for artifact in made
        if artifact.custom_properties.get("pushed")
    ]


def summary(result: RunResult, root: str, verbose: bool = False) -> list[str]:
    """Return the closing lines of a run."""
    states = Counter(each.state for each in result.nodes.values() if each.kind != "resolver")
    counted = ", ".join(f"{count} {state}" for state, count in states.items())
    color = _COLORS.get(result.state)
    lines = [
        f"{click.style(str(result.state), fg=color)} in {result.seconds:.2f} s: {counted}",
        *(f"model: {place}" for place in pushes(result)),
    ]
    failed = [each for each in result.nodes.values() if each.state is State.FAILED]
    for each in failed:
        lines += [
            "",
            f"{each.node_id} failed:",
            (each.error if verbose else each.told) or each.cause,
        ]
        if each.log is not None and Path(each.log).exists() and Path(each.log).stat().st_size:
            lines.append(f"(what it printed: {each.log})")
    if not verbose and any(each.told != each.error for each in failed):
        command = shlex.join(["minitfx", "show", result.run_id, "--root", root])
        lines += ["", f"(with the calls inside of minitfx: {command})"]
    return lines
