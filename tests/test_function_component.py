"""Functions as components."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, NotRequired, Optional, TypedDict  # noqa: UP035

import pytest
from parts import Source

from minitfx import LocalDagRunner, Pipeline, union
from minitfx.annotations import (
    AsyncOutputArtifact,
    InputArtifact,
    OutputArtifact,
    OutputDict,
    Parameter,
)
from minitfx.errors import ParameterError, RunError
from minitfx.function_component import component
from minitfx.proto.trainer_pb2 import TrainArgs
from minitfx.types import Examples, Integer, JsonValue, Model


class Measures(TypedDict):
    accuracy: float
    note: str | None


@component
def make(examples: OutputArtifact[Examples], rows: Parameter[int] = 3) -> OutputDict(count=int):  # type: ignore[valid-type]
    """Make some rows."""
    (examples.path / "data.txt").write_text("x" * rows)
    return {"count": rows}


@component
def measure(
    examples: InputArtifact[Examples],
    rows: int,
    model: OutputArtifact[Model],
    scale: float = 1.5,
    other: InputArtifact[Model] = None,
) -> Measures:
    assert other is None
    size = len((examples.path / "data.txt").read_text())
    (model.path / "size.txt").write_text(str(size))
    return {"accuracy": scale * rows / size, "note": None}


@component
def forgetful() -> Measures:
    return {"note": "no accuracy"}  # type: ignore[typeddict-item]


def build(root: Path, **options: Any) -> Pipeline:
    first = make(**options)
    second = measure(examples=first.outputs["examples"], rows=first.outputs["count"])
    return Pipeline("demo", root, [first, second], enable_cache=True)


def test_artifacts_parameters_and_values_flow(root: Path) -> None:
    result = LocalDagRunner().run(build(root, rows=4))
    assert list(result.nodes) == ["make", "measure"]
    assert result.artifacts("make", "count")[0].value == 4
    assert result.artifacts("measure", "accuracy")[0].value == 1.5
    assert result.artifacts("measure", "note")[0].value is None


def test_a_value_may_be_given_outright(root: Path) -> None:
    first = make(rows=2)
    second = measure(examples=first.outputs["examples"], rows=8, scale=0.5)
    result = LocalDagRunner().run(Pipeline("demo", root, [first, second]))
    assert result.artifacts("measure", "accuracy")[0].value == 2.0


def test_it_runs_in_a_process_too(root: Path) -> None:
    result = LocalDagRunner(isolation="process").run(build(root, rows=4))
    assert result.artifacts("measure", "accuracy")[0].value == 1.5


def test_a_second_run_is_cached(root: Path) -> None:
    LocalDagRunner().run(build(root))
    again = LocalDagRunner().run(build(root))
    assert {str(node.state) for node in again.nodes.values()} == {"CACHED"}


def test_an_edited_body_runs_again(root: Path, tmp_path: Path) -> None:
    from minitfx.code.reference import load_file

    file = tmp_path / "steps_of_mine.py"
    states = []
    for body in ("return {'n': 1}", "return {'n': 1}  # same", "return {'n': 2}"):
        file.write_text(
            "from minitfx.annotations import OutputDict\n"
            "from minitfx.function_component import component\n"
            f"@component\ndef step() -> OutputDict(n=int):\n    {body}\n"
        )
        step = load_file(file).step
        result = LocalDagRunner().run(Pipeline("demo", root, [step()], enable_cache=True))
        states.append(str(result.nodes["step"].state))
    assert states == ["COMPLETE", "CACHED", "COMPLETE"]


def test_a_closure_counts_by_what_it_holds(root: Path) -> None:
    def step_with(value: int) -> Any:
        @component
        def step() -> OutputDict(n=int):  # type: ignore[valid-type]
            return {"n": value}

        return step

    states = []
    for value in (1, 1, 2):
        plan = Pipeline("demo", root, [step_with(value)()], enable_cache=True)
        states.append(str(LocalDagRunner().run(plan).nodes["step"].state))
    assert states == ["COMPLETE", "CACHED", "COMPLETE"]


def test_a_missing_value_is_an_error(root: Path) -> None:
    with pytest.raises(RunError, match="forgetful returned no 'accuracy', which it declares"):
        LocalDagRunner().run(Pipeline("demo", root, [forgetful()]))


def test_the_function_itself_can_be_called() -> None:
    assert forgetful.test_call() == {"note": "no accuracy"}
    assert make.__doc__ == "Make some rows."


def test_a_function_component_is_tested_without_a_pipeline(tmp_path: Path) -> None:
    examples, model = Examples(str(tmp_path / "examples")), Model(str(tmp_path / "model"))
    for each in (examples, model):
        each.path.mkdir()
    assert make.test_call(examples=examples, rows=4) == {"count": 4}
    found = measure.test_call(examples=examples, rows=8, model=model)
    assert found == {"accuracy": 1.5 * 8 / 4, "note": None}
    assert (model.path / "size.txt").read_text() == "4"


@pytest.mark.parametrize(
    ("build_node", "message"),
    [
        (lambda: make(3), "keyword arguments only"),
        (lambda: make(rows="a"), "expected int"),
        (lambda: make(row=1), "Did you mean 'rows'"),
        (lambda: measure(examples=make().outputs["examples"]), "needs the parameter 'rows'"),
        (
            lambda: make(rows=make().with_id("a").outputs["count"]),
            r"expected int: give it the channel's value with \.future",
        ),
    ],
)
def test_wrong_use_is_one_clear_error(build_node: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build_node()


def test_annotations_that_say_nothing_are_refused() -> None:
    with pytest.raises(TypeError, match="expected InputArtifact"):

        @component
        def wrong(x: object) -> None: ...

    with pytest.raises(TypeError, match="its only default can be None"):

        @component
        def wrong_default(x: InputArtifact[Examples] = 3) -> None: ...  # type: ignore[assignment]

    with pytest.raises(TypeError, match="declares x twice"):

        @component
        def ambiguous(x: Parameter[int]) -> OutputDict(x=int): ...  # type: ignore[valid-type]

    with pytest.raises(TypeError, match="expected a TypedDict or OutputDict"):

        @component
        def wrong_return() -> int:
            return 3


def test_value_types_are_standard_artifacts() -> None:
    assert make().outputs["count"].type is Integer


class Everything(TypedDict):
    """Every kind of value that a component can return."""

    i_out: int
    f_out: float
    s_out: str
    b_out: bytes
    flag_out: bool
    d_out: Dict[str, List[int]]  # noqa: UP006
    li_out: list[str]
    o_out: Optional[int]  # noqa: UP045
    left_out: NotRequired[str]


@component
def every_kind(
    model: AsyncOutputArtifact[Model],
    report: OutputArtifact[Model] | None,
    args: Parameter[TrainArgs],
    table: Parameter[Dict[str, float]],  # noqa: UP006
    many: InputArtifact[List[Examples]],  # noqa: UP006
    one: Optional[InputArtifact[Examples]] = None,  # noqa: UP045
    note: Parameter[str] | None = None,
    words: Parameter[list[str]] | None = None,
    i: int = 1,
    f: float = 0.5,
    s: str = "s",
    b: bytes = b"b",
    flag: bool = True,
    d: Dict[str, List[int]] = {"a": [1]},  # noqa: B006, UP006
    li: list[str] | None = None,
) -> Everything:
    (report.path if report else Path()).rmdir()
    (model.path / "told").write_text(f"{args.num_steps} {table} {len(many)} {one} {note} {words}")
    return {
        "i_out": i, "f_out": f, "s_out": s, "b_out": b, "flag_out": flag, "d_out": d,
        "li_out": li or [], "o_out": None,
    }  # fmt: skip


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_every_kind_of_annotation(isolation: str, root: Path) -> None:
    one, two = Source().with_id("one"), Source().with_id("two")
    both = union([one.outputs["examples"], two.outputs["examples"]])
    node = every_kind(args={"num_steps": 3}, table={"x": 1.5}, many=both, f=2, b=b"\x00\xff")
    result = LocalDagRunner(isolation=isolation).run(Pipeline("demo", root, [one, two, node]))
    values = {
        key: made[0].value for key, made in result.nodes["every_kind"].outputs.items()
        if key not in ("model", "report")
    }  # fmt: skip
    assert values == {
        "i_out": 1, "f_out": 2.0, "s_out": "s", "b_out": b"\x00\xff", "flag_out": True,
        "d_out": {"a": [1]}, "li_out": [], "o_out": None, "left_out": None,
    }  # fmt: skip
    assert "report" not in result.nodes["every_kind"].outputs
    told = (result.artifacts("every_kind", "model")[0].path / "told").read_text()
    assert told == "3 {'x': 1.5} 2 None None None"


def test_values_of_one_component_are_arguments_of_another(root: Path) -> None:
    source = Source()
    first = every_kind(args=TrainArgs(), table={}, many=source.outputs["examples"], i=5)
    outputs = first.outputs
    second = every_kind(
        args=TrainArgs(), table={}, many=source.outputs["examples"], one=source.outputs["examples"],
        note="n", words=["w"],
        **{key: outputs[f"{key}_out"] for key in ("i", "f", "s", "b", "flag", "d", "li")},
    ).with_id("second")  # fmt: skip
    result = LocalDagRunner().run(Pipeline("demo", root, [source, first, second]))
    for key in ("i_out", "f_out", "s_out", "b_out", "flag_out", "d_out", "li_out"):
        assert (
            result.artifacts("second", key)[0].value == result.artifacts("every_kind", key)[0].value
        )
    told = (result.artifacts("second", "model")[0].path / "told").read_text()
    assert told.endswith("n ['w']")
    assert first.outputs["d_out"].type is JsonValue


def test_types_that_only_the_enclosing_function_knows(root: Path) -> None:
    class Found(TypedDict):
        n: int

    class Own(Model):
        TYPE_NAME = "Own"

    @component()
    def step(made: OutputArtifact[Own]) -> Found:
        return {"n": 2}

    result = LocalDagRunner().run(Pipeline("demo", root, [step()]))
    assert result.artifacts("step", "n")[0].value == 2
    assert result.artifacts("step", "made")[0].type_name == "Own"


CELLS = """
from minitfx import LocalDagRunner, Pipeline
from minitfx.annotations import OutputDict
from minitfx.function_component import component
factor = {factor}
# a cell
@component
def step(n: int = 2) -> OutputDict(twice=int):
    return {{"twice": helper(n)}}
def helper(n):
    return n * factor
result = LocalDagRunner().run(Pipeline("demo", {root!r}, [step()], enable_cache=True))
print(result.nodes["step"].state, result.artifacts("step", "twice")[0].value)
"""


def test_a_notebook_cell_is_enough(root: Path) -> None:
    printed = []
    for factor in (2, 2, 3):
        code = CELLS.format(factor=factor, root=str(root))
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout.strip())
    assert printed == ["COMPLETE 4", "CACHED 4", "COMPLETE 6"]
