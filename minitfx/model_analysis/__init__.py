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
from minitfx.model_analysis.absent import instead_of

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

_load, __dir__, __all__ = exports(
    __name__,
    {
        "ANALYSIS_KEY": "config",
        "ATTRIBUTIONS_KEY": "config",
        "Analysis": "analysis",
        "BASELINE_KEY": "model_run",
        "CANDIDATE_KEY": "model_run",
        "DATA_CENTRIC_MODE": "results",
        "EvalResult": "results",
        "EvalResults": "results",
        "EvalSharedModel": "model_run",
        "METRICS_KEY": "config",
        "MODEL_CENTRIC_MODE": "results",
        "MetricKey": "keys",
        "ModelLoader": "model_run",
        "PLOTS_KEY": "config",
        "Sample": "statistics.samples",
        "SubKey": "keys",
        **dict.fromkeys(
            ("TF_ESTIMATOR", "TF_GENERIC", "TF_JS", "TF_KERAS", "TF_LITE"), "model_specs"
        ),
        "VALIDATIONS_KEY": "config",
        "Verdict": "verdict",
        "__version__": "minitfx.version",
        "analyze": "analysis",
        "analyze_model": "analysis",
        "analyze_raw_data": "analysis",
        "auto_pivot": "dataframes",
        "dataframe": "minitfx.model_analysis.dataframes:",
        "default_eval_shared_model": "model_run",
        "default_extractors": "extractors",
        "experimental": "minitfx.model_analysis:",
        "extractors": "",
        "get_model_type": "model_specs",
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
        "open_model": "model_run",
        "parse_config": "config",
        "plots_as_dataframes": "dataframes",
        "run_model_analysis": "model_run",
        "slice_name": "keys",
        "update_eval_config_with_defaults": "config",
        "utils": "minitfx.model_analysis.model_specs:",
        "validate": "validation",
        "view": "",
        "verify_eval_config": "config",
        "write_evaluation": "store",
        **dict.fromkeys(_MESSAGES, "messages"),
    },
)
__getattr__ = instead_of(__name__, _load)
