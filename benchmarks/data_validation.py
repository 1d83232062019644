"""What statistics cost, beside merely reading the data and beside DuckDB's SUMMARIZE.

    python benchmarks/data_validation.py                     # 1 million rows, 3 rounds
    python benchmarks/data_validation.py --rows 10000000 --rounds 1
    python benchmarks/data_validation.py --tfdv PYTHON       # an interpreter that has TFDV

Every case runs in a process of its own; the cases of a round run one after the other, and the
medians over the rounds are compared. CPU seconds are user and system time of the timed region,
imports not counted; peak memory is that of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

BATCH = 1_000_000


def make_table(rows: int, seed: int) -> pa.Table:
    """Return 18 columns as in taxi trips: 5 strings, 8 floats, 5 integers; 3 % missing."""
    rng = np.random.default_rng(seed)

    def column(values: np.ndarray) -> pa.Array:
        return pa.array(values, mask=rng.random(rows) < 0.03)

    columns = {}
    for distinct in (5, 100, 1_000, 20_000, 100_000):
        codes = np.minimum(rng.zipf(1.3, rows) - 1, distinct - 1).astype(np.int32)
        names = pa.array([f"value {code}" for code in range(distinct)])
        mask = rng.random(rows) < 0.03
        coded = pa.DictionaryArray.from_arrays(pa.array(codes, mask=mask), names)
        columns[f"string_{distinct}"] = coded.cast(pa.string())
    for digits in (2, 4, 6, 8):
        columns[f"normal_{digits}"] = column(np.round(rng.normal(size=rows), digits))
    columns["latitude"] = column(np.round(41.9 + rng.normal(size=rows) / 20, 6))
    columns["longitude"] = column(np.round(-87.6 + rng.normal(size=rows) / 20, 6))
    columns["fare"] = column(np.round(rng.gamma(2.0, 8.0, rows), 2))
    columns["miles"] = column(np.round(rng.gamma(1.5, 3.0, rows), 1))
    columns["hour"] = column(rng.integers(0, 24, rows))
    columns["day"] = column(rng.integers(1, 8, rows))
    columns["area"] = column(rng.integers(1, 78, rows))
    columns["timestamp"] = column(1_400_000_000 + rng.integers(0, 40_000_000, rows))
    columns["seconds"] = column(rng.gamma(2.0, 400.0, rows).astype(np.int64))
    return pa.table(columns)


def write_data(folder: Path, rows: int) -> None:
    """Write the same rows as Parquet and, up to a million, as CSV."""
    writer = None
    for number, start in enumerate(range(0, rows, BATCH)):
        table = make_table(min(BATCH, rows - start), number)
        writer = writer or pq.ParquetWriter(
            folder / "rows.parquet", table.schema, compression="zstd"
        )
        writer.write_table(table, row_group_size=65_536)
    if writer is not None:
        writer.close()
    if rows <= BATCH:
        pc.write_csv(make_table(rows, 0), folder / "rows.csv")


def decode(folder: Path) -> float:
    with pq.ParquetFile(folder / "rows.parquet") as file:
        started = time.process_time()
        for group in range(file.num_row_groups):
            file.read_row_group(group, use_threads=False)
    return time.process_time() - started


def parse_csv(folder: Path) -> float:
    started = time.process_time()
    for _ in pc.open_csv(folder / "rows.csv", pc.ReadOptions(use_threads=False)):
        pass
    return time.process_time() - started


def summarize(folder: Path) -> float:
    import duckdb

    path = folder / "rows.parquet"
    started = time.process_time()
    duckdb.sql(f"SUMMARIZE SELECT * FROM '{path}'").fetchall()
    return time.process_time() - started


def from_parquet(folder: Path) -> float:
    import minitfx.data_validation as dv

    dv.generate_statistics(pa.table({"warm": [1.0], "up": ["x"]}))
    started = time.process_time()
    dv.generate_statistics_from_parquet(folder / "rows.parquet")
    return time.process_time() - started


def from_csv(folder: Path) -> float:
    import minitfx.data_validation as dv

    dv.generate_statistics(pa.table({"warm": [1.0], "up": ["x"]}))
    started = time.process_time()
    dv.generate_statistics_from_csv(folder / "rows.csv")
    return time.process_time() - started


def from_frame(folder: Path) -> float:
    import minitfx.data_validation as dv

    frame = pq.read_table(folder / "rows.parquet").to_pandas()
    started = time.process_time()
    dv.generate_statistics_from_dataframe(frame)
    return time.process_time() - started


CASES = {
    "decode Parquet (limit)": decode,
    "DuckDB SUMMARIZE (Parquet)": summarize,
    "statistics from Parquet": from_parquet,
    "parse CSV (limit)": parse_csv,
    "statistics from CSV": from_csv,
    "statistics from a frame": from_frame,
}

TFDV = """
import sys, time, resource, json
import pandas as pd
import tensorflow_data_validation as tfdv
path = sys.argv[1]
if sys.argv[2] == "csv":
    started = time.process_time()
    tfdv.generate_statistics_from_csv(path)
