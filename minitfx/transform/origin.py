"""Where in the user's function something was written, for the messages."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

import numpy as np

from minitfx.code.imports import is_installed
from minitfx.errors import MinitfxError, TransformError

_HERE = str(Path(__file__).parent)
_TRACING = str(Path(__file__).with_name("tracing.py"))
_PASSED_OVER = (_HERE, str(Path(np.__file__).parent))


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
    """Return the innermost line on the stack that is the user's, and no library's.

    Notes
    -----
    Of a library if the function that is traced is a library's, but never of minitfx.transform
    or numpy. None when the call does not come from a function, as with a graph that is being
    loaded.
    """
    frame: FrameType | None = sys._getframe(1)
    found: FrameType | None = None
    while frame is not None and not (found and frame.f_code.co_filename == _TRACING):
        if not frame.f_code.co_filename.startswith(_PASSED_OVER):
            found = found or frame
            if not is_installed(Path(frame.f_code.co_filename)):
                return Origin(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None if found is None else Origin(found.f_code.co_filename, found.f_lineno)


def called_function(otherwise: str) -> str:
    """Return the name of what the user's line called, ``otherwise`` if that is an operator."""
    name, frame = "", sys._getframe(1)
    while frame.f_code.co_filename.startswith(_PASSED_OVER) and frame.f_back is not None:
        if frame.f_code.co_filename.startswith(_HERE):
            name = frame.f_code.co_name
        frame = frame.f_back
    return otherwise if name.startswith(("_", "<")) or not name else name


def defining_line(function: Callable[..., object]) -> Origin | None:
    """Return the line on which a function is defined, below its decorators."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return None
    line = code.co_firstlineno
    while linecache.getline(code.co_filename, line).lstrip().startswith("@"):
        line += 1
    return Origin(code.co_filename, line)


def located(
    message: str, origin: Origin | None, error: type[MinitfxError] = TransformError
) -> MinitfxError:
    """Return an error whose message ends with the user's line."""
    return error(f"{message}\n  in {origin}" if origin else message)
