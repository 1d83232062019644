"""The ``MLmodel`` file beside a saved model, so that MLflow loads and serves it as it is.

``mlflow.pyfunc.load_model(folder)`` and ``mlflow models serve -m folder`` find the file, import
this module and call `_load_pyfunc`. Nothing here imports MLflow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from minitfx.models.loading import load_model
from minitfx.models.manifest import Manifest
from minitfx.models.saved_model import SavedModel
from minitfx.models.signature import Field
from minitfx.version import __version__

if TYPE_CHECKING:
    import pandas as pd

_TYPES = {
    "bool": "boolean",
    "int64": "long",
    "double": "double",
    "string": "string",
    "binary": "binary",
    "timestamp": "datetime",
    "date": "datetime",
}


class PyFunc:
    """A saved model as MLflow calls it.

    Attributes
    ----------
    saved_model : SavedModel
        The model.
    """

    def __init__(self, saved_model: SavedModel) -> None:
        self.saved_model = saved_model

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Return ``prediction``, and a column of probabilities per class, for a frame of raw rows.

        Notes
        -----
        The columns of probabilities are called ``probability_<class>``: MLflow's servers answer
        in JSON, and clients look for plain columns.
        """
        import pandas as pd

        frame = model_input if isinstance(model_input, pd.DataFrame) else pd.DataFrame(model_input)
        answer = self.saved_model.predict(pa.Table.from_pandas(frame, preserve_index=False))
        found: pd.DataFrame = answer.select(["prediction"]).to_pandas()
        if "probabilities" in answer.column_names:
            flat = answer.column("probabilities").combine_chunks().flatten().to_numpy()
            classes = self.saved_model.classes or []
            for at, label in enumerate(classes):
                found[f"probability_{label}"] = flat[at :: len(classes)]
        return found


def _load_pyfunc(path: str) -> PyFunc:
    """Load a model for MLflow, whose user has decided to trust it."""
    folder = Path(path)
    return PyFunc(load_model(folder if folder.is_dir() else folder.parent, trust=True))


def mlflow_files(manifest: Manifest) -> dict[str, str]:
    """Return the names and texts of the files that MLflow reads beside a model.

    Parameters
    ----------
    manifest : Manifest
        What the model is.
    """
    packages = {"minitfx": __version__, **manifest.packages}
    requirements = "".join(f"{name}=={version}\n" for name, version in sorted(packages.items()))
    environment = {
        "python": manifest.python,
        "build_dependencies": ["pip"],
        "dependencies": ["-r requirements.txt"],
    }
    flavor = {
        "loader_module": __name__,
        "python_version": manifest.python,
        "data": ".",
        "env": {"virtualenv": "python_env.yaml"},
    }
    model: dict[str, Any] = {"flavors": {"python_function": flavor}}
    fields = (*manifest.signature.inputs, *manifest.signature.outputs)
    if all(field.type is not None for field in fields):
        model["signature"] = {
            "inputs": json.dumps([_column(field) for field in manifest.signature.inputs]),
            "outputs": json.dumps(_outputs(manifest)),
        }
    # JSON is YAML, so no YAML library is needed.
    return {
        "MLmodel": json.dumps(model, indent=1) + "\n",
        "python_env.yaml": json.dumps(environment, indent=1) + "\n",
        "requirements.txt": requirements,
    }


def _column(field: Field) -> dict[str, Any]:
    # A frame holds integers with gaps as doubles, which MLflow would refuse for a long.
    gaps = field.type == "int64" and field.nullable
    kind: Any = "double" if gaps else _TYPES[field.type or ""]
    if field.size is None:
        return {"name": field.name, "type": kind, "required": not field.nullable}
    items = {"type": "array", "items": {"type": kind}}
    return {"name": field.name, **items, "required": not field.nullable}


def _outputs(manifest: Manifest) -> list[dict[str, Any]]:
    columns = [_column(manifest.signature.outputs[0])]
    if manifest.scores:
        columns += [
            {"name": f"probability_{label}", "type": "double", "required": True}
            for label in manifest.classes or ()
        ]
    return columns
