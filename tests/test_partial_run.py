"""Partial runs: what is left out is taken from an earlier run, as in TFX."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from parts import Bless, Count, Source, Train

from minitfx import Channel, LocalDagRunner, Pipeline, Resolver, RunOptions
from minitfx.catalog.session import open_catalog, query
from minitfx.errors import PipelineError, ResolutionError, RunError, UnknownNodeError
from minitfx.metadata import MetadataStore
from minitfx.result import RunResult
from minitfx.types import Model


def pipeline(root: Path, text: str = "four", *, broken: bool = False) -> Pipeline:
    """``Source ─► Count ─► Train ─► Bless``, and ``side ─► side_count`` beside them."""
    source = Source(text=text)
    count = Count(source.outputs["examples"], broken=broken)
    train = Train(count.outputs["statistics"])
    bless = Bless(train.outputs["model"])
    side = Source(text="side").with_id("side")
    side_count = Count(side.outputs["examples"]).with_id("side_count")
    return Pipeline("demo", root, [source, count, train, bless, side, side_count])


def run(root: Path, *from_nodes: str, to: Any = (), base: str | None = None, **made: Any) -> Any:
    return LocalDagRunner().run(
        pipeline(root, **made), from_nodes=from_nodes, to_nodes=to, base_run_id=base
    )


def states(result: RunResult) -> dict[str, str]:
    return {name: str(node.state) for name, node in sorted(result.nodes.items())}


def test_what_is_before_and_beside_is_taken_over_and_what_comes_after_is_not(root: Path) -> None:
    first = run(root)
    assert states(run(root, "Count", to=["Count"])) == {
        "Count": "COMPLETE",
        "Source": "CACHED",
        "side": "CACHED",
        "side_count": "CACHED",
    }
    result = run(root, "Train")
    assert states(result) == {
        "Bless": "COMPLETE",
        "Count": "CACHED",
        "Source": "CACHED",
        "Train": "COMPLETE",
        "side": "CACHED",
        "side_count": "CACHED",
    }
    (examples,) = result.artifacts("Source", "examples")
    assert examples.id == first.artifacts("Source", "examples")[0].id


def test_a_partial_run_may_be_the_base_of_another(root: Path) -> None:
    run(root)
    second = run(root, "Train", to=["Train"])
    third = run(root, "Train", base=second.run_id)
    assert states(third)["Train"] == "COMPLETE"
    assert f"taken from run {second.run_id}" in third.nodes["Source"].cause


def test_the_latest_run_that_has_all_that_is_needed_is_the_base(root: Path) -> None:
    first = run(root)
    with pytest.raises(RunError):
        run(root, broken=True)
    result = run(root, "Train")
    assert f"taken from run {first.run_id}" in result.nodes["Count"].cause


def test_an_earlier_run_may_be_named(root: Path) -> None:
    first = run(root, text="four")
    run(root, text="seven!!")
    new = LocalDagRunner().run(pipeline(root), RunOptions(from_nodes=["Train"]))
    assert (new.artifacts("Train", "model")[0].path / "model.txt").read_text() == "7"
    old = run(root, "Train", base=first.run_id)
    assert (old.artifacts("Train", "model")[0].path / "model.txt").read_text() == "4"


def test_the_base_is_recorded_as_a_parent(root: Path) -> None:
    first, second = run(root), run(root, "Train")
    rows = query(open_catalog(root), "SELECT run_id, base_run_id FROM runs ORDER BY 1").rows
    assert rows == [(first.run_id, None), (second.run_id, first.run_id)]
    store = MetadataStore(root)
    mine = store.get_context_by_type_and_name("pipeline_run", second.run_id)
    assert mine is not None
    parents = store.get_parent_contexts_by_context(mine.id)
    assert [each.name for each in parents] == ["demo", first.run_id]


def test_a_run_of_everything_has_no_base(root: Path) -> None:
    run(root)
    run(root, to=["Bless", "side_count"])
    rows = query(open_catalog(root), "SELECT base_run_id FROM runs").rows
    assert rows == [(None,), (None,)]


def test_a_needed_node_must_have_run(root: Path) -> None:
    with pytest.raises(ResolutionError, match="Count: left out, but needed, and no earlier run"):
        run(root, "Train")
    assert isinstance(ResolutionError(""), LookupError)
    first = run(root, to=["Source"])
    with pytest.raises(
        ResolutionError, match=f"Count: left out, .* run {first.run_id} does not have"
    ):
        run(root, "Train", base=first.run_id)


def test_what_is_beside_need_not_have_run(root: Path) -> None:
    run(root, to=["Count"])
    assert states(run(root, "Train")) == {
        "Bless": "COMPLETE",
        "Count": "CACHED",
        "Source": "CACHED",
        "Train": "COMPLETE",
    }


def test_a_payload_that_is_gone_matters_only_where_it_is_needed(root: Path) -> None:
    first = run(root)
    shutil.rmtree(first.artifacts("side", "examples")[0].path)
    assert "side" not in run(root, "Train").nodes
    shutil.rmtree(first.artifacts("Count", "statistics")[0].path)
    with pytest.raises(ResolutionError, match=r"Count is left out of this run.*let it run too"):
        run(root, "Train")


def test_an_unknown_run_or_node_is_an_error(root: Path) -> None:
    run(root)
    with pytest.raises(ResolutionError, match="run nowhere of 'demo' has nothing"):
        run(root, "Train", base="nowhere")
    with pytest.raises(ResolutionError, match="run nowhere of 'demo' has nothing"):
        run(root, to=["Bless"], base="nowhere")
    with pytest.raises(UnknownNodeError, match="Did you mean 'Train'"):
        run(root, "Trian")
    with pytest.raises(PipelineError, match="no node lies between"):
        run(root, "Train", to=["Count"])
    assert query(open_catalog(root), "SELECT count(*) FROM runs").rows == [(1,)]


def test_a_resolver_that_is_left_out_keeps_its_choice(root: Path) -> None:
    def nodes() -> list[Any]:
        latest = Resolver(model=Channel(type=Model)).with_id("latest")
        source = Source()
        count = Count(source.outputs["examples"])
        train = Train(count.outputs["statistics"]).add_upstream_node(latest)
        return [latest, source, count, train]

    LocalDagRunner().run(Pipeline("demo", root, nodes()))
    second = LocalDagRunner().run(Pipeline("demo", root, nodes()))
    third = LocalDagRunner().run(Pipeline("demo", root, nodes()), from_nodes=["Train"])
    (before,), (after,) = second.artifacts("latest", "model"), third.artifacts("latest", "model")
    assert before.id == after.id
    rows = query(
        open_catalog(root), "SELECT DISTINCT type FROM events WHERE node_id = 'latest'"
    ).rows
    assert rows == [("INTERNAL_OUTPUT",)]
