"""Placeholders: written when the pipeline is built, replaced when it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts import Count, Source

from minitfx import Importer, LocalDagRunner, Pipeline, RuntimeParameter
from minitfx import placeholder as ph
from minitfx.annotations import OutputDict
from minitfx.component import Channel, Component, Output
from minitfx.errors import ParameterError, PipelineError, ResolutionError, RunError
from minitfx.function_component import component
from minitfx.parameter import decode, encode
from minitfx.placeholder import Predicate
from minitfx.proto.trainer_pb2 import TrainArgs
from minitfx.result import RunResult
from minitfx.scope import Scope, evaluate
from minitfx.types import Examples, Integer, JsonValue, Model, Schema


class Echo(Component):
    """Writes down the values of its parameters."""

    examples: Channel[Examples] | None = None
    told: Any = None
    other: Any = None
    limit: int = 0
    args: TrainArgs | None = None
    schema = Output(Schema)

    @staticmethod
    def execute(
        examples: Any, told: Any, other: Any, limit: int, args: Any, schema: Schema
    ) -> None:
        """Write."""
        (schema.path / "told.json").write_text(json.dumps([told, other, limit]))


@component
def measure() -> OutputDict(size=int, sizes=dict):  # type: ignore[valid-type]
    return {"size": 7, "sizes": {"big": [1, 2]}}


def told(root: Path, node: Echo, *others: Any, **options: Any) -> Any:
    result = LocalDagRunner().run(Pipeline("demo", root, [*others, node]), **options)
    return json.loads((result.artifacts(node.id, "schema")[0].path / "told.json").read_text())


def again(root: Path, *nodes: Any, **options: Any) -> RunResult:
    return LocalDagRunner().run(Pipeline("demo", root, nodes, enable_cache=True), **options)


def test_a_value_of_another_node_is_a_parameter(root: Path) -> None:
    made = measure()
    echo = Echo(
        told={"depth": made.outputs["size"].future()[0].value},
        other=[made.outputs["sizes"].future()[0].value["big"][1]],
        limit=made.outputs["size"].future().value,
    )
    assert echo.upstream_nodes == (made,)
    assert told(root, echo, made) == [{"depth": 7}, [2], 7]


def test_a_value_of_another_type_than_the_parameter_fails(root: Path) -> None:
    made = measure()
    echo = Echo(limit=made.outputs["sizes"].future()[0].value)
    with pytest.raises(RunError, match=r"Echo.limit is \{'big': \[1, 2\]\} \(dict\); expected int"):
        told(root, echo, made)


def test_a_node_asks_its_own_inputs_and_parameters(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    (folder / "Split-train").mkdir(parents=True)
    (folder / "data.txt").write_text("a")
    importer = Importer(folder, Examples, properties={"span": 3}, custom_properties={"owner": "me"})
    echo = Echo(
        examples=importer.outputs["result"],
        told=[
            ph.input("examples").uri,
            ph.input("examples")[0].split_uri("train"),
            ph.input("examples")[0].property("span"),
            ph.input("examples")[0].custom_property("owner"),
            ph.input("examples")[0].custom_property("nobody"),
            ph.exec_property("args").num_steps,
        ],
        other=ph.join(["n=", ph.exec_property("limit"), "/", ph.exec_property("told")[3]]),
        limit=5,
        args=TrainArgs(num_steps=9),
    )
    found = told(root, echo, importer)
    assert found[0] == [str(folder), str(folder / "Split-train"), 3, "me", None, 9]
    assert found[1] == "n=5/me"


def test_an_own_output_is_the_folder_that_is_written_to(root: Path) -> None:
    folder, _, _ = told(root, Echo(told=ph.output("schema")[0].uri + "/x"))
    assert folder.startswith(str(root / ".system" / "staging"))
    assert folder.endswith("/schema/x")
    with pytest.raises(RunError, match="Schema has no splits"):
        told(root, Echo(told=ph.output("schema").split_uri("a")))


def test_an_own_output_does_not_spoil_the_cache(root: Path) -> None:
    def states() -> list[str]:
        result = again(root, Echo(told=ph.output("schema")[0].uri))
        return [str(node.state) for node in result.nodes.values()]

    assert [states(), states()] == [["COMPLETE"], ["CACHED"]]


def test_the_value_enters_the_fingerprint_not_the_expression(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> RunResult:
        return again(root, Echo(told=ph.environment_variable("DEPTH") + "!"))

    monkeypatch.setenv("DEPTH", "3")
    assert str(run().nodes["Echo"].state) == "COMPLETE"
    assert str(again(root, Echo(told="3!")).nodes["Echo"].state) == "CACHED"
    monkeypatch.setenv("DEPTH", "4")
    assert run().why("Echo") != []
    monkeypatch.delenv("DEPTH")
    with pytest.raises(RunError, match="environment variable 'DEPTH' is not set"):
        run()


def test_a_run_tells_its_facts(root: Path) -> None:
    echo = Echo(
        told=[ph.runtime_info(key) for key in ("node_id", "pipeline_name", "pipeline_root")],
        other=[
            ph.runtime_info("run_id"),
            ph.execution_invocation().pipeline_run_id,
            ph.execution_invocation().pipeline_node.node_info.id,
        ],
    ).with_id("echo")
    result = LocalDagRunner().run(Pipeline("demo", root, [echo]))
    written = (result.artifacts("echo", "schema")[0].path / "told.json").read_text()
    assert json.loads(written)[:2] == [
        ["echo", "demo", str(root)],
        [result.run_id, result.run_id, "echo"],
    ]
    with pytest.raises(ParameterError, match="Did you mean 'run_id'"):
        ph.runtime_info("runid")


def test_runtime_parameters_may_stand_inside_expressions(root: Path) -> None:
    name = RuntimeParameter("name", str, "a")
    echo = Echo(told=ph.join_path("models", name), limit=RuntimeParameter("limit", int, 2))
    assert told(root, echo) == ["models/a", None, 2]
    again_ = Echo(told=ph.join_path("models", name), limit=RuntimeParameter("limit", int, 2))
    assert told(root, again_, parameters={"name": "b"})[0] == "models/b"


def test_an_importer_takes_a_place_from_another_node(root: Path, tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "data.txt").write_text("abc")
    made = measure()
    size = made.outputs["size"].future()[0].value
    importer = Importer(ph.join_path(str(tmp_path), size), Examples)
    count = Count(importer.outputs["result"])
    result = again(root, made, importer, count)
    assert (result.artifacts("Count", "statistics")[0].path / "count.txt").read_text() == "3"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (ph.make_list([1, ph.exec_property("n")]), [1, 4]),
        (ph.make_dict({"a": ph.exec_property("n")}), {"a": 4}),
        (ph.make_dict([("a", ph.exec_property("text"))]), {"a": "x/y"}),
        (ph.dirname(ph.exec_property("text")), "x"),
        ("<" + ph.exec_property("text") + ">", "<x/y>"),
        (ph.exec_property("text").b64encode(), "eC95"),
        (ph.make_list(["b", 1]).serialize_list(), '["b", 1]'),
        (ph.make_list([1]) + ph.make_list([2]), [1, 2]),
        (ph.make_proto(TrainArgs(), num_steps=ph.exec_property("n")), TrainArgs(num_steps=4)),
        (ph.exec_property("n") == 4, True),
        (ph.exec_property("n") != 4, False),
        (ph.exec_property("n") < 5, True),
        (ph.exec_property("n") <= 3, False),
        (ph.exec_property("n") > 3, True),
        (ph.exec_property("n") >= 4, True),
        (ph.logical_not(ph.exec_property("n") == 4), False),
    ],
    ids=repr,
)
def test_operations(expression: Any, value: Any) -> None:
    known = {"n": 4, "text": "x/y"}
    assert evaluate(expression, Scope(parameter=known.__getitem__)) == value
    assert (
        evaluate(
            decode(json.loads(json.dumps(encode(expression)))), Scope(parameter=known.__getitem__)
        )
        == value
    )


comparison = st.tuples(st.sampled_from(["==", "<", ">="]), st.integers(0, 3))
formula = st.recursive(
    comparison,
    lambda inner: (
        st.tuples(st.sampled_from(["and", "or"]), inner, inner) | st.tuples(st.just("not"), inner)
    ),
    max_leaves=8,
)


def build(written: Any) -> Predicate:
    if written[0] == "and":
        return ph.logical_and(build(written[1]), build(written[2]))
    if written[0] == "or":
        return ph.logical_or(build(written[1]), build(written[2]))
    if written[0] == "not":
        return ph.logical_not(build(written[1]))
    asked = ph.exec_property("n")
    return {"==": asked == written[1], "<": asked < written[1], ">=": asked >= written[1]}[
        written[0]
    ]


def truth(written: Any, n: int) -> bool:
    if written[0] in ("and", "or"):
        return (all if written[0] == "and" else any)(truth(each, n) for each in written[1:])
    if written[0] == "not":
        return not truth(written[1], n)
    return bool(eval(f"{n} {written[0]} {written[1]}"))


@given(formula, st.integers(0, 3))
def test_predicates_are_what_python_says(written: Any, n: int) -> None:
    predicate = build(written)
    assert evaluate(predicate, Scope(parameter=lambda _: n)) is truth(written, n)
    assert evaluate(decode(encode(predicate)), Scope(parameter=lambda _: n)) is truth(written, n)
    assert ph.same(predicate, build(written))


def test_the_second_half_is_not_asked_when_the_first_decides() -> None:
    def value_of(name: str) -> int:
        if name == "absent":
            raise ResolutionError("nobody should ask")
        return 1

    scope = Scope(parameter=value_of)
    never = ph.exec_property("absent") == 1
    assert evaluate(ph.logical_or(ph.exec_property("n") == 1, never), scope) is True
    assert evaluate(ph.logical_and(ph.exec_property("n") == 2, never), scope) is False
    with pytest.raises(ResolutionError, match="nobody"):
        evaluate(ph.logical_and(ph.exec_property("n") == 1, never), scope)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda asked: f"{asked}", "formatted as text.*join texts"),
        (lambda asked: "%s" % asked, "formatted as text"),  # noqa: UP031
        (lambda asked: "{:>3}".format(asked), "formatted as text"),  # noqa: UP032
        (lambda asked: bool(asked == 1), "tested for truth.*logical_and"),
        (lambda asked: not asked, "tested for truth"),
        (lambda asked: list(asked), r"looped over.*\[0\]"),
        (lambda asked: 3 in asked, "looped over"),
        (lambda asked: ph.logical_not(asked), "is not true or false; compare"),
        (lambda asked: ph.logical_and(asked == 1, True), "True is not true or false"),
    ],
)
def test_using_one_before_its_time_is_an_error(use: Any, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        use(Source().outputs["examples"].future()[0].uri)


def test_an_expression_reads_as_it_was_written() -> None:
    asked = Source().outputs["examples"].future()[0]
    assert repr(ph.logical_and(asked.property("span") > 2, ph.logical_not(asked.uri == "x"))) == (
        "(Source.outputs['examples'][0].property('span') > 2 and "
        "not Source.outputs['examples'][0].uri == 'x')"
    )
    assert repr(ph.join(["a", asked.uri], ",")) == (
        "join(['a', Source.outputs['examples'][0].uri], ',')"
    )


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (lambda: Echo(told=ph.input("exmaples").uri), "no such key"),
        (lambda: Echo(told=ph.exec_property("limits")), "Did you mean 'limit'"),
        (lambda: Echo(told=ph.exec_property("told")), "ask for each other: told -> told"),
        (
            lambda: Echo(told=ph.exec_property("other"), other=ph.exec_property("told") + "x"),
            "told -> other -> told",
        ),
        (lambda: Echo(told=ph.exec_property("limit")[0]), "TypeError"),
        (lambda: Echo(told=ph.exec_property("limit").depth), "AttributeError"),
        (lambda: Echo(told=ph.make_list([1])[3]), "there are 1"),
    ],
)
def test_what_is_not_there_is_named(node: Any, message: str, root: Path) -> None:
    with pytest.raises(RunError, match=message):
        again(root, node())


def test_another_nodes_output_that_is_empty_is_named(root: Path) -> None:
    from minitfx import Resolver

    latest = Resolver(model=Channel(type=Model)).with_id("latest")
    echo = Echo(told=latest.outputs["model"].future()[0].uri)
    with pytest.raises(RunError, match=r"latest.outputs\['model'\]\[0\]: there are 0"):
        again(root, latest, echo)
    echo = Echo(told=latest.outputs["model"].future().uri)
    with pytest.raises(RunError, match="there is no artifact"):
        again(root, latest, echo)


def test_a_node_that_is_asked_must_be_in_the_pipeline() -> None:
    made = measure()
    with pytest.raises(PipelineError, match="Echo reads from measure, which is not among"):
        Pipeline("demo", "root", [Echo(told=made.outputs["size"].future()[0].value)])


def test_it_works_in_a_process_too(root: Path) -> None:
    made = measure()
    echo = Echo(told=made.outputs["size"].future()[0].value, other=ph.output("schema").uri)
    pipeline = Pipeline("demo", root, [made, echo])
    result = LocalDagRunner(isolation="process").run(pipeline)
    written = json.loads((result.artifacts("Echo", "schema")[0].path / "told.json").read_text())
    assert written[0] == 7
    assert "staging" in written[1]


def test_types_of_values() -> None:
    made = measure()
    assert made.outputs["size"].type is Integer
    assert made.outputs["sizes"].type is JsonValue
