"""The folder of a fitted graph: JSON, and vocabularies as text. No pickle.

::

    transform_fn/graph.json                  nodes, constants, outputs, plan
    transform_fn/assets/<vocab_filename>     one token a line
    metadata/schema.pbtxt                    the columns that are read
    transformed_metadata/schema.pbtxt        the columns that come out
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.errors import SchemaError, StorageError, TransformError
from minitfx.transform.cells import Numbers, Strings, words_of
from minitfx.transform.columntype import ColumnType
from minitfx.transform.metadata import raw_schema, transformed_schema
from minitfx.transform.plan import PassPlan
from minitfx.transform.tape import Node
from minitfx.transform.vocabulary import Vocabulary

if TYPE_CHECKING:
    from minitfx.transform.graph import TransformGraph

FORMAT = 1
FUNCTION, ASSETS = "transform_fn", "assets"
RAW, TRANSFORMED = "metadata", "transformed_metadata"
_DTYPES = {"int": np.int64, "float": np.float64, "bool": np.bool_}


def write(graph: TransformGraph, path: str | Path) -> None:
    """Write a graph into a folder, which is made if it is not there.

    Parameters
    ----------
    graph : TransformGraph
        What to write; the same graph gives the same bytes.
    path : str or Path
        Will hold ``transform_fn``, ``metadata`` and ``transformed_metadata``.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    folder = Path(path) / FUNCTION
    (folder / ASSETS).mkdir(parents=True, exist_ok=True)
    digests = {}
    for name, vocabulary in sorted(graph.vocabularies.items()):
        content = vocabulary.to_text().encode()
        (folder / ASSETS / name).write_bytes(content)
        digests[name] = hashlib.sha256(content).hexdigest()
    document = _document(graph, digests)
    (folder / "graph.json").write_text(_lines(document), encoding="utf-8")
    for name, schema in ((RAW, raw_schema(graph)), (TRANSFORMED, transformed_schema(graph))):
        (Path(path) / name).mkdir(exist_ok=True)
        text = text_format.MessageToString(schema, as_utf8=True)
        (Path(path) / name / "schema.pbtxt").write_text(text, encoding="utf-8")


