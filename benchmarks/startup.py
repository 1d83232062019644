"""What starting costs: CPU time over a bare interpreter, and of a cached run over importing DuckDB.

    python benchmarks/startup.py [--rounds 9]

Prints the median CPU time of whole processes, taken in turn.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

FLOW = """
from minitfx import Component, Channel, Output, Pipeline
from minitfx.types import Schema


class First(Component):
    schema = Output(Schema)

    @staticmethod
    def execute(schema):
        (schema.path / "x").write_text("x")


class Next(Component):
    before: Channel[Schema]
    schema = Output(Schema)

    @staticmethod
    def execute(before, schema):
        (schema.path / "x").write_text("x")


def create_pipeline(pipeline_root="out"):
    nodes = [First().with_id("n0")]
    for index in range(1, 12):
        nodes.append(Next(nodes[-1].outputs["schema"]).with_id(f"n{index}"))
    return Pipeline("chain", pipeline_root, nodes, enable_cache=True)
"""


def cpu_ms(command: list[str], folder: Path) -> float:
    """Return the CPU time of one process, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    """Measure, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    python = sys.executable
    commands = {
        "bare interpreter": [python, "-c", "pass"],
        "import minitfx": [python, "-c", "import minitfx"],
        "minitfx --help": [python, "-m", "minitfx", "--help"],
        "import duckdb": [python, "-c", "import duckdb"],
        "cached run of 12 nodes": [python, "-m", "minitfx", "run", "flow.py"],
    }
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "flow.py").write_text(FLOW, "utf-8")
        times: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            cpu_ms(command, place)
        for _ in range(rounds):
            for name, command in commands.items():
                times[name].append(cpu_ms(command, place))
    median = {name: statistics.median(values) for name, values in times.items()}
    bare = median["bare interpreter"]
    for name, value in median.items():
        print(f"{name:<24} {value:7.0f} ms CPU   {value - bare:+6.0f} over the bare interpreter")
    print(f"import minitfx over bare: {median['import minitfx'] - bare:.0f} ms, limit 80")
    print(f"minitfx --help over bare: {median['minitfx --help'] - bare:.0f} ms, limit 80")
    ratio = median["cached run of 12 nodes"] / median["import duckdb"]
    print(f"cached run / import duckdb: {ratio:.2f}, limit 3")


if __name__ == "__main__":
    main()
