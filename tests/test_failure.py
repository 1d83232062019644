"""What is told of an error: whose fault it is decides how much of its traceback helps."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from minitfx.catalog.sql import identifier
from minitfx.errors import CodeError
from minitfx.failure import RemoteError, failure_of
from minitfx.parameters_file import read_parameters

CODE = """
import json
import minitfx.transform as tft

def parse(text):
    return json.loads(text)

def wrong_call(inputs):
    return {"x": tft.scale_to_z_score("no column")}

def fails():
    raise ValueError
"""


@pytest.fixture
def code(tmp_path: Path) -> ModuleType:
    """A module of the user's."""
    path = tmp_path / "the_users.py"
    path.write_text(CODE)
    spec = importlib.util.spec_from_file_location("the_users", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def calls(told: str) -> list[str]:
    """Return the functions that a traceback names."""
    return [line.rsplit(" in ", 1)[1] for line in told.splitlines() if line.startswith("  File")]


def error_of(action: object, *arguments: object) -> BaseException:
    with pytest.raises(Exception) as caught:
        action(*arguments)  # type: ignore[operator]
    # this test is the user's code too: begin below it
    error: BaseException = caught.value
    assert error.__traceback__ is not None
    return error.with_traceback(error.__traceback__.tb_next)


def test_an_error_of_minitfx_is_its_message_alone() -> None:
    found = failure_of(error_of(read_parameters, "nowhere.toml"))
    assert found.told == f"{found.text.splitlines()[-1].removeprefix('minitfx.errors.')}"
    assert found.told.endswith(found.cause)
    assert "nowhere.toml" in found.cause


def test_an_error_in_the_users_code_shows_the_users_calls_alone(code: ModuleType) -> None:
    found = failure_of(error_of(code.parse, "{"))
    assert calls(found.told) == ["parse"]
    assert calls(found.text)[-1] == "raw_decode"
    assert found.told.splitlines()[-1] == found.text.splitlines()[-1]
    assert found.cause.startswith("JSONDecodeError: Expecting property name")


def test_an_error_of_minitfx_in_the_users_code_shows_where_it_was_called(code: ModuleType) -> None:
    found = failure_of(error_of(code.wrong_call, {}))
    assert calls(found.told) == ["wrong_call"]
    assert found.cause in found.told
    assert "minitfx.errors" not in found.told


def test_an_error_from_elsewhere_is_shown_whole() -> None:
    found = failure_of(error_of(identifier, 5))
    assert found.told == found.text
    assert calls(found.text)


def test_the_users_error_behind_one_of_minitfx_is_shown(code: ModuleType) -> None:
    try:
        try:
            raise error_of(code.fails)
        except ValueError as cause:
            raise CodeError("it failed while it was imported") from cause
    except CodeError as error:
        assert error.__traceback__ is not None
        found = failure_of(error.with_traceback(None))
    assert "fails" in calls(found.told)
    assert found.told.endswith("\nThat led to:\n\nCodeError: it failed while it was imported")


def test_an_error_without_a_message_has_a_cause(code: ModuleType) -> None:
    assert failure_of(error_of(code.fails)).cause == "ValueError: no message"


def test_what_another_process_told_is_kept(code: ModuleType) -> None:
    found = failure_of(error_of(code.parse, "{"))
    assert failure_of(RemoteError(found)) == found
    assert str(RemoteError(found)) == found.cause
