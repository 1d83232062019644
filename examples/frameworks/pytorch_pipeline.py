"""Taxi trips with PyTorch: ``minitfx run examples/frameworks/pytorch_pipeline.py``."""

from taxi_pipeline import taxi_pipeline


def create_pipeline(pipeline_root="taxi_pytorch_output"):
    """Return the pipeline."""
    return taxi_pipeline("taxi_pytorch", pipeline_root, "pytorch_model.py")
