"""The plan of a pipeline says all that matters, and nothing of the machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from parts import Bless, Count, Source, Table, Train
from sklearn.linear_model import Ridge

from minitfx import Channel, Cond, Importer, Pipeline, Resolver, RuntimeParameter, union
from minitfx import placeholder as ph
from minitfx.component import Component, Output
from minitfx.proto.pusher_pb2 import PushDestination
from minitfx.types import Examples, Model, Schema


class Anything(Component):
    """Takes any value."""

    value: Any = None
    schema = Output(Schema, optional=True)

    @staticmethod
    def execute(value: Any, schema: Schema) -> None: ...


def plan(*nodes: Any, home: Path | None = None) -> dict[str, Any]:
    found = Pipeline("demo", "root", nodes, enable_cache=True).to_json(home)
    assert json.loads(json.dumps(found)) == found
    return dict(found["nodes"])


def value(of: Any, home: Path | None = None) -> Any:
    return plan(Anything(of), home=home)["Anything"]["parameters"]["value"]


def test_every_kind_of_value_is_written() -> None:
    assert value([1, (2.5, None), {"b": True, "a": "x"}]) == [1, [2.5, None], {"a": "x", "b": True}]
    message = PushDestination(filesystem=PushDestination.Filesystem(base_directory="d"))
    name = "minitfx.proto.pusher_pb2:PushDestination"
    assert value(message) == {"$proto": [name, {"filesystem": {"base_directory": "d"}}]}
    assert value(Ridge(alpha=2.0))["$estimator"][1]["alpha"] == 2.0
    assert value(value) == {"$code": ["test_plan", "value"]}
    assert value(lambda: 3) == {
        "$code": ["test_plan", "test_every_kind_of_value_is_written.<locals>.<lambda>"]
    }
    assert value(object()) == {"$value": "builtins.object"}
    assert value(RuntimeParameter("n", int, 3)) == {"$runtime": ["n", "int", 3]}
    table = plan(Table(data=pd.DataFrame({"a": [1]})))["Table"]["parameters"]["data"]
    assert list(table) == ["$value"]


def test_paths_below_home_are_relative(tmp_path: Path) -> None:
    paths = [str(tmp_path / "a" / "b.csv"), str(tmp_path), "/elsewhere", "relative"]
    assert value(paths, home=tmp_path) == ["./a/b.csv", str(tmp_path), "/elsewhere", "relative"]
    assert value(paths) == paths


def test_placeholders_and_conditions_read_as_they_were_written() -> None:
    source = Source()
    count = Count(source.outputs["examples"])
    train = Train(count.outputs["statistics"])
    bless = Bless(train.outputs["model"])
    with Cond(bless.outputs["blessing"].future()[0].custom_property("blessed") == 1):
        node = Anything(ph.join([train.outputs["model"].future()[0].uri, "x"], "/"))
    found = plan(source, count, train, bless, node)["Anything"]
    assert found["conditions"] == ["Bless.outputs['blessing'][0].custom_property('blessed') == 1"]
    assert found["parameters"]["value"] == {
        "$placeholder": "join([Train.outputs['model'][0].uri, 'x'], '/')"
    }
    assert found["after"] == ["Bless", "Train"]
    assert found["optional_outputs"] == ["schema"]


def test_wiring_tells_unions_and_queries() -> None:
    one, two = Source().with_id("one"), Source().with_id("two")
    both = union([one.outputs["examples"], two.outputs["examples"]])
    query = Channel(type=Model, producer_component_id="Train", pipeline_name="other")
    resolver = Resolver(examples=both, model=query)
    assert plan(one, two, resolver)["Resolver"]["inputs"] == {
        "examples": [
            {"node": "one", "output": "examples"},
            {"node": "two", "output": "examples"},
        ],
        "model": [{"type": "Model", "node": "Train", "pipeline": "other"}],
    }


def test_how_a_node_is_carried_out_is_told_where_it_was_said() -> None:
    node = Source().with_retries(2, backoff_s=0.5).with_timeout(None).with_cache(False)
    found = plan(node.with_resources(gpu=1), Importer("x", Examples))
    assert found["Source"]["options"] == {
        "retries": 2,
        "backoff_s": 0.5,
        "timeout_s": "none",
        "resources": {"gpu": 1},
    }
    assert found["Source"]["cache"] is False
    assert "options" not in found["Importer"]
    assert found["Importer"]["kind"] == "importer"


def test_two_builds_give_the_same_text() -> None:
    def text(order: int) -> str:
        source = Source(text=RuntimeParameter("t", str, "a", "what to write"))
        count = Count(source.outputs["examples"])
        other = Anything(lambda: 3)
        nodes = [source, count, other][::order]
        return json.dumps(Pipeline("demo", "root", nodes).to_json(), sort_keys=True)

    assert text(1) == text(-1)
