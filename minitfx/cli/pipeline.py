"""``minitfx pipeline``: compile and register pipelines, and ask for their schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from minitfx.errors import PipelineError, StorageError

_root = click.option("--root", help="The pipeline root; the file's own, or looked for near here.")
_name = click.option("--pipeline_name", "--pipeline-name", required=True, help="Its name.")
engine = click.option(
    "--engine",
    type=click.Choice(["auto", "local"]),
    default="auto",
    hidden=True,
    expose_value=False,
)


def _path(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take the pipeline's file as TFX does, or outright."""
    option = click.option("--pipeline_path", "--pipeline-path", "path", help="The Python file.")
    return click.argument("file", required=False, metavar="[FILE]")(option(command))


def _chosen(file: str | None, path: str | None) -> str:
    if (file is None) == (path is None):
        raise click.UsageError("give the pipeline's Python file, once")
    return file or path or ""


@click.group()
def pipeline() -> None:
    """Compile and register pipelines.

    A registration lies below the pipeline root; nothing is kept elsewhere. A pipeline needs none
    to be run: `minitfx run FILE`.
    """


@pipeline.command("compile")
@_path
@_root
@engine
@click.option("--output", type=click.Path(), help="Write it into this file.")
def compile_pipeline(
    file: str | None, path: str | None, root: str | None, output: str | None
) -> None:
    """Print a pipeline's plan as JSON that is stable and can be compared."""
    from minitfx.cli.project import load_pipeline

    chosen = Path(_chosen(file, path)).expanduser().resolve()
    plan = load_pipeline(chosen, root).to_json(chosen.parent)
    text = json.dumps(plan, indent=2, sort_keys=True, ensure_ascii=False)
    if output is None:
        click.echo(text)
    else:
        Path(output).write_text(f"{text}\n", "utf-8")
        click.echo(f"wrote {output}")


@pipeline.command()
@_path
@_root
@engine
def create(file: str | None, path: str | None, root: str | None) -> None:
    """Register a pipeline by its name."""
    from minitfx.cli.registration import describe_file, prepare_root

    loaded, registration = describe_file(_chosen(file, path), root)
    if registration.place.exists():
        raise PipelineError(
            f"pipeline {registration.name!r} is registered already; use: minitfx pipeline update"
        )
    prepare_root(loaded)
    registration.save()
    click.echo(f"registered {registration.name} ({registration.file})")
    click.echo(f"next: minitfx run create --pipeline_name {registration.name}")


@pipeline.command()
@_path
@_root
@engine
def update(file: str | None, path: str | None, root: str | None) -> None:
    """Register a pipeline anew, and say what changed in its plan."""
    from minitfx.cli.registration import changed_nodes, describe_file, registered

    _, registration = describe_file(_chosen(file, path), root)
    known = {each.name: each for each in registered(registration.root)}
    if registration.name not in known:
        raise PipelineError(
            f"pipeline {registration.name!r} is not registered; use: minitfx pipeline create"
        )
    registration.save()
    changes = changed_nodes(known[registration.name].plan, registration.plan)
    click.echo(f"updated {registration.name}: {len(changes) or 'no'} changes")
    for line in changes:
        click.echo(f"  {line}")


@pipeline.command("list")
@_root
@engine
def list_pipelines(root: str | None) -> None:
    """List the pipelines that are registered near here, or that have run."""
    from minitfx.catalog.session import find_roots, open_catalog, query
    from minitfx.cli.history import print_table
    from minitfx.cli.registration import registered

    roots = [Path(root).expanduser().absolute()] if root else find_roots(Path.cwd())
    rows: list[tuple[Any, ...]] = []
    for folder in roots:
        files = {each.name: str(each.file) for each in registered(folder)}
        answer = query(
            open_catalog(folder),
            "SELECT pipeline_name, count(*), max_by(state, run_id), max(run_id) FROM runs "
            "GROUP BY 1 ORDER BY 1",
        )
        ran = {row[0]: row[1:] for row in answer.rows}
        for name in sorted({*files, *ran}):
            rows.append((name, *ran.get(name, (0, "", "")), files.get(name, ""), str(folder)))
    print_table(["pipeline", "runs", "state", "latest", "file", "root"], rows)


@pipeline.command()
@_name
@_root
@engine
def delete(pipeline_name: str, root: str | None) -> None:
    """Forget a registration; what the pipeline made stays (see `minitfx delete`)."""
    from minitfx.cli.registration import find_registration

    found = find_registration(pipeline_name, root)
    found.place.unlink()
    click.echo(f"{pipeline_name} is registered no more; its runs and artifacts stay")


@pipeline.command()
@_name
@_root
@engine
@click.option("--output", default="schema.pbtxt", show_default=True, help="Copy it to this file.")
def schema(pipeline_name: str, root: str | None, output: str) -> None:
    """Copy the newest schema that a pipeline's SchemaGen made, and print it."""
    from minitfx.catalog.session import query
    from minitfx.catalog.sql import literal
    from minitfx.cli.project import find_catalog

    answer = query(
        find_catalog(root),
        "SELECT a.uri FROM artifacts a JOIN nodes n USING (execution_id) WHERE a.type = 'Schema' "
        f"AND n.pipeline_name = {literal(pipeline_name)} AND n.type LIKE '%SchemaGen' "
        "AND a.state = 'live' ORDER BY a.artifact_id DESC LIMIT 1",
    )
    if not answer.rows:
        raise PipelineError(
            f"no SchemaGen or ImportSchemaGen of {pipeline_name!r} has made a schema here yet"
        )
    text = (Path(answer.rows[0][0]) / "schema.pbtxt").read_text("utf-8")
    target = Path(output)
    if target.exists() and target.read_text("utf-8") != text:
        raise StorageError(f"{output} exists and is another; give --output")
    target.write_text(text, "utf-8")
    click.echo(text.rstrip())
    click.echo(f"copied to {output}", err=True)
