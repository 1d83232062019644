"""Analyzers of the user's own."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minitfx.transform.accumulators.own import OwnAnalyzer, Parts
from minitfx.transform.column import Column, apply
from minitfx.transform.columntype import kind_named
from minitfx.transform.operand import columns_of
from minitfx.transform.origin import calling_line, located

_VERBS = ("zero", "add", "merge", "result")


class PTransformAnalyzerCacheCoder(ABC):
    """How what is kept of some rows becomes bytes, and how these are read again."""

    @abstractmethod
    def encode_cache(self, cache: Any) -> bytes:
        """Return what is kept as bytes."""

    @abstractmethod
    def decode_cache(self, encoded_cache: bytes) -> Any:
        """Return what `encode_cache` wrote."""


class SimpleJsonPTransformAnalyzerCacheCoder(PTransformAnalyzerCacheCoder):
    """Numbers, texts and arrays of them as JSON; they are read as one numpy array.

    Parameters
    ----------
    np_dtype : dtype, optional
        Of the array.

    Examples
    --------
    >>> coder = SimpleJsonPTransformAnalyzerCacheCoder()
    >>> coder.decode_cache(coder.encode_cache([np.float64(0.1), 2])).tolist()
    [0.1, 2.0]
    """

    def __init__(self, np_dtype: Any = None) -> None:
        self._dtype = np_dtype

    def encode_cache(self, cache: Any) -> bytes:
        """Return numbers, or a list or tuple of numbers and arrays, as JSON."""
        listed = list(cache) if isinstance(cache, (list, tuple)) else cache
        return json.dumps(listed, default=lambda each: each.tolist()).encode()

    def decode_cache(self, encoded_cache: bytes) -> Any:
        """Return an array; of objects where it has no other shape."""
        values = json.loads(encoded_cache)
        try:
            return np.array(values, self._dtype)
        except ValueError:
            return np.array(values, object)


class CacheablePTransformAnalyzer(NamedTuple):
    """An analyzer in three functions, whose partial results can be kept in an analyzer cache.

    Attributes
    ----------
    make_accumulators_ptransform : callable
        From a tuple of numpy arrays, the values of one batch for each input, to what is kept
        of them.
    merge_accumulators_ptransform : callable
        From a list of what was kept to one for all; of an empty list, when there are no rows.
        It must not matter how rows are cut into batches.
    extract_output_ptransform : callable
        From one to the output, or to a tuple of outputs.
    cache_coder : PTransformAnalyzerCacheCoder
        To bytes and back.
    """

    make_accumulators_ptransform: Callable[[tuple[Any, ...]], Any]
    merge_accumulators_ptransform: Callable[[list[Any]], Any]
    extract_output_ptransform: Callable[[Any], Any]
    cache_coder: PTransformAnalyzerCacheCoder


def ptransform_analyzer(
    inputs: Sequence[Column],
    ptransform: Any,
    output_dtypes: Sequence[Any],
    output_shapes: Sequence[Sequence[int | None]],
    output_asset_default_values: Sequence[bytes | None] | None = None,
    name: str | None = None,
) -> list[Column]:
    """Return what an analyzer of one's own finds in all rows of some columns.

    Parameters
    ----------
    inputs : sequence of Column
        What it is shown: a tuple of numpy arrays a batch, as `apply_pyfunc` gives them to a
        function (missing floats are NaN, missing text is None, lists of any length are objects).
    ptransform : Accumulator or CacheablePTransformAnalyzer
        An object with ``zero()``, ``add(arrays)``, ``merge(other)`` and ``result()``, as
        `minitfx.kernels.Accumulator` describes them; or the same in three functions, whose
        partial results an `AnalyzerCache` keeps.
    output_dtypes : sequence
        The kind of each output: int, float, bool or str, or numpy's types for them.
    output_shapes : sequence of sequence of int or None
        ``[]`` for one value, ``[k]`` for a list of k, ``[None]`` for a list of any length. A
        matrix is given row after row, in one list.
    output_asset_default_values : sequence of bytes or None, optional
        What is not None says that this output is a list of tokens, which become a vocabulary
        for `apply_vocabulary`, with a file among the assets.
    name : str, optional
        Of such a file, and for the messages; the name of the class, or of the function that
        makes what is kept, when not given.

    Returns
    -------
    list of Column
        Constants, one for each output.

    Raises
    ------
    TransformError
        If the analyzer is of another kind; when it is fitted, if it raises, or gives other
        outputs than announced. The message names the line.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> class Product:
    ...     def __init__(self, found=1.0):
    ...         self.found = found
    ...     def zero(self):
    ...         return Product()
    ...     def add(self, arrays):
    ...         return Product(self.found * arrays[0].prod())
    ...     def merge(self, other):
    ...         return Product(self.found * other.found)
    ...     def result(self):
    ...         return self.found
    >>> data = pa.table({"x": [2.0, 3.0, 7.0]})
    >>> def preprocessing_fn(inputs):
    ...     analyzer = tft.experimental.ptransform_analyzer
    ...     (product,) = analyzer([inputs["x"]], Product(), [float], [[]])
    ...     return {"share": inputs["x"] / product}
    >>> tft.analyze(data, preprocessing_fn).constants
    {'Product(x)': 42.0}
    """
    columns = columns_of(inputs)
    is_parts = isinstance(ptransform, CacheablePTransformAnalyzer)
    named = ptransform.make_accumulators_ptransform if is_parts else type(ptransform)
    label = str(name or getattr(named, "__qualname__", type(ptransform).__qualname__))
    analyzer = OwnAnalyzer(label, _given(ptransform), calling_line())
    assets = output_asset_default_values or [None] * len(output_dtypes)
    if not len(output_dtypes) == len(output_shapes) == len(assets) > 0:
        raise located(
            f"there are {len(output_dtypes)} output_dtypes, {len(output_shapes)} output_shapes and "
            f"{len(assets)} output_asset_default_values; expected as many, and one or more",
            calling_line(),
        )
    table = apply("own", columns, {"analyzer": label}, payload=analyzer)
    found = []
    for index, (dtype, shape, asset) in enumerate(
        zip(output_dtypes, output_shapes, assets, strict=True)
    ):
        place = {"analyzer": label, "index": index, "count": len(assets)}
        if asset is not None:
            settings = {**place, "name": _file_name(table, label, index)}
            found.append(apply("own_vocabulary", [table], settings))
        else:
            settings = {**place, "kind": kind_named(dtype), "shape": list(shape)}
            found.append(apply("own_output", [table], settings))
    return found


def _given(ptransform: Any) -> Any:
    """Return what a user gave, if it is an analyzer.

    Raises
    ------
    TransformError
        If it is not; says what would be.
    """
    if isinstance(ptransform, CacheablePTransformAnalyzer):
        *functions, coder = ptransform
        verbs = ("encode_cache", "decode_cache")
        if all(map(callable, functions)) and all(hasattr(coder, verb) for verb in verbs):
            return Parts(*ptransform)
    elif not isinstance(ptransform, type) and all(hasattr(ptransform, verb) for verb in _VERBS):
        return ptransform
    hint = "; a Beam transform cannot run here" if hasattr(ptransform, "expand") else ""
    raise located(
        f"ptransform is {ptransform!r}{hint}. Expected an object with {', '.join(_VERBS)} (see "
        "minitfx.kernels.Accumulator), or a CacheablePTransformAnalyzer of three functions and "
        "a cache coder",
        calling_line(),
    )


def _file_name(table: Column, label: str, index: int) -> str:
    names = table.tape.names
    number = 0
    while True:
        name = f"{label}_{number}" if number else label
        content = f"own {table.place} {index}"
        if names.setdefault(name, content) == content:
            return name
        number += 1
