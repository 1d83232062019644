"""ONNX graphs, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minitfx.errors import MissingExtraError, ModelError
from minitfx.models.flavour import SINGLE, Answer, Facts


class OnnxFlavour:
    """ONNX graphs, run by ONNX Runtime; `minitfx.models.export_onnx` makes them.

    Notes
    -----
    A graph has one input of shape (rows, columns), or one of shape (rows, 1) per column, named
    like it. Its first output is the prediction; a classifier's second one the probabilities, as
    an array (``zipmap`` off). Numbers are passed as float32, as graphs made of scikit-learn
    models take them.
    """

    name = "onnx"
    file = "model.onnx"
    files = ("model.onnx",)
    runs_code = False
    packages = ("onnxruntime",)

    def claims(self, model: object) -> bool:
        """Whether the model is an ONNX graph in memory, or a session of one."""
        names = {(each.__module__.split(".")[0], each.__name__) for each in type(model).__mro__}
        return bool(names & {("onnx", "ModelProto"), ("onnxruntime", "InferenceSession")})

    def facts(self, model: Any) -> Facts:
        """Return what the graph's inputs and outputs show; classes it does not."""
        session = _session(model)
        inputs, outputs = session.get_inputs(), session.get_outputs()
        return Facts(
            task=None if len(outputs) > 1 else "regression",
            scores=len(outputs) > 1,
            feature_names=tuple(each.name for each in inputs) if len(inputs) > 1 else None,
            n_features=inputs[0].shape[1] if len(inputs) == 1 else None,
            layout="frame" if len(inputs) > 1 else "matrix",
            tolerance=SINGLE,
        )

    def save(self, model: Any, path: Path) -> None:
        """Write the graph."""
        if not hasattr(model, "SerializeToString"):
            raise ModelError("an ONNX session cannot be saved again; copy the file it was made of")
        path.write_bytes(model.SerializeToString())

    def load(self, path: Path) -> Any:
        """Return a session of the graph; its file cannot run code."""
        return _session(path.read_bytes())

    def call(self, model: Any, features: Any, want: Mapping[str, bool]) -> Answer:
        """Return the graph's first output and, of a classifier, its second."""
        session = _session(model)
        given = {each.name: _tensor(each, features) for each in session.get_inputs()}
        said = session.run(None, given)
        scores = np.asarray(said[1], dtype=np.float64) if want["probabilities"] else None
        return Answer(np.asarray(said[0]), scores)


def _tensor(entry: Any, features: Any) -> np.ndarray[Any, Any]:
    is_frame = hasattr(features, "columns")
    values = np.asarray(features[entry.name]).reshape(-1, 1) if is_frame else np.asarray(features)
    if entry.type == "tensor(string)":
        return np.where(values != values, "", values).astype(str).astype(object)
    wanted = {"tensor(int64)": np.int64, "tensor(double)": np.float64}
    return values.astype(wanted.get(entry.type, np.float32))


def _session(model: Any) -> Any:
    if hasattr(model, "get_inputs"):
        return model
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError("onnxruntime", "onnx", "running an ONNX model") from error
    options = onnxruntime.SessionOptions()
    # One thread and one order of additions, whatever the batch.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    data = model if isinstance(model, bytes) else model.SerializeToString()
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


FLAVOUR = OnnxFlavour()
"""The flavour object."""
