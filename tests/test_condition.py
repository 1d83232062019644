"""Conditions: what is not wanted is skipped, and said to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from parts import Bless, Count, Source, Train

from minitfx import Channel, Cond, LocalDagRunner, Pipeline, Resolver, RuntimeParameter, union
from minitfx import placeholder as ph
from minitfx.annotations import OutputDict
from minitfx.catalog.session import open_catalog, query
from minitfx.component import Component, Output
from minitfx.errors import PipelineError, RunError
from minitfx.function_component import component
from minitfx.node import Node
from minitfx.result import RunResult
from minitfx.types import Examples, Integer, Model, PushedModel, Schema


@component
def number(value: int = 3) -> OutputDict(n=int, text=str, flag=bool):  # type: ignore[valid-type]
    return {"n": value, "text": "abc", "flag": value > 2}


class Push(Component):
    """Copies a model."""

    model: Channel[Model]
    pushed = Output(PushedModel)

    @staticmethod
    def execute(model: Model, pushed: PushedModel) -> None:
        """Copy."""
        (pushed.path / "model.txt").write_text((model.path / "model.txt").read_text())


class Announce(Component):
    """Says what was pushed, if anything was."""

    pushed: Channel[PushedModel]
    schema = Output(Schema)

    @staticmethod
    def execute(pushed: PushedModel, schema: Schema) -> None:
        """Say."""
        (schema.path / "said").touch()


class Collect(Component):
    """Counts the examples that came."""

    examples: Channel[list[Examples]]
    pushed: Channel[PushedModel] | None = None
    schema = Output(Schema)

    @staticmethod
    def execute(examples: list[Examples], pushed: PushedModel | None, schema: Schema) -> None:
        """Count."""
        (schema.path / "count.txt").write_text(f"{len(examples)} {pushed is None}")


def run(root: Path, *nodes: Node, **options: Any) -> RunResult:
    return LocalDagRunner(workers=2).run(
        Pipeline("demo", root, nodes, enable_cache=True), **options
    )


def states(result: RunResult) -> dict[str, str]:
    return {name: str(node.state) for name, node in result.nodes.items()}


def guarded(text: str) -> list[Node]:
    """A model is pushed if it counts at least 4."""
    source = Source(text=text)
    count = Count(source.outputs["examples"])
    train = Train(count.outputs["statistics"])
    other = Source(text="four").with_id("base_source")
    base_count = Count(other.outputs["examples"]).with_id("base_count")
    base = Train(base_count.outputs["statistics"]).with_id("base")
    bless = Bless(train.outputs["model"], base.outputs["model"])
    with Cond(bless.outputs["blessing"].future()[0].custom_property("blessed") == 1):
        push = Push(train.outputs["model"])
    announce = Announce(push.outputs["pushed"])
    return [source, count, train, other, base_count, base, bless, push, announce]


def test_a_true_condition_lets_its_nodes_run(root: Path) -> None:
    result = run(root, *guarded("long enough"))
    assert set(states(result).values()) == {"COMPLETE"}
    assert list(result.nodes).index("Bless") < list(result.nodes).index("Push")


def test_a_false_condition_skips_its_nodes_and_what_needs_them(root: Path) -> None:
    result = run(root, *guarded("no"))
    assert result.succeeded
    assert states(result)["Bless"] == "COMPLETE"
    assert states(result)["Push"] == "SKIPPED"
    assert states(result)["Announce"] == "SKIPPED"
    assert result.nodes["Push"].cause == (
        "its condition is false: Bless.outputs['blessing'][0].custom_property('blessed') == 1 "
        "(it is 0)"
    )
    assert result.nodes["Announce"].cause == "it needs pushed of Push, skipped before"
    assert not (root / "Push").exists()
    rows = query(
        open_catalog(root), "SELECT node_id, state FROM nodes WHERE state = 'SKIPPED' ORDER BY 1"
    ).rows
    assert rows == [("Announce", "SKIPPED"), ("Push", "SKIPPED")]


def test_a_skipped_node_is_explained_by_its_cause(root: Path) -> None:
    run(root, *guarded("long enough"))
    explanation = run(root, *guarded("no")).nodes["Push"].explanation
    assert explanation is not None
    assert explanation.changes == ()
    assert explanation.cause.startswith("its condition is false")


def test_a_second_run_decides_on_what_the_cache_gives(root: Path) -> None:
    for text, expected in (("no", "SKIPPED"), ("no", "SKIPPED"), ("long", "COMPLETE")):
        assert states(run(root, *guarded(text)))["Push"] == expected


def when(predicate: Any) -> Source:
    with Cond(predicate):
        return Source(text="x").with_id("then")


@pytest.mark.parametrize(
    ("ask", "runs"),
    [
        (lambda n, text, flag: n == 3, True),
        (lambda n, text, flag: n != 3, False),
        (lambda n, text, flag: n > 2, True),
        (lambda n, text, flag: n >= 4, False),
        (lambda n, text, flag: n < 4, True),
        (lambda n, text, flag: n <= 2, False),
        (lambda n, text, flag: text == "abc", True),
        (lambda n, text, flag: text + "d" == "abcd", True),
        (lambda n, text, flag: flag == True, True),  # noqa: E712
        (lambda n, text, flag: ph.logical_and(n == 3, text == "b"), False),
        (lambda n, text, flag: ph.logical_or(n == 4, text == "abc"), True),
        (lambda n, text, flag: ph.logical_not(ph.logical_or(n == 4, text == "b")), True),
    ],
)
def test_comparisons_and_and_or_not(ask: Any, runs: bool, root: Path) -> None:
    made = number()
    asked = [made.outputs[key].future()[0].value for key in ("n", "text", "flag")]
    result = run(root, made, when(ask(*asked)))
    assert states(result)["then"] == ("COMPLETE" if runs else "SKIPPED")


@pytest.mark.parametrize(("value", "expected"), [(1, "S S"), (3, "C S"), (9, "C C")])
def test_blocks_inside_blocks(value: int, expected: str, root: Path) -> None:
    made = number(value=value)
    asked = made.outputs["n"].future()[0].value
    with Cond(asked > 2):
        outer = Source().with_id("outer")
        with Cond(asked > 5):
            inner = Source().with_id("inner")
    found = states(run(root, made, outer, inner))
    assert f"{found['outer'][0]} {found['inner'][0]}" == expected
    assert inner.upstream_nodes == (made,)


def test_a_condition_on_a_skipped_node_skips(root: Path) -> None:
    first = number(value=1)
    with Cond(first.outputs["n"].future()[0].value > 5):
        second = number(value=2).with_id("second")
    with Cond(second.outputs["n"].future()[0].value == 2):
        third = Source().with_id("third")
    result = run(root, first, second, third)
    assert states(result)["third"] == "SKIPPED"
    assert result.nodes["third"].cause == "its condition asks second, which was skipped"


def skipped_source() -> tuple[Node, Node]:
    made = number(value=1)
    with Cond(made.outputs["n"].future()[0].value > 5):
        return made, Source().with_id("skipped")


def test_a_union_goes_on_with_what_there_is(root: Path) -> None:
    made, gone = skipped_source()
    there = Source().with_id("there")
    both = union([gone.outputs["examples"], there.outputs["examples"]])
    collect = Collect(both)
    result = run(root, made, gone, there, collect)
    assert states(result)["Collect"] == "COMPLETE"
    written = (result.artifacts("Collect", "schema")[0].path / "count.txt").read_text()
    assert written == "1 True"


def test_an_optional_input_is_left_open(root: Path) -> None:
    nodes = guarded("no")
    collect = Collect(nodes[0].outputs["examples"], nodes[-2].outputs["pushed"])
    result = run(root, *nodes, collect)
    written = (result.artifacts("Collect", "schema")[0].path / "count.txt").read_text()
    assert (states(result)["Push"], written) == ("SKIPPED", "1 True")


def test_what_waits_only_for_skipped_nodes_is_skipped(root: Path) -> None:
    made, gone = skipped_source()
    after = Source().with_id("after").add_upstream_node(gone)
    mixed = Source().with_id("mixed").add_upstream_node(gone).add_upstream_node(made)
    latest = Resolver(examples=gone.outputs["examples"]).with_id("latest")
    found = states(run(root, made, gone, after, mixed, latest))
    assert (found["after"], found["mixed"], found["latest"]) == ("SKIPPED", "COMPLETE", "SKIPPED")


def test_a_value_that_was_skipped_gives_way_to_the_default(root: Path) -> None:
    first = number(value=1)
    with Cond(first.outputs["n"].future()[0].value > 5):
        gone = number(value=2).with_id("gone")
    with_default = number(value=gone.outputs["n"]).with_id("with_default")
    with_default.add_upstream_node(first)
    result = run(root, first, gone, with_default)
    assert result.artifacts("with_default", "n")[0].value == 3


def test_a_value_without_default_that_was_skipped_is_needed(root: Path) -> None:
    @component
    def twice(value: int) -> OutputDict(n=int):  # type: ignore[valid-type]
        return {"n": value * 2}

    first = number(value=1)
    with Cond(first.outputs["n"].future()[0].value > 5):
        gone = number(value=2).with_id("gone")
    needs = twice(value=gone.outputs["n"]).add_upstream_node(first)
    asks = twice(value=gone.outputs["n"].future()[0].value).with_id("asks")
    asks.add_upstream_node(first)
    found = states(run(root, first, gone, needs, asks))
    assert (found["twice"], found["asks"]) == ("SKIPPED", "SKIPPED")


def test_a_failure_blocks_before_a_condition_is_asked(root: Path) -> None:
    source = Source()
    bad = Count(source.outputs["examples"], broken=True)
    made = number(value=1)
    with Cond(made.outputs["n"].future()[0].value > 5):
        train = Train(bad.outputs["statistics"])
    with pytest.raises(RunError) as caught:
        run(root, source, bad, made, train)
    assert states(caught.value.result)["Train"] == "BLOCKED"


def test_a_partial_run_asks_the_earlier_run(root: Path) -> None:
    run(root, *guarded("no"))
    result = run(root, *guarded("no"), from_nodes=["Push"])
    assert (states(result)["Bless"], states(result)["Push"]) == ("CACHED", "SKIPPED")


def test_a_runtime_parameter_may_decide(root: Path) -> None:
    def nodes() -> list[Node]:
        made = number()
        limit = RuntimeParameter("limit", int, 5)
        with Cond(made.outputs["n"].future()[0].value > limit):
            return [made, Source()]

    assert states(run(root, *nodes()))["Source"] == "SKIPPED"
    assert states(run(root, *nodes(), parameters={"limit": 2}))["Source"] == "COMPLETE"


def test_the_condition_does_not_change_what_the_cache_knows(root: Path) -> None:
    made = number()
    run(root, made, Source())
    made = number()
    with Cond(made.outputs["n"].future()[0].value == 3):
        source = Source()
    assert states(run(root, made, source))["Source"] == "CACHED"


def test_an_absent_property_is_none(root: Path) -> None:
    made = number()
    asked = made.outputs["n"].future()[0].custom_property("blessed")
    assert states(run(root, made, when(asked == 1)))["then"] == "SKIPPED"


def test_what_cannot_be_compared_fails_its_node(root: Path) -> None:
    made = number()
    asked = made.outputs["text"].future()[0].value
    with pytest.raises(RunError, match=r"then failed: .*text.*> 3: TypeError"):
        run(root, made, when(asked > 3))


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        (lambda asked: asked.value, "is not true or false; compare"),
        (lambda asked: True, "Cond.True. is not true or false"),
        (lambda asked: ph.exec_property("n") == 1, "which only a node has"),
        (lambda asked: ph.logical_and(asked.value == 1, ph.input("x").uri == "a"), "only a node"),
    ],
)
def test_what_is_no_condition_is_refused(predicate: Any, message: str) -> None:
    asked = number().outputs["n"].future()[0]
    with pytest.raises(PipelineError, match=message):
        Cond(predicate(asked))


def test_the_same_condition_twice_inside_each_other_is_refused() -> None:
    channel = number().outputs["n"]
    with (
        Cond(channel.future()[0].value == 1),
        Cond(channel.future()[0].value == 2),
        pytest.raises(PipelineError, match="inside a block with the same predicate"),
        Cond(channel.future()[0].value == 1),
    ):
        pass
    with Cond(channel.future()[0].value == 1):
        node = Source()
    assert len(node.conditions) == 1
    assert Source().conditions == ()


def test_the_producer_must_be_in_the_pipeline() -> None:
    made = number()
    node = when(made.outputs["n"].future()[0].value == 1)
    with pytest.raises(PipelineError, match="then reads from number, which is not among"):
        Pipeline("demo", "root", [node])
    assert made.outputs["n"].type is Integer
