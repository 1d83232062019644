"""The taxi example, run for real once, and its page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pages import Page

from minitfx import LocalDagRunner
from minitfx.code.reference import load_file
from minitfx.reports import run_report
from minitfx.result import RunResult

TAXI = Path(__file__).parent.parent.parent / "examples" / "taxi"


@pytest.fixture(scope="session")
def taxi(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """A copy of the taxi example that has run once, with its result."""
    project = tmp_path_factory.mktemp("taxi") / "project"
    shutil.copytree(TAXI, project)
    root = project / "root"
    pipeline = load_file(project / "pipeline.py").create_pipeline(root, trials=6)
    return root, LocalDagRunner().run(pipeline)


@pytest.fixture(scope="session")
def taxi_page(taxi: tuple[Path, RunResult]) -> Page:
    """The page of that run."""
    return Page(run_report(taxi[0]))
