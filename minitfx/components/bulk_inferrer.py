"""BulkInferrer: predictions for every row."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
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
TAG = "serve"
_OUTPUT = "output "


class BulkInferrer(Component):
    """Predict every row of the examples, if the model is blessed.

    Inputs
    ------
    examples : Examples
        Raw rows.
    model : Model
        What predicts.
    model_blessing : ModelBlessing, optional
        Without a blessing in it, nothing is predicted and the node succeeds; the custom property
        ``reason`` of what it makes says why.

    Parameters
    ----------
    data_spec : DataSpec, optional
        Which splits; all by default.
    model_spec : ModelSpec, optional
        Taken as in TFX; a saved model has the one signature ``serving_default`` and the one tag
        ``serve``.
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
        At construction, without a model, for a signature or tag that it has not, or for output
        columns that have no name, or one name twice.
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
        """Refuse a missing model, what no saved model has, and columns without clear names."""
        if "model" not in inputs:
            raise ParameterError("BulkInferrer needs model, a channel of Model")
        spec, wanted = parameters["model_spec"], parameters["output_example_spec"]
        signatures: list[str] = []
        if isinstance(spec, ModelSpec):
            signatures += spec.model_signature_name
            _check_known("tag", spec.tag, TAG)
        if isinstance(wanted, OutputExampleSpec):
            signatures += [each.signature_name for each in wanted.output_columns_spec]
            named_columns(wanted)
        _check_known("signature", signatures, SIGNATURE)

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
        from minitfx.models.vouching import refusal, serving_folder, trust_of

        made: InferenceResult | Examples = inference_result
        if output_example_spec is not None:
            made = output_examples
            made.span, made.version = examples.span, examples.version
        shutil.rmtree((inference_result if made is output_examples else output_examples).path)
        made.splits = []
        reason = refusal(model_blessing)
        if reason:
            made.set_string_custom_property("reason", reason)
            return
        reference = ModelReference(str(serving_folder(model)), trust_of(model))
        columns = output_columns(output_example_spec)
        splits = list(data_spec.example_splits) if data_spec is not None else []
        for split in dict.fromkeys(splits or examples.splits):
            source = open_source(examples.existing_split(split))
            predict_to_parquet(reference, source, made.split_path(split), columns)
            made.splits = [*made.splits, split]
            ambient.report(source.rows, source.rows)


def named_columns(spec: OutputExampleSpec) -> dict[str, str]:
    """Return what a specification asks of the model, and what the column of each is called.

    Returns
    -------
    dict of str to str
        ``classes`` and ``scores`` (the likeliest first), ``value`` (of a regression), or
        ``output NAME``, to the name of the column.

    Raises
    ------
    ParameterError
        If nothing is asked for, one thing twice, or a column has no name or that of another.
    """
    asked: list[tuple[str, str]] = []
    for each in spec.output_columns_spec:
        kind = each.WhichOneof("output_type")
        if kind == "classify_output":
            ranked = each.classify_output
            named = [("classes", ranked.label_column), ("scores", ranked.score_column)]
            asked += [(what, name) for what, name in named if name]
        elif kind == "regress_output":
            asked.append(("value", each.regress_output.value_column))
        for column in each.predict_output.output_columns:
            asked.append((f"{_OUTPUT}{column.output_key}", column.output_column))
    if not asked:
        raise ParameterError(
            "BulkInferrer.output_example_spec names no column; expected output_columns_spec with "
            "classify_output, regress_output or predict_output"
        )
    whats, names = [what for what, _ in asked], [name for _, name in asked]
    if "" in names or len(set(names)) < len(names):
        raise ParameterError(
            f"BulkInferrer.output_example_spec gives the columns {names}; expected a name for "
            "each, and no name twice"
        )
    if len(set(whats)) < len(whats):
        raise ParameterError(
            f"BulkInferrer.output_example_spec asks for {', '.join(whats)}; expected each once"
        )
    return dict(asked)


def output_columns(spec: OutputExampleSpec | None) -> OutputColumns:
    """Return what is written, for a specification; None writes all there is."""
    from minitfx.models.bulk import OutputColumns

    if spec is None:
        return OutputColumns()
    named = named_columns(spec)
    ranked = named.get("classes", ""), named.get("scores", "")
    return OutputColumns(
        tuple(spec.example_features) or None,
        {what[len(_OUTPUT) :]: name for what, name in named.items() if what.startswith(_OUTPUT)},
        ranked if any(ranked) else (),
        named.get("value", ""),
    )


def _check_known(what: str, names: Iterable[str], known: str) -> None:
    for name in names:
        if name not in ("", known):
            raise ParameterError(
                f"BulkInferrer: saved models have no {what} {name!r}. {did_you_mean(name, [known])}"
            )
