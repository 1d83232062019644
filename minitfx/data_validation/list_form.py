"""Tables in TFDV's form: every column a list column, a missing cell a null list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from minitfx.data_validation.buffers import array_of
from minitfx.data_validation.nesting import is_list, valid_mask


def in_list_form(table: pa.Table) -> pa.Table:
    """Return a table whose scalar columns have become columns of lists of one.

    Code written for TFDV expects this form. Columns of lists stay as they are.

    Examples
    --------
    >>> in_list_form(pa.table({"fare": [1.5, None]})).to_pydict()
    {'fare': [[1.5], None]}
    """
    columns = [_as_lists(column.combine_chunks()) for column in table.itercolumns()]
    return pa.table(columns, names=table.column_names)


def _as_lists(array: Any) -> Any:
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if is_list(array.type):
        return array
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    valid = valid_mask(array)
    offsets = np.concatenate([[0], np.cumsum(valid)]).astype(np.int32)
    mask = None
    if array.null_count:
        mask = pa.array((~valid).tolist(), pa.bool_())
    return pa.ListArray.from_arrays(array_of(offsets), array.drop_null(), mask=mask)
