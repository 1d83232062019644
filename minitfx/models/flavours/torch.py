"""PyTorch modules, saved whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minitfx.errors import MissingExtraError
from minitfx.models.flavour import SINGLE, Answer, Facts


class TorchFlavour:
    """PyTorch modules, saved whole; the module's own class goes with it as project code.

    Notes
    -----
    A module shows neither task nor classes nor columns: give them to ``save_model``. It is called
    with a float32 tensor of shape (rows, columns), NaN where a value is missing. A classifier's
    ``forward`` gives logits, as PyTorch's loss functions take them: (rows, classes), or (rows,)
    or (rows, 1) for two classes. A module with a method ``predict_proba`` is asked that instead.
    """

    name = "torch"
    file = "model.pt"
    files = ("model.pt", "model.pth")
    runs_code = True
    packages = ("torch",)

    def claims(self, model: object) -> bool:
        """Whether the model is a PyTorch module."""
        return any(
            (each.__module__.split(".")[0], each.__name__) == ("torch", "Module")
            for each in type(model).__mro__
        )

    def facts(self, model: Any) -> Facts:
        """Return that much: probabilities, if it turns out to be a classifier."""
        return Facts(scores=True, decision="argmax", tolerance=SINGLE)

    def save(self, model: Any, path: Path) -> None:
        """Write the module, its weights on the CPU and in evaluation mode."""
        _torch(f"saving {path}").save(model.cpu().eval(), path)

    def load(self, path: Path) -> Any:
        """Return the module; runs whatever code the file names."""
        torch = _torch(f"loading {path}")
        return torch.load(path, map_location="cpu", weights_only=False).eval()

    def call(self, model: Any, features: Any, want: Mapping[str, bool]) -> Answer:
        """Return probabilities of a classifier; predicted values of a regression."""
        torch = _torch("predicting")
        rows = torch.from_numpy(np.asarray(features, dtype=np.float32))
        with torch.inference_mode():
            if not want["probabilities"]:
                return Answer(model(rows).numpy().astype(np.float64))
            if hasattr(model, "predict_proba"):
                return Answer(None, np.asarray(model.predict_proba(rows), dtype=np.float64))
            logits = model(rows).double()
            if logits.ndim == 1 or logits.shape[1] == 1:
                likely = torch.sigmoid(logits.reshape(-1))
                scores = torch.stack([1 - likely, likely], dim=1)
            else:
                scores = torch.softmax(logits, dim=1)
            return Answer(None, scores.numpy())


def _torch(purpose: str) -> Any:
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("torch", "torch", purpose) from error
    return torch


FLAVOUR = TorchFlavour()
"""The flavour object."""
