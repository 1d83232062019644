import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from minitfx.dataset.csv_record import records, whole_records

csv_text = st.text(alphabet='ab,"\n\r', max_size=24)


def ends_outside_quotes(text):
    """Places after a newline that ends a record, by the textbook state machine."""
    state, ends = "start", [0]
    for place, sign in enumerate(text, 1):
        if state in ("quoted", "maybe closed") and sign == '"':
            state = "maybe closed" if state == "quoted" else "quoted"
        elif state == "start" and sign == '"':
            state = "quoted"
        elif state != "quoted":
            state = "start" if sign in ",\r\n" else "inside"
        if sign == "\n" and state == "start":
            ends.append(place)
    return ends


@given(csv_text)
@example('5" pipe,"a\n"\n')
def test_records_are_those_of_pythons_csv_module(text):
    found = list(records(text.encode(), b","))
    if not any(record.unclosed for record in found):
        expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
        assert [[cell.decode() for cell in record.cells] for record in found] == expected


@given(csv_text)
@example('a"b\n"\n')
@example('"a""\n"\nb')
def test_blocks_are_cut_after_the_last_newline_outside_of_quotes(text):
    assert whole_records(text.encode(), b",") == ends_outside_quotes(text)[-1]


def test_a_record_knows_its_line_and_how_many_it_covers():
    found = list(records(b'a,b\n\n1,"x\ny"\r\n2,z', b","))
    assert [(record.line, record.lines) for record in found] == [(1, 1), (3, 2), (5, 1)]


def test_an_unclosed_quote_is_noted():
    (record,) = records(b'1,"abc\n', b",")
    assert record.unclosed
