"""The client tells what the runs told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from parts import Bless, Count, Source, Train

from minitfx import (
    Channel,
    LatestBlessedModelStrategy,
    LocalDagRunner,
    Pipeline,
    Resolver,
    RuntimeParameter,
)
from minitfx.catalog.session import open_catalog, query
from minitfx.errors import CatalogError, RunError, StorageError
from minitfx.execution import State
from minitfx.metadata import Context, Event, MetadataStore
from minitfx.result import NodeStarted, RunResult
from minitfx.types import Examples, ExampleStatistics, Model, ModelBlessing


def pipeline(root: Path, text: Any = "four", *, broken: bool = False, **options: Any) -> Pipeline:
    source = Source(text=text)
    count = Count(source.outputs["examples"], broken=broken)
    train = Train(count.outputs["statistics"])
    latest = Resolver(
        strategy_class=LatestBlessedModelStrategy,
        model=Channel(type=Model),
        model_blessing=Channel(type=ModelBlessing),
    ).with_id("latest")
    bless = Bless(train.outputs["model"], latest.outputs["model"])
    nodes = [source, count, train, latest, bless]
    return Pipeline("demo", root, nodes, enable_cache=True, **options)


@pytest.fixture
def runs(root: Path) -> list[RunResult]:
    return [LocalDagRunner().run(pipeline(root, text)) for text in ("four", "four", "seven!!")]


def ids(found: list[Any]) -> list[int]:
    return [each.id for each in found]


def test_artifacts_by_type_id_uri_and_name(root: Path, runs: list[RunResult]) -> None:
    store = MetadataStore(root)
    models = [runs[0].artifacts("Train", "model")[0], runs[2].artifacts("Train", "model")[0]]
    for found in (store.get_artifacts_by_type("Model"), store.get_artifacts_by_type(Model)):
        assert [(each.id, each.uri, each.digest) for each in found] == [
            (each.id, each.uri, each.digest) for each in models
        ]
        assert all(isinstance(each, Model) for each in found)
    assert ids(store.get_artifacts_by_id([models[1].id or 0, 10**9])) == [models[1].id]
    assert ids(store.get_artifacts_by_uri(models[0].uri)) == [models[0].id]
    by_name = store.get_artifact_by_type_and_name("Model", models[0].name)
    assert by_name is not None
    assert (by_name.id, by_name.pipeline_name, by_name.producer_component) == (
        models[0].id,
        "demo",
        "Train",
    )
    assert store.get_artifact_by_type_and_name("Model", "nobody") is None
    assert store.get_artifacts_by_type("Nothing") == []
    assert store.get_artifact_types() == [
        "ExampleStatistics",
        "Examples",
        "Model",
        "ModelBlessing",
    ]


def test_properties_come_along(root: Path, runs: list[RunResult]) -> None:
    store = MetadataStore(root)
    (examples, _) = store.get_artifacts_by_type(Examples)
    assert isinstance(examples, Examples)
    assert examples.splits == ["train"]
    blessings = store.get_artifacts_by_type(ModelBlessing)
    assert [each.get_int_custom_property("blessed") for each in blessings] == [1, 1, 1]


def test_conditions_and_limits(root: Path, runs: list[RunResult]) -> None:
    store = MetadataStore(root)
    assert len(store.get_artifacts()) == 9
    assert ids(store.get_artifacts(limit=2)) == ids(store.get_artifacts())[:2]
    wanted = f"type = 'ExampleStatistics' AND run_id = '{runs[2].run_id}'"
    (found,) = store.get_artifacts(wanted)
    assert isinstance(found, ExampleStatistics)
    assert found.id == runs[2].artifacts("Count", "statistics")[0].id
    assert len(store.get_executions("state = 'CACHED'")) == 3
    assert len(store.get_executions("node_id = 'Train'", limit=1)) == 1
    with pytest.raises(CatalogError, match="the catalog cannot answer"):
        store.get_artifacts("colour = 'red'")


def test_executions_tell_what_the_run_told(root: Path, runs: list[RunResult]) -> None:
    store = MetadataStore(root)
    for run in runs:
        for node in run.nodes.values():
            (found,) = store.get_executions_by_id([node.execution_id or 0])
            assert (found.node_id, found.state, found.cause) == (
                node.node_id,
                node.state,
                node.cause,
            )
            assert found.run_id == run.run_id
            assert {key: ids(made) for key, made in found.outputs.items()} == {
                key: ids(made) for key, made in node.outputs.items() if made
            }
    (source, _, _) = store.get_executions_by_type("Source")
    assert source.parameters == {"text": "four", "file": None}
    assert source.type in store.get_execution_types()
    by_class = store.get_executions_by_type(source.type)
    assert ids(by_class) == [run.nodes["Source"].execution_id for run in runs]
    bless = store.get_executions_by_type("Bless")[2]
    chosen = runs[2].artifacts("latest", "model")[0].id
    assert bless.inputs == {
        "model": [runs[2].artifacts("Train", "model")[0].id],
        "baseline_model": [chosen],
    }
    assert [each.internal for each in store.get_executions_by_type("Resolver")][2] is True


def test_a_failure_keeps_its_text(root: Path) -> None:
    with pytest.raises(RunError):
        LocalDagRunner().run(pipeline(root, broken=True))
    (failed,) = MetadataStore(root).get_executions("state = 'FAILED'")
    assert failed.state is State.FAILED
    assert "ValueError: cannot count" in failed.error


def test_contexts_are_pipeline_run_and_node(root: Path, runs: list[RunResult]) -> None:
    store = MetadataStore(root)
    (whole,) = store.get_contexts_by_type("pipeline")
    assert (whole.type, whole.name) == ("pipeline", "demo")
    children = store.get_children_contexts_by_context(whole.id)
    assert [each.name for each in children] == [run.run_id for run in runs]
    assert store.get_parent_contexts_by_context(children[0].id) == [whole]
    assert store.get_contexts_by_type("pipeline_run") == children
    nodes = [each.name for each in store.get_contexts_by_type("node")]
    assert nodes == [f"demo.{name}" for name in ("Bless", "Count", "Source", "Train", "latest")]
    run = store.get_context_by_type_and_name("pipeline_run", runs[1].run_id)
    assert run is not None
    assert store.get_contexts_by_id([run.id]) == [run]
    assert store.get_context_by_type_and_name("pipeline_run", "nobody") is None
    executions = store.get_executions_by_context(run.id)
    assert {each.node_id: each.state for each in executions} == {
        name: node.state for name, node in runs[1].nodes.items()
    }
    made = {each.id for each in store.get_artifacts_by_context(run.id)}
    assert made == {
        each.id for node in runs[1].nodes.values() for found in node.outputs.values()
        for each in found
    }  # fmt: skip
    names = {(each.type, each.name) for each in store.get_contexts_by_execution(executions[0].id)}
    assert names == {
        ("pipeline", "demo"), ("pipeline_run", runs[1].run_id), ("node", "demo.Source"),
    }  # fmt: skip
    model = runs[0].artifacts("Train", "model")[0].id or 0
    runs_of_model = [
        each.name for each in store.get_contexts_by_artifact(model) if each.type == "pipeline_run"
    ]
    assert runs_of_model == [run.run_id for run in runs]
    assert len(store.get_contexts()) == 1 + 3 + 5


def test_events_say_who_read_and_who_made(root: Path, runs: list[RunResult]) -> None:
    store = MetadataStore(root)
    examples = runs[0].artifacts("Source", "examples")[0].id or 0
    events = store.get_events_by_artifact_ids([examples])
    source = [run.nodes["Source"].execution_id for run in runs[:2]]
    count = [run.nodes["Count"].execution_id for run in runs[:2]]
    assert {(each.execution_id, each.type, each.key) for each in events} == {
        *((id, "OUTPUT", "examples") for id in source),
        *((id, "INPUT", "examples") for id in count),
    }
    of_execution = store.get_events_by_execution_ids([count[0] or 0])
    statistics = runs[0].artifacts("Count", "statistics")[0].id or 0
    assert of_execution == [
        Event(count[0] or 0, examples, "INPUT", "examples", 0),
        Event(count[0] or 0, statistics, "OUTPUT", "statistics", 0),
    ]
    assert store.get_events_by_artifact_ids([]) == []


@pytest.mark.parametrize(("direction", "macro"), [("upstream", "up"), ("downstream", "down")])
def test_lineage_is_what_sql_finds(
    direction: str, macro: str, root: Path, runs: list[RunResult]
) -> None:
    store = MetadataStore(root)
    for artifact in store.get_artifacts():
        found = store.get_lineage_subgraph(artifact_ids=[artifact.id or 0], direction=direction)
        rows = query(
            open_catalog(root),
            f"SELECT artifact_id FROM lineage_{macro}({artifact.id}) ORDER BY artifact_id",
        ).rows
        assert ids(found.artifacts) == [row[0] for row in rows]


def test_hops_bound_the_lineage(root: Path, runs: list[RunResult]) -> None:
    store = MetadataStore(root)
    model = runs[2].artifacts("Train", "model")[0].id or 0
    train = runs[2].nodes["Train"].execution_id
    statistics = runs[2].artifacts("Count", "statistics")[0].id

    def reach(hops: int) -> tuple[list[int], list[int], int]:
        found = store.get_lineage_subgraph(
            artifact_ids=[model], direction="UPSTREAM", max_hops=hops
        )
        return ids(found.artifacts), ids(found.executions), len(found.events)

    assert reach(0) == ([model], [], 0)
    assert reach(1) == ([model], [train], 1)
    assert reach(2) == (sorted([model, statistics or 0]), [train], 2)
    assert len(reach(20)[0]) == 3


def test_lineage_starts_at_executions_too_and_goes_both_ways(
    root: Path, runs: list[RunResult]
) -> None:
    store = MetadataStore(root)
    train = runs[2].nodes["Train"].execution_id or 0
    found = store.get_lineage_subgraph(execution_ids=[train], max_hops=1)
    assert {each.type for each in found.events} == {"INPUT", "OUTPUT"}
    assert ids(found.artifacts) == [
        runs[2].artifacts("Count", "statistics")[0].id,
        runs[2].artifacts("Train", "model")[0].id,
    ]
    whole = store.get_lineage_subgraph(execution_ids=[train])
    assert len(whole.artifacts) == 9
    with pytest.raises(CatalogError, match="Did you mean 'upstream'"):
        store.get_lineage_subgraph(direction="upsteam")


def test_a_block_sees_one_moment_and_a_call_sees_now(root: Path) -> None:
    LocalDagRunner().run(pipeline(root))
    store = MetadataStore(root)
    with store:
        before = len(store.get_executions())
        LocalDagRunner().run(pipeline(root))
        assert len(store.get_executions()) == before
    assert len(store.get_executions()) == 2 * before


def test_what_runs_is_seen(root: Path) -> None:
    seen: list[State] = []

    def look(event: object) -> None:
        if isinstance(event, NodeStarted) and event.node_id == "Count":
            seen.extend(each.state for each in MetadataStore(root).get_executions())

    LocalDagRunner(observers=[look], workers=1).run(pipeline(root))
    assert State.RUNNING in seen


def test_a_moved_root_and_a_catalog_in_memory(root: Path, tmp_path: Path) -> None:
    LocalDagRunner().run(pipeline(root, metadata_connection_config=":memory:"))
    moved = root.rename(tmp_path / "moved")
    (model,) = MetadataStore(moved).get_artifacts_by_type("Model")
    assert (model.path / "model.txt").read_text() == "4"


def test_runtime_parameters_are_recorded(root: Path) -> None:
    LocalDagRunner().run(
        pipeline(root, RuntimeParameter("text", str, "a")), parameters={"text": "b"}
    )
    (source,) = MetadataStore(root).get_executions_by_type("Source")
    assert source.parameters["text"] == "b"


def test_nothing_was_ever_run_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nothing was run there"):
        MetadataStore(tmp_path)
    assert Context(1, "pipeline", "a") == Context(1, "pipeline", "a")
