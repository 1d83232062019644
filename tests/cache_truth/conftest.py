"""The project that every case begins with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from project import ALL, computed, run, write


@pytest.fixture(autouse=True)
def own_modules() -> Iterator[None]:
    """Let every case import its own modules."""
    kept, path = set(sys.modules), list(sys.path)
    yield
    for name in set(sys.modules) - kept:
        origin = getattr(sys.modules[name], "__file__", None)
        if origin and "pytest-" in origin:
            del sys.modules[name]
    sys.path[:] = path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project, run once."""
    folder = tmp_path / "project"
    write(folder)
    monkeypatch.syspath_prepend(str(folder))
    assert computed(run(folder, tmp_path / "root")) == ALL
    return folder
