"""LightGBM boosters and their scikit-learn wrappers, saved as LightGBM's own text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minitfx.errors import MissingExtraError, ModelError
from minitfx.models.flavour import Answer, Facts
from minitfx.models.flavours.sklearn import classes_of, task_of_classes
from minitfx.models.signature import Task

_UNNAMED = re.compile(r"Column_\d+")


class LightGBMFlavour:
    """LightGBM boosters and their scikit-learn wrappers, saved as LightGBM's own text.

    Notes
    -----
    The file holds the booster alone: of a wrapper, class labels go into the manifest.
    """

    name = "lightgbm"
    file = "model.lgb.txt"
    files = ("model.lgb.txt", "model.lgb", "model.txt")
    runs_code = False
    packages = ("lightgbm",)

    def claims(self, model: object) -> bool:
        """Whether the model is LightGBM's own."""
        return any(each.__module__.split(".")[0] == "lightgbm" for each in type(model).__mro__)

    def facts(self, model: Any) -> Facts:
        """Return what a booster or wrapper shows."""
        booster = _booster(model)
        objective = str(booster.dump_model(num_iteration=1).get("objective", "")).split(" ")[0]
        if objective in ("lambdarank", "rank_xendcg"):
            raise ModelError(f"a booster of objective {objective} ranks; it does not predict")
        classes = classes_of(model) if model is not booster else None
        if classes is None and objective in ("binary", "multiclass", "multiclassova"):
            classes = tuple(range(max(2, booster.num_model_per_iteration())))
        task: Task = task_of_classes(classes) if classes else "regression"
        names = tuple(booster.feature_name())
        return Facts(
            task=task,
            classes=classes,
            scores=bool(classes),
            feature_names=None if all(map(_UNNAMED.fullmatch, names)) else names,
            n_features=booster.num_feature(),
            decision="argmax",
            tolerance=0.0,
        )

    def save(self, model: Any, path: Path) -> None:
        """Write the booster as text."""
        _booster(model).save_model(path)

    def load(self, path: Path) -> Any:
        """Return the booster; its file cannot run code."""
        try:
            import lightgbm
        except ImportError as error:
            raise MissingExtraError("lightgbm", "lightgbm", f"loading {path}") from error
        return lightgbm.Booster(model_file=path)

    def call(self, model: Any, features: Any, want: Mapping[str, bool]) -> Answer:
        """Return probabilities of a classifier; predicted values of a regression."""
        said = np.asarray(_booster(model).predict(features, num_threads=1))
        if not want["probabilities"]:
            return Answer(said)
        return Answer(None, said if said.ndim == 2 else np.stack([1 - said, said], axis=1))


def _booster(model: Any) -> Any:
    return model.booster_ if hasattr(model, "booster_") else model


FLAVOUR = LightGBMFlavour()
"""The flavour object."""
