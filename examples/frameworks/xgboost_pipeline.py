"""Taxi trips with XGBoost: ``minitfx run examples/frameworks/xgboost_pipeline.py``."""

from taxi_pipeline import taxi_pipeline


def create_pipeline(pipeline_root="taxi_xgboost_output"):
    """Return the pipeline."""
    return taxi_pipeline("taxi_xgboost", pipeline_root, "xgboost_model.py")
