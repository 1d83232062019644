"""TFX's ``utils``: reading a text message, and what JSON can say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from google.protobuf.message import Message

JsonableType = None | bool | int | float | str | list[Any] | dict[str, Any]

M = TypeVar("M", bound="Message")

__all__ = ["JsonableType", "parse_pbtxt_file"]


def parse_pbtxt_file(file_name: str | Path, message: M) -> M:
    """Fill a protobuf message from a file in text format and return it."""
    from google.protobuf.text_format import Parse

    return Parse(Path(file_name).read_text("utf-8"), message)
