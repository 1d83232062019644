"""The folder of a fitted graph: JSON, and assets beside it.

::

    transform_fn/graph.json                  nodes, constants, outputs, plan
    transform_fn/assets/<vocab_filename>     vocabularies: one token a line
    transform_fn/assets/<name>.joblib        scikit-learn transformers: the one kind of pickle
    transform_fn/assets/code/<module>.py     modules of Python functions that are applied
    metadata/schema.pbtxt                    the columns that are read
    transformed_metadata/schema.pbtxt        the columns that come out

Transformers and code are in a graph only if its ``preprocessing_fn`` asked for them. Loading them
runs them, so somebody has to vouch for such a graph; every asset must have the SHA-256 that
``graph.json`` gives.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.errors import (
    MinitfxError,
    ModelRefusedError,
    SchemaError,
    StorageError,
    TransformError,
)
from minitfx.transform.columntype import ColumnType
from minitfx.transform.content import GraphContent
from minitfx.transform.estimator import FittedEstimator
from minitfx.transform.metadata import raw_schema, transformed_schema
from minitfx.transform.operations import OPERATIONS
from minitfx.transform.plan import PassPlan
from minitfx.transform.program import CONTEXT
from minitfx.transform.pyfunction import PythonFunction
from minitfx.transform.tape import Node
from minitfx.transform.values import finite, infinite, plain_json, plain_of, value_json, value_of
from minitfx.transform.vocab import Vocabulary

FORMAT = 1
FUNCTION, ASSETS, CODE = "transform_fn", "assets", "code"
RAW, TRANSFORMED = "metadata", "transformed_metadata"


def write(graph: GraphContent, path: str | Path) -> None:
    """Write a graph into a folder, which is made if it is not there.

    Parameters
    ----------
    graph : GraphContent
        What to write; the same graph gives the same bytes.
    path : str or Path
        Will hold ``transform_fn``, ``metadata`` and ``transformed_metadata``.

    Raises
    ------
    TransformError
        If it calls a Python function that another process could not find.
    OSError
        If the folder cannot be written.
    """
    assets = _assets(graph)
    folder = Path(path) / FUNCTION
    (folder / ASSETS).mkdir(parents=True, exist_ok=True)
    for name, content in assets.items():
        target = folder / ASSETS / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in assets.items()}
    (folder / "graph.json").write_text(_lines(_document(graph, digests)), encoding="utf-8")
    for name, schema in ((RAW, raw_schema(graph)), (TRANSFORMED, transformed_schema(graph))):
        (Path(path) / name).mkdir(exist_ok=True)
        text = text_format.MessageToString(schema, as_utf8=True)
        (Path(path) / name / "schema.pbtxt").write_text(text, encoding="utf-8")


def _assets(graph: GraphContent) -> dict[str, bytes]:
    """Return the files that stand beside the graph, by name."""
    found = {name: each.to_text().encode() for name, each in sorted(graph.vocabularies.items())}
    for value in graph.values.values():
        if isinstance(value, FittedEstimator):
            found[value.name] = value.to_bytes()
    for function in graph.functions:
        function.check_saveable()
        if not function.is_library:
            found[_code_name(function.module)] = function.source
    return found


def _code_name(module: str) -> str:
    return f"{CODE}/{module}.py"


def _document(graph: GraphContent, digests: Mapping[str, str]) -> dict[str, Any]:
    annotations = {"annotations": dict(graph.annotations)} if graph.annotations else {}
    return {
        "format": FORMAT,
        "nodes": [_node_json(graph, place) for place in range(len(graph.nodes))],
        "outputs": dict(graph.outputs),
        "constants": {name: plain_json(value) for name, value in graph.constants.items()},
        "vocabularies": {
            name: {"has_weights": each.weights is not None}
            for name, each in sorted(graph.vocabularies.items())
        },
        "assets": dict(digests),
        "passes": [
            {"reads": list(each.columns), "computes": list(each.analyzers)} for each in graph.plan
        ],
        **annotations,
    }


def _node_json(graph: GraphContent, place: int) -> dict[str, Any]:
    node = graph.nodes[place]
    document: dict[str, Any] = {"op": node.op, "type": node.type.to_json()}
    if node.of:
        document["of"] = list(node.of)
    if node.parameters:
        document["parameters"] = finite(dict(node.parameters))
    if place in graph.values:
        document["value"] = value_json(graph.values[place])
    if isinstance(node.payload, PythonFunction):
        document["python"] = {"module": node.payload.module, "name": node.payload.name}
        uses = node.payload.used_modules()
        if uses:
            document["python"]["uses"] = uses
    return document


def _lines(document: Mapping[str, Any]) -> str:
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

    entries = (f"{one(key)}: {block(each)}" for key, each in document.items())
    return "{\n" + ",\n".join(entries) + "\n}\n"


def read(path: str | Path, trust: bool | str) -> GraphContent:
    """Return the graph that was saved in a folder; see `minitfx.transform.load`."""
    folder = function_folder(path)
    if isinstance(trust, str):
        found = graph_digest(folder)
        if found != trust.lower():
            raise ModelRefusedError(
                f"the transform graph at {folder} is not the one that was vouched for: its SHA-256 "
                f"is {found}, expected {trust.lower()}"
            )
    document = _read_document(folder)
    try:
        return _content(document, folder, bool(trust))
    except (KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
        if isinstance(error, MinitfxError):
            raise
        raise TransformError(f"{folder / 'graph.json'} is damaged: {error!r}") from error


def function_folder(path: str | Path) -> Path:
    """Return the ``transform_fn`` in a folder, or the folder itself."""
    folder = Path(path)
    return folder / FUNCTION if (folder / FUNCTION).is_dir() else folder


def graph_digest(path: str | Path) -> str:
    """Return the SHA-256 of a saved graph, in hexadecimal: that of its ``graph.json``.

    Notes
    -----
    ``graph.json`` holds the SHA-256 of every asset, so it stands for all of them.
    """
    return hashlib.sha256(_read_bytes(function_folder(path), path)).hexdigest()


def read_annotations(path: str | Path) -> dict[str, str]:
    """Return the other names of a saved graph's assets, without loading the graph.

    Raises
    ------
    StorageError
        If there is no graph.
    TransformError
        If the graph is damaged.
    """
    return dict(_read_document(function_folder(path)).get("annotations", {}))


def _read_bytes(folder: Path, path: str | Path) -> bytes:
    try:
        return (folder / "graph.json").read_bytes()
    except FileNotFoundError:
        raise StorageError(
            f"there is no transform graph in {path}; expected {FUNCTION}/graph.json"
        ) from None


def _read_document(folder: Path) -> dict[str, Any]:
    try:
        document = json.loads(_read_bytes(folder, folder))
    except ValueError as error:
        raise TransformError(f"{folder / 'graph.json'} is damaged: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else document
        raise TransformError(
            f"{folder / 'graph.json'} has format {found!r}; this version of minitfx reads {FORMAT}"
        )
    return document


def _content(document: dict[str, Any], folder: Path, trust: bool) -> GraphContent:
    assets = _Assets(folder / ASSETS, document["assets"], trust)
    vocabularies = {
        name: Vocabulary.from_text(name, assets.read(name).decode(), each["has_weights"])
        for name, each in document["vocabularies"].items()
    }
    nodes, values = [], {}
    for place, each in enumerate(document["nodes"]):
        column = ColumnType.from_json(each["type"])
        parameters = infinite(each.get("parameters", {}))
        payload = assets.function(**each["python"]) if "python" in each else None
        of = tuple(each.get("of", ()))
        _check_operation(each["op"], of, place)
        nodes.append(Node(each["op"], of, parameters, column, "value" in each, 0, payload=payload))
        if "value" in each:
            value = each["value"]
            known = vocabularies | assets.estimator(value.get("estimator"))
            values[place] = value_of(value, known)
    return GraphContent(
        tuple(nodes),
        values,
        document["outputs"],
        {name: plain_of(each) for name, each in document["constants"].items()},
        vocabularies,
        tuple(
            PassPlan(tuple(each["computes"]), tuple(each["reads"])) for each in document["passes"]
        ),
        read_schema(folder.parent / RAW / "schema.pbtxt"),
        document.get("annotations", {}),
    )


def _check_operation(op: str, of: tuple[int, ...], place: int) -> None:
    if op not in OPERATIONS and op not in ("input", "constant", "literal", *CONTEXT):
        raise TransformError(
            f"the transform graph has the operation {op!r}, which this version of minitfx does "
            "not know; fit it again, or use the version that it was fitted with"
        )
    if any(not 0 <= each < place for each in of):
        raise IndexError(f"operation {place} is applied to {of}")


class _Assets:
    """The files beside a graph, read only if they are what the graph says."""

    def __init__(self, folder: Path, digests: Mapping[str, str], trust: bool) -> None:
        self.folder = folder
        self.digests = digests
        self.trust = trust

    def read(self, name: str) -> bytes:
        try:
            content = (self.folder / name).read_bytes()
        except FileNotFoundError:
            raise StorageError(f"the transform graph's {self.folder / name} is not there") from None
        if hashlib.sha256(content).hexdigest() != self.digests[name]:
            raise TransformError(f"{self.folder / name} has changed since the graph was fitted")
        return content

    def estimator(self, name: str | None) -> dict[str, FittedEstimator]:
        if name is None:
            return {}
        if not self.trust:
            raise ModelRefusedError(
                f"the transform graph at {self.folder.parent} holds a scikit-learn transformer as "
                "a pickle, and loading that runs whatever is in it. If you know where the graph "
                "comes from, load it with trust=True, or with its SHA-256"
            )
        return {name: FittedEstimator.from_bytes(name, self.read(name))}

    def function(
        self, module: str, name: str, uses: Mapping[str, str] | None = None
    ) -> PythonFunction:
        asset = _code_name(module)
        source = self.read(asset) if asset in self.digests else b""
        return PythonFunction.load(module, name, source, uses or {}, self.trust)


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
