"""Resolvers choose among what was ever made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts import Count, Source, Train

from minitfx import (
    Channel,
    Importer,
    LatestArtifactStrategy,
    LocalDagRunner,
    Pipeline,
    Resolver,
    ResolverStrategy,
    RuntimeParameter,
    SpanRangeStrategy,
    union,
)
from minitfx.artifact import Artifact
from minitfx.catalog.session import open_catalog, query
from minitfx.code.reference import load_file
from minitfx.component import Component, Output
from minitfx.errors import ParameterError, ResolutionError, RunError
from minitfx.metadata import MetadataStore
from minitfx.proto.range_config_pb2 import RangeConfig, RollingRange, StaticRange
from minitfx.resolver import Candidates
from minitfx.result import RunResult
from minitfx.types import Examples, Model, Schema


class Names(Component):
    """Writes down which artifacts it was given."""

    examples: Channel[list[Examples]]
    schema = Output(Schema)

    @staticmethod
    def execute(examples: list[Examples], schema: Schema) -> None:
        """Write."""
        (schema.path / "names.txt").write_text(" ".join(str(each.id) for each in examples))


def run(root: Path, *nodes: Any, **options: Any) -> RunResult:
    return LocalDagRunner().run(Pipeline("demo", root, nodes, enable_cache=True), **options)


def make(root: Path, *texts: str) -> list[int]:
    """Make examples, one artifact a text, and return their ids."""
    return [
        run(root, Source(text=text)).artifacts("Source", "examples")[0].id or 0 for text in texts
    ]


def chosen(result: RunResult, key: str = "examples") -> list[int | None]:
    return [each.id for each in result.artifacts("latest", key)]


def asking(strategy: Any = None, config: Any = None, **channels: Any) -> Resolver:
    channels = channels or {"examples": Channel(type=Examples)}
    return Resolver(strategy, config, **channels).with_id("latest")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_latest_are_chosen_newest_first(count: int, root: Path) -> None:
    made = make(root, "a", "b", "c")
    config = {"desired_num_of_artifacts": count}
    result = run(root, asking(LatestArtifactStrategy, config))
    assert chosen(result) == made[::-1][:count]


def test_too_few_are_an_error(root: Path) -> None:
    make(root, "a")
    with pytest.raises(RunError, match=r"LatestArtifactStrategy found too little .*examples: 1"):
        run(root, asking(LatestArtifactStrategy, {"desired_num_of_artifacts": 2}))


def test_without_a_strategy_everything_passes(root: Path) -> None:
    made = make(root, "a", "b")
    assert chosen(run(root, asking())) == made[::-1]


def test_a_query_may_name_the_node_and_the_key(root: Path) -> None:
    (first,) = make(root, "a")
    run(root, Source(text="b").with_id("other"))
    channel = Channel(type=Examples, producer_component_id="Source", output_key="examples")
    assert chosen(run(root, asking(examples=channel))) == [first]
    nothing = Channel(type=Examples, producer_component_id="nobody")
    assert chosen(run(root, asking(examples=nothing))) == []


def test_a_query_may_name_another_pipeline_of_the_catalog(tmp_path: Path) -> None:
    place = tmp_path / "shared.duckdb"
    theirs = LocalDagRunner().run(Pipeline("a", tmp_path / "a", [Source()], False, place))
    channel = Channel(type=Examples, pipeline_name="a")
    mine = LocalDagRunner().run(
        Pipeline("b", tmp_path / "b", [asking(examples=channel)], False, place)
    )
    assert chosen(mine) == [theirs.artifacts("Source", "examples")[0].id]


def test_a_component_may_ask_for_all_there_are(root: Path) -> None:
    made = make(root, "a", "b")
    result = run(root, Names(Channel(type=Examples)))
    written = (result.artifacts("Names", "schema")[0].path / "names.txt").read_text()
    assert written == " ".join(str(each) for each in made[::-1])
    count = Count(Channel(type=Examples))
    with pytest.raises(RunError, match=r"takes one Examples, but Channel.Examples. has 2"):
        run(root, count)


def test_a_resolver_chooses_among_a_union(root: Path) -> None:
    one, two = Source(text="a").with_id("one"), Source(text="b").with_id("two")
    both = union([one.outputs["examples"], two.outputs["examples"]])
    result = run(root, one, two, asking(LatestArtifactStrategy, examples=both))
    assert chosen(result) == [result.artifacts("one", "examples")[0].id]


def spanned(root: Path, tmp_path: Path, *spans: int) -> dict[int, int]:
    """Register examples of these spans and return the artifact id of each."""
    found = {}
    for span in spans:
        (tmp_path / str(span)).mkdir(parents=True)
        importer = Importer(tmp_path / str(span), Examples, properties={"span": span})
        found[span] = run(root, importer).artifacts("Importer", "result")[0].id or 0
    return found


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (RangeConfig(static_range=StaticRange(start_span_number=2, end_span_number=5)), [5, 3]),
        (RangeConfig(static_range=StaticRange(end_span_number=1)), [1]),
        (RangeConfig(rolling_range=RollingRange(num_spans=1)), [7]),
        (RangeConfig(rolling_range=RollingRange(num_spans=3)), [7, 5]),
        (RangeConfig(rolling_range=RollingRange(num_spans=9, start_span_number=3)), [7, 5, 3]),
        ({"rolling_range": {"num_spans": 5}}, [7, 5, 3]),
        ({"static_range": {"start_span_number": 7, "end_span_number": 7}}, [7]),
    ],
)
def test_a_range_of_spans_newest_first(
    config: Any, expected: list[int], root: Path, tmp_path: Path
) -> None:
    ids = spanned(root, tmp_path, 5, 1, 7, 3)
    result = run(root, asking(SpanRangeStrategy, {"range_config": config}))
    assert chosen(result) == [ids[span] for span in expected]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8), st.integers(1, 8), st.integers(0, 20))
def test_a_rolling_range_is_the_newest_numbers(spans: list[int], count: int, first: int) -> None:
    artifacts: list[Artifact] = [Examples("x", properties={"span": span}) for span in spans]
    config = {"rolling_range": {"num_spans": count, "start_span_number": first}}
    found = SpanRangeStrategy(config).resolve({"examples": artifacts})
    wanted = sorted(
        (span for span in spans if span > max(spans) - count and span >= first), reverse=True
    )
    assert ([each.span for each in found["examples"]] if found else []) == wanted


def test_spans_as_tfx_writes_them_count_too() -> None:
    artifacts: list[Artifact] = [
        Model("x", custom_properties={"span": "4"}),
        Model("y", custom_properties={"span": 6}),
    ]
    found = SpanRangeStrategy({"rolling_range": {"num_spans": 5}}).resolve({"m": artifacts})
    assert found is not None
    assert [each.uri for each in found["m"]] == ["y", "x"]


def test_no_span_in_range_or_none_at_all_is_an_error(root: Path, tmp_path: Path) -> None:
    spanned(root, tmp_path, 1)
    config = {"range_config": {"static_range": {"start_span_number": 5, "end_span_number": 9}}}
    with pytest.raises(RunError, match="SpanRangeStrategy found too little"):
        run(root, asking(SpanRangeStrategy, config))
    with pytest.raises(ResolutionError, match="has no span"):
        SpanRangeStrategy({"rolling_range": {"num_spans": 1}}).resolve({"a": [Model("x")]})


@pytest.mark.parametrize(
    "config",
    [
        RangeConfig(),
        {},
        None,
        RangeConfig(rolling_range=RollingRange(num_spans=0)),
        {"static_range": {}, "rolling_range": {"num_spans": 1}},
    ],
)
def test_a_range_that_says_nothing_is_an_error(config: Any) -> None:
    with pytest.raises(ParameterError):
        SpanRangeStrategy(config)


def test_runtime_parameters_may_stand_in_the_settings(root: Path) -> None:
    made = make(root, "a", "b")

    def resolver() -> Resolver:
        count = RuntimeParameter("count", int, 1)
        return asking(LatestArtifactStrategy, {"desired_num_of_artifacts": count})

    assert chosen(run(root, resolver())) == made[1:]
    assert chosen(run(root, resolver(), parameters={"count": 2})) == made[::-1]


class Oldest(ResolverStrategy):
    """The first ones."""

    def __init__(self, count: int) -> None:
        self.count = count

    def resolve(self, candidates: Candidates) -> Candidates | None:
        return {key: found[-self.count :] for key, found in candidates.items()}


class Untouched(ResolverStrategy):
    """As TFX users write it: what no component has read yet."""

    def resolve_artifacts(self, store: MetadataStore, input_dict: Candidates) -> Candidates | None:
        ids = [each.id for found in input_dict.values() for each in found if each.id]
        events = store.get_events_by_artifact_ids(ids)
        read = {each.artifact_id for each in events if each.type == "INPUT"}
        return {
            key: [each for each in found if each.id not in read]
            for key, found in input_dict.items()
        }


def test_a_users_strategy_chooses(root: Path) -> None:
    made = make(root, "a", "b", "c")
    assert chosen(run(root, asking(Oldest, {"count": 2}))) == [made[1], made[0]]


def test_a_users_strategy_may_ask_the_catalog(root: Path) -> None:
    source = Source(text="a")
    run(root, source, Count(source.outputs["examples"]))
    made = make(root, "b", "c")
    assert chosen(run(root, asking(Untouched))) == made[::-1]


FILE = """
from minitfx import ResolverStrategy
def pick(found):
    return found[:1]
