"""TFX's ``orchestration.metadata``: where the catalog is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from minitfx.errors import PipelineError

ConnectionConfigType = str | Path

__all__ = [
    "ConnectionConfigType",
    "mysql_metadata_connection_config",
    "sqlite_metadata_connection_config",
]


def sqlite_metadata_connection_config(metadata_db_uri: str | Path) -> Path:
    """Return the catalog's path: the same, but ending in ``.duckdb``.

    Parameters
    ----------
    metadata_db_uri : path
        Where TFX keeps its SQLite file; such a file is left alone.
    """
    return Path(metadata_db_uri).with_suffix(".duckdb")


def mysql_metadata_connection_config(*args: Any, **kwargs: Any) -> NoReturn:
    """Refuse: the catalog is a file.

    Raises
    ------
    PipelineError
        Always.
    """
    raise PipelineError(
        "the catalog is a DuckDB file; use sqlite_metadata_connection_config(path), or leave "
        "metadata_connection_config out"
    )
