"""``minitfx why``."""

from __future__ import annotations

import json

import click

from minitfx.cli.project import find_catalog
from minitfx.errors import CatalogError, did_you_mean


@click.command()
@click.argument("node")
@click.option("--run", "run_id", metavar="RUN", help="In this run; the latest unless said.")
@click.option("--against", metavar="RUN", help="Compare with the node's execution in this run.")
@click.option("--root", help="The pipeline root; looked for near here if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def why(
    node: str, run_id: str | None, against: str | None, root: str | None, as_json: bool
) -> None:
    """Say why a node ran: what changed, against which earlier execution."""
    from minitfx.catalog.session import query
    from minitfx.explanation import explain_execution

    catalog = find_catalog(root)
    rows = query(
        catalog, "SELECT node_id, run_id, execution_id, state FROM nodes ORDER BY execution_id"
    ).rows
    if node not in {row[0] for row in rows}:
        raise CatalogError(
            f"no run has a node {node!r}. {did_you_mean(node, {r[0] for r in rows})}"
        )
    mine = [row for row in rows if row[0] == node and run_id in (None, row[1])]
    if not mine:
        raise CatalogError(f"run {run_id!r} has no node {node!r}; see: minitfx runs")
    execution = catalog.records.execution(mine[-1][2])
    earlier = [
        row[2]
        for row in rows
        if row[0] == node
        and row[2] < mine[-1][2]
        and (row[3] in ("COMPLETE", "CACHED") if against is None else row[1] == against)
    ]
    if execution is None or (against is not None and not earlier):
        raise CatalogError(f"there is no record of {node} in run {against or run_id}")
    before = catalog.records.execution(earlier[-1]) if earlier else None
    found = explain_execution(execution, before)
    if as_json:
        click.echo(json.dumps({**found.to_json(), "state": str(execution.state)}))
        return
    click.echo(f"{node}: {execution.state} in run {execution.run_id} (execution {execution.id})")
    click.echo(f"  {execution.cause}")
    if not execution.ingredients:
        return
    if before is None:
        click.echo("  no earlier execution to compare with")
        return
    click.echo(f"against execution {before.id} of run {before.run_id}:")
    for change in found.changes:
        click.echo(f"  {change}")
    if not found.changes:
        click.echo("  nothing that counts is different")
