"""The ready-made trainer: any scikit-learn estimator, fitted on chosen columns."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any, Protocol, Self

from pandas.api.types import is_numeric_dtype
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from minitfx import ambient
from minitfx.errors import DataError, MinitfxError, ModelError, ParameterError, did_you_mean
from minitfx.models import Manifest, load_model, save_model
from minitfx.training.arrays import feature_names
from minitfx.training.fn_args import FnArgs
from minitfx.training.labelled_rows import (
    Columns,
    LabelledRows,
    accessor_of,
    read_labelled_rows,
)
from minitfx.training.run_log import RunLog
from minitfx.training.trainer import raw_schema


class Estimator(Protocol):
    """What is needed of a scikit-learn estimator."""

    def fit(self, X: Any, y: Any, **fit_params: Any) -> Self:
        """Fit and return the estimator."""
        ...

    def score(self, X: Any, y: Any) -> float:
        """Return accuracy, or R²."""
        ...

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name."""
        ...

    def set_params(self, **params: Any) -> Self:
        """Set parameters and return the estimator."""
        ...


_CONTINUING = ("xgb_model", "init_model")
"""What XGBoost's and LightGBM's ``fit`` call the model to go on from."""


def train_estimator(
    estimator: Estimator,
    fn_args: FnArgs,
    columns: Columns,
    *,
    raw: bool | None = None,
    trust: bool | str = False,
) -> Manifest:
    """Fit an estimator, save it, and return its manifest.

    Parameters
    ----------
    estimator : scikit-learn estimator
        Any classifier, regressor or pipeline. It is cloned; the hyperparameters of ``fn_args``
        are set on the clone, and every ``random_state`` that is None becomes 0, so that the same
        examples give the same model.
    fn_args : FnArgs
        What to train on and where to save. With a ``base_model``, training goes on from it.
    columns : Columns
        Label, features and weight.
    raw : bool, optional
        Whether the examples are still to go through the transform graph; see
        `minitfx.training.labelled_rows.accessor_of`.
    trust : bool or str, default False
        Who vouches for the base model; see `minitfx.models.load_model`.

    Raises
    ------
    ColumnError, DataError
        If a column is not there, a label or weight is missing, or there are no rows.
    ParameterError
        If a hyperparameter is none of the estimator's.
    ModelError
        If the estimator refuses the examples, cannot go on from the base model, or cannot be saved;
        if nobody vouches for the base model.

    Notes
    -----
    All training rows are in memory: that is what ``fit`` takes. The score on the evaluation
    splits (accuracy, or R²) goes into the run log.
    """
    assert fn_args.serving_model_dir is not None
    accessor = accessor_of(fn_args, raw)
    train = read_labelled_rows(accessor, fn_args.train_files, columns)
    if not len(train.y):
        raise DataError(
            f"there is no row to train on in {', '.join(fn_args.train_files)}; look at the split "
            "of the examples, or choose others with train_args"
        )
    ready = prepared(estimator, fn_args.hyperparameters or {})
    try:
        if fn_args.base_model is None:
            fitted = fit(ready, train)
        else:
            fitted = _continued(ready, train, fn_args.base_model, trust)
    except (TypeError, ValueError) as error:
        if isinstance(error, MinitfxError):
            raise
        raise ModelError(_unfitted(estimator, train, error)) from error
    if fn_args.eval_files and accessor.rows(fn_args.eval_files):
        held_out = read_labelled_rows(accessor, fn_args.eval_files, columns)
        score = fitted.score(held_out.X, held_out.y, **held_out.names)
        RunLog(fn_args.model_run_dir).write(0, eval_score=score)
    return save_model(
        fitted,
        fn_args.serving_model_dir,
        transform_graph=fn_args.transform_graph_path,
        label=columns.label,
        features=feature_names(
            accessor.schema(fn_args.train_files), columns.label, columns.features, columns.weight
        ),
        schema=raw_schema(fn_args),
    )


