"""The page of a run: its sections, written as HTML."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from minitfx.catalog.session import open_catalog
from minitfx.catalog.store import Catalog
from minitfx.errors import StorageError
from minitfx.reports.blocks import Section
from minitfx.reports.data import data, predictions
from minitfx.reports.evaluation import evaluation
from minitfx.reports.node_details import details, places_of
from minitfx.reports.overview import errors, facts_of_run, nodes, outcome
from minitfx.reports.production import infrastructure, lineage, production
from minitfx.reports.run_facts import Ask, RunFacts, moment_of, read_run
from minitfx.reports.training import curves, tuning
from minitfx.reports.wording import printable
from minitfx.result import RunResult
from minitfx.version import __version__


def run_report(root: str | Path | Catalog, run: str | RunResult = "latest") -> str:
    """Return a page about a run.

    Parameters
    ----------
    root : path or Catalog
        The pipeline root.
    run : str or RunResult
        Which run; ``latest`` is the newest, also one that is under way.

    Returns
    -------
    str
        HTML that needs nothing else: no script, no network, no other file. Sections that have
        nothing to say are absent. What a deleted payload would have told is named as such.

    Raises
    ------
    StorageError
        If nothing was ever run there.
    CatalogError
        If there is no such run.

    Notes
    -----
    Nothing is written, and no run waits: the page is made from a copy of the catalog. Long tables
    are cut; they say how many rows are left out, and which query shows them.
    """
    return _page(*_read(root, run))


def write_report(
    root: str | Path | Catalog,
    run: str | RunResult = "latest",
    path: str | Path | None = None,
) -> Path:
    """Write the page about a run, and return where it is.

    Parameters
    ----------
    root, run
        As in `run_report`.
    path : path, optional
        The file; ``<root>/.system/reports/<run id>.html`` unless said. Folders are made.

    Raises
    ------
    StorageError
        If nothing was ever run there, or the file cannot be written.
    CatalogError
        If there is no such run.

    Notes
    -----
    The file appears whole: it is written aside and renamed.
    """
    facts, sections = _read(root, run)
    place = facts.root / ".system" / "reports" / f"{facts.run_id}.html"
    if path is not None:
        place = Path(path).expanduser().absolute()
    _write(place, _page(facts, sections))
    return place


def _read(root: str | Path | Catalog, run: str | RunResult) -> tuple[RunFacts, list[Section]]:
    catalog = root if isinstance(root, Catalog) else open_catalog(root)
    run_id = run.run_id if isinstance(run, RunResult) else run
    with moment_of(catalog) as ask:
        facts = read_run(catalog, ask, run_id)
        return facts, sections_of(facts, ask)


def sections_of(facts: RunFacts, ask: Ask) -> list[Section]:
    """Return the sections of a run's page that have something to say."""
    places = places_of(facts)
    found = [
        outcome(facts),
        errors(facts),
        nodes(facts, places),
        data(facts, ask),
        tuning(facts, ask),
        curves(facts, ask),
        evaluation(facts, ask),
        infrastructure(facts),
        production(facts),
        lineage(facts, ask),
        predictions(facts, ask),
        details(facts, places),
    ]
    return [each for each in found if each.blocks]


def _page(facts: RunFacts, sections: list[Section]) -> str:
    page = (
        _environment()
        .get_template("run.html")
        .render(
            facts=facts,
            summary=facts_of_run(facts),
            sections=sections,
            version=__version__,
        )
    )
    return printable(page)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("minitfx.reports", "pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def _write(place: Path, page: str) -> None:
    try:
        if place.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name[:50]}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(page)
            Path(aside).chmod(0o644)
            Path(aside).replace(place)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(
            f"cannot write the page to {place}: {error.strerror or error}; give --out (path=…) a "
            "file in a folder that can be written to"
        ) from error
