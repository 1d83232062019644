"""A saved model, loaded: raw rows in, predictions out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.errors import MinitfxError, ModelError
from minitfx.models.columns import to_frame, to_matrix
from minitfx.models.flavour import Answer, Flavour
from minitfx.models.manifest import Manifest
from minitfx.models.project_code import BundledCode
from minitfx.models.signature import Field, Signature, Task, class_type, fields_of


class TransformGraph(Protocol):
    """What a saved model needs of its transform graph (see `minitfx.transform.load`)."""

    @property
    def input_columns(self) -> list[str]:
        """Raw columns that it reads."""
        ...

    @property
    def output_schema(self) -> pa.Schema:
        """Names and types of what it makes."""
        ...

    @property
    def schema(self) -> schema_pb2.Schema | None:
        """What was known of the columns that it reads when it was fitted."""
        ...

    def inputs_of(self, outputs: Sequence[str]) -> list[str]:
        """Return the raw columns that some outputs are computed from."""
        ...

    def transform(self, table: pa.Table, outputs: Sequence[str] | None = None) -> pa.Table:
        """Return the transformed rows; only these outputs, or all."""
        ...


class SavedModel:
    """A saved model that `minitfx.models.load_model` has loaded.

    Attributes
    ----------
    path : Path
        Its folder.
    digest : str
        The SHA-256 that stands for it (`minitfx.models.model_digest`).
    manifest : Manifest
        All that is recorded of it.
    model : object
        The framework's own object.
    transform_graph : TransformGraph or None
        The fitted transform that turns raw columns into its features.
    """

    def __init__(
        self,
        path: Path,
        digest: str,
        manifest: Manifest,
        model: Any,
        *,
        flavour: Flavour,
        code: BundledCode,
        transform_graph: TransformGraph | None,
    ) -> None:
        self.path = path
        self.digest = digest
        self.manifest = manifest
        self.model = model
        self.transform_graph = transform_graph
        self._flavour = flavour
        self._code = code
        self._fields = feature_fields(manifest, transform_graph)

    def __repr__(self) -> str:
        return (
            f"SavedModel({str(self.path)!r}, flavour={self.manifest.flavour!r}, task={self.task!r})"
        )

    @property
    def task(self) -> Task:
        """``binary_classification``, ``multiclass_classification`` or ``regression``."""
        return self.manifest.task

    @property
    def classes(self) -> list[Any] | None:
        """Class labels in the order of the probabilities; None for a regression."""
        return None if self.manifest.classes is None else list(self.manifest.classes)

    @property
    def signature(self) -> Signature:
        """Raw columns in, prediction columns out."""
        return self.manifest.signature

    @property
    def label(self) -> str | None:
        """The column that it was trained to predict, where it is known."""
        return self.manifest.label

    def predict(self, table: pa.Table) -> pa.Table:
        """Return one row of predictions per row of raw features.

        Parameters
        ----------
        table : pyarrow.Table
            Rows with the columns of the signature; others are left alone.

        Returns
        -------
        pyarrow.Table
            ``prediction`` (a class label, or a double for a regression) and, for a classifier
            that has them, ``probabilities`` (a list of doubles in the order of `classes`).

        Raises
        ------
        SignatureError
            If a column is missing or of another type.
        ModelError
            If the model fails, or answers with the wrong number of rows.

        Notes
        -----
        What a row gets does not depend on the rows beside it, to the last bit for trees and to
        about 1e-15 for models whose sums the linear-algebra library orders by the batch.
        """
        return self.predict_features(self.features(table))

    def predict_proba(self, table: pa.Table) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the probabilities of every class.

        Returns
        -------
        ndarray of shape (rows, classes)
            In the order of `classes`.

        Raises
        ------
        ModelError
            If the model has no probabilities.
        """
        if not self.manifest.scores:
            raise ModelError(f"{self!r} gives no probabilities; call predict")
        answer = self._call(self.features(table), prediction=False)
        return _probabilities(answer, table.num_rows, self)

    def features(self, table: pa.Table) -> pa.Table:
        """Return the columns that the model itself is called with, the transform applied.

        Raises
        ------
        SignatureError
            If a raw column is missing or of another type.
        """
        raw = self.signature.conform(table)
        if self.transform_graph is None:
            return raw
        return self.transform_graph.transform(raw, outputs=list(self.manifest.features))

    def predict_features(self, features: pa.Table) -> pa.Table:
        """Return one row of predictions per row of what `features` returned."""
        rows = features.num_rows
        if rows == 0:
            return _schema(self.manifest).empty_table()
        by_score = self.manifest.scores and self.manifest.decision == "argmax"
        answer = self._call(features, prediction=not by_score)
        if self.manifest.classes is None:
            numbers = _numbers(_vector(answer.prediction, rows, self), self)
            return pa.table([pa.array(numbers)], schema=_schema(self.manifest))
        if not self.manifest.scores:
            return pa.table(
                [self._labels(_vector(answer.prediction, rows, self))],
                schema=_schema(self.manifest),
            )
        scores = _probabilities(answer, rows, self)
        label = (
            self._likeliest(features, scores)
            if by_score
            else self._labels(_vector(answer.prediction, rows, self))
        )
        flat = pa.FixedSizeListArray.from_arrays(pa.array(scores.ravel()), scores.shape[1])
        return pa.table([label, flat], schema=_schema(self.manifest))

    def _call(self, features: pa.Table, *, prediction: bool) -> Answer:
        """Return the model's answer; its own mistakes come back as `ModelError`."""
        make = to_frame if self.manifest.layout == "frame" else to_matrix
        given = make(features, self._fields)
        want = {"prediction": prediction, "probabilities": self.manifest.scores}
        try:
            return self._flavour.call(self.model, given, want)
        except MinitfxError:
            raise
        except (Exception, SystemExit) as error:
            told = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise ModelError(
                f"the model at {self.path} failed on {features.num_rows} rows: {told}"
            ) from error

    def _likeliest(self, features: pa.Table, scores: np.ndarray[Any, Any]) -> pa.Array:
        """Return the label of the highest probability; where two tie, what the model says."""
        best = scores.argmax(axis=1)
        tied = (scores == scores.max(axis=1, keepdims=True)).sum(axis=1) > 1
        labels = pa.array(self.manifest.classes, class_type(self.manifest.classes or ()))
        found = labels.take(pa.array(best))
        if not tied.any():
            return found
        places = np.flatnonzero(tied)
        answer = self._call(features.take(pa.array(places)), prediction=True)
        if answer.prediction is None:
            return found
        said = self._labels(_vector(answer.prediction, len(places), self))
        return pc.replace_with_mask(found, pa.array(tied), said)

    def _labels(self, values: np.ndarray[Any, Any]) -> pa.Array:
        """Return predicted labels in the type of the classes."""
        type_ = class_type(self.manifest.classes or ())
        try:
            if values.dtype.kind in "biuf":
                return pa.array(values).cast(type_)
            return pa.array(values.tolist(), type_)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise ModelError(
                f"the model at {self.path} predicts {values[:3].tolist()}, which are not its "
                f"classes {list(self.manifest.classes or ())[:10]}"
            ) from error


