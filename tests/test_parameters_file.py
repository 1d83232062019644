"""Runtime parameters out of a TOML file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from parts import Source

from minitfx import LocalDagRunner, Pipeline, RuntimeParameter
from minitfx.catalog.session import open_catalog, query
from minitfx.component import Component, Output
from minitfx.errors import ParameterError, StorageError
from minitfx.parameters_file import read_parameters
from minitfx.types import Schema


class Told(Component):
    """Writes down its parameters."""

    rows: int
    rate: float
    name: str
    full: bool
    schema = Output(Schema)

    @staticmethod
    def execute(rows: int, rate: float, name: str, full: bool, schema: Schema) -> None:
        """Write."""
        (schema.path / "told.json").write_text(json.dumps([rows, rate, name, full]))


def pipeline(root: Path) -> Pipeline:
    node = Told(
        rows=RuntimeParameter("rows", int),
        rate=RuntimeParameter("rate", float, 0.5),
        name=RuntimeParameter("name", str, "n"),
        full=RuntimeParameter("full", bool, False),
    )
    return Pipeline("demo", root, [node], enable_cache=True)


def told(root: Path, parameters: Any) -> Any:
    result = LocalDagRunner().run(pipeline(root), parameters=parameters)
    return json.loads((result.artifacts("Told", "schema")[0].path / "told.json").read_text())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "parameters.toml"


def test_plain_keys_are_parameters(root: Path, file: Path) -> None:
    file.write_text('rows = 3\nrate = 1\nname = "x"\nfull = true\n')
    assert told(root, file) == [3, 1.0, "x", True]
    assert told(root, str(file)) == [3, 1.0, "x", True]
    rows = query(open_catalog(root), "SELECT DISTINCT parameters FROM runs").rows
    assert [json.loads(row[0]) for row in rows] == [
        {"rows": 3, "rate": 1.0, "name": "x", "full": True}
    ]


def test_a_table_of_ours_goes_before_the_rest(root: Path, file: Path) -> None:
    file.write_text('title = "a project"\n[tool.other]\na = 1\n[tool.minitfx]\nrows = 4\n')
    assert read_parameters(file) == {"rows": 4}
    assert told(root, file) == [4, 0.5, "n", False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rows = 'a'", "'rows' was given 'a'; expected int"),
        ("rows = 1.5", "was given 1.5; expected int"),
        ("rows = 1\nfull = 'maybe'", "'full' was given 'maybe'; expected bool"),
        ("rows = 1\nname = 3", "'name' was given 3; expected str"),
        ("row = 1", "no runtime parameter 'row'. Did you mean 'rows'"),
        ("name = 'x'", "'rows' .int. has no default and was not given"),
        ("rows = ", "is no TOML"),
        ("rows = [1]", "rows is a list; expected a number"),
        ("[rows]\na = 1", "rows is a table; expected"),
        ("rows = 2020-01-01", "rows is a date; expected"),
        ("[tool]\nminitfx = 3", "tool.minitfx is 3; expected a table"),
    ],
)
def test_a_wrong_file_stops_the_run_before_it_begins(
    text: str, message: str, root: Path, file: Path
) -> None:
    file.write_text(text)
    with pytest.raises(ParameterError, match=message):
        LocalDagRunner().run(pipeline(root), parameters=file)
    assert not root.exists()


def test_a_missing_file_is_one_clear_error(root: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read: No such file"):
        LocalDagRunner().run(pipeline(root), parameters=tmp_path / "nowhere.toml")


def test_a_pipeline_without_parameters_takes_an_empty_file(root: Path, file: Path) -> None:
    file.write_text("")
    source = Source()
    assert LocalDagRunner().run(Pipeline("demo", root, [source]), parameters=file).succeeded
