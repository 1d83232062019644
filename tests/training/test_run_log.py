"""RunLog: what is written is read back."""

import math

import pytest

from minitfx.errors import DataError
from minitfx.training import RunLog, read_run_log


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