def prepared(estimator: Estimator, hyperparameters: Mapping[str, Any]) -> Estimator:
    """Return an unfitted copy with hyperparameters, and without unseeded randomness.

    Raises
    ------
    ParameterError
        If a hyperparameter is none of the estimator's.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> prepared(LogisticRegression(), {"C": 0.3}).get_params()["random_state"]
    0
    """
    copy: Estimator = clone(estimator)
    known = copy.get_params()
    for name in hyperparameters:
        if name not in known:
            raise ParameterError(
                f"{type(estimator).__qualname__} has no parameter {name!r}, which the "
                f"hyperparameters set. {did_you_mean(name, known)}"
            )
    copy.set_params(**hyperparameters)
    unseeded = [
        name
        for name, value in copy.get_params().items()
        if name.rpartition("__")[2] == "random_state" and value is None
    ]
    return copy.set_params(**dict.fromkeys(unseeded, 0))


def fit(estimator: Estimator, examples: LabelledRows, **more: Any) -> Estimator:
    """Fit an estimator, handing sample weights to the step of a pipeline that predicts.

    Parameters
    ----------
    estimator : scikit-learn estimator
        Is fitted.
    examples : LabelledRows
        On these.
    **more
        Further arguments of its ``fit``.

    Raises
    ------
    ParameterError
        If there are weights and the estimator takes none.

    Notes
    -----
    OpenMP gets no more threads than there are workers here (`minitfx.ambient.workers`): threads
    of several estimators that wait for each other cost many times the work.
    """
    name = "sample_weight"
    if isinstance(estimator, Pipeline):
        name = f"{estimator.steps[-1][0]}__{name}"
    weights = {} if examples.weight is None else {name: examples.weight}
    try:
        with threadpool_limits(limits=ambient.workers(), user_api="openmp"):
            return estimator.fit(examples.X, examples.y, **weights, **more)
    except TypeError as error:
        if not weights or "sample_weight" not in str(error):
            raise
        raise ParameterError(
            f"{type(estimator).__qualname__} takes no sample weights; leave weight out"
        ) from error


def _unfitted(estimator: Estimator, examples: LabelledRows, error: Exception) -> str:
    """Return why an estimator was not fitted, and which columns are the likely cause."""
    X = examples.X
    told = (
        f"{type(estimator).__qualname__} could not be fitted on {len(X):,} rows and "
        f"{X.shape[1]} features: {type(error).__name__}: {error}"
    )
    empty = [str(name) for name, column in X.items() if column.isna().all()]
    text = [str(name) for name, column in X.items() if not is_numeric_dtype(column.dtype)]
    for names, what in ((empty, "without any value"), (text, "that hold no numbers")):
        if names:
            more = ", …" if len(names) > 10 else ""
            told += f". Features {what}: {', '.join(names[:10])}{more}"
    return told


def _continued(
    estimator: Estimator, examples: LabelledRows, base_model: str, trust: bool | str
) -> Estimator:
    """Return the estimator of the base model, trained further."""
    base = load_model(base_model, trust=trust).model
    for name in _CONTINUING:
        if name in signature(estimator.fit).parameters:
            return fit(estimator, examples, **{name: base})
    if type(base) is not type(estimator):
        raise ModelError(
            f"the base model at {base_model} is a {type(base).__qualname__}; expected a "
            f"{type(estimator).__qualname__}, which this Trainer fits"
        )
    if hasattr(base, "partial_fit"):
        continued: Estimator = base.partial_fit(examples.X, examples.y, **examples.names)
        return continued
    if "warm_start" in estimator.get_params():
        settings = estimator.get_params(deep=False) | {"warm_start": True}
        return fit(base.set_params(**settings), examples)
    raise ModelError(
        f"{type(estimator).__qualname__} cannot go on from a base model: it has neither "
        "partial_fit nor warm_start"
    )
