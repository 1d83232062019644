"""Values of runtime parameters in a TOML file.

::

    rows = 1000                  # plain keys …

    [tool.minitfx]               # … or these, if the file has them, as in a pyproject.toml
    rows = 1000
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from minitfx.errors import ParameterError, StorageError


def read_parameters(path: str | Path) -> dict[str, Any]:
    """Return the values that a TOML file gives to runtime parameters.

    Parameters
    ----------
    path : path
        The file. If it has a table ``[tool.minitfx]``, its keys are the parameters; otherwise
        those at the top are.

    Returns
    -------
    dict of str to int, float, str or bool
        By name; whether the pipeline has them, and of which type, is checked when it runs.

    Raises
    ------
    StorageError
        If the file cannot be read.
    ParameterError
        If it is no TOML, or a value is a table, a list or a date.
    """
    file = Path(path).expanduser()
    try:
        written = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise StorageError(
            f"the parameters file {path} cannot be read: {error.strerror or error}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"the parameters file {path} is no TOML: {error}") from error
    tools = written.get("tool")
    found = tools.get("minitfx", written) if isinstance(tools, dict) else written
    if not isinstance(found, dict):
        raise ParameterError(f"{path}: tool.minitfx is {found!r}; expected a table of parameters")
    for name, value in found.items():
        if not isinstance(value, (bool, int, float, str)):
            raise ParameterError(
                f"{path}: {name} is a {_kind(value)}; expected a number, a text, true or false"
            )
    return found


def _kind(value: Any) -> str:
    return "table" if isinstance(value, dict) else type(value).__name__
