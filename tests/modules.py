"""Project modules for a test, and what their entry reaches."""

from __future__ import annotations

from pathlib import Path

from minitfx.code import reach


def write(folder: Path, **files: str) -> Path:
    """Write modules by name, and return the file of ``main``."""
    for name, text in files.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / "main.py"


def units(folder: Path, name: str = "entry", **files: str) -> dict[str, str]:
    """Return the statements that a function of ``main`` reaches, with their digests."""
    return reach(write(folder, **files), (name,)).units