def _lines(document: dict[str, Any]) -> str:
    """Return the document as JSON with one node, output or constant a line."""

    def one(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    def block(value: Any) -> str:
        if isinstance(value, list):
            return "[\n" + ",\n".join(one(each) for each in value) + "\n]"
        if isinstance(value, dict):
            pairs = (f"{one(key)}: {one(each)}" for key, each in value.items())
            return "{\n" + ",\n".join(pairs) + "\n}"
        return one(value)

    return (
        "{\n" + ",\n".join(f"{one(key)}: {block(each)}" for key, each in document.items()) + "\n}\n"
    )


def _document(graph: TransformGraph, digests: dict[str, str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "nodes": [_node_json(graph, place) for place in range(len(graph.nodes))],
        "outputs": dict(graph.outputs),
        "constants": {name: _plain_json(value) for name, value in graph.constants.items()},
        "vocabularies": {
            name: {"sha256": digest, "has_weights": graph.vocabularies[name].weights is not None}
            for name, digest in digests.items()
        },
        "passes": [
            {"reads": list(each.columns), "computes": list(each.analyzers)} for each in graph.plan
        ],
    }


def _node_json(graph: TransformGraph, place: int) -> dict[str, Any]:
    node = graph.nodes[place]
    document: dict[str, Any] = {"op": node.op, "type": node.type.to_json()}
    if node.of:
        document["of"] = list(node.of)
    if node.parameters:
        document["parameters"] = _finite(dict(node.parameters))
    if place in graph.values:
        document["value"] = value_json(graph.values[place])
    return document


def value_json(value: Any) -> dict[str, Any]:
    """Return a constant as JSON; floats keep every bit."""
    if isinstance(value, Vocabulary):
        return {"vocabulary": value.name}
    if isinstance(value, Strings):
        return {"codes": value.codes.tolist(), "words": value.words.to_pylist()}
    if isinstance(value, Numbers):
        kind = {"i": "int", "f": "float", "b": "bool"}[value.values.dtype.kind]
        document = {kind: _finite(value.values.tolist())}
        if value.valid is not None:
            document["valid"] = value.valid.tolist()
        return document
    raise TransformError(f"a {type(value).__qualname__} cannot be saved in a graph")


def value_of(document: dict[str, Any], vocabularies: dict[str, Vocabulary]) -> Any:
    """Return the constant that `value_json` wrote."""
    if "vocabulary" in document:
        return vocabularies[document["vocabulary"]]
    if "words" in document:
        return Strings(np.array(document["codes"], np.int32), words_of(document["words"]))
    kind = next(key for key in document if key in _DTYPES)
    valid = None if "valid" not in document else np.array(document["valid"], np.bool_)
    return Numbers(np.array(_infinite(document[kind]), _DTYPES[kind]), valid)


def _plain_json(value: Any) -> Any:
    return _finite(value.tolist() if isinstance(value, np.ndarray) else value)


def _finite(value: Any) -> Any:
    """Return a value with NaN and infinities, which JSON has not, as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return value


def _infinite(value: Any) -> Any:
    """Undo `_finite`."""
    if isinstance(value, dict):
        if set(value) == {"float"} and isinstance(value["float"], str):
            return float(value["float"])
        return {key: _infinite(each) for key, each in value.items()}
    return [_infinite(each) for each in value] if isinstance(value, list) else value


def read(path: str | Path) -> dict[str, Any]:
    """Return the fields of the graph that was saved in a folder; see `load`."""
    folder = Path(path)
    if (folder / FUNCTION).is_dir():
        folder = folder / FUNCTION
    try:
        document = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StorageError(
            f"there is no transform graph in {path}; expected {FUNCTION}/graph.json"
        ) from None
    except ValueError as error:
        raise TransformError(f"{folder / 'graph.json'} is damaged: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else document
        raise TransformError(
            f"{folder / 'graph.json'} has format {found!r}; this version of minitfx reads {FORMAT}"
        )
    try:
        return _fields(document, folder)
    except (KeyError, IndexError, TypeError) as error:
        raise TransformError(f"{folder / 'graph.json'} is damaged: {error!r}") from error


def _fields(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    vocabularies = {
        name: _read_vocabulary(folder / ASSETS / name, each)
        for name, each in document["vocabularies"].items()
    }
    nodes, values = [], {}
    for place, each in enumerate(document["nodes"]):
        constant = "value" in each
        parameters = _infinite(each.get("parameters", {}))
        column = ColumnType.from_json(each["type"])
        nodes.append(Node(each["op"], tuple(each.get("of", ())), parameters, column, constant, 0))
        if constant:
            values[place] = value_of(each["value"], vocabularies)
    return {
        "nodes": tuple(nodes),
        "values": values,
        "outputs": document["outputs"],
        "constants": {name: _plain_value(each) for name, each in document["constants"].items()},
        "vocabularies": vocabularies,
        "plan": tuple(
            PassPlan(tuple(each["computes"]), tuple(each["reads"])) for each in document["passes"]
        ),
        "schema": read_schema(folder.parent / RAW / "schema.pbtxt"),
    }


def _plain_value(value: Any) -> Any:
    value = _infinite(value)
    is_numbers = isinstance(value, list) and not any(isinstance(each, str) for each in value)
    return np.array(value) if is_numbers else value


def _read_vocabulary(path: Path, document: dict[str, Any]) -> Vocabulary:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise StorageError(f"the transform graph's vocabulary {path} is not there") from None
    if hashlib.sha256(content).hexdigest() != document["sha256"]:
        raise TransformError(f"the vocabulary {path} has changed since the graph was fitted")
    return Vocabulary.from_text(path.name, content.decode(), document["has_weights"])


def read_schema(path: Path) -> schema_pb2.Schema | None:
    """Return the schema in a text file, None when there is no such file.

    Raises
    ------
    SchemaError
        If the file holds something else.
    """
    if not path.is_file():
        return None
    try:
        return text_format.Parse(path.read_text(encoding="utf-8"), schema_pb2.Schema())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path} is no schema: {error}") from None
