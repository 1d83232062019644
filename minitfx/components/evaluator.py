"""Evaluator: metrics of a model over slices, and whether it may be pushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Annotated, Any

from minitfx import ambient
from minitfx.channel import Channel
from minitfx.code import CodeReference
from minitfx.component import Artifact, Code, Component, Output, Resolution
from minitfx.errors import CodeError, ParameterError
from minitfx.proto.eval_config_pb2 import EvalConfig, FeatureSlicingSpec
from minitfx.types import Examples, Model, ModelBlessing, ModelEvaluation, Schema


class Evaluator(Component):
    """Compute the metrics of a model over slices, and bless it if they satisfy its thresholds.

    A threshold that fails does not fail the node: the model is not blessed, and a Pusher leaves
    it alone. Without any threshold the model is neither blessed nor refused, as in TFX, and the
    blessing says so.

    Inputs
    ------
    examples : Examples
        Rows with labels; those of several artifacts and splits are evaluated together.
    model : Model, optional
        The candidate. It may be left out when the configuration names a ``prediction_key``.
    baseline_model : Model, optional
        What change thresholds compare with, most often the latest blessed model. A baseline with
        the same bytes as the candidate counts as none. Without one, change thresholds are left
        out.
    schema : Schema, optional
        Gives calibration plots the domain of the label.

    Parameters
    ----------
    eval_config : EvalConfig, optional
        Models, slices, metrics and thresholds. By default the usual metrics of the model's task,
        without thresholds.
    example_splits : list of str, optional
        Splits to evaluate; ``eval`` by default.
    feature_slicing_spec : FeatureSlicingSpec, optional
        Columns to slice by, where there is no ``eval_config``.
    fairness_indicator_thresholds : list of float, optional
        Adds fairness indicators at these thresholds.
    module_file, module_path : str, optional
        A Python file, or a dotted module, with one of these functions, or both.
        ``custom_eval_shared_model(eval_saved_model_path, model_name, eval_config)`` returns what
        is evaluated in place of the saved model: an object whose ``predict`` takes a
        `pyarrow.Table` of examples and returns one with ``prediction`` or ``probabilities``, or
        what `default_eval_shared_model` returns.
        ``custom_extractors(eval_shared_model, eval_config, tensor_adapter_config)``, or with some
        of these arguments, returns functions that add columns to the examples
        (`minitfx.model_analysis.extractors`); it gets the model that is evaluated, or a mapping
        of ``candidate`` and ``baseline``, and None for the last.

    Outputs
    -------
    evaluation : ModelEvaluation
        ``metrics.parquet``, ``plots.parquet``, ``validations.parquet`` and ``eval_config.json``.
    blessing : ModelBlessing
        A file ``BLESSED`` or ``NOT_BLESSED``, with properties ``blessed`` (1 or 0),
        ``current_model``, ``current_model_id``, ``baseline_model``, ``baseline_model_id`` and
        ``blessing_message``: one line for each check that failed. Without thresholds only the
        message.

    Raises
    ------
    ParameterError
        At construction, for settings that exclude each other.
    EvaluationError, ColumnError, ModelError
        At run, if the configuration, the data and the model do not go together.
    CodeError
        At run, if the module has neither of these functions, or one of them fails.
    """

    examples: Channel[list[Examples]]
    model: Channel[Model] | None = None
    baseline_model: Channel[Model] | None = None
    feature_slicing_spec: FeatureSlicingSpec | None = None
    fairness_indicator_thresholds: list[float] | None = None
    example_splits: list[str] | None = None
    eval_config: EvalConfig | None = None
    schema: Channel[Schema] | None = None
    module_file: Annotated[str | None, Code("custom_eval_shared_model", "custom_extractors")] = None
    module_path: Annotated[
        str | None, Code("custom_eval_shared_model", "custom_extractors", dotted=True)
    ] = None
    evaluation = Output(ModelEvaluation)
    blessing = Output(ModelBlessing)

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse settings that exclude each other."""
        for one, two in (("eval_config", "feature_slicing_spec"), ("module_file", "module_path")):
            if parameters[one] is not None and parameters[two] is not None:
                raise ParameterError(f"Evaluator was given {one} and {two}; expected one of them")
        if parameters["eval_config"] is None and "model" not in inputs:
            raise ParameterError(
                "Evaluator was given neither a model nor an eval_config that names a "
                "prediction_key; expected one of them"
            )
        config = parameters["eval_config"]
        if isinstance(config, EvalConfig) and len(config.model_specs) > 2:
            raise ParameterError(
                f"Evaluator's eval_config has {len(config.model_specs)} model_specs; expected at "
                "most two, a candidate and a baseline"
            )

    @staticmethod
    def resolve(
        inputs: Mapping[str, Sequence[Artifact]], parameters: Mapping[str, Any]
    ) -> Resolution:
        """Leave out a baseline that is the candidate itself."""
        digests = [{each.digest for each in inputs.get(k, ())} for k in ("model", "baseline_model")]
        same = bool(digests[0]) and digests[0] == digests[1] and None not in digests[0]
        return Resolution(inputs={"baseline_model": []} if same else {})

    @staticmethod
    def execute(
        examples: list[Examples],
        model: Model | None,
        baseline_model: Model | None,
        feature_slicing_spec: FeatureSlicingSpec | None,
        fairness_indicator_thresholds: list[float] | None,
        example_splits: list[str] | None,
        eval_config: EvalConfig | None,
        schema: Schema | None,
        module_file: CodeReference | None,
        module_path: CodeReference | None,
        evaluation: ModelEvaluation,
        blessing: ModelBlessing,
    ) -> None:
        """Write the evaluation, and the verdict."""
        from minitfx import model_analysis as tfma
        from minitfx.data_validation import load_schema_text
        from minitfx.dataset import open_source

        make, extract = _hooks(module_file or module_path, model)
        splits = example_splits or ["eval"]
        folders = [each.existing_split(split) for each in examples for split in splits]
        given = {"candidate": model, "baseline": baseline_model}
        models = {
            name: _predictor(name, artifact, make, eval_config)
            for name, artifact in given.items()
            if artifact is not None
        }
        analysis = tfma.analyze_model(
            folders,
            eval_config,
            models,
            slicing=feature_slicing_spec,
            fairness_thresholds=fairness_indicator_thresholds,
            schema=load_schema_text(schema.path / "schema.pbtxt") if schema else None,
            extractors=_extractors(extract, models, eval_config),
        )
        rows = sum(open_source(folder).rows for folder in folders)
        ambient.report(rows, rows)
        analysis.write(evaluation.path)
        _bless(blessing, analysis.verdict, model, baseline_model)


