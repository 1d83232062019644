"""XGBoost boosters and their scikit-learn wrappers, saved in XGBoost's own format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minitfx.errors import MissingExtraError, ModelError
from minitfx.models.flavour import Answer, Facts
from minitfx.models.flavours.sklearn import classes_of, task_of_classes
from minitfx.models.signature import Task


class XGBoostFlavour:
    """XGBoost boosters and their scikit-learn wrappers, saved in XGBoost's own format.

    Notes
    -----
    The file holds the booster alone: of a wrapper, class labels go into the manifest. Inputs are
    numbers; a booster of categorical columns needs them encoded, as a transform does.
    """

    name = "xgboost"
    file = "model.ubj"
    files = ("model.ubj", "booster.json")
    runs_code = False
    packages = ("xgboost",)

    def claims(self, model: object) -> bool:
        """Whether the model is XGBoost's own."""
        return any(each.__module__.split(".")[0] == "xgboost" for each in type(model).__mro__)

    def facts(self, model: Any) -> Facts:
        """Return what a booster or wrapper shows."""
        booster = _booster(model)
        objective, count = _objective(booster)
        if objective.startswith("rank:"):
            raise ModelError(f"a booster of objective {objective} ranks; it does not predict")
        classes = classes_of(model) if model is not booster else None
        classes = classes or (tuple(range(count)) if count else None)
        task: Task = task_of_classes(classes) if classes else "regression"
        names = booster.feature_names
        return Facts(
            task=task,
            classes=classes,
            scores=bool(classes) and objective not in ("multi:softmax", "binary:hinge"),
            feature_names=None if names is None else tuple(names),
            n_features=booster.num_features(),
            decision="argmax" if objective in ("multi:softprob", "binary:logistic") else "predict",
            tolerance=0.0,
        )

    def save(self, model: Any, path: Path) -> None:
        """Write the booster as binary JSON."""
        _booster(model).save_model(path)

    def load(self, path: Path) -> Any:
        """Return the booster; its file cannot run code."""
        try:
            import xgboost
        except ImportError as error:
            raise MissingExtraError("xgboost", "xgboost", f"loading {path}") from error
        return xgboost.Booster({"nthread": 1}, model_file=path)

    def call(self, model: Any, features: Any, want: Mapping[str, bool]) -> Answer:
        """Return probabilities of a classifier; predicted values of any other booster."""
        import xgboost

        booster = _booster(model)
        rows = xgboost.DMatrix(features, feature_names=booster.feature_names, nthread=1)
        best = booster.attr("best_iteration")
        until = (0, 0) if best is None else (0, int(best) + 1)
        said = booster.predict(rows, iteration_range=until)
        if not want["probabilities"]:
            return Answer(said)
        # In single precision, as the wrapper's predict_proba subtracts.
        scores = said if said.ndim == 2 else np.stack([1 - said, said], axis=1)
        return Answer(None, scores)


def _booster(model: Any) -> Any:
    return model.get_booster() if hasattr(model, "get_booster") else model


def _objective(booster: Any) -> tuple[str, int]:
    """Return a booster's objective and its number of classes, 0 for a regression."""
    learner = json.loads(booster.save_config())["learner"]
    name = str(learner["objective"]["name"])
    if name.startswith("multi:"):
        return name, int(learner["learner_model_param"]["num_class"])
    return name, 2 if name in ("binary:logistic", "binary:hinge") else 0


FLAVOUR = XGBoostFlavour()
"""The flavour object."""
