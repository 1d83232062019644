"""A small project with every kind of code that a pipeline can run."""

from __future__ import annotations

from pathlib import Path

from minitfx import LocalDagRunner
from minitfx.cli.project import load_pipeline
from minitfx.result import RunResult

FILES = {
    "flow.py": """
from typing import Annotated, Any

from minitfx import Channel, Component, Output, Pipeline
from minitfx.annotations import InputArtifact, OutputDict, Parameter
from minitfx.component import Code, InputPath
from minitfx.function_component import component
from minitfx.types import Examples, Model, Schema
from pathlib import Path

from shared import scaled

HERE = Path(__file__).parent
FACTOR = 2


class Read(Component):
    table: InputPath
    limit: int = 100
    examples = Output(Examples)

    @staticmethod
    def execute(table: str, limit: int, examples: Examples) -> None:
        numbers = [int(line) for line in Path(table).read_text().split()][:limit]
        (examples.path / "numbers.txt").write_text(" ".join(map(str, sorted(numbers))))


class Train(Component):
    examples: Channel[Examples]
    module_file: Annotated[str | None, Code("run_fn")] = None
    run_fn: Annotated[str | None, Code()] = None
    model = Output(Model)

    @staticmethod
    def execute(examples: Examples, module_file: Any, run_fn: Any, model: Model) -> None:
        numbers = [int(x) for x in (examples.path / "numbers.txt").read_text().split()]
        result = (module_file or run_fn).load()(numbers)
        (model.path / "model.txt").write_text(str(result))


@component
def total(examples: InputArtifact[Examples], offset: Parameter[int] = 0) -> OutputDict(value=int):
    numbers = [int(x) for x in (examples.path / "numbers.txt").read_text().split()]
    return {"value": scaled(sum(numbers), FACTOR) + offset}


@component
def twin(examples: InputArtifact[Examples], offset: Parameter[int] = 0) -> OutputDict(value=int):
    numbers = [int(x) for x in (examples.path / "numbers.txt").read_text().split()]
    return {"value": max(numbers) + offset}


def make_closure(step):
    @component
    def closure(examples: InputArtifact[Examples]) -> OutputDict(value=int):
        return {"value": step}

    return closure


def create_pipeline(pipeline_root="out"):
    read = Read(table=str(HERE / "table.txt"))
    examples = read.outputs["examples"]
    by_file = Train(examples, module_file=str(HERE / "training.py")).with_id("by_file")
    by_path = Train(examples, run_fn="dotted_training.run_fn").with_id("by_path")
    return Pipeline(
        "truth",
        pipeline_root,
        [read, by_file, by_path, total(examples=examples), twin(examples=examples),
         make_closure(3)(examples=examples)],
        enable_cache=True,
    )
""",
    "shared.py": """
ROUNDS = 1


def scaled(x, factor):
    return x * factor * ROUNDS


def unused():
    return 1
""",
    "training.py": """
import helpers
from helpers import LEVEL as level


def run_fn(numbers, bias=1):
    '''Train.'''
    return helpers.mean(numbers) + level + bias


def other(numbers):
    return 0
""",
    "helpers.py": """
LEVEL = 10


def mean(numbers):
    return rounded(sum(numbers) / len(numbers))


def rounded(x):
    return round(x, 3)


def idle():
    return 1
""",
    "dotted_training.py": """
SCALE = 5


def run_fn(numbers):
    return [SCALE * x for x in numbers]
""",
    "neighbour.py": "VALUE = 1\n",
    "table.txt": "3\n1\n2\n",
}
ALL = {"Read", "by_file", "by_path", "total", "twin", "closure"}


def write(folder: Path) -> None:
    """Write the project."""
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    text = (folder / name).read_text("utf-8")
    assert text.count(old) == 1, (name, old, text.count(old))
    (folder / name).write_text(text.replace(old, new), "utf-8")


def run(folder: Path, root: Path) -> RunResult:
    """Run the project in this process."""
    return LocalDagRunner(workers=1).run(load_pipeline(folder / "flow.py", str(root)))


def computed(result: RunResult) -> set[str]:
    """Return the nodes that computed."""
    return {name for name, node in result.nodes.items() if node.state == "COMPLETE"}
