"""SHA-256 of files and folders; imports nothing heavy, for a cached push looks at it too."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

Files: TypeAlias = Mapping[str, tuple[int, str]]
"""Path within a folder, with ``/`` between the parts, to size in bytes and SHA-256."""


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measure(folder: Path) -> dict[str, tuple[int, str]]:
    """Return every file of a folder with its size and SHA-256, sorted by path."""
    paths = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    return {name: (path.stat().st_size, sha256(path)) for name, path in sorted(paths.items())}


def combined(files: Files) -> str:
    """Return one SHA-256 over names and contents, whatever the order."""
    text = "".join(f"{name}\0{digest}\n" for name, (_, digest) in sorted(files.items()))
    return hashlib.sha256(text.encode()).hexdigest()
