"""Names of TFMA that have no place here, and what does their work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_PIPELINE = "run_model_analysis or analyze does all steps, without Beam"
_EXTRACTS = (
    "an extractor is a function from a table to columns; see minitfx.model_analysis.extractors"
)
_METRIC = (
    "a metric of your own is a function of labels and predictions, an accumulator with zero, add, "
    "merge and result, or a subclass of metrics.Metric"
)
_DETECTION = "let an extractor compute a number for each row, and take metrics.Mean of it"

ABSENT: dict[str, str] = {
    **dict.fromkeys(
        (
            "BatchedInputsToExtracts",
            "ExtractAndEvaluate",
            "ExtractEvaluateAndWriteResults",
            "InputsToExtracts",
            "WriteResults",
            "default_evaluators",
            "default_writers",
            "evaluators",
            "sdk",
            "test",
            "validators",
            "writers",
        ),
        _PIPELINE,
    ),
    "Validate": "validate(findings) returns the verdict, and analyze(…).verdict has it",
    "slicer": "SlicingSpec names slices, and a slice's key is a tuple of (column, value)",
    **dict.fromkeys(
        (
            "ARROW_RECORD_BATCH_KEY",
            "EXAMPLE_WEIGHTS_KEY",
            "Extracts",
            "FEATURES_KEY",
            "INPUT_KEY",
            "LABELS_KEY",
            "PREDICTIONS_KEY",
            "SLICE_KEY_TYPES_KEY",
            "compound_key",
            "create_keys_key",
            "create_values_key",
            "get_by_keys",
            "merge_extracts",
            "unique_key",
        ),
        _EXTRACTS,
    ),
    **dict.fromkeys(
        ("CombineFnWithModels", "DoFnWithModels", "model_construct_fn"),
        "custom_eval_shared_model, or models in analyze(…), may be any object with predict",
    ),
    **dict.fromkeys(
        (
            "CombinedFeaturePreprocessor",
            "DerivedMetricComputation",
            "FeaturePreprocessor",
            "MetricComputation",
            "MetricComputations",
            "StandardMetricInputs",
            "merge_per_key_computations",
            "register_metric",
            "to_label_prediction_example_weight",
            "to_standard_metric_inputs",
        ),
        _METRIC,
    ),
    **dict.fromkeys(
        (
            "COCOAveragePrecision",
            "COCOAverageRecall",
            "COCOMeanAveragePrecision",
            "COCOMeanAverageRecall",
            "ObjectDetectionConfusionMatrixPlot",
            "ObjectDetectionMaxRecall",
            "ObjectDetectionPrecision",
            "ObjectDetectionPrecisionAtRecall",
            "ObjectDetectionRecall",
            "ObjectDetectionThresholdAtRecall",
            "SemanticSegmentationConfusionMatrix",
            "SemanticSegmentationFalseNegative",
            "SemanticSegmentationFalsePositive",
            "SemanticSegmentationTruePositive",
            "SetMatchPrecision",
            "SetMatchRecall",
        ),
        _DETECTION,
    ),
}
"""Name to what to do instead."""


def instead_of(package: str, load: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a package's ``__getattr__`` that tells what stands for names that are not there.

    Parameters
    ----------
    package : str
        For the message.
    load : callable
        Asked for all other names.
    """

    def get(name: str) -> Any:
        if name in ABSENT:
            raise AttributeError(f"{package} has no {name}: {ABSENT[name]}")
        return load(name)

    return get
