"""Every error for bad input names file, line and column."""

import bz2
import gzip
import re
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minitfx.dataset import CsvOptions, csv_scan, read_csv
from minitfx.errors import DataError, StorageError


def check(tmp_path, content, expected, options=None):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(f"{path}{expected}")):
        read_csv(path, options)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ": the file is empty"),
        (b"\n\n", ": the file is empty"),
        (b"a,b\n", ": a header but no rows"),
        (b"a,b\n\n", ": a header but no rows"),
        (b"a,b,a\n1,2,3\n", ", line 1: the header names column 'a' 2 times, as columns 1 and 3"),
        (b"a,\xff\n1,2\n", ", line 1, column 2 of the header: byte 0xff is not UTF-8"),
        (b"a,b\n1,2\n\n3\n", ", line 4, column 2: the record has 1 cells, the header 2"),
        (b"a,b\n1,2\n3,4,5\n", ", line 3, column 3: the record has 3 cells, the header 2"),
        (b'a,b\n1,"x\ny",z\n', ", line 2, column 3: the record has 3 cells, the header 2; it runs"),
        (b"a,b\n1,x\n2,\xe9\n", ", line 3, column 'b': byte 0xe9 is not UTF-8"),
        (b"a,b\n\xe9,x\n", ", line 2, column 'a': byte 0xe9 is not UTF-8"),
        (b'a,b\n1,x\n2,"y\n3,z\n', ", line 3, column 2: a quote is opened and never closed"),
        (b'a,"b\n1,x\n', ", line 1, column 2: a quote is opened and never closed"),
    ],
)
def test_a_malformed_file_is_one_clear_error(tmp_path, content, expected):
    check(tmp_path, content, expected)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda path: pq.write_table(pa.table({"x": [1]}), path), "a Parquet file"),
        (lambda path: path.write_bytes(gzip.compress(b"a\n1\n")), "give it the suffix .gz"),
        (lambda path: path.write_bytes(bz2.compress(b"a\n1\n")), "give it the suffix .bz2"),
        (lambda path: zipfile.ZipFile(path, "w").writestr("a.csv", "a\n1\n"), "a ZIP archive"),
    ],
)
def test_a_file_of_another_format_is_known_by_its_first_bytes(tmp_path, write, expected):
    path = tmp_path / "a.csv"
    write(path)
    with pytest.raises(DataError, match=re.escape(str(path)) + ".*" + re.escape(expected)):
        read_csv(path)


def test_the_likely_encoding_is_named(tmp_path):
    for content, likely in (("é".encode("latin-1"), "latin-1"), ("a,b".encode("utf-16"), "utf-16")):
        path = tmp_path / "a.csv"
        path.write_bytes(content + b"\n1,2\n")
        with pytest.raises(DataError, match=f"encoding='{likely}', or --encoding {likely} on"):
            read_csv(path)


def test_the_line_is_right_far_into_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_scan, "BLOCK_BYTES", 64)
    content = b'a,b\n1,"two\nlines"\n' + b"1,2\n" * 97 + b"1,2,3\n"
    check(tmp_path, content, ", line 101, column 3: the record has 3 cells")


def test_an_unclosed_quote_is_found_before_memory_fills_up(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_scan, "BLOCK_BYTES", 64)
    monkeypatch.setattr(csv_scan, "RECORD_BYTES", 1000)
    content = b'a,b\n1,"x\n' + b"1,2\n" * 10_000
    check(tmp_path, content, ", line 2, column 2: a quote is opened and never closed")


def test_a_byte_outside_of_the_encoding_is_located(tmp_path):
    expected = ", line 2, character 3: byte 0x81 is not cp1252"
    check(tmp_path, b"a,b\n1,\x81\n", expected, CsvOptions(encoding="cp1252"))


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("a,c", "lacks 'b' and has 'c' besides"),
        ("a,b,c", "has 'c' besides"),
        ("b,a", "column 1 is 'b', in .*1.csv it is 'a'"),
    ],
)
def test_headers_must_agree_between_files(tmp_path, second, expected):
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.csv").write_text(f"{second}\n")
    with pytest.raises(DataError, match=rf"2\.csv, line 1: .*{expected}"):
        read_csv(tmp_path / "*.csv")


def test_a_file_with_a_header_only_is_fine_beside_one_with_rows(tmp_path):
    (tmp_path / "1.csv").write_text("a,b\n")
    (tmp_path / "2.csv").write_text("a,b\n1,2\n")
    assert read_csv(tmp_path).num_rows == 1


def test_nothing_to_read_is_an_error_that_names_the_pattern(tmp_path):
    with pytest.raises(DataError, match=r"no file matches .*\*\.csv"):
        read_csv(tmp_path / "*.csv")
    with pytest.raises(DataError, match="holds no files"):
        read_csv(tmp_path)
    with pytest.raises((DataError, StorageError), match=r"no file matches .*absent"):
        read_csv(tmp_path / "absent.csv")


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "é"])
def test_a_delimiter_that_cannot_be_is_refused(delimiter):
    with pytest.raises(DataError, match="delimiter"):
        CsvOptions(delimiter=delimiter)


def test_an_unknown_encoding_or_option_is_refused():
    with pytest.raises(DataError, match="no codec is named 'utf-88'"):
        CsvOptions(encoding="utf-88")
    with pytest.raises(DataError, match="Did you mean 'delimiter'"):
        CsvOptions.from_json({"delimeter": ","})
    with pytest.raises(DataError, match=r"expected a list of texts, such as \['NA'\]"):
        CsvOptions(null_values="NA")
