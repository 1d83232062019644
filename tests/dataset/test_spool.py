from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from minitfx.dataset.spool import opened, spooled
from minitfx.errors import DataError


def test_tables_that_come_once_are_read_in_chunks_and_then_gone():
    tables = (pa.table({"x": [i] * 70_000}) for i in range(2))
    with spooled(tables) as source:
        assert source.rows == 140_000
        path = source.files[0]
        assert source.chunks()[-1].read()["x"][0].as_py() == 1
    assert not Path(path).exists()


def test_record_batches_and_frames_are_welcome():
    with opened(iter(pa.table({"x": [1, 2]}).to_batches())) as source:
        assert source.rows == 2
    with opened(pd.DataFrame({"x": [1]})) as source:
        assert source.schema.names == ["x"]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([], "no table was given"),
        ([pa.table({"x": [1]}), pa.table({"y": [1]})], "has the columns y: int64; the first"),
        ([{"x": 1}], r"dict is no pyarrow\.Table"),
    ],
)
def test_what_does_not_fit_together_is_named(tables, message):
    with pytest.raises(DataError, match=message), spooled(tables):
        pass
