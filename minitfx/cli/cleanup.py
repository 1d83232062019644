"""``minitfx gc`` and ``minitfx delete``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from minitfx.cli.project import find_catalog

if TYPE_CHECKING:
    from minitfx.catalog.store import Catalog

_root = click.option(
    "--root", help="The pipeline root; found from the current folder if not given."
)
_dry = click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")


@click.command()
@_root
@_dry
@click.option(
    "--keep-runs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Delete first, of each pipeline, all runs but the newest N.",
)
def gc(root: str | None, dry_run: bool, keep_runs: int | None) -> None:
    """Remove what nobody can need: leftovers of crashes, payloads of deleted runs, old logs.

    Nothing goes that a run under way may need, or that was touched within the last hour.
    """
    from minitfx.catalog.deletion import old_runs
    from minitfx.catalog.garbage import collect, find_garbage

    catalog = find_catalog(root)
    if keep_runs is not None:
        _delete(catalog, old_runs(catalog, keep_runs), dry_run)
    garbage = find_garbage(catalog)
    if not dry_run:
        collect(garbage)
    counts = Counter(each.kind for each in garbage)
    sizes = Counter(dict.fromkeys(counts, 0))
    for each in garbage:
        sizes[each.kind] += each.bytes
        if dry_run:
            click.echo(f"{each.kind:<15} {_size(each.bytes):>10}  {each.path}")
    for kind, count in sorted(counts.items()):
        click.echo(f"{count} x {kind}: {_size(sizes[kind])}")
    verb = "would be" if dry_run else "were"
    click.echo(f"{_size(sum(sizes.values()))} {verb} removed")


@click.command()
@click.argument("run_ids", metavar="RUN...", nargs=-1, required=True)
@_root
@_dry
def delete(run_ids: tuple[str, ...], root: str | None, dry_run: bool) -> None:
    """Delete runs, with the artifacts that no other run needs.

    What they made, from what and when stays in the catalog. The payloads go at once, unless a run
    under way may need them: then with a later `minitfx gc`.
    """
    from minitfx.catalog.garbage import DELETED_PAYLOAD, collect, find_garbage

    catalog = find_catalog(root)
    _delete(catalog, list(run_ids), dry_run)
    if not dry_run:
        garbage = [each for each in find_garbage(catalog) if each.kind == DELETED_PAYLOAD]
        click.echo(f"{_size(collect(garbage))} were removed")


def _delete(catalog: Catalog, run_ids: list[str], dry_run: bool) -> None:
    from minitfx.catalog.deletion import delete_runs, plan_deletion

    deletion = (plan_deletion if dry_run else delete_runs)(catalog, run_ids)
    runs = f"{len(deletion.run_ids)} {'run' if len(deletion.run_ids) == 1 else 'runs'}"
    count = len(deletion.artifact_ids)
    artifacts = f"{count} {'artifact' if count == 1 else 'artifacts'} that no other run needs"
    verb = "would be deleted" if dry_run else "deleted"
    click.echo(f"{runs} {verb}, with {artifacts}")


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
