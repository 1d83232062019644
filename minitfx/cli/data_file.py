"""Data files of the command line: which they are, and how their cells are told apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from minitfx.errors import DataError, StorageError

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatisticsList

    from minitfx.dataset import CsvSource

_CSV = (".csv", ".tsv", ".txt")
_PARQUET = (".parquet", ".pq")
_COMPRESSED = (".gz", ".bz2", ".zst", ".lz4", ".br")
_DELIMITERS = ",;\t|"
_SPELLINGS = {"\\t": "\t", "tab": "\t"}


@dataclass(frozen=True)
class Reading:
    """How the cells of CSV files are told apart; nothing here concerns Parquet.

    Attributes
    ----------
    delimiter : str or None
        What stands between cells; None for what the suffix suggests.
    encoding : str or None
        None for UTF-8.
    nulls, names : tuple of str
        Cells that are missing, and names of columns where there is no header.
    """

    delimiter: str | None = None
    encoding: str | None = None
    nulls: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def given(self) -> list[str]:
        """The options that were given."""
        found = {
            "--delimiter": self.delimiter,
            "--encoding": self.encoding,
            "--null": self.nulls,
            "--names": self.names,
        }
        return [option for option, value in found.items() if value]


def reading(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how a CSV file is read; the command takes a `Reading`."""

    @wraps(command)
    def called(
        *,
        delimiter: str | None,
        encoding: str | None,
        nulls: tuple[str, ...],
        names: str | None,
        **rest: Any,
    ) -> None:
        known = None if delimiter is None else _SPELLINGS.get(delimiter, delimiter)
        listed = tuple(names.split(",")) if names else ()
        command(how=Reading(known, encoding, nulls, listed), **rest)

    for option in (
        click.option("--names", help="Names of the columns, a,b,c, of a CSV without a header."),
        click.option("--null", "nulls", multiple=True, help="A cell that means missing, as NA."),
        click.option("--encoding", help="Of a CSV; utf-8 if not given."),
        click.option(
            "--delimiter",
            help="Between cells of a CSV; a tab for .tsv, else a comma; \\t is a tab.",
        ),
    ):
        called = option(called)
    return called


def statistics_of(files: Sequence[str], how: Reading) -> DatasetFeatureStatisticsList:
    """Return the statistics of data files, told apart by their suffix.

    Parameters
    ----------
    files : sequence of str
        Files, patterns, folders or URIs, which together are one table.
    how : Reading
        How CSV files are read.

    Raises
    ------
    StorageError, DataError
        If one is not there, they are neither CSV nor Parquet, or one is malformed.
    """
    from minitfx import data_validation as dv
    from minitfx.dataset import CsvOptions, scan_csv, with_exact_types

    found = _data_files(files)
    if _are_parquet(found, how):
        if how.given:
            raise DataError(f"{found[0]} is Parquet; {how.given[0]} concerns CSV files only")
        return dv.generate_statistics(found)
    between = how.delimiter or ("\t" if _suffix(found[0]) == ".tsv" else ",")
    source = scan_csv(found, CsvOptions(between, how.encoding or "utf-8", how.nulls, how.names))
    _doubt(source, between)
    return with_exact_types(source, dv.generate_statistics)


def _data_files(files: Sequence[str]) -> list[str]:
    """Return the files that are meant: of a folder those that are CSV or Parquet."""
    from minitfx.dataset.files import expand, find_files, is_uri

    found = []
    for file in files:
        path = Path(file).expanduser()
        if path.is_dir():
            inside = [each for each in find_files(path / "*") if _suffix(each) in _CSV + _PARQUET]
            if not inside:
                raise DataError(f"no CSV or Parquet file in {file}; name a folder that holds some")
            found += inside
        elif is_uri(file) or set(file) & set("*?["):
            found += expand(file)
        elif path.exists():
            found.append(str(path))
        else:
            raise StorageError(
                f"{file} does not exist; expected a CSV or Parquet file, a folder or a pattern"
            )
    return found


def _are_parquet(files: Sequence[str], how: Reading) -> bool:
    for file in files:
        if how.delimiter is None and _suffix(file) not in _CSV + _PARQUET:
            raise DataError(
                f"{file} is neither .csv, .tsv, .txt nor .parquet; if it is a CSV, say so with "
                "--delimiter"
            )
    kinds = {_suffix(file) in _PARQUET: file for file in files}
    if len(kinds) > 1:
        raise DataError(
            f"{kinds[True]} is Parquet, {kinds[False]} is not; expected files of a kind"
        )
    return True in kinds


def _suffix(file: str) -> str:
    suffixes = [each.lower() for each in Path(file).suffixes]
    kept = [each for each in suffixes if each not in _COMPRESSED]
    return kept[-1] if kept else ""


def _doubt(source: CsvSource, delimiter: str) -> None:
    """Say so when a file's only column seems to be several."""
    names = source.schema.names
    inside = [each for each in _DELIMITERS if each != delimiter and each in names[0]]
    if len(names) == 1 and inside:
        click.echo(
            f"note: one column only, {names[0]!r}; if {inside[0]!r} stands between its cells, say "
            f"--delimiter {inside[0]!r}",
            err=True,
        )
