"""Arrow's quick conversion may never disagree with the rule, cell by cell."""

import math

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minitfx.dataset.cell import CellType, cell_type
from minitfx.dataset.csv_cells import BlockReader, CsvColumn
from minitfx.dataset.csv_options import CsvOptions
from minitfx.dataset.retyping import WiderTypesError

number_like = st.text(alphabet="0123456789+-._eExXnaNifIty() \t", max_size=8)
spelled = st.sampled_from(
    ["0x1F", "nan(1)", "+5", " 7 ", "9223372036854775808", "1e400", "-nan", "INF", "1_0", "٣", ""]
)
cells_of_a_column = st.lists(
    st.one_of(
        st.integers(-(2**64), 2**64).map(str),
        st.floats().map(repr),
        number_like,
        spelled,
        st.text(max_size=4),
    ),
    min_size=1,
    max_size=6,
)


def block_of(cells):
    return "".join('"{}",z\n'.format(cell.replace('"', '""')) for cell in cells).encode()


def slowly(cells):
    """Convert one cell after the other, by the rule alone."""
    kind = max(map(cell_type, cells))
    convert = {CellType.INT: int, CellType.FLOAT: float, CellType.STRING: str}
    return kind, [convert[kind](cell) if cell else None for cell in cells]


def quickly(cells, believed, **options):
    reader = BlockReader(
        (CsvColumn("x", believed), CsvColumn("y", CellType.STRING)), CsvOptions(**options)
    )
    try:
        return believed, reader.read(block_of(cells))["x"].to_pylist()
    except WiderTypesError as wider:
        return quickly(cells, wider.types["x"], **options)


def same(left, right):
    return all(
        a == b
        or (isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b))
        for a, b in zip(left, right, strict=True)
    )


@settings(max_examples=600, deadline=None)
@given(cells_of_a_column, st.sampled_from([CellType.UNKNOWN, CellType.INT, CellType.FLOAT]))
@example(["1.5", "9223372036854775808"], CellType.FLOAT)
@example(["1.5", "-9223372036854775809"], CellType.FLOAT)
@example(["0x10"], CellType.INT)
@example(["nan(1)", "0.5"], CellType.FLOAT)
@example(["\ufeff"], CellType.STRING)
def test_quick_and_slow_reading_agree_on_types_and_values(cells, believed):
    kind, expected = slowly(cells)
    if kind > CellType.UNKNOWN and kind >= believed:
        found_kind, found = quickly(cells, believed)
        assert found_kind is kind
        assert same(found, expected)


def test_a_column_of_floats_keeps_integers_as_floats():
    assert quickly(["1", "2.5"], CellType.INT) == (CellType.FLOAT, [1.0, 2.5])


@pytest.mark.parametrize("believed", [CellType.UNKNOWN, CellType.INT, CellType.FLOAT])
def test_null_markers_are_missing_in_every_type(believed):
    assert quickly(["NA", "+1", ""], believed, null_values=["NA"])[1] == [None, 1, None]


def test_a_null_marker_is_compared_with_its_blanks():
    assert quickly(["NA", " NA"], CellType.UNKNOWN, null_values=["NA"])[1] == [None, " NA"]


def test_only_the_wanted_columns_are_converted():
    columns = (CsvColumn("x", CellType.INT), CsvColumn("y", CellType.STRING))
    table = BlockReader(columns, CsvOptions()).read(b"oops,a\n", ["y"])
    assert table.to_pydict() == {"y": ["a"]}


def test_text_may_come_as_dictionaries():
    columns = (CsvColumn("x", CellType.INT), CsvColumn("y", CellType.STRING))
    table = BlockReader(columns, CsvOptions(), dictionaries=True).read(b"1,a\n2,\n3,a\n")
    assert table.schema.field("y").type == pa.dictionary(pa.int32(), pa.string())
    assert table["y"].to_pylist() == ["a", None, "a"]
