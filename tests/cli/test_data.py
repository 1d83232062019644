"""Data files without a pipeline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from minitfx.cli.main import cli
from minitfx.errors import MinitfxError, StorageError

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


def test_dates_and_timestamps_are_shown_as_such(tmp_path: Path) -> None:
    target = tmp_path / "moments.parquet"
    duckdb.connect().execute(
        "COPY (SELECT DATE '2020-02-29' AS day, TIMESTAMP '2020-03-01 12:00:00' AS noon UNION ALL "
        f"SELECT DATE '2020-03-02', TIMESTAMP '2020-03-03 12:00:00') TO '{target}'"
    )
    found = json.loads(call("stats", target, "--json").stdout)["features"]
    shown = [(each["type"], each["min"], each["mean"], each["std"], each["max"]) for each in found]
    assert shown == [
        ("INT", "2020-02-29", "2020-03-01", "1 d", "2020-03-02"),
        ("INT", "2020-03-01 12:00:00", "2020-03-02 12:00:00", "1 d", "2020-03-03 12:00:00"),
    ]
    page = tmp_path / "page.html"
    call("stats", target, "--html", page)
    assert "2020-03-01 12:00:00" in page.read_text()


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
        (None, "nowhere*.csv", "no file matches"),
        ("é", "latin.csv", "--encoding latin-1 on the command line"),
    ],
)
def test_a_bad_file_is_one_clear_error(
    content: str | None, name: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_text(content, "latin-1")
    done = call("stats", file, code=1)
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_tabs_and_other_delimiters(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("x\ty\n1\t2\n")
    (tmp_path / "b.dat").write_text("x;y\n1;2\n")
    for words in ((tmp_path / "a.tsv",), (tmp_path / "b.dat", "--delimiter", ";")):
        found = json.loads(call("stats", *words, "--json").stdout)
        assert [each["column"] for each in found["features"]] == ["x", "y"]


def invoke(*words: object) -> Result:
    """Call the command in this process, which is quicker."""
    return CliRunner().invoke(cli, list(map(str, words)), catch_exceptions=True)


def features(*words: object) -> dict[str, Any]:
    found = json.loads(invoke("stats", *words, "--json").stdout)
    return {each["column"]: each for each in found["features"]}


def test_files_patterns_and_folders_are_one_table(tmp_path: Path) -> None:
    for name, row in (("a.csv", "1"), ("b.csv", "2.5"), ("notes.md", "x")):
        (tmp_path / name).write_text(f"x\n{row}\n")
    means = [
        features(*words)["x"]["mean"]
        for words in (
            (tmp_path / "a.csv", tmp_path / "b.csv"),
            (tmp_path / "[ab].csv",),
            (tmp_path,),
        )
    ]
    assert means == [1.75] * 3
    (tmp_path / "inner").mkdir()
    assert "no CSV or Parquet file" in str(invoke("stats", tmp_path / "inner").exception)


def test_columns_without_a_header_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.data").write_text("5,x\n7,y\n")
    found = features(tmp_path / "a.data", "--delimiter", ",", "--names", "length,species")
    assert (found["length"]["mean"], found["species"]["unique"]) == (6, 2)


def test_another_delimiter_is_suspected(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x;y\n1;2\n")
    (tmp_path / "b.csv").write_text("x\ty\n1\t2\n")
    told = call("stats", tmp_path / "a.csv").stderr
    assert told == (
        "note: one column only, 'x;y'; if ';' stands between its cells, say --delimiter ';'\n"
    )
    assert list(features(tmp_path / "b.csv", "--delimiter", r"\t")) == ["x", "y"]
    assert not call("stats", tmp_path / "a.csv", "--delimiter", ";").stderr


def test_json_holds_no_number_that_json_lacks(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\ninf,\n-inf,\n")
    out = invoke("stats", tmp_path / "a.csv", "--json").stdout
    x, y = json.loads(out, parse_constant=pytest.fail)["features"]
    assert (x["min"], x["mean"], x["max"]) == ("-Infinity", "NaN", "Infinity")
    assert (y["missing"], y["mean"], y["top"]) == (1, None, None)


def test_options_of_csv_are_not_ignored_for_parquet(tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    duckdb.connect().execute(f"COPY (SELECT 1 AS x) TO '{target}'")
    (tmp_path / "a.csv").write_text("x\n1\n")
    assert "--null concerns CSV files only" in str(
        invoke("stats", target, "--null", "NA").exception
    )
    assert "files of a kind" in str(invoke("stats", target, tmp_path / "a.csv").exception)


def test_a_page_goes_to_a_new_folder_or_the_error_says_why_not(
    penguins: Path, tmp_path: Path
) -> None:
    page = tmp_path / "new" / "page.html"
    assert invoke("stats", penguins, "--html", page).exit_code == 0
    assert page.exists()
    below_a_file = invoke("stats", penguins, "--html", page / "page.html").exception
    assert isinstance(below_a_file, StorageError)


def test_a_schema_is_shown_as_a_table(penguins: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.pbtxt"
    invoke("schema", "infer", penguins, "--output", schema)
    shown = invoke("schema", "show", schema).stdout
    assert "Feature name" in shown
    assert "'Biscoe', 'Dream', 'Torgersen'" in shown


def test_drift_and_skew_are_measured_against_other_files(tmp_path: Path) -> None:
    from minitfx import data_validation as dv

    for name, cash in (("now", 5), ("before", 9), ("served", 6)):
        rows = ["cash"] * cash + ["card"] * (10 - cash)
        (tmp_path / f"{name}.csv").write_text("paid\n" + "\n".join(rows))
    schema = dv.infer_schema(dv.generate_statistics_from_csv(tmp_path / "now.csv"))
    paid = dv.get_feature(schema, "paid")
    paid.drift_comparator.infinity_norm.threshold = 0.3
    paid.skew_comparator.infinity_norm.threshold = 0.3
    dv.write_schema_text(schema, tmp_path / "schema.pbtxt")
    words = ("validate", tmp_path / "now.csv", "--schema", tmp_path / "schema.pbtxt", "--json")
    assert invoke(*words, "--serving", tmp_path / "served.csv").exit_code == 0
    drifted = invoke(*words, "--previous", tmp_path / "before.csv")
    (row,) = json.loads(drifted.stdout)
    assert (drifted.exit_code, row["feature"], row["severity"]) == (1, "paid", "ERROR")
    assert "current and previous" in row["anomaly"]


def test_no_rows_are_an_anomaly(penguins: Path, tmp_path: Path) -> None:
    schema, empty = tmp_path / "schema.pbtxt", tmp_path / "a.parquet"
    invoke("schema", "infer", penguins, "--output", schema)
    duckdb.connect().execute(f"COPY (SELECT 1 AS x LIMIT 0) TO '{empty}'")
    done = invoke("validate", empty, "--schema", schema)
    assert (done.exit_code, "There are no examples." in done.stdout) == (1, True)


def test_an_unknown_environment_is_one_clear_error(penguins: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.pbtxt"
    invoke("schema", "infer", penguins, "--output", schema)
    words = ("validate", penguins, "--schema", schema, "--environment", "SERVING")
    with pytest.raises(MinitfxError, match="'SERVING' is not in the schema's default_environment"):
        raise invoke(*words).exception or AssertionError
