"""Numbers between Arrow and numpy without a copy.

`pyarrow.Array.to_numpy` and `pyarrow.array` load pandas when they first meet an ndarray; going
through the buffers does not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_TYPES = {
    np.dtype(np.int64): pa.int64(),
    np.dtype(np.float64): pa.float64(),
    np.dtype(np.int32): pa.int32(),
}

_NAMES = {"double": "float64", "float": "float32", "halffloat": "float16"}


def values_of(array: Any) -> npt.NDArray[Any]:
    """Return the numbers of a primitive Arrow array without nulls.

    Parameters
    ----------
    array : pyarrow.Array
        Of integers or floats; the caller has dropped nulls.

    Examples
    --------
    >>> values_of(pa.array([1, 2, 3])[1:]).tolist()
    [2, 3]
    """
    dtype = np.dtype(_NAMES.get(str(array.type), str(array.type)))
    if not len(array):
        return np.empty(0, dtype)
    start = array.offset * dtype.itemsize
    return np.frombuffer(array.buffers()[1], dtype, count=len(array), offset=start)


def array_of(values: npt.NDArray[Any]) -> Any:
    """Return an Arrow array on the memory of a contiguous ndarray of numbers."""
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(_TYPES[values.dtype], len(values), [None, pa.py_buffer(values)])
