"""What analyzers found in data sets that have been read before, so that they are not read again.

::

    <folder>/<data set>/<analyzer>.arrow

A data set is named by its content, an analyzer by everything that its result follows from: the
operations on the way from the columns, their settings, the code of Python functions with the
values that it uses, and what analyzers of earlier passes found. Entries are Arrow files; there is
no pickle.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from minitfx.data_validation.buffers import array_of, values_of
from minitfx.data_validation.counted import Counted
from minitfx.errors import StorageError
from minitfx.transform.accumulators.counts import Counts
from minitfx.transform.accumulators.covariance import Covariance
from minitfx.transform.accumulators.distribution import Distribution
from minitfx.transform.accumulators.documents import Documents
from minitfx.transform.accumulators.extent import Extent
from minitfx.transform.accumulators.histogram import Histogram
from minitfx.transform.accumulators.keyed import KeyedDistribution, KeyedExtent, KeyedMoments
from minitfx.transform.accumulators.label_counts import LabelCounts
from minitfx.transform.accumulators.moments import Moments, Sum
from minitfx.transform.accumulators.own import Own, OwnAnalyzer, Packed
from minitfx.transform.accumulators.target import FoldedTarget
from minitfx.transform.cells import words_of
from minitfx.transform.estimator import FittedEstimator
from minitfx.transform.program import needed
from minitfx.transform.pyfunction import PythonFunction
from minitfx.transform.tape import Node
from minitfx.transform.values import value_json
from minitfx.transform.vocab import Vocabulary

FORMAT = 3
_KNOWN = (
    *(Counted, Counts, Covariance, Distribution, Documents, Extent, FoldedTarget, Histogram),
    *(KeyedDistribution, KeyedExtent, KeyedMoments, LabelCounts, Moments, Packed, Sum),
)
_CLASSES: dict[str, type] = {each.__name__: each for each in _KNOWN}


class AnalyzerCache:
    """Partial results of analyzers, by data set and analyzer.

    Parameters
    ----------
    old : path, optional
        A folder that an earlier cache wrote.
    new : path, optional
        Where to write what is found again and what is computed; made if it is not there. What
        is in ``old`` and not asked for is left behind.

    Examples
    --------
    >>> import pyarrow as pa, tempfile, minitfx.transform as tft
    >>> def preprocessing_fn(inputs):
    ...     return {"z": tft.scale_to_z_score(inputs["x"])}
    >>> first, second = pa.table({"x": [1.0, 2.0]}), pa.table({"x": [6.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = tft.AnalyzerCache(new=folder)
    ...     _ = tft.analyze({"first": first}, preprocessing_fn, cache=cache)
    ...     again = tft.AnalyzerCache(old=folder)
    ...     graph = tft.analyze({"first": first, "second": second}, preprocessing_fn, cache=again)
    ...     graph.constants["mean(x)"], again.hits
    (3.0, 1)
    """

    def __init__(self, old: str | Path | None = None, new: str | Path | None = None) -> None:
        self.old = None if old is None else Path(old)
        self.new = None if new is None else Path(new)
        self.hits = 0

    def find(self, dataset: str, analyzer: str) -> Any:
        """Return the accumulator of an analyzer over a data set, None when it is not known.

        Raises
        ------
        StorageError
            If the entry is damaged.
        """
        if self.old is None:
            return None
        path = self.old / _place(dataset, analyzer)
        if not path.is_file():
            return None
        try:
            found = read_state(path)
        except (pa.ArrowException, KeyError, ValueError, TypeError) as error:
            raise StorageError(f"the analyzer cache entry {path} is damaged: {error}") from None
        if self.new is not None:
            target = self.new / _place(dataset, analyzer)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        self.hits += 1
        return found

    def put(self, dataset: str, analyzer: str, accumulator: Any) -> None:
        """Write the accumulator of an analyzer over a data set, if it is of a kind that can be."""
        if self.new is not None and isinstance(accumulator, Own):
            accumulator = accumulator.packed()
        if self.new is not None and type(accumulator).__name__ in _CLASSES:
            target = self.new / _place(dataset, analyzer)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_state(accumulator, target)


def _place(dataset: str, analyzer: str) -> Path:
    folder = hashlib.sha256(dataset.encode()).hexdigest()[:32]
    return Path(folder) / f"{analyzer[:32]}.arrow"


def analyzer_key(nodes: Sequence[Node], place: int, constants: Mapping[int, Any]) -> str | None:
    """Return a name for everything that an analyzer's result follows from, besides the data.

    Returns
    -------
    str or None
        None when that cannot be told, because of a Python function that uses something of which
        nobody knows what it follows from (see `function_identity`), or an analyzer of one's own
        that says not how it is kept.

    Notes
    -----
    O(nodes that the analyzer needs). What earlier passes found goes by its value: a vocabulary
    by its tokens.
    """
    keys: dict[int, str] = {}
    for at in needed(nodes, [place], constants):
        if at in constants:
            described: list[Any] = ["constant", _content(constants[at])]
        else:
            node = nodes[at]
            identity: str | None = ""
            if isinstance(node.payload, (PythonFunction, OwnAnalyzer)):
                identity = node.payload.identity
            if identity is None:
                return None
            parameters = {key: each for key, each in node.parameters.items() if key != "required"}
            operands = [keys[each] for each in node.of]
            described = [node.op, parameters, node.type.to_json(), identity, operands]
        text = json.dumps([FORMAT, described], sort_keys=True)
        keys[at] = hashlib.sha256(text.encode()).hexdigest()
    return keys[place]


def _content(value: Any) -> Any:
    """Return a constant as JSON, or as a digest of the file that it would be saved as."""
    if isinstance(value, Vocabulary):
        return ["vocabulary", hashlib.sha256(value.to_text().encode()).hexdigest()]
    if isinstance(value, FittedEstimator):
        return ["estimator", hashlib.sha256(value.to_bytes()).hexdigest()]
    return value_json(value)


def write_state(accumulator: Any, path: Path) -> None:
    """Write an accumulator as an Arrow file: one row, a list for each of its arrays."""
    arrays: list[pa.Array] = []
    document = _encoded(accumulator, arrays)
    columns = [
        pa.LargeListArray.from_arrays(array_of(np.array([0, len(each)])), each)
        for each in (*arrays, pa.nulls(0, pa.int64()))
    ]
    names = [str(number) for number in range(len(columns))]
    table = pa.table(columns, names=names).replace_schema_metadata(
        {"minitfx": json.dumps(document, sort_keys=True)}
    )
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(path, table.schema, options=options) as writer:
        writer.write_table(table)


def read_state(path: Path) -> Any:
    """Return the accumulator that `write_state` wrote."""
    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
    document = json.loads(table.schema.metadata[b"minitfx"])
    arrays = [column.combine_chunks().flatten() for column in table.columns]
    return _decoded(document, arrays)


def _encoded(value: Any, arrays: list[pa.Array]) -> Any:
    """Return a value as JSON in which arrays are numbers of entries of ``arrays``."""
    if isinstance(value, Counts):
        blocks = list(value.blocks())
        value = dataclasses.replace(value, parts=blocks, runs=[], spill=None, settled=0)
    if dataclasses.is_dataclass(value):
        fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        encoded = {name: _encoded(each, arrays) for name, each in fields.items()}
        return {"class": type(value).__name__, "fields": encoded}
    if isinstance(value, np.ndarray):
        flat = value.ravel()
        arrays.append(_as_arrow(flat))
        return {"array": len(arrays) - 1, "shape": value.shape, "dtype": value.dtype.str}
    if isinstance(value, pa.Array):
        arrays.append(value)
        return {"arrow": len(arrays) - 1}
    if isinstance(value, dict):
        keys = _encoded(list(value), arrays)
        return {"keys": keys, "each": [_encoded(each, arrays) for each in value.values()]}
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        arrays.append(words_of(value))
        return {"texts": len(arrays) - 1}
    if isinstance(value, list):
        return {"list": [_encoded(each, arrays) for each in value]}
    if isinstance(value, float):
        return {"float": value.hex()}
    return value


def _as_arrow(flat: Any) -> pa.Array:
    if flat.dtype == np.bool_:
        flat = flat.astype(np.int64)
    arrow = pa.float64() if flat.dtype.kind == "f" else pa.int64()
    return pa.Array.from_buffers(arrow, len(flat), [None, pa.py_buffer(np.ascontiguousarray(flat))])


def _decoded(document: Any, arrays: list[pa.Array]) -> Any:
    if not isinstance(document, dict):
        return document
    if "class" in document:
        fields = {name: _decoded(each, arrays) for name, each in document["fields"].items()}
        return _CLASSES[document["class"]](**fields)
    if "array" in document:
        flat = values_of(arrays[document["array"]])
        return flat.astype(np.dtype(document["dtype"])).reshape(document["shape"])
    if "arrow" in document:
        return arrays[document["arrow"]]
    if "keys" in document:
        keys = _decoded(document["keys"], arrays)
        values = (_decoded(each, arrays) for each in document["each"])
        return dict(zip(keys, values, strict=True))
    if "texts" in document:
        return arrays[document["texts"]].to_pylist()
    if "float" in document:
        return float.fromhex(document["float"])
    return [_decoded(each, arrays) for each in document["list"]]
