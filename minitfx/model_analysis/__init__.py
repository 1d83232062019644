"""Metrics over slices, thresholds and verdicts: the role of TFMA.

::

    import minitfx.model_analysis as tfma

    config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key="label", prediction_key="prediction")],
        slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=["country"])],
        metrics_specs=tfma.metrics.default_binary_classification_specs(),
    )
    result = tfma.analyze_raw_data(frame, config)
    result.get_metrics_for_slice((("country", "FR"),))["auc"]

One pass over the rows keeps a few additive statistics of the finest slices; coarser slices,
metrics and intervals are made from those.
"""

from minitfx.lazy import exports

_MESSAGES = (
    "AggregationOptions",
    "AggregationType",
    "BinarizationOptions",
    "ConfidenceIntervalOptions",
    "CrossSliceKey",
    "CrossSliceMetricThreshold",
    "CrossSliceMetricThresholds",
    "CrossSlicingSpec",
    "EvalConfig",
    "ExampleWeightOptions",
    "GenericChangeThreshold",
    "GenericValueThreshold",
    "MetricConfig",
    "MetricDirection",
    "MetricThreshold",
    "MetricsForSlice",
    "MetricsSpec",
    "ModelSpec",
    "Options",
    "PaddingOptions",
    "PerSliceMetricThreshold",
    "PerSliceMetricThresholds",
    "PlotsForSlice",
    "RepeatedInt32Value",
    "RepeatedStringValue",
    "SlicingSpec",
    "ValidationResult",
)

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Analysis": "analysis",
        "EvalResult": "results",
        "EvalResults": "results",
        "MetricKey": "keys",
        "Sample": "statistics.samples",
        "SubKey": "keys",
        "Verdict": "verdict",
        "analyze": "analysis",
        "analyze_model": "analysis",
        "analyze_raw_data": "analysis",
        "load_eval_result": "analysis",
        "load_eval_results": "analysis",
        "load_validation_result": "analysis",
        "metrics": "",
        "parse_config": "config",
        "run_model_analysis": "analysis",
        "slice_name": "keys",
        "validate": "validation",
        "write_evaluation": "store",
        **dict.fromkeys(_MESSAGES, "messages"),
    },
)
