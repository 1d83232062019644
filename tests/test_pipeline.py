"""Pipelines that cannot be right are refused when they are built."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from parts import Bless, Count, Source, Train

from minitfx import Pipeline, RuntimeParameter
from minitfx.errors import (
    CycleError,
    DuplicateNodeError,
    ParameterError,
    PipelineError,
    UnknownNodeError,
)


def chain() -> tuple[Source, Count, Train]:
    source = Source()
    count = Count(source.outputs["examples"])
    return source, count, Train(count.outputs["statistics"])


def test_nodes_are_sorted_and_given_once() -> None:
    source, count, train = chain()
    pipeline = Pipeline("p", "root", [train, count, source, count])
    assert list(pipeline.nodes) == ["Source", "Count", "Train"]


@pytest.mark.parametrize("name", ["", "x" * 64, None])
def test_a_bad_name_is_refused(name: Any) -> None:
    with pytest.raises(PipelineError, match="1 to 63 characters"):
        Pipeline(name, "root")


def test_two_nodes_of_one_id_are_refused() -> None:
    with pytest.raises(DuplicateNodeError, match=r"two nodes have the id 'Source'.*with_id"):
        Pipeline("p", "root", [Source(), Source()])


def test_a_node_of_the_pipelines_name_is_refused() -> None:
    with pytest.raises(DuplicateNodeError, match="the pipeline's own name"):
        Pipeline("Source", "root", [Source()])


def test_a_missing_upstream_node_is_refused() -> None:
    source, count, _ = chain()
    with pytest.raises(PipelineError, match="Count reads from Source, which is not among"):
        Pipeline("p", "root", [count])
    with pytest.raises(PipelineError, match="Count reads from Source"):
        Pipeline("p", "root", [count, Source()])
    assert source.id == "Source"


def test_a_cycle_is_shown() -> None:
    source, count, train = chain()
    source.add_upstream_node(train)
    with pytest.raises(CycleError) as caught:
        Pipeline("p", "root", [source, count, train])
    circle = str(caught.value).split(": ")[1].split(";")[0].split(" -> ")
    assert circle[0] == circle[-1]
    assert set(circle) == {"Source", "Count", "Train"}
    order = ["Source", "Count", "Train"]
    steps = itertools.pairwise(circle)
    assert all(order.index(b) == (order.index(a) + 1) % 3 for a, b in steps)


def test_what_is_no_node_is_refused() -> None:
    with pytest.raises(PipelineError, match="expected components, Importers and Resolvers"):
        Pipeline("p", "root", ["Source"])  # type: ignore[list-item]


def test_a_pipeline_without_a_root_says_so_when_it_is_needed() -> None:
    with pytest.raises(PipelineError, match="has no pipeline_root"):
        _ = Pipeline("p", components=[Source()]).root


def test_the_nodes_between_two_are_selected() -> None:
    source, count, train = chain()
    other = Count(source.outputs["examples"]).with_id("other")
    bless = Bless(train.outputs["model"])
    pipeline = Pipeline("p", "root", [source, count, train, other, bless])
    assert pipeline.select(["Count"]) == ["Count", "Train", "Bless"]
    assert pipeline.select([], ["Train"]) == ["Source", "Count", "Train"]
    assert pipeline.select(["Count"], ["Train"]) == ["Count", "Train"]
    with pytest.raises(PipelineError, match="no node lies between Train and other"):
        pipeline.select(["Train"], ["other"])
    with pytest.raises(UnknownNodeError, match="Did you mean 'Train'"):
        pipeline.select(["Trian"])


def test_a_runtime_parameter_has_one_declaration() -> None:
    one = Source(text=RuntimeParameter("text", str, "a")).with_id("one")
    two = Source(text=RuntimeParameter("text", str, "b")).with_id("two")
    with pytest.raises(ParameterError, match="declared twice"):
        _ = Pipeline("p", "root", [one, two]).runtime_parameters


@pytest.mark.parametrize(
    ("ptype", "text", "value"),
    [(int, "3", 3), (float, "2.5", 2.5), (bool, "true", True), (bool, "0", False), (str, "a", "a")],
)
def test_runtime_parameters_are_read_from_text(ptype: type, text: str, value: Any) -> None:
    assert RuntimeParameter("x", ptype).parse(text) == value


@pytest.mark.parametrize(("ptype", "value"), [(int, "a"), (int, 2.5), (int, True), (bool, "maybe")])
def test_runtime_parameters_of_another_type_are_refused(ptype: type, value: Any) -> None:
    with pytest.raises(ParameterError, match=f"expected {ptype.__name__}"):
        RuntimeParameter("x", ptype).parse(value)


def test_the_plan_is_stable_json() -> None:
    def plan() -> str:
        source, count, train = chain()
        return json.dumps(Pipeline("p", "root", [train, source, count]).to_json(), sort_keys=True)

    assert plan() == plan()
    nodes = json.loads(plan())["nodes"]
    assert nodes["Count"]["inputs"] == {"examples": [{"node": "Source", "output": "examples"}]}
    assert nodes["Source"]["parameters"] == {"file": None, "text": "hello"}


@pytest.mark.parametrize(
    ("arguments", "workers"),
    [
        ([], None),
        (["--direct_num_workers=3"], 3),
        (["--direct_num_workers", "2", "--direct_running_mode=multi_threading"], 2),
        (["--runner=DirectRunner"], None),
        (["--direct_num_workers=0"], None),
    ],
)
def test_direct_runner_arguments_set_the_workers(arguments: list[str], workers: int | None) -> None:
    assert Pipeline("p", "root", beam_pipeline_args=arguments).workers == workers


@pytest.mark.parametrize(
    "argument", ["--runner=FlinkRunner", "--project=x", "--direct_num_workers=a"]
)
def test_other_beam_arguments_need_beam(argument: str) -> None:
    with pytest.raises(PipelineError, match="needs Apache Beam"):
        Pipeline("p", "root", beam_pipeline_args=[argument])