else:
    frame = pd.read_csv(path)
    started = time.process_time()
    tfdv.generate_statistics_from_dataframe(frame)
cpu = time.process_time() - started
print(json.dumps([cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def measure(command: list[str]) -> tuple[float, float]:
    """Return CPU seconds and peak megabytes that a command prints as its last line."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cpu, peak = json.loads(done.stdout.strip().splitlines()[-1])
    return cpu, peak


def commands(folder: Path, tfdv: str | None) -> dict[str, list[str]]:
    """Return the command of every case that the data allow."""
    has_csv = (folder / "rows.csv").exists()
    chosen = [name for name in CASES if has_csv or not ("CSV" in name or "frame" in name)]
    found = {name: [sys.executable, __file__, "--case", name, str(folder)] for name in chosen}
    if tfdv and has_csv:
        for kind in ("csv", "frame"):
            command = [tfdv, "-c", TFDV, str(folder / "rows.csv"), kind]
            found[f"TFDV from {kind}"] = command
    return found


RATIOS = (
    ("statistics from Parquet", "decode Parquet (limit)"),
    ("statistics from Parquet", "DuckDB SUMMARIZE (Parquet)"),
    ("statistics from CSV", "parse CSV (limit)"),
    ("TFDV from csv", "statistics from CSV"),
    ("TFDV from frame", "statistics from a frame"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", help="where the data are kept between runs")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tfdv", help="a Python interpreter that can import TFDV")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case == "write data":
        write_data(Path(arguments.folder), arguments.rows)
        return
    if arguments.case:
        cpu = CASES[arguments.case](Path(arguments.folder))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([cpu, peak]))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.folder or temporary)
        if not (folder / "rows.parquet").exists():
            # Not here: a child's peak memory starts with that of its parent.
            make = ["--case", "write data", str(folder), "--rows", str(arguments.rows)]
            subprocess.run([sys.executable, __file__, *make], check=True)
        run(commands(folder, arguments.tfdv), arguments.rounds, arguments.rows)


def run(cases: dict[str, list[str]], rounds: int, rows: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    peaks: dict[str, float] = {}
    for _ in range(rounds):
        for name, command in cases.items():
            cpu, peak = measure(command)
            seconds[name].append(cpu)
            peaks[name] = max(peak, peaks.get(name, 0.0))
    print(f"{rows:,} rows x 18 columns, medians of {rounds} rounds")
    for name, found in seconds.items():
        print(f"  {name:30} {np.median(found):8.2f} CPU s  {peaks[name]:7.0f} MB")
    for one, two in RATIOS:
        if one in seconds and two in seconds:
            paired = [a / b for a, b in zip(seconds[one], seconds[two], strict=True)]
            print(f"  {one} / {two}: {np.median(paired):.2f}")


if __name__ == "__main__":
    main()
