"""Saved models: a folder with a manifest, a signature and a way to predict.

::

    Format-Serving/
      model.json        the manifest: flavour, task, signature, versions, SHA-256 of every file
      model.joblib      the framework's own file
      transform_fn/     a copy of the transform graph that turns raw columns into features
      code/             project modules that the model needs
      MLmodel, …        what MLflow reads, so that it loads and serves the folder as it is

`save_model` writes such a folder, `load_model` reads it once somebody vouches for it, and
``predict`` takes raw rows as an Arrow table and gives predictions as one.
"""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Answer": "flavour",
        "Client": "client",
        "Destination": "destination",
        "Facts": "flavour",
        "Field": "signature",
        "Flavour": "flavour",
        "Manifest": "manifest",
        "ModelReference": "bulk",
        "ModelServer": "server",
        "OutputColumns": "bulk",
        "SavedModel": "saved_model",
        "Service": "service",
        "Signature": "signature",
        "TrialSpec": "trial",
        "complete_manifest": "completion",
        "export_onnx": "onnx_export",
        "load_model": "loading",
        "model_digest": "manifest",
        "predict_to_parquet": "bulk",
        "read_manifest": "manifest",
        "save_model": "saving",
        "to_frame": "columns",
        "to_matrix": "columns",
        "trust_of": "vouching",
        "try_model": "trial",
    },
)
