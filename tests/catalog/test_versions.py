"""A catalog that an older minitfx wrote is made anew; one that a newer wrote is left alone."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from parts import Count, Source, Train

from minitfx import LocalDagRunner, Pipeline
from minitfx.catalog.database import SCHEMA_VERSION, settings
from minitfx.catalog.session import open_catalog, query
from minitfx.errors import CatalogCorruptError

QUESTION = "SELECT * FROM nodes ORDER BY execution_id"
READER = (
    "import sys; from minitfx.catalog.session import open_catalog, query;"
    f"print(query(open_catalog(sys.argv[1]), {QUESTION!r}).rows)"
)


def go(root: Path, path: Path | None = None) -> list[tuple[Any, ...]]:
    """Run a pipeline and return what the catalog says of it."""
    source = Source()
    count = Count(source.outputs["examples"])
    nodes = [source, count, Train(count.outputs["statistics"])]
    config = None if path is None else str(path)
    LocalDagRunner().run(Pipeline("demo", root, nodes, metadata_connection_config=config))
    return query(open_catalog(root), QUESTION).rows


def as_version_1(path: Path) -> bytes:
    """Take from a file what version 2 brought, and return its bytes."""
    with duckdb.connect(str(path), config=settings()) as connection:
        connection.execute("DROP VIEW curves")
        connection.execute("DROP TABLE payload_curves")
        connection.execute("UPDATE meta SET value = '1' WHERE name = 'minitfx_catalog'")
    return path.read_bytes()


def as_version(path: Path, version: str) -> bytes:
    with duckdb.connect(str(path), config=settings()) as connection:
        connection.execute(f"UPDATE meta SET value = '{version}' WHERE name = 'minitfx_catalog'")
    return path.read_bytes()


def kept(root: Path) -> list[Path]:
    return sorted(root.glob("catalog.duckdb.old-*"))


@pytest.mark.parametrize("comes_first", ["a reader", "a run"])
def test_an_older_catalog_is_made_anew_with_one_line_said(
    comes_first: str, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = go(root)
    old = as_version_1(root / "catalog.duckdb")
    with caplog.at_level(logging.WARNING):
        rows = query(open_catalog(root), QUESTION).rows if comes_first == "a reader" else go(root)
    assert rows[: len(before)] == before
    assert query(open_catalog(root), "SELECT * FROM curves").rows == []
    (aside,) = kept(root)
    assert aside.read_bytes() == old
    (said,) = caplog.messages
    assert said.startswith(f"{root / 'catalog.duckdb'} was written by an older minitfx (version 1")
    assert said.endswith(f"the old file is now {aside}")


def test_an_older_catalog_elsewhere_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "catalogs" / "shared.duckdb"
    before = go(tmp_path / "root", path)
    as_version_1(path)
    assert query(open_catalog(tmp_path / "root"), QUESTION).rows == before
    assert len(list(path.parent.glob("shared.duckdb.old-*"))) == 1


def test_several_processes_make_an_older_catalog_anew_once(root: Path) -> None:
    before = go(root)
    as_version_1(root / "catalog.duckdb")
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    answers = [reader.communicate(timeout=60) for reader in readers]
    assert [answer for answer, _ in answers] == [f"{before}\n"] * 3
    assert sum("made anew" in said for _, said in answers) == 1
    assert len(kept(root)) == 1


@pytest.mark.parametrize("version", [str(int(SCHEMA_VERSION) + 1), "2.1", "x"])
def test_a_newer_catalog_is_left_alone(version: str, root: Path) -> None:
    go(root)
    newer = as_version(root / "catalog.duckdb", version)
    for action in (lambda: query(open_catalog(root), QUESTION), lambda: go(root)):
        with pytest.raises(CatalogCorruptError, match=r"newer minitfx .*; upgrade this one"):
            action()
    assert (root / "catalog.duckdb").read_bytes() == newer
    assert kept(root) == []


def test_an_older_catalog_of_others_is_left_alone(tmp_path: Path) -> None:
    go(tmp_path / "theirs")
    theirs = tmp_path / "theirs" / "catalog.duckdb"
    old = as_version_1(theirs)
    place = tmp_path / "taken.duckdb"
    theirs.rename(place)
    with pytest.raises(CatalogCorruptError, match=r"nothing says that it belongs to .*mine"):
        go(tmp_path / "mine", place)
    assert place.read_bytes() == old
