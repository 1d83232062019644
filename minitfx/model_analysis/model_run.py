"""Analyses of saved models in their folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minitfx.errors import EvaluationError
from minitfx.model_analysis.analysis import analyze
from minitfx.model_analysis.config import BASELINE, CANDIDATE, checked
from minitfx.model_analysis.defaults import with_label_domains
from minitfx.model_analysis.results import (
    DATA_CENTRIC_MODE,
    MODEL_CENTRIC_MODE,
    EvalResult,
    EvalResults,
    make_eval_results,
    result_of,
)
from minitfx.models import load_model
from minitfx.proto import eval_config_pb2 as pb

BASELINE_KEY = BASELINE
"""The name of the model that a candidate is compared with."""

CANDIDATE_KEY = CANDIDATE
"""The name of the model that is compared with a baseline."""


@dataclass(frozen=True)
class ModelLoader:
    """A way to load a model that minitfx does not know.

    Parameters
    ----------
    construct_fn : callable
        Called without arguments, returns the model: an object whose ``predict`` takes a
        `pyarrow.Table` of examples and returns one with ``prediction`` or ``probabilities``.
    """

    construct_fn: Callable[[], Any]


@dataclass(frozen=True)
class EvalSharedModel:
    """A saved model to evaluate; `default_eval_shared_model` makes one.

    Attributes
    ----------
    model_path : str
        The folder that `minitfx.models.save_model` wrote.
    model_name : str
        The name of its model spec; empty where there is one model.
    trust : bool or str
        Who vouches for it (`minitfx.models.load_model`).
    model_loader : ModelLoader or None
        What loads it; None: `minitfx.models.load_model`.
    """

    model_path: str
    model_name: str = ""
    trust: bool | str = False
    model_loader: ModelLoader | None = None


def default_eval_shared_model(
    eval_saved_model_path: str | Path,
    *,
    model_name: str = "",
    eval_config: pb.EvalConfig | None = None,
    custom_model_loader: ModelLoader | None = None,
    trust: bool | str = False,
) -> EvalSharedModel:
    """Return a saved model to evaluate.

    Parameters
    ----------
    eval_saved_model_path : path
        The folder that holds it.
    model_name : str
        ``BASELINE_KEY``, ``CANDIDATE_KEY`` or the name of a model spec.
    eval_config : EvalConfig, optional
        Checked to have a model spec of that name, if it names any.
    custom_model_loader : ModelLoader, optional
        Loads it in place of `minitfx.models.load_model`.
    trust : bool or str
        Who vouches for the model (`minitfx.models.load_model`).

    Raises
    ------
    EvaluationError
        If the configuration names other models.

    Examples
    --------
    >>> default_eval_shared_model("model", model_name=BASELINE_KEY).model_name
    'baseline'
    """
    specs = [] if eval_config is None else checked(eval_config).model_specs
    known = {CANDIDATE, BASELINE, "", *(spec.name for spec in specs)}
    if specs and model_name not in known:
        names = sorted(known - {""})
        raise EvaluationError(f"no model_spec is called {model_name!r}. Known: {', '.join(names)}.")
    return EvalSharedModel(str(eval_saved_model_path), model_name, trust, custom_model_loader)


def run_model_analysis(
    eval_shared_model: Any = None,
    eval_config: pb.EvalConfig | None = None,
    data_location: Any = "",
    output_path: str | Path | None = None,
    *,
    trust: bool | str = False,
    seed: int = 0,
    extractors: Sequence[Any] = (),
    schema: Any = None,
) -> EvalResult | EvalResults:
    """Return the metrics of one or more saved models on examples.

    Parameters
    ----------
    eval_shared_model : EvalSharedModel, model, path, or mapping or sequence of such, optional
        What to evaluate: saved models or the folders that hold them; a mapping gives the names of
        their model specs, and an `EvalSharedModel` knows its own. Nothing, if the predictions
        stand in the data.
    eval_config : EvalConfig
        What to compute.
    data_location : path, sequence of paths or table
        The examples, as Parquet or in memory.
    output_path : path, optional
        A folder to write the result to.
    trust : bool or str
        Who vouches for models that are loaded from folders (`minitfx.models.load_model`).
    seed : int
        Of resampling for intervals.
    extractors : sequence of Extractor or function
        Add columns to the examples first (`minitfx.model_analysis.extractors`).
    schema : tensorflow_metadata Schema, optional
        Gives calibration plots the domain of the label.

    Returns
    -------
    EvalResult or EvalResults
        One for each model; a single one if there is one model.

    Raises
    ------
    EvaluationError, ColumnError, CodeError, DataError, ModelError
        If the configuration, the data and the models do not go together.
    """
    config = checked(eval_config) if eval_config is not None else pb.EvalConfig()
    if schema is not None:
        config = with_label_domains(config, schema)
    given = _model_mapping(eval_shared_model, config)
    places = {name: place for name, model in given.items() if (place := _place(model))}
    models = {name: open_model(model, trust=trust) for name, model in given.items()}
    analysis = analyze(data_location, config, models, seed=seed, extractors=extractors)
    names = [spec.name for spec in analysis.findings.config.model_specs]
    if names == [""]:
        places = dict.fromkeys(names, *places.values()) if places else {}
    where = {"data_location": data_location if isinstance(data_location, str) else ""}
    if output_path is not None:
        analysis.write(output_path, model_locations=places, **where)
    results = [
        result_of(analysis.findings, name, model_location=places.get(name, ""), **where)
        for name in names
    ]
    return results[0] if len(results) == 1 else EvalResults(results)


def _model_mapping(given: Any, config: pb.EvalConfig) -> dict[str, Any]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        if given and all(isinstance(model, EvalSharedModel) for model in given):
            return _by_own_name(given)
        names = [spec.name for spec in config.model_specs]
        if len(names) != len(given):
            raise EvaluationError(
                f"there are {len(given)} models and {len(names)} model_specs; expected one each"
            )
        return dict(zip(names, given, strict=True))
    return {given.model_name if isinstance(given, EvalSharedModel) else "": given}


def _by_own_name(given: Sequence[EvalSharedModel]) -> dict[str, Any]:
    names = [model.model_name for model in given]
    if len(set(names)) < len(names):
        raise EvaluationError(
            f"{len(names)} models are called {names}; give each its model_name, such as "
            "BASELINE_KEY and CANDIDATE_KEY"
        )
    return dict(zip(names, given, strict=True))


def _place(model: Any) -> str:
    if isinstance(model, EvalSharedModel):
        return str(model.model_path)
    return str(model) if isinstance(model, (str, Path)) else ""


def open_model(model: Any, *, trust: bool | str = False) -> Any:
    """Return what predicts: a model itself, or what is loaded of a folder.

    Parameters
    ----------
    model : EvalSharedModel, path or model
        What to evaluate.
    trust : bool or str
        Who vouches for a model that is loaded from a folder (`minitfx.models.load_model`).

    Raises
    ------
    EvaluationError
        If it cannot predict.
    ModelError
        If it cannot be loaded.
    """
    if isinstance(model, EvalSharedModel) and model.model_loader is not None:
        model = model.model_loader.construct_fn()
    elif isinstance(model, EvalSharedModel):
        model = load_model(model.model_path, trust=model.trust or trust)
    elif isinstance(model, (str, Path)):
        model = load_model(model, trust=trust)
    if not callable(getattr(model, "predict", None)):
        raise EvaluationError(
            f"{type(model).__name__} has no predict; expected a model whose predict takes a "
            "pyarrow.Table of examples and returns one with prediction or probabilities"
        )
    return model


def multiple_model_analysis(
    model_locations: Sequence[str | Path], data_location: Any, **options: Any
) -> EvalResults:
    """Return the metrics of several models on the same examples, each on its own.

    Parameters
    ----------
    model_locations : sequence of path
        Folders of saved models.
    data_location : path, sequence of paths or table
        The examples.
    **options
        Further arguments of `run_model_analysis`, such as ``eval_config`` and ``trust``.
    """
    results = [
        run_model_analysis(model, data_location=data_location, **options)
        for model in model_locations
    ]
    return make_eval_results(_single(results), MODEL_CENTRIC_MODE)


def multiple_data_analysis(
    model_location: str | Path, data_locations: Sequence[Any], **options: Any
) -> EvalResults:
    """Return the metrics of one model on several sets of examples.

    Parameters
    ----------
    model_location : path
        The folder of a saved model.
    data_locations : sequence of path, sequence of paths or table
        The sets of examples.
    **options
        Further arguments of `run_model_analysis`, such as ``eval_config`` and ``trust``.
    """
    results = [
        run_model_analysis(model_location, data_location=data, **options) for data in data_locations
    ]
    return make_eval_results(_single(results), DATA_CENTRIC_MODE)


def _single(results: Sequence[EvalResult | EvalResults]) -> list[EvalResult]:
    found = [each for each in results if isinstance(each, EvalResult)]
    if len(found) < len(results):
        raise EvaluationError(
            "eval_config has several model_specs; expected one, as each analysis has one model"
        )
    return found
