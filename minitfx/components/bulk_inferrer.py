"""BulkInferrer: predictions for every row."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minitfx import ambient
from minitfx.channel import Channel
from minitfx.component import Component, Output
from minitfx.errors import ParameterError, did_you_mean
from minitfx.proto.bulk_inferrer_pb2 import DataSpec, ModelSpec, OutputExampleSpec
from minitfx.types import Examples, InferenceResult, Model, ModelBlessing

if TYPE_CHECKING:
    from minitfx.models.bulk import OutputColumns

SIGNATURE = "serving_default"


class BulkInferrer(Component):
    """Predict every row of the examples, if the model is blessed.

    Inputs
    ------
    examples : Examples
        Raw rows.
    model : Model
        What predicts.
    model_blessing : ModelBlessing, optional
        Without a blessing in it, nothing is predicted and the node succeeds.

    Parameters
    ----------
    data_spec : DataSpec, optional
        Which splits; all by default.
    model_spec : ModelSpec, optional
        Taken as in TFX; a saved model has the one signature ``serving_default``.
    output_example_spec : OutputExampleSpec, optional
        Which columns are written, and under which names; asks for ``output_examples``.

    Outputs
    -------
    inference_result : InferenceResult
        ``Split-<name>/`` with the rows and the columns ``prediction`` and ``probabilities``,
        unless ``output_example_spec`` is given.
    output_examples : Examples
        ``Split-<name>/`` with the rows and the named columns, if it is.

    Raises
    ------
    ParameterError
        At construction, without a model, or for a signature that it has not.
    ModelError, ColumnError
        At run, if the model cannot be loaded or does not fit the rows.
    """

    examples: Channel[Examples]
    model: Channel[Model] | None = None
    model_blessing: Channel[ModelBlessing] | None = None
    data_spec: DataSpec | None = None
    model_spec: ModelSpec | None = None
    output_example_spec: OutputExampleSpec | None = None
    inference_result = Output(InferenceResult, optional=True)
    output_examples = Output(Examples, optional=True)

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse a missing model and unknown signatures."""
        if "model" not in inputs:
            raise ParameterError("BulkInferrer needs model, a channel of Model")
        spec, wanted = parameters["model_spec"], parameters["output_example_spec"]
        names = list(spec.model_signature_name) if isinstance(spec, ModelSpec) else []
        if isinstance(wanted, OutputExampleSpec):
            names += [each.signature_name for each in wanted.output_columns_spec]
            if not wanted.output_columns_spec:
                raise ParameterError(
                    "BulkInferrer.output_example_spec names no column; expected output_columns_spec"
                )
        for name in names:
            if name not in ("", SIGNATURE):
                raise ParameterError(
                    f"BulkInferrer: saved models have no signature {name!r}. "
                    f"{did_you_mean(name, [SIGNATURE])}"
                )

    @staticmethod
    def execute(
        examples: Examples,
        model: Model,
        model_blessing: ModelBlessing | None,
        data_spec: DataSpec | None,
        model_spec: ModelSpec | None,
        output_example_spec: OutputExampleSpec | None,
        inference_result: InferenceResult,
        output_examples: Examples,
    ) -> None:
        """Fold the model over the rows of each split."""
        from minitfx.dataset.source import open_source
        from minitfx.models.bulk import ModelReference, predict_to_parquet
        from minitfx.models.vouching import serving_folder, trust_of

        made: InferenceResult | Examples = inference_result
        if output_example_spec is not None:
            made = output_examples
            made.span, made.version = examples.span, examples.version
        shutil.rmtree((inference_result if made is output_examples else output_examples).path)
        made.splits = []
        if model_blessing is not None and model_blessing.get_custom_property("blessed") != 1:
            made.set_string_custom_property("reason", "the model is not blessed")
            return
        reference = ModelReference(str(serving_folder(model)), trust_of(model))
        columns = output_columns(output_example_spec)
        splits = list(data_spec.example_splits) if data_spec is not None else []
        for split in splits or examples.splits:
            source = open_source(examples.existing_split(split))
            predict_to_parquet(reference, source, made.split_path(split), columns)
            made.splits = [*made.splits, split]
            ambient.report(source.rows, source.rows)


def output_columns(spec: OutputExampleSpec | None) -> OutputColumns:
    """Return what is written, for a specification.

    Raises
    ------
    ParameterError
        If a column of it has no name, or two would have one.
    """
    from minitfx.models.bulk import OutputColumns

    if spec is None:
        return OutputColumns()
    renamed: dict[str, str] = {}
    ranked: tuple[str, str] | tuple[()] = ()
    for each in spec.output_columns_spec:
        if each.HasField("classify_output"):
            ranked = (each.classify_output.label_column, each.classify_output.score_column)
        elif each.HasField("regress_output"):
            renamed["prediction"] = each.regress_output.value_column
        for column in each.predict_output.output_columns:
            renamed[column.output_key] = column.output_column
    names = [*renamed.values(), *(name for name in ranked if name)]
    if "" in names or len(set(names)) < len(names) or not names:
        raise ParameterError(
            f"BulkInferrer.output_example_spec gives the columns {names}; expected a name for "
            "each, and no name twice"
        )
    return OutputColumns(tuple(spec.example_features) or None, renamed, ranked)
