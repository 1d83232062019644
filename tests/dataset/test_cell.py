import pytest

from minitfx.dataset.cell import CellType, cell_type, integer

INT, FLOAT, STRING = CellType.INT, CellType.FLOAT, CellType.STRING


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", CellType.UNKNOWN),
        ("0", INT),
        ("+5", INT),
        ("00012", INT),
        ("1_234", INT),
        (" 7 ", INT),
        ("\u0661", INT),  # an Arabic one: int() takes it
        ("9223372036854775807", INT),
        ("-9223372036854775808", INT),
        ("9223372036854775808", STRING),  # one too many for 64 bits, and no float either
        ("-9223372036854775809", STRING),
        ("1.5", FLOAT),
        ("1e5", FLOAT),
        ("1e400", FLOAT),
        ("nan", FLOAT),
        ("-Infinity", FLOAT),
        ("1_0.5", FLOAT),
        ("nan(1)", STRING),
        ("0x1F", STRING),
        ("1,5", STRING),
        (" ", STRING),
        ("-", STRING),
        ("NA", STRING),
        ("null", STRING),
        ("True", STRING),
    ],
)
def test_a_cell_has_the_type_that_pythons_int_and_float_give_it(cell, expected):
    assert cell_type(cell) is expected


def test_the_type_of_a_very_long_integer_does_not_depend_on_the_interpreters_digit_limit():
    assert cell_type("9" * 10_000) is STRING
    assert cell_type("0" * 10_000 + "42") is INT
    assert integer(" -" + "0" * 10_000 + "42 ") == -42
    assert cell_type("1_" * 5_000) is STRING  # a trailing underscore is no integer
