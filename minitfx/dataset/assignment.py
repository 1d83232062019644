"""Which split a row belongs to: by its content, so that it stays there as data grow."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from minitfx.dataset.example_bytes import example_bytes, feature_bytes
from minitfx.dataset.instants import unit_of
from minitfx.dataset.row_hash import hash_rows
from minitfx.dataset.source import check_columns
from minitfx.dataset.split_config import SplitRule
from minitfx.errors import ColumnError


def assign(
    rule: SplitRule, table: pa.Table, *, falsy_is_missing: bool = False
) -> npt.NDArray[np.int64]:
    """Return the number of each row's split.

    Parameters
    ----------
    rule : SplitRule
        Splits and their buckets.
    table : pyarrow.Table
        Columns of stored types (see `minitfx.dataset.stored`), or null for a column without
        any value in the whole data set.
    falsy_is_missing : bool
        With ``split_hash="tfx"``: whether the rows come from Parquet or Avro, where TFX takes
        zero and the empty text for missing.

    Returns
    -------
    numpy.ndarray of int64, shape (rows,)

    Raises
    ------
    ColumnError
        If the partition feature is not there, has no value, or is neither an integer nor text
        nor a date or timestamp.

    Notes
    -----
    O(cells), vectorised for ``"content"``, in Python for ``"tfx"``. Equal rows share a split.

    Examples
    --------
    >>> rule = SplitRule(("train", "eval"), (2, 1))
    >>> assign(rule, pa.table({"x": [1, 2, 3, 1]})).tolist()
    [1, 0, 0, 1]
    """
    if rule.partition_feature is not None:
        table = _partition(table, rule.partition_feature)
    if rule.split_hash == "tfx":
        return assign_records(rule, _records(rule, table, falsy_is_missing))
    return _owners(rule, (hash_rows(table) % np.uint64(sum(rule.buckets))).astype(np.int64))


def assign_records(rule: SplitRule, records: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """Return the number of each record's split, as TFX finds it from the record's bytes.

    Parameters
    ----------
    rule : SplitRule
        Splits and their buckets.
    records : sequence of bytes
        Serialized messages, as TFX would store or did read them.
    """
    total = sum(rule.buckets)
    return _owners(rule, np.array([_sha256(record) % total for record in records], np.int64))


def _owners(rule: SplitRule, bucket: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.searchsorted(np.cumsum(rule.buckets), bucket, side="right").astype(np.int64)


def _records(rule: SplitRule, table: pa.Table, falsy_is_missing: bool) -> list[bytes]:
    name = rule.partition_feature
    if name is None:
        return example_bytes(table, falsy_is_missing=falsy_is_missing)
    return feature_bytes(name, table[name], falsy_is_missing=falsy_is_missing)


def _partition(table: pa.Table, name: str) -> pa.Table:
    check_columns(table.schema, [name])
    kind = table.schema.field(name).type
    if pa.types.is_null(kind):
        raise ColumnError(f"the partition feature {name!r} has no value in any row")
    if pa.types.is_list(kind):
        kind = kind.value_type
    tests = (pa.types.is_integer, pa.types.is_string, pa.types.is_binary, unit_of)
    if not any(test(kind) for test in tests):
        raise ColumnError(
            f"the partition feature {name!r} is of type {kind}; expected integers, text, dates or "
            "timestamps, whose equality is certain"
        )
    return table.select([name])


def _sha256(record: bytes) -> int:
    return int.from_bytes(hashlib.sha256(record).digest(), "big")
