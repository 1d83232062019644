"""Curves of a training: numbers by step, written as it runs and read back in reports."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.errors import DataError

FILE = "run_log.jsonl"
"""Name of the file within ``FnArgs.model_run_dir``: a JSON object a line."""

TABLE = "run_log.parquet"
"""Name of the same as a table, for SQL."""

SCHEMA = pa.schema([("step", pa.int64()), ("metric", pa.string()), ("value", pa.float64())])
"""Columns of what `read_run_log` returns."""


class RunLog:
    """Writes numbers by step into a training's log folder.

    Parameters
    ----------
    folder : path
        ``fn_args.model_run_dir``; None keeps nothing, so that a ``run_fn`` can be tried out
        without one.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     RunLog(folder).write(0, loss=0.7, accuracy=0.5)
    ...     read_run_log(folder).num_rows
    2
    """

    def __init__(self, folder: str | Path | None) -> None:
        self._path = None if folder is None else Path(folder) / FILE

    def write(self, step: int, **metrics: float) -> None:
        """Append one line.

        Parameters
        ----------
        step : int
            What the numbers belong to: a step, an epoch, a round of boosting.
        **metrics : float
            Numbers by name; NaN and infinities are kept.
        """
        if self._path is None:
            return
        values = {name: _written(float(value)) for name, value in metrics.items()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps({"step": int(step), **values}) + "\n")


def read_run_log(folder: str | Path) -> pa.Table:
    """Return the curves of a training's log folder.

    Parameters
    ----------
    folder : path
        The payload of a ModelRun.

    Returns
    -------
    pyarrow.Table
        ``step``, ``metric``, ``value``, in the order of writing; no rows if nothing was logged.

    Raises
    ------
    DataError
        If a line is not what `RunLog` writes; it names file and line.
    """
    path = Path(folder) / FILE
    rows: list[dict[str, object]] = []
    if path.is_file():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            try:
                entry = json.loads(line)
                step = int(entry.pop("step"))
                rows += [
                    {"step": step, "metric": name, "value": float(value)}
                    for name, value in entry.items()
                ]
            except (ValueError, KeyError, AttributeError, TypeError) as error:
                raise DataError(
                    f"{path}, line {number} is not a line of a run log: {error}"
                ) from error
    return pa.Table.from_pylist(rows, SCHEMA)


def write_run_table(folder: str | Path) -> None:
    """Write what a training logged as a table beside its log, if it logged anything.

    Notes
    -----
    A log that cannot be read costs nobody the model: it is warned of, and there is no table.
    """
    try:
        curves = read_run_log(folder)
    except DataError as error:
        warnings.warn(f"the curves of the training are left out: {error}", stacklevel=2)
        return
    if curves.num_rows:
        pq.write_table(curves, Path(folder) / TABLE, compression="zstd")


def _written(value: float) -> float | str:
    return value if math.isfinite(value) else repr(value)
