"""``minitfx run``."""

from __future__ import annotations

import shlex
import sys
from contextlib import nullcontext, redirect_stdout

import click
from click.core import ParameterSource

from minitfx.cli.display import Json, Lines, flush
from minitfx.cli.project import amounts, load_pipeline, runtime_values
from minitfx.errors import RunError

_NOT_AGAIN = {"pipeline", "pipeline_name", "force", "verbose"}


@click.command()
@click.argument("pipeline", type=click.Path())
@click.option("--root", help="The pipeline root; the file's own unless given.")
@click.option(
    "--runtime-parameter",
    "--runtime_parameter",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a runtime parameter; may be given several times.",
)
@click.option(
    "--parameters-file",
    type=click.Path(),
    metavar="FILE",
    help="TOML file with values of runtime parameters; --runtime-parameter goes before it.",
)
@click.option("--no-cache", is_flag=True, help="Let no earlier execution serve.")
@click.option("--force", multiple=True, metavar="NODE", help="Compute this node.")
@click.option("--from", "from_nodes", multiple=True, metavar="NODE", help="Begin at this node.")
@click.option("--to", "to_nodes", multiple=True, metavar="NODE", help="End with this node.")
@click.option("--base-run", metavar="RUN", help="Where what is left out is taken from.")
@click.option("--workers", type=click.IntRange(min=1), help="How many may work at once.")
@click.option(
    "--isolation", type=click.Choice(["thread", "process"]), default="thread", show_default=True
)
@click.option(
    "--retries", type=click.IntRange(min=0), default=0, help="How often to try a failed node again."
)
@click.option("--timeout", type=float, metavar="SECONDS", help="How long one try may take.")
@click.option(
    "--resource",
    "resources",
    multiple=True,
    metavar="NAME=AMOUNT",
    help="How much there is of what nodes hold while they run.",
)
@click.option("--stop-on-failure", is_flag=True, help="Start nothing more once a node has failed.")
@click.option("--verbose", is_flag=True, help="Show errors with the calls inside of minitfx.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per event.")
def run(
    pipeline: str,
    root: str | None,
    pairs: tuple[str, ...],
    parameters_file: str | None,
    no_cache: bool,
    force: tuple[str, ...],
    from_nodes: tuple[str, ...],
    to_nodes: tuple[str, ...],
    base_run: str | None,
    workers: int | None,
    isolation: str,
    retries: int,
    timeout: float | None,
    resources: tuple[str, ...],
    stop_on_failure: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Run the pipeline of a Python file; exit with 0 if every node did well, else with 1."""
    from minitfx.parameters_file import read_parameters
    from minitfx.runner import LocalDagRunner

    values = read_parameters(parameters_file) if parameters_file else {}
    values.update(runtime_values(pairs))
    loaded = load_pipeline(pipeline, root)
    place = root or str(loaded.pipeline_root)
    observer = Json(sys.stdout) if as_json else Lines(sys.stderr.isatty(), place, verbose)
    runner = LocalDagRunner(
        workers=workers,
        isolation=isolation,
        observers=[observer],
        retries=retries,
        timeout_s=timeout,
        resources=amounts(resources),
        stop_on_failure=stop_on_failure,
    )
    printed = redirect_stdout(sys.stderr) if as_json else nullcontext()
    try:
        with printed:
            runner.run(
                loaded,
                parameters=values,
                from_nodes=from_nodes,
                to_nodes=to_nodes,
                base_run_id=base_run,
                cache=not no_cache,
                force=force,
            )
        flush(sys.stdout)
    except RunError as error:
        flush(sys.stdout)
        if not as_json:
            command = _resuming(pipeline, error, loaded.enable_cache and not no_cache)
            click.echo(f"\nto go on from there: {command}", err=True)
        sys.exit(1)


def _resuming(pipeline: str, error: RunError, cached: bool) -> str:
    """Return the command that takes a run up where it ended, with the options that it had."""
    context = click.get_current_context()
    words = ["minitfx", "run", pipeline]
    for each in context.command.params:
        name = each.name or ""
        typed = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if typed and name not in (
            _NOT_AGAIN if cached else {*_NOT_AGAIN, "from_nodes", "base_run"}
        ):
            value = context.params[name]
            for one in value if isinstance(value, tuple) else (value,):
                said = f"{one:g}" if isinstance(one, float) else str(one)
                words += [each.opts[0]] if one is True else [each.opts[0], said]
    if not cached and error.result is not None:
        for name, node in error.result.nodes.items():
            words += ["--from", name] if node.state in ("FAILED", "CANCELED") else []
    return shlex.join(words)
