"""Bars and lines on a real pseudo-terminal, read back by a terminal emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pyte = pytest.importorskip("pyte")
pty = pytest.importorskip("pty")

PIPELINE = """
import time

from minitfx import Component, Output, Pipeline, ambient
from minitfx.types import Schema


class Step(Component):
    \"\"\"Takes some tenths of a second.\"\"\"

    tenths: int
    schema = Output(Schema)

    @staticmethod
    def execute(tenths: int, schema: Schema) -> None:
        for number in range(tenths):
            time.sleep(0.1)
            ambient.report(number + 1, tenths, "steps")


nodes = [Step(tenths).with_id(f"of_{tenths}") for tenths in (6, 2, 4, 8)]
pipeline = Pipeline("bars", "out", nodes)
"""


def shown(*words: str, cwd: Path) -> list[str]:
    """Return the lines of a terminal of 100 columns after a command."""
    screen = pyte.Screen(100, 40)
    stream = pyte.ByteStream(screen)
    main, side = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "LINES": "40", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, *words], cwd=cwd, env=environment, stdin=side, stdout=side, stderr=side
    )
    os.close(side)
    try:
        while written := os.read(main, 65536):
            stream.feed(written)
    except OSError:
        pass  # the other end is closed: Linux says so with an error
    finally:
        os.close(main)
    assert process.wait(timeout=60) == 0
    return [line.rstrip() for line in screen.display if line.strip()]


def test_lines_stand_at_the_margin_and_no_bar_remains(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(PIPELINE)
    lines = shown("-m", "minitfx", "run", "flow.py", "--workers", "3", cwd=tmp_path)
    assert lines[0].startswith("bars  run ")
    assert [line[:12].rstrip() for line in lines[1:5]] == [
        "  + of_2",
        "  + of_4",
        "  + of_6",
        "  + of_8",
    ]
    assert lines[5].startswith("COMPLETE in ")
    assert len(lines) == 6
