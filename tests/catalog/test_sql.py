"""Values reach SQL whole, whatever they are."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitfx.catalog.sql import identifier, in_list, literal, values
from minitfx.errors import CatalogError

connection = duckdb.connect()


def back(value: Any) -> Any:
    row = connection.execute(f"SELECT {literal(value)}").fetchone()
    assert row is not None
    return row[0]


@given(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
    | st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1))
)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert back(value) == value
    assert type(back(value)) is type(value)


@given(st.dictionaries(st.text(), st.lists(st.integers() | st.text())))
def test_lists_and_dicts_are_json(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert json.loads(back(value)) == value


def test_nan_and_infinities_are_numbers() -> None:
    assert math.isnan(back(math.nan))
    assert back(-math.inf) == -math.inf


def test_a_time_with_a_zone_is_kept_in_utc() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
    assert back(moment) == moment.replace(tzinfo=None)


@pytest.mark.parametrize("text", ["'; DROP TABLE run; --", "\\", "\0", "a\0b'", "%s {}", "\u2028"])
def test_hostile_text_stays_text(text: str) -> None:
    assert back(text) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_any_name_can_be_an_identifier(name: str) -> None:
    assert connection.execute(f"SELECT 1 AS {identifier(name)}").description[0][0] == name


def test_rows_and_lists() -> None:
    rows = connection.execute(f"SELECT * FROM (VALUES {values([(1, 'a'), (2, None)])})").fetchall()
    assert rows == [(1, "a"), (2, None)]
    assert connection.execute(f"SELECT 1 IN {in_list([])}").fetchone() == (None,)
    assert connection.execute(f"SELECT 'b' IN {in_list(['a', 'b'])}").fetchone() == (True,)


def test_other_types_are_refused() -> None:
    with pytest.raises(CatalogError, match="cannot write a object"):
        literal(object())


def test_no_value_makes_duckdb_import_numpy() -> None:
    import subprocess
    import sys

    code = (
        "import duckdb, sys\n"
        "from minitfx.catalog.sql import literal\n"
        "c = duckdb.connect()\n"
        "for v in (1, 'a', 1.5, None, b'x', [1]): c.execute(f'SELECT {literal(v)}').fetchall()\n"
        "assert not {'numpy', 'pandas', 'pyarrow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
