"""A scikit-learn transformer as part of a graph."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.cells import Lists, Numbers

_NOTHING = Numbers(np.zeros(0))


@dataclass(frozen=True, eq=False)
class FittedEstimator:
    """A fitted transformer.

    Attributes
    ----------
    name : str
        The name of its file among the assets of a graph.
    estimator : object
        With ``transform``.
    """

    name: str
    estimator: Any

    @classmethod
    def fit(
        cls, estimator: Any, rows: NDArray[Any], supervised: bool, name: str
    ) -> FittedEstimator:
        """Return a copy of an estimator, fitted to rows; the last column may be the label."""
        from sklearn.base import clone  # half a second that most graphs do without

        if not len(rows):
            raise TransformError(f"there are no rows to fit {type(estimator).__name__} to")
        fresh = clone(estimator)
        if supervised:
            label = rows[:, -1]
            fresh.fit(rows[:, :-1], label.astype(np.float64) if rows.dtype == object else label)
        else:
            fresh.fit(rows)
        return cls(name, fresh)

    def transform(self, rows: NDArray[Any], width: int | None) -> Numbers | Lists:
        """Return what the transformer makes of rows: lists of ``width`` floats, or of any length.

        Raises
        ------
        TransformError
            If it gives another width, other things than numbers, or another number of rows.
        """
        if not len(rows):  # what transformers refuse
            nothing = Numbers(np.zeros((0, width or 0)))
            return nothing if width is not None else Lists(np.zeros(1, np.int64), _NOTHING)
        kind = type(self.estimator).__name__
        made = self.estimator.transform(rows)
        dense = made.toarray() if hasattr(made, "toarray") else np.asarray(made)
        try:
            values = np.ascontiguousarray(dense, np.float64).reshape(len(dense), -1)
        except (TypeError, ValueError):
            raise TransformError(f"{kind} gives {dense.dtype}; expected numbers") from None
        if len(values) != len(rows):
            raise TransformError(f"{kind} made {len(values)} rows of {len(rows)}")
        if width is None:
            offsets = np.arange(len(values) + 1, dtype=np.int64) * values.shape[1]
            return Lists(offsets, Numbers(values.ravel()))
        if values.shape[1] != width:
            raise TransformError(
                f"{kind} gives {values.shape[1]} columns, not {width}; say width="
                f"{values.shape[1]} in tft.sklearn"
            )
        return Numbers(values)

    def to_bytes(self) -> bytes:
        """Return the estimator as a file (joblib's pickle)."""
        import joblib  # only graphs with an estimator need it

        buffer = io.BytesIO()
        joblib.dump(self.estimator, buffer)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, name: str, content: bytes) -> FittedEstimator:
        """Return the estimator that `to_bytes` wrote. This can run any code."""
        import joblib  # only graphs with an estimator need it

        return cls(name, joblib.load(io.BytesIO(content)))