def _hooks(code: CodeReference | None, model: Model | None) -> tuple[Any, Any]:
    """Return the user's functions that make a model and extractors, None for what is not there."""
    if code is None:
        return None, None
    make, extract = (code.load(name) for name in ("custom_eval_shared_model", "custom_extractors"))
    where = code.file or code.module
    if make is None and extract is None:
        raise CodeError(
            f"{where} defines neither custom_eval_shared_model nor custom_extractors; expected one"
        )
    if extract is None and model is None:
        raise CodeError(
            f"Evaluator has no model, and the custom_eval_shared_model of {where} makes what is "
            "evaluated of one; give the model, or define custom_extractors"
        )
    return make, extract


def _extractors(extract: Any, models: Mapping[str, Any], config: EvalConfig | None) -> list[Any]:
    if extract is None:
        return []
    known = {
        "eval_shared_model": models.get("candidate") if len(models) < 2 else dict(models),
        "eval_config": EvalConfig() if config is None else config,
        "tensor_adapter_config": None,
    }
    taken = signature(extract).parameters.values()
    if not any(each.kind is each.VAR_KEYWORD for each in taken):
        known = {each.name: known[each.name] for each in taken if each.name in known}
    return list(extract(**known))


def _predictor(name: str, model: Model, make: Any, config: Any) -> Any:
    """Return what predicts: the saved model, or what the user's function makes of it."""
    from minitfx.model_analysis import open_model
    from minitfx.models.loading import load_model
    from minitfx.models.vouching import serving_folder, trust_of

    folder = serving_folder(model)
    if make is None:
        return load_model(folder, trust=trust_of(model))
    made = make(
        eval_saved_model_path=str(folder),
        model_name=name,
        eval_config=EvalConfig() if config is None else config,
    )
    return open_model(made, trust=trust_of(model))


def _bless(blessing: ModelBlessing, verdict: Any, model: Model | None, baseline: Any) -> None:
    for role, each in (("current_model", model), ("baseline_model", baseline)):
        if each is not None:
            blessing.set_string_custom_property(role, each.uri)
            if each.id is not None:
                blessing.set_int_custom_property(f"{role}_id", each.id)
    blessing.set_string_custom_property("blessing_message", verdict.message)
    blessing.path.mkdir(parents=True, exist_ok=True)
    if verdict.has_thresholds:
        blessing.set_int_custom_property("blessed", int(verdict.ok))
        (blessing.path / ("BLESSED" if verdict.ok else "NOT_BLESSED")).touch()
