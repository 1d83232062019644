"""Whole analyses: of a table with predictions, or of models in memory on examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minitfx.dataset.source import open_source
from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.config import (
    BASELINE,
    CANDIDATE,
    baseline_name,
    checked,
    completed,
)
from minitfx.model_analysis.defaults import default_config, with_fairness, with_label_domains
from minitfx.model_analysis.evaluation import Findings, evaluate
from minitfx.model_analysis.extractors import with_extractors
from minitfx.model_analysis.results import EvalResult, result_of
from minitfx.model_analysis.store import write_evaluation
from minitfx.model_analysis.thresholds import needs_baseline
from minitfx.model_analysis.validation import validate
from minitfx.model_analysis.verdict import Verdict
from minitfx.proto import eval_config_pb2 as pb


@dataclass(frozen=True)
class Analysis:
    """An evaluation and its verdict.

    Attributes
    ----------
    findings : Findings
        The metrics of every slice and model.
    verdict : Verdict
        How they compare with the thresholds.
    """

    findings: Findings
    verdict: Verdict

    def result(self, model: str | None = None) -> EvalResult:
        """Return the metrics of one model the way TFMA shows them."""
        return result_of(self.findings, model)

    def write(self, folder: str | Path, **where: Any) -> None:
        """Write everything into a folder; see `minitfx.model_analysis.store`."""
        write_evaluation(folder, self.findings, self.verdict, **where)


def analyze(
    data: Any,
    eval_config: pb.EvalConfig,
    models: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    rubber_stamp: bool = True,
    extractors: Sequence[Any] = (),
) -> Analysis:
    """Return the metrics of every slice, and whether they satisfy the thresholds.

    Parameters
    ----------
    data : path, sequence of paths, Source, pyarrow.Table, pandas.DataFrame or Arrow stream
        The examples (`minitfx.dataset.source.open_source`), with the columns that the
        configuration names.
    eval_config : EvalConfig
        What to compute. It is not changed.
    models : mapping of str to Predictor, optional
        Models to ask, by the name of their model spec; ``baseline`` and ``candidate`` when the
        only spec has no name. Models that are not here need a ``prediction_key``.
    seed : int
        Of resampling for intervals.
    rubber_stamp : bool
        Whether change thresholds are left out when there is no baseline, rather than an error.
    extractors : sequence of Extractor or function
        Add columns to the examples first (`minitfx.model_analysis.extractors`).

    Raises
    ------
    EvaluationError, ColumnError, CodeError, DataError
        If the configuration and the data do not go together.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from minitfx.model_analysis import metrics
    >>> table = pa.table({"label": [1, 0, 1, 0], "prediction": [0.9, 0.2, 0.4, 0.6]})
    >>> config = pb.EvalConfig(
    ...     model_specs=[pb.ModelSpec(label_key="label", prediction_key="prediction")],
    ...     metrics_specs=metrics.specs_from_metrics([metrics.AUC()]),
    ... )
    >>> analyze(table, config).result().get_metrics_for_slice()["auc"]
    {'doubleValue': 0.75}
    """
    given = dict(models or {})
    eval_config = checked(eval_config)
    if not any(spec.metrics for spec in eval_config.metrics_specs):
        raise EvaluationError(
            "eval_config names no metric; add metrics_specs, such as those of "
            "metrics.default_binary_classification_specs()"
        )
    _check_names(eval_config, given)
    source = with_extractors(open_source(data), extractors)
    has_baseline = BASELINE in given or _has_baseline(eval_config, given, source.schema.names)
    stamped = not has_baseline and needs_baseline(eval_config)
    if stamped and not rubber_stamp:
        raise EvaluationError(
            "there are change thresholds but no baseline model to compare with; give one, or "
            "leave the thresholds out"
        )
    config = completed(eval_config, has_baseline=has_baseline, rubber_stamp=rubber_stamp)
    findings = evaluate(config, source, _named(config, given), seed=seed)
    return Analysis(findings, validate(findings, rubber_stamp=stamped))


def _check_names(config: pb.EvalConfig, models: Mapping[str, Any]) -> None:
    known = {"", CANDIDATE, BASELINE, *(spec.name for spec in config.model_specs)}
    for name in models:
        if name not in known:
            raise EvaluationError(
                f"no model_spec is called {name!r}. {did_you_mean(name, known - {''})}"
            )


def _has_baseline(config: pb.EvalConfig, models: Mapping[str, Any], columns: Sequence[str]) -> bool:
    """Return whether the configured baseline has a model, or a column of predictions."""
    for spec in config.model_specs:
        if spec.is_baseline:
            keys = {spec.prediction_key, *spec.prediction_keys.values()} - {""}
            return spec.name in models or (bool(keys) and keys <= set(columns))
    return False


def _named(config: pb.EvalConfig, models: Mapping[str, Any]) -> dict[str, Any]:
    """Return the models by the names of the complete configuration."""
    names = [spec.name for spec in config.model_specs]
    if names == [""]:
        if len(models) > 1:
            raise EvaluationError(
                f"there are models {sorted(models)} and one model_spec; expected one each"
            )
        return dict.fromkeys([""], *models.values()) if models else {}
    baseline = baseline_name(config)
    found: dict[str, Any] = {}
    for name, model in models.items():
        if name == BASELINE and baseline is not None:
            found[baseline] = model
        elif name in names:
            found[name] = model
        elif name in ("", CANDIDATE) and len(names) == 2:
            (other,) = (each for each in names if each != baseline)
            found[other] = model
        else:
            raise EvaluationError(f"no model_spec is called {name!r}. {did_you_mean(name, names)}")
    return found


def analyze_model(
    data: Any,
    eval_config: pb.EvalConfig | None,
    models: Mapping[str, Any],
    *,
    slicing: pb.FeatureSlicingSpec | None = None,
    fairness_thresholds: Sequence[float] | None = None,
    schema: Any = None,
    extractors: Sequence[Any] = (),
) -> Analysis:
    """Return the metrics and the verdict of a candidate against a baseline.

    Parameters
    ----------
    data : path, sequence of paths or table
        The examples.
    eval_config : EvalConfig or None
        What to compute; None: the usual metrics of the candidate's task.
    models : mapping of str to Predictor
        ``candidate`` and ``baseline``. Without a candidate, the configuration names the columns
        with predictions; without a baseline, change thresholds are left out.
    slicing : FeatureSlicingSpec, optional
        Columns to slice by, where there is no ``eval_config``.
    fairness_thresholds : sequence of float, optional
        Adds fairness indicators.
    schema : tensorflow_metadata Schema, optional
        Gives calibration plots the label's domain.
    extractors : sequence of Extractor or function
        Add columns to the examples first.

    Raises
    ------
    EvaluationError, ColumnError, CodeError, DataError
        If the configuration, the data and the models do not go together.
    """
    if eval_config is None:
        if CANDIDATE not in models:
            raise EvaluationError("there is no model and no configuration; expected one of them")
        eval_config = default_config(models[CANDIDATE], slicing)
    config = with_fairness(checked(eval_config), fairness_thresholds)
    if schema is not None:
        config = with_label_domains(config, schema)
    return analyze(data, config, models, extractors=extractors)


def analyze_raw_data(
    data: Any,
    eval_config: pb.EvalConfig | None = None,
    output_path: str | Path | None = None,
    *,
    seed: int = 0,
    extractors: Sequence[Any] = (),
) -> EvalResult:
    """Return the metrics of predictions that stand in the data.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table, path or Arrow stream
        A row per example, with columns of labels and predictions.
    eval_config : EvalConfig
        What to compute. Where a model spec names no ``label_key`` or ``prediction_key``, they are
        ``label`` and ``prediction``.
    output_path : path, optional
        A folder to write the result to.
    seed : int
        Of resampling for intervals.
    extractors : sequence of Extractor or function
        Add columns to the data first (`minitfx.model_analysis.extractors`).

    Returns
    -------
    EvalResult
        Of the model that is no baseline.

    Raises
    ------
    EvaluationError
        If a change threshold has no baseline: give a second model spec with ``is_baseline`` and
        its own ``prediction_key``.
    ColumnError
        If a column is not there.
    """
    config = pb.EvalConfig()
    if eval_config is not None:
        config.CopyFrom(checked(eval_config))
    if not config.model_specs:
        config.model_specs.add()
    for spec in config.model_specs:
        if not spec.prediction_keys:
            spec.prediction_key = spec.prediction_key or "prediction"
        if not spec.label_keys:
            spec.label_key = spec.label_key or "label"
    analysis = analyze(data, config, seed=seed, rubber_stamp=False, extractors=extractors)
    if output_path is not None:
        analysis.write(output_path)
    return analysis.result()
