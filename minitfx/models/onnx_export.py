"""Export scikit-learn models to ONNX, checked row by row against the original."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from minitfx.errors import MissingExtraError, ModelError
from minitfx.models.loading import load_model
from minitfx.models.manifest import Manifest
from minitfx.models.saved_model import SavedModel, feature_fields
from minitfx.models.saving import save_model


def export_onnx(
    model: SavedModel, path: str | Path, rows: pa.Table, *, tolerance: float = 1e-4
) -> Manifest:
    """Return the manifest of an ONNX copy of a model that gives the same predictions.

    Parameters
    ----------
    model : SavedModel
        A scikit-learn model.
    path : path
        The folder to save the copy in; the transform graph goes with it.
    rows : pyarrow.Table
        Raw rows to compare the two on: some hundreds that look like what will be served.
    tolerance : float, default 1e-4
        How far a probability may be off, absolutely, or a regression, relative to the largest
        prediction: graphs compute in single precision.

    Raises
    ------
    ModelError
        If the model cannot be converted, or the copy disagrees; no copy is left then.
    MissingExtraError
        If skl2onnx or onnxruntime is not installed.

    Notes
    -----
    A row on the edge of a split can fall to the other side in single precision, and then differs
    by more than rounding. Up to one row in a hundred may, beyond it the copy is refused.
    """
    folder = Path(path)
    graph = _convert(model)
    save_model(
        graph,
        folder,
        transform_graph=model.path / model.manifest.transform if model.manifest.transform else None,
        label=model.manifest.label,
        features=model.manifest.features,
        schema=pa.schema(
            [
                pa.field(field.name, field.arrow_type or pa.null(), field.nullable)
                for field in model.signature.inputs
                if field.arrow_type is not None
            ]
        ),
        task=model.task,
        classes=model.classes,
        flavour="onnx",
    )
    try:
        copy = load_model(folder)
        _compare(model.predict(rows), copy.predict(rows), tolerance)
        return copy.manifest
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _convert(model: SavedModel) -> Any:
    try:
        import skl2onnx
        from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    except ImportError as error:
        raise MissingExtraError("skl2onnx", "onnx", "exporting to ONNX") from error
    if model.manifest.flavour not in ("sklearn", "skops"):
        raise ModelError(f"{model!r} is not a scikit-learn model; only those are exported to ONNX")
    fields = feature_fields(model.manifest, model.transform_graph)
    if model.manifest.layout == "frame":
        if any(field.size is not None for field in fields):
            raise ModelError("a frame with list columns cannot be exported to ONNX")
        kinds = {"string": StringTensorType}
        inputs = [
            (field.name, kinds.get(field.type or "", FloatTensorType)([None, 1]))
            for field in fields
        ]
    else:
        width = sum(1 if field.size is None else field.size for field in fields)
        inputs = [("features", FloatTensorType([None, width]))]
    options = {"zipmap": False} if model.manifest.scores else None
    try:
        return skl2onnx.to_onnx(
            model.model,
            initial_types=inputs,
            options={id(model.model): options} if options else None,
        )
    except Exception as error:
        raise ModelError(
            f"{type(model.model).__qualname__} cannot be converted to ONNX: "
            f"{type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error


def _compare(original: pa.Table, copy: pa.Table, tolerance: float) -> None:
    if "probabilities" in original.column_names:
        one, other = (_scores(table) for table in (original, copy))
        off = np.abs(one - other).max(axis=1)
    elif pa.types.is_floating(original.column("prediction").type):
        one, other = (table.column("prediction").to_numpy() for table in (original, copy))
        off = np.abs(one - other) / max(np.abs(one).max(initial=0.0), 1e-300)
    else:
        labels = [table.column("prediction").to_pylist() for table in (original, copy)]
        off = np.array([float(one != other) for one, other in zip(*labels, strict=True)])
    wrong = int((~(off <= tolerance)).sum())
    if wrong > len(off) // 100:
        raise ModelError(
            f"the ONNX copy disagrees with the model on {wrong} of {len(off)} rows by more than "
            f"{tolerance:g} (at most {np.nanmax(off):.3g}); it was not kept"
        )


def _scores(table: pa.Table) -> np.ndarray[Any, Any]:
    column = table.column("probabilities").combine_chunks()
    values: np.ndarray[Any, Any] = column.flatten().to_numpy(zero_copy_only=False)
    return values.reshape(len(column), -1)
