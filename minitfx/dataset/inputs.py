"""What an ExampleGen reads, found out before it runs: files or queries, span, version, digest.

Loads neither numpy nor pyarrow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from minitfx.dataset.files import is_uri, open_uri
from minitfx.dataset.spans import find_inputs
from minitfx.dataset.split_config import input_splits
from minitfx.proto.example_gen_pb2 import Input
from minitfx.proto.range_config_pb2 import RangeConfig

Digest = Callable[[str], str]
"""Gives the SHA-256 of a local file."""


def found_files(
    digest: Digest, base: str | Path | None, config: Input | None, spans: RangeConfig | None
) -> dict[str, Any]:
    """Return the files of the input splits, of one span and version.

    Parameters
    ----------
    digest : callable
        How a local file is digested.
    base : str, Path or None
        Folder or URI that patterns are relative to; None is the current folder.
    config : Input or None
        Input splits by pattern; None takes all files for one.
    spans : RangeConfig or None
        Which span; see `asked_span`.

    Returns
    -------
    dict
        JSON only: ``files`` by split, ``span``, ``version`` (or None), ``fingerprint``: per
        split a line with the number of files, their bytes and a digest of their contents.

    Raises
    ------
    ParameterError, DataError
        As `find_inputs`.
    """
    found = find_inputs(str(base or "."), input_splits(config), asked_span(spans))
    return {
        "files": {name: list(files) for name, files in found.files.items()},
        "span": found.span,
        "version": found.version,
        "fingerprint": fingerprint(found.files, digest),
    }


def found_queries(
    digest: Digest, query: str | None, config: Input | None, spans: RangeConfig | None
) -> dict[str, Any]:
    """Return the queries of the input splits, a span put into them.

    Parameters
    ----------
    digest : callable
        How a local file is digested.
    query : str or None
        The query of a single split; None takes those of ``config``.
    config, spans
        As of `found_files`.

    Returns
    -------
    dict
        ``queries`` by split, and what `found_files` returns beside ``files``, of the files that
        the queries name.

    Raises
    ------
    ParameterError
        If queries and ``spans`` do not agree on whether there is a span.
    DataError
        If a query is not one ``SELECT``.
    """
    from minitfx.dataset.query import files_of, with_span  # DuckDB, where nothing else needs it

    span = asked_span(spans)
    queries = {name: with_span(each, span) for name, each in input_splits(config, query or "")}
    return {
        "queries": queries,
        "span": span or 0,
        "version": None,
        "fingerprint": fingerprint({n: files_of(each) for n, each in queries.items()}, digest),
    }


def asked_span(config: RangeConfig | None) -> int | None:
    """Return the span that a range asks for, None for the newest.

    One span is read per run, as in TFX: a static range means its first, a rolling one the
    newest.
    """
    if config is None or not config.HasField("static_range"):
        return None
    return config.static_range.start_span_number


def fingerprint(files: Mapping[str, Sequence[str]], digest: Digest) -> str:
    """Return what the files of each split hold, in TFX's form, with a digest for its time stamps.

    Names and places of files do not enter it; their order does.
    """
    return "\n".join(_of_split(name, paths, digest) for name, paths in files.items())


def _of_split(split: str, paths: Sequence[str], digest: Digest) -> str:
    contents = [_content(path, digest) for path in paths]
    combined = hashlib.sha256("\n".join(each for _, each in contents).encode()).hexdigest()
    total = sum(size for size, _ in contents)
    return f"split:{split},num_files:{len(paths)},total_bytes:{total},sha256:{combined}"


def _content(path: str, digest: Digest) -> tuple[int, str]:
    if not is_uri(path):
        return Path(path).stat().st_size, digest(path)
    sha256, size = hashlib.sha256(), 0
    with open_uri(path) as stream:
        while piece := stream.read(1 << 20):
            sha256.update(piece)
            size += len(piece)
    return size, sha256.hexdigest()
