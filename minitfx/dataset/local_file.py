"""A file as plain bytes on a local disk, wherever and however it was kept."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from minitfx.dataset.files import is_uri, open_uri
from minitfx.errors import DataError, StorageError

_COMPRESSED = {".gz", ".bz2", ".zst", ".lz4", ".br"}
_STEP = 1 << 20


@dataclass(frozen=True)
class LocalFile:
    """Where the bytes of a file are.

    Attributes
    ----------
    name : str
        The file as the user named it, for messages.
    path : str
        A local file: the same, or a copy that lives as long as this object.
    """

    name: str
    path: str
    _folder: TemporaryDirectory[str] | None = field(default=None, repr=False, compare=False)

    def __reduce__(self) -> tuple[type[LocalFile], tuple[str, str]]:
        # The copy belongs to the process that made it; another one only reads it.
        return LocalFile, (self.name, self.path)


def local_file(name: str | Path, encoding: str | None = None) -> LocalFile:
    """Return ``name`` as a local file that is not compressed.

    Parameters
    ----------
    name : str or Path
        A path, or a URI that fsspec knows. A suffix ``.gz``, ``.bz2``, ``.zst``, ``.lz4`` or
        ``.br`` means that it is compressed so.
    encoding : str, optional
        The codec of a text file that is to be UTF-8; by default its bytes stay as they are.

    Raises
    ------
    StorageError
        If the file cannot be read.
    DataError
        If its bytes are not of that encoding.

    Notes
    -----
    A copy is made, one megabyte at a time, only for what is remote, compressed or encoded
    otherwise.
    """
    name = str(name)
    packed = Path(name).suffix.lower() in _COMPRESSED
    if encoding is None and not packed and not is_uri(name):
        if not Path(name).is_file():
            raise StorageError(f"there is no file {name}")
        return LocalFile(name, name)
    folder = TemporaryDirectory(prefix="minitfx-input-")
    copy = Path(folder.name) / "plain"
    with copy.open("wb") as target:
        pieces = _pieces(name, packed)
        for piece in pieces if encoding is None else _recoded(pieces, name, encoding):
            target.write(piece)
    return LocalFile(name, str(copy), folder)


def _pieces(name: str, packed: bool) -> Iterator[bytes]:
    source = open_uri(name) if is_uri(name) else name
    kind = pa.Codec.detect(name).name if packed else None
    try:
        with pa.input_stream(source, compression=kind) as stream:
            while piece := stream.read(_STEP):
                yield piece
    except (OSError, pa.ArrowInvalid) as error:
        raise StorageError(f"cannot read {name}: {error}") from error


def _recoded(pieces: Iterator[bytes], name: str, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    line, rest = 1, ""
    try:
        for piece in pieces:
            text = decoder.decode(piece)
            line += text.count("\n")
            rest = text[text.rfind("\n") + 1 :] if "\n" in text else rest + text
            yield text.encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeDecodeError as error:
        before = rest + codecs.decode(error.object[: error.start], encoding, "replace")
        line += before.count("\n")
        raise DataError(
            f"{name}, line {line}, character {len(before) - before.rfind(chr(10))}: byte "
            f"0x{error.object[error.start]:02x} is not {encoding} ({error.reason}); "
            f"{say_encoding(error.object)}"
        ) from error


def say_encoding(data: bytes) -> str:
    """Return what to do about bytes that are not UTF-8: name another encoding, and how."""
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    likely = "utf-16" if marked else "latin-1"
    return (
        f"name the file's own encoding: encoding={likely!r}, or --encoding {likely} on the "
        "command line"
    )
