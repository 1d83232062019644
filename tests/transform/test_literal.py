"""Plain values among columns."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest

import minitfx.transform as tft

MOMENTS = [datetime(1969, 12, 31, 23, 59, 59, 5, UTC), None, datetime(2020, 2, 29, 12, tzinfo=UTC)]
DATA = pa.table({"t": pa.array(MOMENTS, pa.timestamp("us", "UTC"))})


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2020, 2, 29, 12),
        datetime(2020, 2, 29, 12, tzinfo=UTC),
        datetime(2020, 2, 29, 14, tzinfo=timezone(timedelta(hours=2))),
        np.datetime64("2020-02-29T12:00", "m"),
        np.datetime64("2020-02-29T12:00", "ns"),
    ],
)
def test_times_of_python_and_numpy_compare_with_columns_in_utc(moment):
    def preprocessing_fn(inputs):
        t = inputs["t"]
        return {"same": t == moment, "before": t < moment, "filled": t.fill_missing(moment)}

    graph = tft.analyze(DATA, preprocessing_fn)
    assert graph.transform(DATA).to_pydict() == {
        "same": [0, None, 1],
        "before": [1, None, 0],
        "filled": [MOMENTS[0], MOMENTS[2], MOMENTS[2]],
    }
    assert "equal(t, 2020-02-29T12:00:00.000000)" in graph.describe()


def test_a_date_is_the_beginning_of_its_day_and_survives_saving(tmp_path):
    days = date(1969, 12, 31), date(2020, 2, 29)
    graph = tft.analyze(DATA, lambda i: {"day": days[0], "t": i["t"] > days[1]})
    expected = {"day": [datetime(1969, 12, 31, tzinfo=UTC)] * 3, "t": [0, None, 1]}
    assert graph.transform(DATA).to_pydict() == expected
    graph.save(tmp_path)
    assert tft.load(tmp_path).transform(DATA).to_pydict() == expected
