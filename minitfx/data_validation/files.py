"""Reading and writing statistics, schemas and anomalies, as TFDV does.

Text files are protobuf text format, binary files are the serialized message; real TFDV opens
both.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import DecodeError, Message
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from minitfx.errors import ParameterTypeError, SchemaError, StorageError

MessageT = TypeVar("MessageT", bound=Message)


def write_schema_text(schema: schema_pb2.Schema, output_path: str | Path) -> None:
    """Write a schema as text, ``schema.pbtxt``.

    Raises
    ------
    ParameterTypeError
        If ``schema`` is something else.
    """
    _write_text(schema, output_path, schema_pb2.Schema)


def load_schema_text(input_path: str | Path) -> schema_pb2.Schema:
    """Return the schema of a text file.

    Raises
    ------
    StorageError
        If the file cannot be read.
    SchemaError
        If it is not a schema, with line and column.
    """
    return _load_text(input_path, schema_pb2.Schema())


def write_stats_text(
    stats: statistics_pb2.DatasetFeatureStatisticsList, output_path: str | Path
) -> None:
    """Write statistics as text.

    Raises
    ------
    ParameterTypeError
        If ``stats`` is something else.
    """
    _write_text(stats, output_path, statistics_pb2.DatasetFeatureStatisticsList)


def load_stats_text(input_path: str | Path) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Return the statistics of a text file; errors as `load_schema_text`."""
    return _load_text(input_path, statistics_pb2.DatasetFeatureStatisticsList())


def write_stats_binary(
    stats: statistics_pb2.DatasetFeatureStatisticsList, output_path: str | Path
) -> None:
    """Write statistics as binary, ``FeatureStats.pb``; equal statistics give equal bytes."""
    _write(output_path, stats.SerializeToString(deterministic=True))


def load_stats_binary(input_path: str | Path) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Return the statistics of a binary file; errors as `load_schema_text`."""
    return _load_binary(input_path, statistics_pb2.DatasetFeatureStatisticsList())


def load_statistics(input_path: str | Path) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Return the statistics of a file, text or binary, whichever it is.

    Raises
    ------
    StorageError
        If the file cannot be read.
    SchemaError
        If it is neither.
    """
    data = _read(input_path)
    for parse in (_parsed_binary, _parsed_text):
        found = parse(data)
        if found is not None and (found.datasets or not data):
            return found
    raise SchemaError(f"{input_path} holds no statistics, neither as binary nor as text")


def write_anomalies_text(anomalies: anomalies_pb2.Anomalies, output_path: str | Path) -> None:
    """Write anomalies as text."""
    _write_text(anomalies, output_path, anomalies_pb2.Anomalies)


def load_anomalies_text(input_path: str | Path) -> anomalies_pb2.Anomalies:
    """Return the anomalies of a text file; errors as `load_schema_text`."""
    return _load_text(input_path, anomalies_pb2.Anomalies())


def write_anomalies_binary(anomalies: anomalies_pb2.Anomalies, output_path: str | Path) -> None:
    """Write anomalies as binary, ``SchemaDiff.pb``; equal anomalies give equal bytes."""
    _write(output_path, anomalies.SerializeToString(deterministic=True))


def load_anomalies_binary(input_path: str | Path) -> anomalies_pb2.Anomalies:
    """Return the anomalies of a binary file; errors as `load_schema_text`."""
    return _load_binary(input_path, anomalies_pb2.Anomalies())


def _parsed_binary(data: bytes) -> statistics_pb2.DatasetFeatureStatisticsList | None:
    try:
        return statistics_pb2.DatasetFeatureStatisticsList.FromString(data)
    except DecodeError:
        return None


def _parsed_text(data: bytes) -> statistics_pb2.DatasetFeatureStatisticsList | None:
    try:
        return text_format.Parse(data.decode(), statistics_pb2.DatasetFeatureStatisticsList())
    except (text_format.ParseError, UnicodeDecodeError):
        return None


def _write_text(message: Message, path: str | Path, kind: type[Message]) -> None:
    if not isinstance(message, kind):
        raise ParameterTypeError(f"cannot write a {type(message).__name__} as a {kind.__name__}")
    _write(path, text_format.MessageToString(message).encode())


def _load_text(path: str | Path, message: MessageT) -> MessageT:
    try:
        return text_format.Parse(_read(path).decode(), message)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        kind = message.DESCRIPTOR.name
        raise SchemaError(f"{path} is not a {kind} in protobuf text format: {error}") from error


def _load_binary(path: str | Path, message: MessageT) -> MessageT:
    try:
        message.ParseFromString(_read(path))
    except DecodeError as error:
        kind = message.DESCRIPTOR.name
        raise SchemaError(f"{path} is not a binary {kind}: {error}") from error
    return message


def _write(path: str | Path, data: bytes) -> None:
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(data)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error


def _read(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}") from error
