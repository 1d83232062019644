"""How the cells of a CSV file are told apart."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from minitfx.errors import DataError, did_you_mean


@dataclass(frozen=True)
class CsvOptions:
    r"""What TFX fixes and users need: delimiter, encoding, null markers, names.

    Parameters
    ----------
    delimiter : str, default ``","``
        One ASCII character between two cells; not a quote, not a line end.
    encoding : str, default ``"utf-8"``
        A name that Python's codecs know. A byte order mark is skipped.
    null_values : tuple of str, default empty
        Cells that mean "missing" beside the empty cell, such as ``"NA"``; compared as they
        stand in the file, quotes removed, blanks kept.

    column_names : tuple of str, default empty
        Names of the columns of files that have no header; their first line is a row then.

    Raises
    ------
    DataError
        If the delimiter or the encoding cannot be used, or a name stands twice.

    Examples
    --------
    >>> CsvOptions(delimiter=";", null_values=("NA", "?"))
    CsvOptions(delimiter=';', encoding='utf-8', null_values=('NA', '?'), column_names=())
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    null_values: tuple[str, ...] = ()
    column_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        usable = len(self.delimiter) == 1 and self.delimiter.isascii()
        if not usable or self.delimiter in '"\r\n\0':
            raise DataError(
                f"CSV delimiter {self.delimiter!r} cannot be used; expected one ASCII character "
                "other than a quote or a line end"
            )
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise DataError(
                f"no codec is named {self.encoding!r}; expected a name such as 'utf-8', "
                "'latin-1', 'cp1252' or 'utf-16'"
            ) from None
        for name in ("null_values", "column_names"):
            texts = getattr(self, name)
            if isinstance(texts, str):
                raise DataError(
                    f"{name} is the text {texts!r}; expected a list of texts, such as [{texts!r}]"
                )
            object.__setattr__(self, name, tuple(texts))
        twice = [name for name, count in Counter(self.column_names).items() if count > 1]
        if twice:
            raise DataError(f"column_names has {twice[0]!r} more than once; expected each once")

    @property
    def is_utf8(self) -> bool:
        """Whether the files can be read as they stand."""
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig")

    def to_json(self) -> dict[str, Any]:
        """Return the options as a JSON object."""
        texts = {name: list(getattr(self, name)) for name in ("null_values", "column_names")}
        return {**asdict(self), **texts}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CsvOptions:
        """Return the options that `to_json` wrote.

        Raises
        ------
        DataError
            If there is an option of another name.
        """
        known = cls.__dataclass_fields__
        for name in value:
            if name not in known:
                raise DataError(f"CSV has no option {name!r}. {did_you_mean(name, known)}")
        return cls(**value)
