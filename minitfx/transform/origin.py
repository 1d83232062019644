"""Where in the user's function something was written, for the messages."""

from __future__ import annotations

import linecache
import sys
from dataclasses import dataclass
from pathlib import Path

from minitfx.errors import MinitfxError, TransformError

_HERE = str(Path(__file__).parent)


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of user code.

    Attributes
    ----------
    file : str
        Path of the source file.
    line : int
        Line number, from 1.
    """

    file: str
    line: int

    def __str__(self) -> str:
        text = linecache.getline(self.file, self.line).strip()
        place = f"{Path(self.file).name}, line {self.line}"
        return f"{place}: {text}" if text else place


def calling_line() -> Origin | None:
    """Return the innermost line on the stack that is not minitfx.transform's own.

    Notes
    -----
    None when the call does not come from a function, as with a graph that is being loaded.
    """
    frame = sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_HERE):
            return Origin(frame.f_code.co_filename, frame.f_lineno)
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return None


def located(
    message: str, origin: Origin | None, error: type[MinitfxError] = TransformError
) -> MinitfxError:
    """Return an error whose message ends with the user's line."""
    return error(f"{message}\n  in {origin}" if origin else message)
