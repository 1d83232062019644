"""Functions as components."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

import pytest

from minitfx import LocalDagRunner, Pipeline
from minitfx.annotations import InputArtifact, OutputArtifact, OutputDict, Parameter
from minitfx.errors import ParameterError, RunError
from minitfx.function_component import component
from minitfx.types import Examples, Integer, Model


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


@pytest.mark.parametrize(
    ("build_node", "message"),
    [
        (lambda: make(3), "keyword arguments only"),
        (lambda: make(rows="a"), "expected int"),
        (lambda: make(row=1), "Did you mean 'rows'"),
        (lambda: measure(examples=make().outputs["examples"]), "needs the parameter 'rows'"),
        (
            lambda: make(rows=make().with_id("a").outputs["count"]),
            "expected int",
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
