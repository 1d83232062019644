"""Any object with a ``predict`` method, saved with pickle."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minitfx.models.flavour import Answer, Facts
from minitfx.models.flavours.sklearn import classes_of, one_thread, task_of_classes


class PickleFlavour:
    """Any object with a ``predict`` method, saved with pickle.

    Notes
    -----
    A model with ``classes_`` is a classifier, one without is a regression; ``save_model`` takes
    the task and the classes when the object does not show them.
    """

    name = "pickle"
    file = "model.pkl"
    files = ("model.pkl", "model.pickle")
    runs_code = True
    packages = ("numpy",)

    def claims(self, model: object) -> bool:
        """Whether the object has a ``predict`` method."""
        return callable(getattr(model, "predict", None))

    def facts(self, model: Any) -> Facts:
        """Return what the object shows by scikit-learn's attribute names."""
        classes = classes_of(model)
        names = getattr(model, "feature_names_in_", None)
        return Facts(
            task="regression" if classes is None else task_of_classes(classes),
            classes=classes,
            scores=callable(getattr(model, "predict_proba", None)),
            feature_names=None if names is None else tuple(str(name) for name in names),
            n_features=getattr(model, "n_features_in_", None),
            layout="frame",
        )

    def save(self, model: Any, path: Path) -> None:
        """Write the object with pickle."""
        with path.open("wb") as file:
            pickle.dump(model, file, protocol=5)

    def load(self, path: Path) -> Any:
        """Return the object; runs whatever code the file names."""
        with path.open("rb") as file:
            return pickle.load(file)

    def call(self, model: Any, features: Any, want: Mapping[str, bool]) -> Answer:
        """Return what ``predict`` and ``predict_proba`` answer."""
        with one_thread():
            return Answer(
                np.asarray(model.predict(features)) if want["prediction"] else None,
                np.asarray(model.predict_proba(features)) if want["probabilities"] else None,
            )


FLAVOUR = PickleFlavour()
"""The flavour object."""
