"""Taxi trips with LightGBM: ``minitfx run examples/frameworks/lightgbm_pipeline.py``."""

from taxi_pipeline import taxi_pipeline


def create_pipeline(pipeline_root="taxi_lightgbm_output"):
    """Return the pipeline."""
    return taxi_pipeline("taxi_lightgbm", pipeline_root, "lightgbm_model.py")