class Mine(ResolverStrategy):
    def resolve(self, candidates):
        return {key: pick(found) for key, found in candidates.items()}
"""


def test_an_edited_strategy_is_heeded_and_named(root: Path, tmp_path: Path) -> None:
    made = make(root, "a", "bb", "ccc")
    file = tmp_path / "strategies_of_mine.py"

    def go(source: str) -> RunResult:
        file.write_text(source)
        latest = asking(load_file(file).Mine)
        return run(root, latest, Count(latest.outputs["examples"]))

    first, second = go(FILE), go(FILE.replace("[:1]", "[1:2]"))
    assert (chosen(first), chosen(second)) == ([made[2]], [made[1]])
    assert [str(each.nodes["Count"].state) for each in (first, second)] == ["COMPLETE"] * 2
    rows = query(
        open_catalog(root),
        "SELECT DISTINCT name FROM ingredient JOIN execution e ON e.id = execution_id "
        "WHERE e.node_id = 'latest' AND name LIKE 'code%' ORDER BY 1",
    ).rows
    assert rows == [
        ("code strategy: strategies_of_mine:Mine",),
        ("code strategy: strategies_of_mine:import ResolverStrategy",),
        ("code strategy: strategies_of_mine:pick",),
    ]


def test_what_waits_runs_again_only_for_other_content(root: Path) -> None:
    make(root, "same")

    def go() -> str:
        latest = asking(LatestArtifactStrategy)
        count = Count(latest.outputs["examples"])
        return str(
            run(root, latest, count, Train(count.outputs["statistics"])).nodes["Count"].state
        )

    assert [go(), go()] == ["COMPLETE", "CACHED"]
    make(root, "other")
    assert go() == "COMPLETE"


def returning(value: Any) -> type[ResolverStrategy]:
    class Wrong(ResolverStrategy):
        def resolve(self, candidates: Candidates) -> Any:
            if isinstance(value, Exception):
                raise value
            return value

    return Wrong


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], r"latest: Wrong gave \[\]; expected a dict"),
        ({}, "gave None for 'examples'; expected a list"),
        ({"examples": ["x"]}, "expected a list of artifacts"),
        ({"examples": [], "more": []}, "gave 'more', which was not asked for"),
        (None, "found too little"),
        (ValueError("no good"), "ValueError: no good"),
    ],
)
def test_what_a_strategy_must_not_do(value: Any, message: str, root: Path) -> None:
    make(root, "a")
    with pytest.raises(RunError, match=message):
        run(root, asking(returning(value)))


def test_settings_that_do_not_fit_are_refused_at_once() -> None:
    with pytest.raises(ParameterError, match="does not fit Oldest: missing"):
        asking(Oldest)
    with pytest.raises(ParameterError, match="does not fit LatestArtifactStrategy"):
        asking(LatestArtifactStrategy, {"count": 2})
    with pytest.raises(ParameterError, match="expected a subclass of ResolverStrategy"):
        asking(int)
