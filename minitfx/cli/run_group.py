"""``minitfx run``: run a file, or a registered pipeline; look after runs."""

from __future__ import annotations

import os
import signal
import socket
import time
from typing import Any

import click

from minitfx.cli.cleanup import delete as delete_runs
from minitfx.cli.history import runs, show
from minitfx.cli.pipeline import engine
from minitfx.cli.project import find_catalog
from minitfx.cli.run import run as run_file
from minitfx.errors import CatalogError, ExecutionError, did_you_mean

_POLL_S = 0.1


class _RunGroup(click.Group):
    """A group whose first word may be a file, which is run then."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        helps = args[:1] and args[0] in ctx.help_option_names
        if args and args[0] not in self.commands and not helps:
            args = ["file", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_RunGroup)
def run() -> None:
    """Run a pipeline, or look after runs.

    `minitfx run FILE` is `minitfx run file FILE`: it runs the pipeline of a Python file; `minitfx
    run file --help` lists its options. The other commands are TFX's.
    """


run.add_command(run_file, "file")


def _create(pipeline_name: str, root: str | None, **options: Any) -> None:
    """Run a registered pipeline; the options are those of `minitfx run FILE`."""
    from minitfx.cli.registration import find_registration

    found = find_registration(pipeline_name, root)
    assert run_file.callback is not None
    run_file.callback(pipeline=str(found.file), root=root or str(found.root), **options)


run.add_command(
    click.Command(
        "create",
        params=[
            click.Option(["--pipeline_name", "--pipeline-name"], required=True, help="Its name."),
            *(each for each in run_file.params if each.name != "pipeline"),
        ],
        callback=_create,
        help=_create.__doc__,
    )
)
run.add_command(runs, "list")


@run.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--run_id", "--run-id", help="The run; the newest unless said.")
@click.option("--root", help="The pipeline root; found from the current folder if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@engine
@click.pass_context
def status(
    context: click.Context, run: str | None, run_id: str | None, root: str | None, as_json: bool
) -> None:
    """Show what became of every node of a run."""
    context.invoke(show, run_id=run or run_id or "latest", root=root, as_json=as_json)


@run.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--run_id", "--run-id", help="The run.")
@click.option("--root", help="The pipeline root; found from the current folder if not given.")
@click.option("--wait", type=float, default=60.0, show_default=True, metavar="SECONDS")
@engine
def terminate(run: str | None, run_id: str | None, root: str | None, wait: float) -> None:
    """Stop a run that is under way, in order: as Ctrl-C does where it was started.

    A node in a process is ended; one in a thread finishes first.
    """
    wanted = _given(run, run_id)
    catalog = find_catalog(root)
    record = catalog.records.run(wanted)
    if record is None:
        known = [each.run_id for each in catalog.records.runs()]
        raise CatalogError(f"there is no run {wanted!r}. {did_you_mean(wanted, known)}")
    process = record.process
    if str(record.state) != "RUNNING" or process is None or not process.is_alive():
        raise ExecutionError(f"run {wanted} is not under way; see: minitfx run status {wanted}")
    if process.host != socket.gethostname():
        raise ExecutionError(f"run {wanted} is under way on {process.host}; stop it there")
    os.kill(process.pid, signal.SIGINT)
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline:
        record = catalog.records.run(wanted)
        if record is None or str(record.state) != "RUNNING" or not process.is_alive():
            click.echo(f"run {wanted} is {record.state if record else 'gone'}")
            return
        time.sleep(_POLL_S)
    raise ExecutionError(f"run {wanted} has been asked to stop, but a node of it is not done yet")


@run.command()
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@click.option("--run_id", "--run-id", help="The run.")
@click.option("--root", help="The pipeline root; found from the current folder if not given.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@engine
@click.pass_context
def delete(
    context: click.Context,
    runs: tuple[str, ...],
    run_id: str | None,
    root: str | None,
    dry_run: bool,
) -> None:
    """Delete runs, with the artifacts that no other run needs."""
    wanted = (*runs, *([run_id] if run_id else []))
    if not wanted:
        raise click.UsageError("say which run")
    context.invoke(delete_runs, run_ids=wanted, root=root, dry_run=dry_run)


def _given(run: str | None, run_id: str | None) -> str:
    if (run is None) == (run_id is None):
        raise click.UsageError("say which run, once")
    return run or run_id or ""
