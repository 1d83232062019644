"""``minitfx catalog``."""

from __future__ import annotations

import click

from minitfx.cli.project import find_catalog


@click.group()
def catalog() -> None:
    """Look after the catalog."""


@catalog.command()
@click.option("--root", help="The pipeline root; looked for near here if not given.")
def rebuild(root: str | None) -> None:
    """Make the catalog's file anew from the records; the old file is kept beside it."""
    from minitfx.catalog.rebuild import rebuild as make_anew
    from minitfx.catalog.session import query

    found = find_catalog(root)
    kept = make_anew(found)
    rows = query(found, "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM nodes)").rows
    click.echo(f"{found.path}: {rows[0][0]} runs, {rows[0][1]} executions")
    if kept is not None:
        click.echo(f"the old file is now {kept}")
