"""Data files without a pipeline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

GOLDEN = Path(__file__).parent.parent / "golden" / "data"


def call(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "minitfx", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture
def penguins() -> Path:
    return GOLDEN / "palmer_penguins.csv"


def test_stats_agree_with_sql(penguins: Path) -> None:
    found = json.loads(call("stats", penguins, "--null", "NA", "--json").stdout)
    query = (
        "SELECT count(*), avg(body_mass_g), min(body_mass_g), max(body_mass_g), "
        "count(DISTINCT sex), avg((sex IS NULL)::INT) "
        f"FROM read_csv('{penguins}', nullstr='NA', sample_size=-1)"
    )
    row: Any = duckdb.connect().execute(query).fetchone()
    features = {each["column"]: each for each in found["features"]}
    mass = features["body_mass_g"]
    assert found["rows"] == row[0]
    assert mass["type"] == "INT"
    assert (mass["mean"], mass["min"], mass["max"]) == pytest.approx(row[1:4])
    assert features["sex"]["unique"] == row[4]
    assert features["sex"]["missing"] == pytest.approx(row[5], abs=1e-4)


def test_parquet_gives_what_csv_gives(penguins: Path, tmp_path: Path) -> None:
    target = tmp_path / "penguins.parquet"
    duckdb.connect().execute(
        f"COPY (FROM read_csv('{penguins}', nullstr='NA', sample_size=-1)) TO '{target}'"
    )
    from_csv = call("stats", penguins, "--null", "NA", "--json").stdout
    from_parquet = call("stats", target, "--json").stdout
    assert json.loads(from_csv) == json.loads(from_parquet)


def test_a_schema_is_inferred_and_holds_for_its_own_data(penguins: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.pbtxt"
    assert "8 features" in call("schema", "infer", penguins, "--output", schema).stdout
    assert "no anomalies" in call("validate", penguins, "--schema", schema).stdout
    assert 'name: "species"' in call("schema", "infer", penguins).stdout
    call("schema", "diff", schema, schema)


def test_data_that_do_not_fit_are_told_and_exit_with_1(penguins: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.pbtxt"
    call("schema", "infer", penguins, "--output", schema)
    strange = tmp_path / "strange.csv"
    strange.write_text(penguins.read_text().replace("Torgersen", "Atlantis"))
    rows = json.loads(call("validate", strange, "--schema", schema, "--json", code=1).stdout)
    assert [(row["feature"], row["anomaly"]) for row in rows] == [
        ("island", "Unexpected string values")
    ]
    assert "Atlantis" in rows[0]["description"]
    other = tmp_path / "other.pbtxt"
    call("schema", "infer", strange, "--output", other)
    assert "Atlantis" in call("schema", "diff", schema, other, code=1).stdout


def test_pages_and_files_are_written(penguins: Path, tmp_path: Path) -> None:
    from tensorflow_metadata.proto.v0 import statistics_pb2

    page, binary = tmp_path / "page.html", tmp_path / "stats.pb"
    call("stats", penguins, "--html", page, "--output", binary)
    assert "body_mass_g" in page.read_text("utf-8")
    message = statistics_pb2.DatasetFeatureStatisticsList.FromString(binary.read_bytes())
    assert message.datasets[0].num_examples == 344


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("a,b\n1,2\n3\n", "ragged.csv", "ragged.csv, line 3"),
        ("", "empty.csv", "empty.csv"),
        ("a,b\n1,2\n", "table.dat", "say so with --delimiter"),
        (None, "nowhere.csv", "does not exist"),
    ],
)
def test_a_bad_file_is_one_clear_error(
    content: str | None, name: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_text(content)
    done = call("stats", file, code=1)
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_tabs_and_other_delimiters(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("x\ty\n1\t2\n")
    (tmp_path / "b.dat").write_text("x;y\n1;2\n")
    for words in ((tmp_path / "a.tsv",), (tmp_path / "b.dat", "--delimiter", ";")):
        found = json.loads(call("stats", *words, "--json").stdout)
        assert [each["column"] for each in found["features"]] == ["x", "y"]
