"""Calling the command in the tests of it: a small project, and a shell's view of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PIPELINE = """
from minitfx import Pipeline, RuntimeParameter
from parts import Count, Source, Train


def create_pipeline(pipeline_root="out", broken=False):
    source = Source(text=RuntimeParameter("text", str, "hello"))
    count = Count(source.outputs["examples"], broken=broken)
    train = Train(count.outputs["statistics"])
    return Pipeline("demo", pipeline_root, [source, count, train], enable_cache=True)
"""


def environment() -> dict[str, str]:
    """Return the environment in which the small components are found."""
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}


def call(folder: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Call the command in a folder; it must end with an exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "minitfx", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done
