"""Where a catalog lies, and the notes beside it that say so."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MEMORY = ":memory:"


@dataclass(frozen=True)
class Place:
    """Where a catalog lies.

    Attributes
    ----------
    root : Path
        The pipeline root.
    path : Path
        The DuckDB file; of a catalog in memory, where it would lie.
    in_memory : bool
        Whether there is no such file.
    home : Path
        The folder that its relative paths start from: the root, or that of a file elsewhere,
        which several roots may share.
    notes : Path
        The folder of its claims, and of the notes about it.
    """

    root: Path
    path: Path
    in_memory: bool
    home: Path
    notes: Path

    @property
    def is_elsewhere(self) -> bool:
        """Whether the file lies outside of the pipeline root."""
        return self.home != self.root

    def remember(self) -> None:
        """Note where the catalog is, for those who know the root only, and the other way round."""
        marker = self.root / ".system" / "catalog"
        if not marker.exists() or marker.read_text("utf-8") != str(self.path):
            marker.write_text(str(self.path), "utf-8")
        if str(self.root) not in _lines(self.notes / "roots"):
            with (self.notes / "roots").open("a", encoding="utf-8") as file:
                file.write(f"{self.root}\n")

    def roots(self) -> list[Path]:
        """Return the pipeline roots whose records belong in the catalog."""
        known = _lines(self.notes / "roots") if self.is_elsewhere else []
        found = [Path(each) for each in known if Path(each, ".system", "executions").is_dir()]
        return list(dict.fromkeys([self.root, *found]))

    def made_before(self) -> list[str]:
        """Return the names of the files that were made here as catalogs of these records."""
        return _lines(self.notes / "made")

    def mark_made(self) -> None:
        """Note that the file is a catalog; if that fails now, the next time."""
        if self.path.name not in self.made_before():
            with suppress(OSError), (self.notes / "made").open("a", encoding="utf-8") as file:
                file.write(f"{self.path.name}\n")

    def is_made(self) -> bool:
        """Whether the file is there, as far as one can tell without opening it."""
        return self.in_memory or (self.path.exists() and self.path.name in self.made_before())


def place_of(root: Path, path: str | Path | None) -> Place:
    """Return where the catalog of a root lies.

    Parameters
    ----------
    root : Path
        The pipeline root.
    path : str, Path or None
        What its ``metadata_connection_config`` says: a file, ``:memory:``, or nothing for
        ``<root>/catalog.duckdb``.
    """
    in_memory = str(path) == MEMORY
    if path is None or in_memory:
        file = root / "catalog.duckdb"
    else:
        file = Path(path).expanduser().absolute()
    own = file.parent == root
    notes = root / ".system" / "claims" if own else file.with_name(f"{file.name}.claims")
    return Place(root, file, in_memory, root if own else file.parent, notes)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except OSError:
        return []
