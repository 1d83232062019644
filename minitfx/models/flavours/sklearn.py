"""scikit-learn estimators and pipelines, saved with joblib."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from minitfx.errors import ModelError
from minitfx.models.flavour import Answer, Facts
from minitfx.models.native_threads import one_native_thread
from minitfx.models.signature import Task

_TREES = (
    "DecisionTree",
    "ExtraTree",
    "ExtraTrees",
    "RandomForest",
    "GradientBoosting",
    "HistGradientBoosting",
)
_EXACT = {f"{name}{kind}" for name in _TREES for kind in ("Classifier", "Regressor")}
_LIKELIEST = {f"{name}Classifier" for name in _TREES} | {
    "LogisticRegression",
    "LogisticRegressionCV",
    "MLPClassifier",
}
_ROW_WISE = {
    "Binarizer",
    "ColumnTransformer",
    "KBinsDiscretizer",
    "MaxAbsScaler",
    "MinMaxScaler",
    "OneHotEncoder",
    "OrdinalEncoder",
    "RobustScaler",
    "SimpleImputer",
    "StandardScaler",
}


class SklearnFlavour:
    """scikit-learn estimators and pipelines, saved with joblib."""

    name = "sklearn"
    file = "model.joblib"
    files: tuple[str, ...] = ("model.joblib", "model.pkl", "model.pickle", "model.sav")
    runs_code = True
    packages: tuple[str, ...] = ("scikit-learn", "numpy", "joblib")

    def claims(self, model: object) -> bool:
        """Whether the model is, or derives from, a scikit-learn estimator."""
        return any(each.__module__.startswith("sklearn.") for each in type(model).__mro__)

    def facts(self, model: Any) -> Facts:
        """Return what a fitted estimator shows.

        Raises
        ------
        ModelError
            If it predicts several outputs.
        """
        classes = classes_of(model)
        names = getattr(model, "feature_names_in_", None)
        final = _final(model)
        return Facts(
            task=_task(model, classes),
            classes=classes,
            scores=hasattr(model, "predict_proba"),
            feature_names=None if names is None else tuple(str(name) for name in names),
            n_features=getattr(model, "n_features_in_", None),
            layout="matrix" if names is None else "frame",
            decision="argmax" if _is_own(final, _LIKELIEST) else "predict",
            tolerance=0.0 if _is_exact(model) else Facts.tolerance,
        )

    def save(self, model: Any, path: Path) -> None:
        """Write the estimator with joblib, uncompressed."""
        joblib.dump(model, path)

    def load(self, path: Path) -> Any:
        """Return the estimator; runs whatever code the file names."""
        with warnings.catch_warnings():
            # Versions are compared by load_model, with a policy and a message of its own.
            warnings.filterwarnings("ignore", message="Trying to unpickle estimator")
            return joblib.load(path)

    def call(self, model: Any, features: Any, want: Mapping[str, bool]) -> Answer:
        """Return classes and probabilities, or predicted values."""
        with one_thread():
            return Answer(
                np.asarray(model.predict(features)) if want["prediction"] else None,
                np.asarray(model.predict_proba(features)) if want["probabilities"] else None,
            )


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep estimators from starting threads of their own inside the ``with`` block.

    Notes
    -----
    Forests add up their trees in the order in which threads finish, which changes the last bits;
    and OpenMP threads that wait for each other after every batch cost several times the work.
    Parallelism belongs to whoever cuts the rows.
    """
    with one_native_thread("openmp"), joblib.parallel_config(backend="sequential"):
        yield


def classes_of(model: Any) -> tuple[Any, ...] | None:
    """Return the class labels of a classifier as Python values; None for any other model.

    Raises
    ------
    ModelError
        If it has a list of labels for each of several outputs.
    """
    classes = getattr(model, "classes_", None)
    if classes is None:
        return None
    if isinstance(classes, list) and classes and isinstance(classes[0], np.ndarray):
        raise ModelError(
            f"{type(model).__qualname__} predicts {len(classes)} outputs; expected one. Train one "
            "model for each"
        )
    return tuple(np.asarray(classes).tolist())


def _task(model: Any, classes: tuple[Any, ...] | None) -> Task | None:
    from sklearn.base import is_classifier, is_regressor

    if is_classifier(model):
        return task_of_classes(classes or ())
    return "regression" if is_regressor(model) else None


def task_of_classes(classes: tuple[Any, ...]) -> Task:
    """Return the task of a classifier with these labels."""
    return "multiclass_classification" if len(classes) > 2 else "binary_classification"


def _final(model: Any) -> Any:
    """Return the estimator that decides, inside of pipelines and searches."""
    if hasattr(model, "best_estimator_"):
        return _final(model.best_estimator_)
    if _is_own(model, {"Pipeline"}):
        return _final(model.steps[-1][1])
    return model


def _is_own(model: Any, names: set[str]) -> bool:
    """Whether the model is of one of scikit-learn's own classes, not of one derived from it."""
    return type(model).__name__ in names and type(model).__module__.startswith("sklearn.")


def _is_exact(model: Any) -> bool:
    if hasattr(model, "best_estimator_"):
        return _is_exact(model.best_estimator_)
    if _is_own(model, {"Pipeline"}):
        return _is_exact(model.steps[-1][1]) and all(
            _is_row_wise(step) for _, step in model.steps[:-1]
        )
    return _is_own(model, _EXACT)


def _is_row_wise(step: Any) -> bool:
    if step is None or isinstance(step, str):
        return True
    if _is_own(step, {"Pipeline"}):
        return all(_is_row_wise(each) for _, each in step.steps)
    if _is_own(step, {"ColumnTransformer"}):
        return all(_is_row_wise(each) for _, each, _ in step.transformers)
    return _is_own(step, _ROW_WISE)


FLAVOUR = SklearnFlavour()
"""The flavour object."""
