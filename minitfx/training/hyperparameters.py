"""The best hyperparameters, as a Tuner writes them and a Trainer reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from minitfx.errors import DataError

BEST = "best_hyperparameters.json"
"""File of the best hyperparameters: a JSON object, name to value."""


def read_hyperparameters(path: str | Path) -> dict[str, Any]:
    """Return the best hyperparameters of an artifact.

    Parameters
    ----------
    path : path
        The folder that a Tuner wrote, or a JSON file. A file that KerasTuner wrote (as TFX's
        Tuner does) gives its ``values``.

    Raises
    ------
    DataError
        If the folder has not one such file, or it holds no JSON object.
    """
    path = Path(path)
    file = path if path.is_file() else _only_file(path)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{file} is not JSON: {error}") from error
    if isinstance(found, dict) and set(found) == {"space", "values"}:
        found = found["values"]
    if not isinstance(found, dict):
        raise DataError(f"{file} holds a {type(found).__name__}; expected names and values")
    return found


def _only_file(folder: Path) -> Path:
    if (folder / BEST).is_file():
        return folder / BEST
    files = [each for each in sorted(folder.glob("*")) if each.suffix in (".json", ".txt")]
    if len(files) != 1:
        names = ", ".join(each.name for each in sorted(folder.glob("*"))) or "nothing"
        raise DataError(f"{folder} holds {names}; expected {BEST}, or one other JSON file")
    return files[0]
