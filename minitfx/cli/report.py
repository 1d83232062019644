"""``minitfx report``."""

from __future__ import annotations

import click

from minitfx.cli.project import find_catalog


@click.command()
@click.argument("run_id", metavar="RUN", default="latest")
@click.option("--root", help="The pipeline root; looked for near here if not given.")
@click.option(
    "--out",
    type=click.Path(),
    metavar="FILE",
    help="Where to; below .system/reports in the pipeline root unless said, - to print it.",
)
def report(run_id: str, root: str | None, out: str | None) -> None:
    """Write a page about a run, and print where it is; `latest` is the newest.

    One HTML file that opens from disk: no script, no network. Nodes and why they ran, data,
    anomalies, trials, training curves, metrics by slice, latency, pushes, lineage.
    """
    from minitfx.reports import run_report, write_report

    catalog = find_catalog(root)
    if out == "-":
        click.echo(run_report(catalog, run_id))
        return
    click.echo(write_report(catalog, run_id, out))
