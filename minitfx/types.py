"""The standard artifact types, with TFX's names, properties and payload layout."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from minitfx.artifact import Artifact, Property, PropertyType, Rows, Table
from minitfx.errors import StorageError, did_you_mean

_SPAN = Property(PropertyType.INT)
_TEXT = Property(PropertyType.STRING)


class SplitArtifact(Artifact):
    """An artifact whose payload has one folder ``Split-<name>`` per split."""

    TYPE_NAME = "SplitArtifact"

    @property
    def splits(self) -> list[str]:
        """Names of the splits, in order; ``split_names`` is the same list as JSON text."""
        return list(json.loads(self.split_names or "[]"))

    @splits.setter
    def splits(self, names: Sequence[str]) -> None:
        self.split_names = json.dumps(list(names))

    def split_path(self, split: str) -> Path:
        """Return the folder of a split, whether or not it has been made yet."""
        return self.path / f"Split-{split}"

    def existing_split(self, split: str) -> Path:
        """Return the folder of a split that must be there.

        Raises
        ------
        StorageError
            If there is no such split.
        """
        folder = self.split_path(split)
        if not folder.is_dir():
            raise StorageError(
                f"{self.type_name} at {self.uri} has no split {split!r}. "
                f"{did_you_mean(split, self.splits)}"
            )
        return folder


class Examples(SplitArtifact):
    """Rows, as Parquet files per split."""

    TYPE_NAME = "Examples"
    PROPERTIES: ClassVar = {
        "span": _SPAN,
        "version": Property(PropertyType.INT),
        "split_names": _TEXT,
    }
    REFERENCES = ("input_fingerprint",)
    ROWS = Rows("examples", "Split-*/*.parquet")


_STATISTICS = {
    "split": "VARCHAR",
    "feature": "VARCHAR",
    "type": "VARCHAR",
    "statistic": "VARCHAR",
    "value": "DOUBLE",
}


class ExampleStatistics(SplitArtifact):
    """Statistics of every split: ``FeatureStats.pb`` and a table."""

    TYPE_NAME = "ExampleStatistics"
    PROPERTIES: ClassVar = {"span": _SPAN, "split_names": _TEXT}
    TABLES: ClassVar = {"statistics": Table("Split-*/statistics.parquet", _STATISTICS)}


class ExampleAnomalies(SplitArtifact):
    """Anomalies of every split or pair of splits: ``SchemaDiff.pb``, a table, and distances."""

    TYPE_NAME = "ExampleAnomalies"
    PROPERTIES: ClassVar = {"span": _SPAN, "split_names": _TEXT}
    TABLES: ClassVar = {
        "anomalies": Table(
            "Split*-*/anomalies.parquet",
            dict.fromkeys(
                ("split", "feature", "severity", "type", "short_description", "description"),
                "VARCHAR",
            ),
        ),
        "statistics": Table("Split-*/distances.parquet", _STATISTICS),
    }


class ExampleValidationMetrics(SplitArtifact):
    """Distances that a validation measured, whether or not they were too large."""

    TYPE_NAME = "ExampleValidationMetrics"
    PROPERTIES: ClassVar = {"span": _SPAN, "split_names": _TEXT}
    TABLES: ClassVar = {"statistics": Table("SplitPair-*/distances.parquet", _STATISTICS)}


class ExamplesDiff(Artifact):
    """Row-level differences of two data sets."""

    TYPE_NAME = "ExamplesDiff"


class Schema(Artifact):
    """A ``tensorflow_metadata`` schema: ``schema.pbtxt``."""

    TYPE_NAME = "Schema"


class TransformGraph(Artifact):
    """A fitted transform: ``transform_fn/graph.json`` and its assets."""

    TYPE_NAME = "TransformGraph"


class TransformCache(Artifact):
    """Partial results of analyzers, by data set."""

    TYPE_NAME = "TransformCache"


class Model(Artifact):
    """A trained model: ``Format-Serving/``."""

    TYPE_NAME = "Model"


class ModelRun(Artifact):
    """What a training wrote besides its model: logs and curves."""

    TYPE_NAME = "ModelRun"
    VOLATILE = ("*",)
    TABLES: ClassVar = {
        "curves": Table(
            "run_log.parquet", {"step": "BIGINT", "metric": "VARCHAR", "value": "DOUBLE"}
        )
    }


class HyperParameters(Artifact):
    """The best hyperparameters: ``best_hyperparameters.json``."""

    TYPE_NAME = "HyperParameters"


class TunerResults(Artifact):
    """Every trial of a study: ``trials.parquet`` and ``study.log``."""

    TYPE_NAME = "TunerResults"
    VOLATILE = ("study.log",)
    TABLES: ClassVar = {
        "trials": Table(
            "trials.parquet",
            {"trial": "BIGINT", "state": "VARCHAR", "score": "DOUBLE", "parameters": "VARCHAR"},
        )
    }


class ModelEvaluation(Artifact):
    """Metrics of a model over slices, and the checks that they passed or failed."""

    TYPE_NAME = "ModelEvaluation"
    TABLES: ClassVar = {
        "metrics": Table(
            "metrics.parquet",
            {
                "model": "VARCHAR",
                "slice": "VARCHAR",
                "metric": "VARCHAR",
                "value": "DOUBLE",
                "lower": "DOUBLE",
                "upper": "DOUBLE",
            },
        ),
        "validations": Table(
            "validations.parquet",
            {
                "slice": "VARCHAR",
                "metric": "VARCHAR",
                "threshold": "VARCHAR",
                "value": "DOUBLE",
                "baseline": "DOUBLE",
                "passed": "BOOLEAN",
                "message": "VARCHAR",
            },
        ),
    }


class ModelBlessing(Artifact):
    """Whether an evaluation let a model pass: a file ``BLESSED`` or ``NOT_BLESSED``."""

    TYPE_NAME = "ModelBlessing"
    REFERENCES = (
        "current_model",
        "current_model_id",
        "baseline_model",
        "baseline_model_id",
        "component_id",
    )


class InfraBlessing(Artifact):
    """Whether a model could be served: ``INFRA_BLESSED`` or ``INFRA_NOT_BLESSED``."""

    TYPE_NAME = "InfraBlessing"
    VOLATILE = ("*.log", "latency.json")


class PushedModel(Artifact):
    """A copy of a model that was pushed, and where to."""

    TYPE_NAME = "PushedModel"
    REFERENCES = ("pushed_destination", "pushed_version")


class InferenceResult(SplitArtifact):
    """Predictions, as Parquet files per split."""

    TYPE_NAME = "InferenceResult"
    ROWS = Rows("predictions", "Split-*/*.parquet")
    PROPERTIES: ClassVar = {"split_names": _TEXT}


class ValueArtifact(Artifact):
    """A single Python value, in a file called ``value``."""

    TYPE_NAME = "ValueArtifact"

    @property
    def value(self) -> Any:
        """The value; setting it writes the file."""
        if self.custom_properties.get("is_none"):
            return None
        return self.decode((self.path / "value").read_bytes())

    @value.setter
    def value(self, value: Any) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        if value is None:
            self.custom_properties["is_none"] = 1
            (self.path / "value").write_bytes(b"")
            return
        self.custom_properties.pop("is_none", None)
        (self.path / "value").write_bytes(self.encode(value))

    def read(self) -> Any:
        """Return the value."""
        return self.value

    def write(self, value: Any) -> None:
        """Write the value."""
        self.value = value

    @staticmethod
    def encode(value: Any) -> bytes:
        """Return the bytes of the file."""
        return json.dumps(value, sort_keys=True).encode()

    @staticmethod
    def decode(data: bytes) -> Any:
        """Return the value from the bytes of the file."""
        return json.loads(data)


class Integer(ValueArtifact):
    """An integer."""

    TYPE_NAME = "Integer"

    @staticmethod
    def encode(value: Any) -> bytes:
        """Return decimal digits."""
        return str(int(value)).encode()


class Float(ValueArtifact):
    """A number, kept to the last bit."""

    TYPE_NAME = "Float"

    @staticmethod
    def encode(value: Any) -> bytes:
        """Return the shortest digits that give the same number back."""
        return repr(float(value)).encode()

    @staticmethod
    def decode(data: bytes) -> Any:
        """Return the number."""
        return float(data)


class String(ValueArtifact):
    """A text."""

    TYPE_NAME = "String"

    @staticmethod
    def encode(value: Any) -> bytes:
        """Return UTF-8."""
        return str(value).encode()

    @staticmethod
    def decode(data: bytes) -> Any:
        """Return the text."""
        return data.decode()


class Boolean(ValueArtifact):
    """True or false."""

    TYPE_NAME = "Boolean"

    @staticmethod
    def encode(value: Any) -> bytes:
        """Return ``1`` or ``0``."""
        return b"1" if value else b"0"

    @staticmethod
    def decode(data: bytes) -> Any:
        """Return the truth value."""
        return data.strip() == b"1"


class Bytes(ValueArtifact):
    """Bytes."""

    TYPE_NAME = "Bytes"

    @staticmethod
    def encode(value: Any) -> bytes:
        """Return base64, so that the file stays a text."""
        return base64.b64encode(bytes(value))

    @staticmethod
    def decode(data: bytes) -> Any:
        """Return the bytes."""
        return base64.b64decode(data)


class JsonValue(ValueArtifact):
    """A list, dict or other JSON value."""

    TYPE_NAME = "JsonValue"


STANDARD_TYPES: dict[str, type[Artifact]] = {
    each.TYPE_NAME: each
    for each in (
        Examples, ExampleStatistics, ExampleAnomalies, ExampleValidationMetrics, ExamplesDiff,
        Schema, TransformGraph, TransformCache, Model, ModelRun, HyperParameters, TunerResults,
        ModelEvaluation, ModelBlessing, InfraBlessing, PushedModel, InferenceResult,
        Integer, Float, String, Boolean, Bytes, JsonValue,
    )
}  # fmt: skip
"""Type name to class, for every standard type."""
