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
    "AttributionsForSlice",
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
        "BASELINE_KEY": "model_run",
        "CANDIDATE_KEY": "model_run",
        "DATA_CENTRIC_MODE": "results",
        "EvalResult": "results",
        "EvalResults": "results",
        "EvalSharedModel": "model_run",
        "MODEL_CENTRIC_MODE": "results",
        "MetricKey": "keys",
        "Sample": "statistics.samples",
        "SubKey": "keys",
        "Verdict": "verdict",
        "analyze": "analysis",
        "analyze_model": "analysis",
        "analyze_raw_data": "analysis",
        "auto_pivot": "dataframes",
        "default_eval_shared_model": "model_run",
        "default_extractors": "extractors",
        "extractors": "",
        "load_attributions": "loading",
        "load_eval_result": "loading",
        "load_eval_results": "loading",
        "load_metrics": "loading",
        "load_plots": "loading",
        "load_validation_result": "loading",
        "make_eval_results": "results",
        "metrics": "",
        "metrics_as_dataframes": "dataframes",
        "multiple_data_analysis": "model_run",
        "multiple_model_analysis": "model_run",
        "parse_config": "config",
        "plots_as_dataframes": "dataframes",
        "run_model_analysis": "model_run",
        "slice_name": "keys",
        "update_eval_config_with_defaults": "config",
        "validate": "validation",
        "view": "",
        "verify_eval_config": "config",
        "write_evaluation": "store",
        **dict.fromkeys(_MESSAGES, "messages"),
    },
)
