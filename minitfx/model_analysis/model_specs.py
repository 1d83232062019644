"""Questions to a configuration and its model specs, by the names of TFMA's ``utils``."""

from __future__ import annotations

from collections.abc import Sequence

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.config import (
    has_change_threshold,
    update_eval_config_with_defaults,
    verify_eval_config,
)
from minitfx.proto import eval_config_pb2 as pb

TF_GENERIC = "tf_generic"
TF_ESTIMATOR = "tf_estimator"
TF_KERAS = "tf_keras"
TF_LITE = "tf_lite"
TF_JS = "tf_js"

__all__ = [
    "get_baseline_model_spec",
    "get_model_spec",
    "get_model_type",
    "get_non_baseline_model_specs",
    "has_change_threshold",
    "update_eval_config_with_defaults",
    "verify_eval_config",
]


def get_baseline_model_spec(eval_config: pb.EvalConfig) -> pb.ModelSpec | None:
    """Return the spec of the model that the others are compared with, None without one."""
    return next((spec for spec in eval_config.model_specs if spec.is_baseline), None)


def get_non_baseline_model_specs(eval_config: pb.EvalConfig) -> Sequence[pb.ModelSpec]:
    """Return the specs of all other models."""
    return [spec for spec in eval_config.model_specs if not spec.is_baseline]


def get_model_spec(eval_config: pb.EvalConfig, model_name: str) -> pb.ModelSpec | None:
    """Return the spec of a model; the only one if there is one, None if there are none.

    Raises
    ------
    EvaluationError
        If there are several, and none has this name.

    Examples
    --------
    >>> get_model_spec(pb.EvalConfig(model_specs=[{"label_key": "y"}]), "").label_key
    'y'
    """
    specs = list(eval_config.model_specs)
    if len(specs) < 2:
        return next(iter(specs), None)
    for spec in specs:
        if spec.name == model_name:
            return spec
    names = [spec.name for spec in specs]
    raise EvaluationError(
        f"no model_spec is called {model_name!r}. {did_you_mean(model_name, names)}"
    )


def get_model_type(
    model_spec: pb.ModelSpec | None, model_path: str = "", tags: Sequence[str] = ()
) -> str:
    """Return the type that a spec states; by default ``tf_generic``.

    Parameters
    ----------
    model_spec : ModelSpec or None
        Of the model.
    model_path, tags
        No effect: a saved model of minitfx knows its framework by itself.
    """
    return TF_GENERIC if model_spec is None else model_spec.model_type or TF_GENERIC