def feature_fields(manifest: Manifest, graph: TransformGraph | None) -> tuple[Field, ...]:
    """Return the columns that the model itself is called with, in order, with their types."""
    if graph is not None:
        return fields_of(graph.output_schema, manifest.features)
    by_name = {field.name: field for field in manifest.signature.inputs}
    return tuple(by_name.get(name, Field(name)) for name in manifest.features)


def _schema(manifest: Manifest) -> pa.Schema:
    return pa.schema(
        [
            pa.field(field.name, field.arrow_type, nullable=False)
            for field in manifest.signature.outputs
        ]
    )


def _vector(values: Any, rows: int, model: SavedModel) -> np.ndarray[Any, Any]:
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape != (rows,):
        raise ModelError(
            f"the model at {model.path} answered {rows} rows with an array of shape {array.shape}; "
            f"expected ({rows},)"
        )
    return array


def _numbers(values: np.ndarray[Any, Any], model: SavedModel) -> np.ndarray[Any, Any]:
    try:
        return values.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"the model at {model.path} answers {values.flat[0]!r}; expected a number"
        ) from error


def _probabilities(
    answer: Answer, rows: int, model: SavedModel
) -> np.ndarray[Any, np.dtype[np.float64]]:
    scores = np.ascontiguousarray(_numbers(np.asarray(answer.probabilities), model))
    expected = (rows, len(model.manifest.classes or ()))
    if scores.shape != expected:
        raise ModelError(
            f"the model at {model.path} answered {rows} rows with probabilities of shape "
            f"{scores.shape}; expected {expected}"
        )
    return scores
