"""Drift against the span before, in a pipeline: a Resolver, and both validators behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format

import minitfx
from minitfx import data_validation as dv
from minitfx.catalog.session import open_catalog, query
from minitfx.errors import ResolutionError
from minitfx.proto.distribution_validator_pb2 import DistributionValidatorConfig
from minitfx.proto.example_gen_pb2 import Input, Output, SplitConfig
from minitfx.result import RunResult
from minitfx.types import ExampleStatistics

CONFIG = text_format.Parse(
    """default_slice_config {
         feature { path { step: "paid" }
           distribution_comparator { infinity_norm { threshold: 0.2 } } }
         num_examples_comparator { max_fraction_threshold: 1.5 } }""",
    DistributionValidatorConfig(),
)
# Shares of cash: 0.5 in span 1, 0.6 in span 2, 0.9 in span 3, 0.5 in span 4.
CASH = {1: 20, 2: 24, 3: 36, 4: 20}
ROWS = 40


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    schema = dv.infer_schema(dv.generate_statistics_from_csv(written(tmp_path / "data", 1)))
    dv.get_feature(schema, "paid").drift_comparator.infinity_norm.threshold = 0.2
    dv.write_schema_text(schema, tmp_path / "schema.pbtxt")
    return tmp_path / "data"


def written(folder: Path, span: int) -> Path:
    file = folder / f"span-{span}" / "trips.csv"
    file.parent.mkdir()
    paid = ["cash"] * CASH[span] + ["card"] * (ROWS - CASH[span])
    file.write_text("trip,paid\n" + "".join(f"{n},{way}\n" for n, way in enumerate(paid)))
    return file


def run(data: Path, earlier: Any = minitfx.PreviousSpanStrategy) -> RunResult:
    splits = [Input.Split(name="all", pattern="span-{SPAN}/*")]
    one = SplitConfig(splits=[SplitConfig.Split(name="all", hash_buckets=1)])
    gen = minitfx.CsvExampleGen(
        input_base=data, input_config=Input(splits=splits), output_config=Output(split_config=one)
    )
    statistics = minitfx.StatisticsGen(examples=gen.outputs["examples"])
    schema = minitfx.ImportSchemaGen(schema_file=str(data.parent / "schema.pbtxt"))
    channels = {"statistics": minitfx.Channel(type=ExampleStatistics)}
    if earlier is minitfx.PreviousSpanStrategy:
        channels["current"] = statistics.outputs["statistics"]
    previous = minitfx.Resolver(strategy_class=earlier, **channels).with_id("previous")
    validator = minitfx.ExampleValidator(
        statistics=statistics.outputs["statistics"],
        schema=schema.outputs["schema"],
        previous_statistics=previous.outputs["statistics"],
    )
    distribution = minitfx.DistributionValidator(
        statistics=statistics.outputs["statistics"],
        baseline_statistics=previous.outputs["statistics"],
        config=CONFIG,
    )
    nodes = [gen, statistics, schema, previous, validator, distribution]
    pipeline = minitfx.Pipeline("drifting", data.parent / "out", nodes, enable_cache=True)
    return minitfx.LocalDagRunner().run(pipeline)


def blessed(result: RunResult) -> list[Any]:
    nodes = ("ExampleValidator", "DistributionValidator")
    found = [result.artifacts(node, "anomalies")[0] for node in nodes]
    return [each.get_custom_property("blessed") for each in found]


def test_each_span_is_compared_with_the_one_before(data: Path) -> None:
    assert blessed(run(data)) == [{"all": 1}, {"all": 2}]
    written(data, 2)
    assert blessed(run(data)) == [{"all": 1}, {"all_all": 1}]
    written(data, 3)
    assert blessed(run(data)) == [{"all": 0}, {"all_all": 0}]


def test_a_span_that_is_run_again_is_not_compared_with_itself(data: Path) -> None:
    written(data, 3)
    run(data)
    written(data, 4)
    first, again = run(data), run(data)
    assert [str(each.nodes["ExampleValidator"].state) for each in (first, again)] == [
        "COMPLETE",
        "CACHED",
    ]
    assert blessed(again) == [{"all": 0}, {"all_all": 0}]
    latest = run(data, minitfx.LatestArtifactStrategy)
    assert blessed(latest) == [{"all": 1}, {"all_all": 1}]


def test_sql_sees_the_anomalies_and_every_distance(data: Path) -> None:
    for span in (2, 3):
        run(data)
        written(data, span)
    run_id = run(data).run_id
    catalog = open_catalog(data.parent / "out")
    where = f"WHERE run_id = '{run_id}' ORDER BY node_id"
    found = query(catalog, f"SELECT node_id, split, feature, type FROM anomalies {where}").rows
    kind = "COMPARATOR_L_INFTY_HIGH"
    assert [tuple(row) for row in found] == [
        ("DistributionValidator", "all_all", "paid", kind),
        ("ExampleValidator", "all", "paid", kind),
    ]
    # From 24 of 40 to 36 of 40, and before that from 20.
    rows = query(
        catalog,
        "SELECT node_id, value FROM statistics WHERE statistic = 'drift:l_infty' "
        "ORDER BY node_id, run_id",
    ).rows
    assert [row[0] for row in rows] == ["DistributionValidator"] * 2 + ["ExampleValidator"] * 2
    assert [row[1] for row in rows] == pytest.approx([0.1, 0.3, 0.1, 0.3])


def test_a_strategy_without_this_runs_span_says_what_to_wire(data: Path) -> None:
    with pytest.raises(ResolutionError, match=r"wire the output of this run .*current="):
        minitfx.PreviousSpanStrategy().resolve({"statistics": []})


def test_artifacts_of_other_nodes_are_not_compared(tmp_path: Path) -> None:
    def statistics(span: int, node: str) -> ExampleStatistics:
        artifact = ExampleStatistics(str(tmp_path / f"{node}-{span}"), properties={"span": span})
        artifact.producer_component = node
        return artifact

    now = statistics(5, "StatisticsGen")
    known = [now, statistics(4, "Transform"), statistics(2, "StatisticsGen")]
    strategy = minitfx.PreviousSpanStrategy("now")
    found = strategy.resolve({"now": [now], "statistics": [*known]})
    assert found == {"now": [now], "statistics": known[2:]}
    assert strategy.resolve({"now": [now], "statistics": known[:2]}) == {
        "now": [now],
        "statistics": [],
    }
