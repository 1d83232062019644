"""What is told of an error: in a line, in full, and to whoever wrote the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException

from minitfx.code.imports import is_the_users
from minitfx.errors import ExecutionError, MinitfxError

_HOME = Path(__file__).parent


@dataclass(frozen=True)
class Failure:
    """An error in words.

    Attributes
    ----------
    cause : str
        Its first line; of an error that is none of minitfx's, after its type.
    text : str
        All of it, with the traceback, but without the calls that lead from a run to a node.
    told : str
        What helps whoever wrote the pipeline: an error that minitfx raises on purpose without its
        traceback, and of any traceback the calls in the user's own code. All of an error that
        comes from elsewhere.
    """

    cause: str
    text: str
    told: str


class RemoteError(ExecutionError):
    """What failed in another process, with what was told of it there.

    Attributes
    ----------
    failure : Failure
        It.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.cause)
        self.failure = failure


def failure_of(error: BaseException) -> Failure:
    """Return an error in words."""
    if isinstance(error, RemoteError):
        return error.failure
    text = _text(error)
    return Failure(_cause(error), text, _told(error) or text)


def _cause(error: BaseException) -> str:
    first = str(error).strip().splitlines()
    said = first[0] if first else "no message"
    return said if isinstance(error, MinitfxError) else f"{type(error).__name__}: {said}"


def _text(error: BaseException) -> str:
    lines = TracebackException.from_exception(error)
    frames = list(dropwhile(_is_of_the_loop, lines.stack))
    if not frames and isinstance(error, MinitfxError) and error.__cause__ is None:
        return f"{type(error).__name__}: {error}"
    if frames:
        lines.stack = StackSummary.from_list(frames)
    return "".join(lines.format()).strip()


def _told(error: BaseException) -> str:
    """Return the message after the user's own calls; empty if it is not clear without others."""
    lines = TracebackException.from_exception(error)
    calls = _users_calls(lines)
    if not calls and not isinstance(error, MinitfxError):
        return ""
    message = "".join(lines.format_exception_only()).strip()
    return calls + message.removeprefix("minitfx.errors.")


def _users_calls(lines: TracebackException) -> str:
    """Return the user's calls that led to an error, or else to the one that it came from."""
    frames = [each for each in lines.stack if is_the_users(each.filename)]
    if frames:
        listed = "".join(StackSummary.from_list(frames).format())
        return f"Traceback (most recent call last, your code only):\n{listed}"
    before = lines.__cause__
    if before is None or not (calls := _users_calls(before)):
        return ""
    message = "".join(before.format_exception_only())
    return f"{calls}{message}\nThat led to:\n\n"


def _is_of_the_loop(frame: FrameSummary) -> bool:
    file = Path(frame.filename)
    if file.is_relative_to(_HOME):
        return file.parent in (_HOME, _HOME / "orchestration")
    return file.parts[-3:] == ("concurrent", "futures", "thread.py")
