"""Bars and lines on a real pseudo-terminal, read back by a terminal emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pyte = pytest.importorskip("pyte")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

PIPELINE = """
import time

from minitfx import Component, Output, Pipeline, ambient
from minitfx.types import Schema

REPORTS = {reports}


class Step(Component):
    \"\"\"Takes some tenths of a second.\"\"\"

    tenths: int
    schema = Output(Schema)

    @staticmethod
    def execute(tenths: int, schema: Schema) -> None:
        for number in range(tenths):
            time.sleep(0.1)
            if REPORTS:
                ambient.report(number + 1, tenths, "steps")


nodes = [Step(tenths).with_id("of_" + str(tenths)) for tenths in (6, 2, 4, 8)]
pipeline = Pipeline("bars", "out", nodes)
"""


def shown(*words: str, cwd: Path) -> list[str]:
    """Return the lines of a terminal of 100 columns after a command."""
    screen = pyte.Screen(100, 40)
    stream = pyte.ByteStream(screen)
    main, side = pty.openpty()
    termios.tcsetwinsize(side, (40, 100))
    process = subprocess.Popen(
        [sys.executable, *words], cwd=cwd, stdin=side, stdout=side, stderr=side
    )
    os.close(side)
    drawn = False
    try:
        while written := os.read(main, 65536):
            stream.feed(written)
            drawn = drawn or "of_8 …".encode() in written or b"of_8:" in written
    except OSError:
        pass  # the other end is closed: Linux says so with an error
    finally:
        os.close(main)
    assert process.wait(timeout=60) == 0
    assert drawn, "no bar was drawn"
    return [line.rstrip() for line in screen.display if line.strip()]


@pytest.mark.parametrize("reports", [True, False])
def test_lines_stand_at_the_margin_and_no_bar_remains(tmp_path: Path, reports: bool) -> None:
    (tmp_path / "flow.py").write_text(PIPELINE.replace("{reports}", str(reports)))
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
