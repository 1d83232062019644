"""What people see: frames and a page, for hostile names too."""

import re

import pandas as pd
import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation import (
    display_anomalies,
    display_schema,
    generate_statistics,
    get_anomalies_dataframe,
    get_schema_dataframe,
    get_statistics_html,
    infer_schema,
    validate_statistics,
)

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def statistics():
    return generate_statistics(
        pa.table({"fare": [1.0, None, 4.0], HOSTILE: ["it's", HOSTILE, "b"], "n": [1, 2, 3]})
    )


def test_a_schema_is_two_frames(statistics):
    schema = infer_schema(statistics)
    schema.feature[2].int_domain.min = 1
    features, domains = get_schema_dataframe(schema)
    assert features.loc["'fare'"].tolist() == ["FLOAT", "optional", "single", "-"]
    assert features.loc["'n'"].tolist() == ["INT", "required", "", "min: 1"]
    assert domains.iloc[0]["Values"] == f"'{HOSTILE}', 'b', 'it\\'s'"


def test_anomalies_are_a_frame(statistics):
    schema = infer_schema(statistics)
    other = generate_statistics(pa.table({"fare": ["a"], HOSTILE: ["b"], "n": [1]}))
    frame = get_anomalies_dataframe(validate_statistics(other, schema))
    assert frame.loc["'fare'", "Anomaly short description"] == "Unexpected data type"
    assert get_anomalies_dataframe(validate_statistics(statistics, schema)).empty


def test_outside_a_notebook_text_is_printed(statistics, capsys):
    schema = infer_schema(statistics)
    display_schema(schema)
    display_anomalies(validate_statistics(statistics, schema))
    printed = capsys.readouterr().out
    assert "'fare'" in printed and "No anomalies found." in printed


def test_other_messages_are_refused():
    with pytest.raises(TypeError, match="expected Anomalies"):
        get_anomalies_dataframe(schema_pb2.Schema())
    with pytest.raises(TypeError, match="expected a Schema"):
        get_schema_dataframe(pd.DataFrame())


def test_a_page_shows_two_data_sets_and_runs_no_script(statistics):
    page = get_statistics_html(statistics, statistics, "before", "after")
    assert "before: 3 examples" in page and "after: 3 examples" in page
    assert "<script" not in page and "&lt;script&gt;" in page
    assert not re.search(r"https?://", page)
    assert page.count("<svg") == 3


def test_a_page_shows_the_wanted_features_only(statistics):
    assert ">n<" not in get_statistics_html(statistics, denylist_features=["n"])
    only = get_statistics_html(statistics, allowlist_features=["n"])
    assert ">n<" in only and ">fare<" not in only
    with pytest.raises(ValueError, match="at most one"):
        get_statistics_html(statistics, allowlist_features=[], denylist_features=[])
