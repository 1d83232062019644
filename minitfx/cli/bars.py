"""Bars of what is running, below the lines of what has ended."""

from __future__ import annotations

import sys
from typing import Any

import click

from minitfx.ambient import Progress

_WAITING = "{desc} …"


class Bars:
    """Bars on a terminal, one below the other; lines go above them.

    Nothing is drawn, and tqdm is not loaded, before the first bar.
    """

    def __init__(self) -> None:
        self._open: dict[str, Any] = {}

    def start(self, name: str) -> None:
        """Draw a bar that has not come anywhere yet."""
        from tqdm import tqdm

        self._open[name] = tqdm(desc=f"  {name}", leave=False, file=sys.stderr, bar_format=_WAITING)

    def advance(self, name: str, progress: Progress) -> None:
        """Show how far it has come; nothing if there is no such bar."""
        bar = self._open.get(name)
        if bar is None:
            return
        unit = f" {progress.unit}"
        if bar.bar_format or progress.total != bar.total or unit != bar.unit:
            bar.bar_format, bar.unit, bar.unit_scale = None, unit, progress.unit == "rows"
            bar.reset(total=progress.total)
        if progress.note:
            bar.set_postfix_str(progress.note, refresh=False)
        bar.n = progress.done
        bar.refresh()

    def close(self, name: str) -> None:
        """Take a bar away, if there is one, and move the others up."""
        bar = self._open.pop(name, None)
        if bar is None:
            return
        for each in self._open.values():
            each.clear()
        bar.close()
        for position, each in enumerate(self._open.values()):
            each.pos = position
        self._to_the_margin()
        for each in self._open.values():
            each.refresh()

    def write(self, line: str) -> None:
        """Print a line above the bars."""
        if not self._open:
            click.echo(line)
            return
        from tqdm import tqdm

        with tqdm.external_write_mode(file=sys.stdout):
            self._to_the_margin()
            click.echo(line)

    def _to_the_margin(self) -> None:
        # A bar that is not the first leaves the cursor at its own end, one line up.
        click.echo("\r", nl=False, err=True)
