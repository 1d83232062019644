"""Constants of a graph as JSON: floats keep every bit, large things become assets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from minitfx.errors import TransformError
from minitfx.transform.cells import Numbers, Strings, words_of
from minitfx.transform.estimator import FittedEstimator
from minitfx.transform.keytable import KeyTable
from minitfx.transform.vocab import Vocabulary

_DTYPES = {"int": np.int64, "float": np.float64, "bool": np.bool_}


def value_json(value: Any) -> dict[str, Any]:
    """Return a constant as JSON.

    Raises
    ------
    TransformError
        If it is of a kind that no graph holds.
    """
    if isinstance(value, Vocabulary):
        return {"vocabulary": value.name}
    if isinstance(value, FittedEstimator):
        return {"estimator": value.name}
    if isinstance(value, KeyTable):
        return {"keys": list(value.keys), "numbers": finite(value.numbers.tolist())}
    if isinstance(value, Strings):
        return {"codes": value.codes.tolist(), "words": value.words.to_pylist()}
    if isinstance(value, Numbers):
        kind = {"i": "int", "f": "float", "b": "bool"}[value.values.dtype.kind]
        document = {kind: finite(value.values.tolist())}
        if value.valid is not None:
            document["valid"] = value.valid.tolist()
        return document
    raise TransformError(f"a {type(value).__qualname__} cannot be saved in a graph")


def value_of(document: Mapping[str, Any], assets: Mapping[str, Any]) -> Any:
    """Return the constant that `value_json` wrote; ``assets`` are those of the graph by name."""
    for kind in ("vocabulary", "estimator"):
        if kind in document:
            return assets[document[kind]]
    if "keys" in document:
        numbers = np.array(infinite(document["numbers"]), np.float64)
        return KeyTable(tuple(document["keys"]), numbers)
    if "words" in document:
        return Strings(np.array(document["codes"], np.int32), words_of(document["words"]))
    kind = next(key for key in document if key in _DTYPES)
    valid = None if "valid" not in document else np.array(document["valid"], np.bool_)
    return Numbers(np.array(infinite(document[kind]), _DTYPES[kind]), valid)


def plain(value: Numbers | Strings) -> Any:
    """Return a constant as Python's or numpy's own: a number, a text, or an array of them."""
    if isinstance(value, Strings):
        words = value.words.to_pylist()
        return words[value.codes] if value.codes.ndim == 0 else [words[at] for at in value.codes]
    return value.values.item() if value.values.ndim == 0 else value.values


def plain_json(value: Any) -> Any:
    """Return what `plain` gave as JSON."""
    return finite(value.tolist() if isinstance(value, np.ndarray) else value)


def plain_of(document: Any) -> Any:
    """Return what `plain_json` wrote."""
    value = infinite(document)
    is_numbers = isinstance(value, list) and not any(isinstance(each, str) for each in value)
    return np.array(value) if is_numbers else value


def finite(value: Any) -> Any:
    """Return JSON with NaN and infinities, which it has not, as ``{"float": "NaN"}``."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, list):
        return [finite(each) for each in value]
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    return value


def infinite(value: Any) -> Any:
    """Undo `finite`."""
    if isinstance(value, dict):
        if set(value) == {"float"} and isinstance(value["float"], str):
            return float(value["float"])
        return {key: infinite(each) for key, each in value.items()}
    return [infinite(each) for each in value] if isinstance(value, list) else value
