"""What ExampleGen costs beside merely parsing its CSV: ``python benchmarks/example_gen.py``.

Claims, on a table of 18 columns (5 of text, 8 reals, 5 integers; 3 % missing): reading,
splitting and writing take at most 2 times the CPU time of parsing with pyarrow (3 is the
floor), at most 400 MB at 10M rows, and 10M rows at most 11 times the time of 1M rows. Also
shown: the price of a cell that widens a column at the very end, and of ``split_hash="tfx"``.

All cases run interleaved in processes of their own; medians over the rounds, CPU seconds
without imports, peak resident memory. ``--rows 10000000`` for the large table (1.7 GB).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from minitfx.ambient import surround
from minitfx.dataset import SplitRule, scan_csv, write_examples

GOAL, FLOOR, LIMIT_MB = 2.0, 3.0, 400
STEP = 250_000


def write_table(path: Path, rows: int, last_cell: str) -> None:
    """Write the table by a seeded generator; ``last_cell`` stands in one more row at the end."""
    random = np.random.default_rng(1)
    writer = None
    for start in range(0, rows, STEP):
        table = make_rows(random, min(STEP, rows - start))
        if writer is None:
            options = pyarrow.csv.WriteOptions(quoting_style="none")
            writer = pyarrow.csv.CSVWriter(path, table.schema, write_options=options)
        writer.write_table(table)
    assert writer is not None
    writer.close()
    with path.open("a") as file:
        file.write(",".join([*[""] * 17, last_cell]) + "\n")


def make_rows(random: np.random.Generator, rows: int) -> pa.Table:
    columns = {}
    for i, distinct in enumerate([5, 100, 1_000, 20_000, 100_000]):
        drawn = np.minimum(random.zipf(1.3, rows) - 1, distinct - 1)
        columns[f"text{i}"] = pa.array([f"value_{i}_{x}" for x in drawn])
    for i in range(8):
        reals = random.normal(0, 10 ** (i % 4), rows)
        columns[f"real{i}"] = pa.array(np.round(reals, (2, 4, 6, 12)[i % 4]) if i < 6 else reals)
    for i, distinct in enumerate([2, 24, 1_000, 10**6, 10**12]):
        columns[f"integer{i}"] = pa.array(random.integers(0, distinct, rows))
    missing = {name: pa.array(random.random(rows) < 0.03) for name in columns}
    return pa.table({n: pc.if_else(missing[n], None, each) for n, each in columns.items()})


def parse(path: Path, folder: Path) -> None:
    """Let pyarrow find the types in its first block, and read on."""
    for _ in pyarrow.csv.open_csv(path):
        pass


def parse_typed(path: Path, folder: Path) -> None:
    """Tell pyarrow the types: the least that can be done."""
    kinds = [pa.string()] * 5 + [pa.float64()] * 8 + [pa.int64()] * 5
    names = path.open().readline().strip().replace('"', "").split(",")
    convert = pyarrow.csv.ConvertOptions(
        column_types=dict(zip(names, kinds, strict=True)),
        null_values=[""],
        strings_can_be_null=True,
    )
    read = pyarrow.csv.ReadOptions(use_threads=False)
    for _ in pyarrow.csv.open_csv(path, read_options=read, convert_options=convert):
        pass


def example_gen(path: Path, folder: Path) -> None:
    rule = SplitRule(("train", "eval"), (2, 1))
    write_examples({"all": scan_csv(path)}, rule, lambda name: folder / f"Split-{name}")


def two_threads(path: Path, folder: Path) -> None:
    with surround(workers=2):
        example_gen(path, folder)


def as_tfx(path: Path, folder: Path) -> None:
    rule = SplitRule(("train", "eval"), (2, 1), None, "tfx")
    write_examples({"all": scan_csv(path)}, rule, lambda name: folder / f"Split-{name}")


CASES: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "parse, types found by pyarrow": (parse, "good.csv"),
    "parse, types given": (parse_typed, "good.csv"),
    "ExampleGen": (example_gen, "good.csv"),
    "ExampleGen, 2 threads": (two_threads, "good.csv"),
    "ExampleGen, last cell widens": (example_gen, "late.csv"),
    'ExampleGen, split_hash="tfx"': (as_tfx, "good.csv"),
}


def run_case(name: str, folder: Path) -> None:
    """Run one case here and print what it cost."""
    function, file = CASES[name]
    with TemporaryDirectory(dir=folder) as out:
        wall, cpu = time.perf_counter(), time.process_time()
        function(folder / file, Path(out))
        cost = [time.process_time() - cpu, time.perf_counter() - wall]
    print(json.dumps([*cost, peak_mb()]))


def peak_mb() -> float:
    """Return the peak of this process alone; ``getrusage`` counts its parent before exec too."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def measure(name: str, folder: Path) -> list[float]:
    command = [sys.executable, __file__, "--case", name, "--folder", str(folder)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    costs: list[float] = json.loads(found.stdout)
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="*", default=[], help="cases to leave out")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        run_case(arguments.case, arguments.folder)
        return
    with TemporaryDirectory(prefix="minitfx-benchmark-", dir=arguments.folder) as made:
        folder = Path(made)
        names = [name for name in CASES if name not in arguments.without]
        for file, cell in (("good.csv", "7"), ("late.csv", "0.5")):
            if any(CASES[name][1] == file for name in names):
                write_table(folder / file, arguments.rows, cell)
        costs: dict[str, list[list[float]]] = {name: [] for name in names}
        for _ in range(arguments.rounds):
            for name in names:
                costs[name].append(measure(name, folder))
    report(arguments.rows, costs)


def report(rows: int, costs: dict[str, list[list[float]]]) -> None:
    limit = [run[0] for run in costs["parse, types found by pyarrow"]]
    print(f"{rows:,} rows; goal {GOAL:g} times parsing, floor {FLOOR:g}, {LIMIT_MB} MB")
    print(f"{'case':34}{'CPU s':>8}{'wall s':>8}{'x parse':>9}{'peak MB':>9}")
    for name, runs in costs.items():
        cpu, wall, peak = (median(column) for column in zip(*runs, strict=True))
        ratio = median(run[0] / base for run, base in zip(runs, limit, strict=True))
        print(f"{name:34}{cpu:8.2f}{wall:8.2f}{ratio:9.2f}{peak:9.0f}")


if __name__ == "__main__":
    main()
