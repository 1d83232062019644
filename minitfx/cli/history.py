"""``minitfx runs``, ``minitfx show`` and ``minitfx sql``."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from minitfx.cli.project import find_catalog
from minitfx.errors import CatalogError, did_you_mean

if TYPE_CHECKING:
    from minitfx.catalog.store import Catalog

_root = click.option(
    "--root", help="The pipeline root; found from the current folder if not given."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")


@click.command()
@_root
@_json
@click.option("--all", "show_deleted", is_flag=True, help="List deleted runs too.")
def runs(root: str | None, as_json: bool, show_deleted: bool) -> None:
    """List the runs of a pipeline root, oldest first."""
    _show(
        root,
        "SELECT r.run_id, r.pipeline_name, r.state, r.started_at, round(r.seconds, 2) AS seconds, "
        "count(DISTINCT n.node_id) AS nodes, count(*) FILTER (n.state = 'CACHED') AS cached "
        "FROM runs r LEFT JOIN nodes n USING (run_id) "
        f"WHERE {show_deleted} OR r.state <> 'DELETED' GROUP BY ALL ORDER BY r.run_id",
        as_json,
    )


@click.command()
@click.argument("run_id", metavar="RUN", default="latest")
@_root
@_json
def show(run_id: str, root: str | None, as_json: bool) -> None:
    """Show what became of every node of a run; ``latest`` is the newest."""
    from minitfx.catalog.session import query
    from minitfx.catalog.sql import literal

    catalog = find_catalog(root)
    known = [row[0] for row in query(catalog, "SELECT run_id FROM runs ORDER BY run_id").rows]
    if run_id == "latest" and known:
        run_id = known[-1]
    if run_id not in known:
        raise CatalogError(f"there is no run {run_id!r}. {did_you_mean(run_id, known)}")
    answer = query(
        catalog,
        "SELECT node_id, execution_id, state, round(seconds, 2) AS seconds, cause, error "
        f"FROM nodes WHERE run_id = {literal(run_id)} ORDER BY execution_id",
    )
    said = _said(catalog, run_id)
    columns = [*answer.columns[:-1], "said", "error"]
    rows = [(*row[:-1], said.get(row[1], ""), row[-1]) for row in answer.rows]
    if as_json:
        _print_json(columns, rows)
        return
    click.echo(f"run {run_id}")
    print_table(columns[:-1], [row[:-1] for row in rows])
    for row in rows:
        if row[-1]:
            click.echo(f"\n{row[0]}:\n{row[-1]}")


def _said(catalog: Catalog, run_id: str) -> dict[int, str]:
    """Return the verdicts of the executions of a run: what was blessed, refused or pushed."""
    from minitfx.catalog.session import query
    from minitfx.catalog.sql import literal
    from minitfx.cli.display import messages

    found: dict[tuple[int, int], dict[str, Any]] = {}
    for execution_id, artifact_id, name, value in query(
        catalog,
        "SELECT e.execution_id, artifact_id, name, value "
        "FROM events e JOIN properties USING (artifact_id) "
        f"WHERE e.type = 'OUTPUT' AND is_custom AND run_id = {literal(run_id)} "
        "ORDER BY e.execution_id, artifact_id",
    ).rows:
        found.setdefault((execution_id, artifact_id), {})[name] = json.loads(value)
    said: dict[int, list[str]] = {}
    for (execution_id, _), properties in found.items():
        said.setdefault(execution_id, []).extend(messages(properties))
    return {execution_id: "; ".join(texts) for execution_id, texts in said.items()}


@click.command()
@click.argument("statement")
@_root
@_json
def sql(statement: str, root: str | None, as_json: bool) -> None:
    """Ask the catalog in SQL.

    The views: runs, nodes, artifacts, models, pushes, cache, metrics, metric_changes, validations,
    anomalies, statistics, trials, curves, events, derivations, properties, parameters. The macros:
    lineage_up(artifact_id), lineage_down(artifact_id), examples(artifact), predictions(artifact).
    """
    _show(root, statement, as_json)


def _show(root: str | None, statement: str, as_json: bool) -> None:
    from minitfx.catalog.session import query

    answer = query(find_catalog(root), statement)
    (_print_json if as_json else print_table)(answer.columns, answer.rows)


def _print_json(columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    click.echo(json.dumps(records, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def print_table(columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Print rows under their columns' names."""
    cells = [columns, *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    for number, row in enumerate(cells):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(click.style(line.rstrip(), bold=number == 0))
    click.echo(f"({len(rows)} {'row' if len(rows) == 1 else 'rows'})")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        value = value.isoformat(sep=" ", timespec="seconds")
    return " ".join(str(value).split())
