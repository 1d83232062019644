"""RunLog: what is written is read back."""

import math

import pyarrow.parquet as pq
import pytest

from minitfx.errors import DataError
from minitfx.training import RunLog, read_run_log, write_run_table


def test_numbers_come_back_by_step_in_order(tmp_path):
    log = RunLog(tmp_path / "run")
    log.write(0, loss=0.5, accuracy=0.25)
    log.write(1, loss=math.nan, accuracy=math.inf)
    rows = read_run_log(tmp_path / "run").to_pylist()
    assert rows[:2] == [
        {"step": 0, "metric": "loss", "value": 0.5},
        {"step": 0, "metric": "accuracy", "value": 0.25},
    ]
    assert math.isnan(rows[2]["value"]) and rows[3]["value"] == math.inf


def test_nothing_logged_is_no_rows(tmp_path):
    RunLog(None).write(0, loss=1.0)
    assert read_run_log(tmp_path).num_rows == 0


def test_a_damaged_line_is_named(tmp_path):
    RunLog(tmp_path).write(0, loss=1.0)
    with (tmp_path / "run_log.jsonl").open("a") as file:
        file.write('{"loss": 1}\n')
    with pytest.raises(DataError, match="line 2"):
        read_run_log(tmp_path)


def test_the_table_of_a_log_holds_what_was_written(tmp_path):
    write_run_table(tmp_path)
    assert list(tmp_path.iterdir()) == []
    RunLog(tmp_path).write(3, loss=math.inf, **{"dev.ü": -0.5})
    write_run_table(tmp_path)
    assert pq.read_table(tmp_path / "run_log.parquet").to_pylist() == [
        {"step": 3, "metric": "loss", "value": math.inf},
        {"step": 3, "metric": "dev.ü", "value": -0.5},
    ]


def test_a_log_that_cannot_be_read_is_warned_of_and_costs_no_model(tmp_path):
    (tmp_path / "run_log.jsonl").write_text("mine\n")
    with pytest.warns(UserWarning, match="curves of the training are left out: .*line 1"):
        write_run_table(tmp_path)
