"""Small components for the tests of the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from minitfx.component import Channel, Code, Component, Frame, InputPath, Output, WorkDir
from minitfx.types import Examples, ExampleStatistics, Model, ModelBlessing, Schema


class Source(Component):
    """Writes a text, or copies a file."""

    text: str = "hello"
    file: InputPath | None = None
    examples = Output(Examples)

    @staticmethod
    def execute(text: str, file: str | None, examples: Examples) -> None:
        """Write."""
        content = Path(file).read_text() if file else text
        (examples.path / "data.txt").write_text(content)
        examples.splits = ["train"]


class Count(Component):
    """Counts characters; may be told to fail."""

    examples: Channel[Examples]
    schema: Channel[Schema] | None = None
    broken: bool = False
    statistics = Output(ExampleStatistics)

    @staticmethod
    def execute(
        examples: Examples, schema: Schema | None, broken: bool, statistics: ExampleStatistics
    ) -> None:
        """Count."""
        print("counting")
        if broken:
            raise ValueError("cannot count")
        text = (examples.path / "data.txt").read_text()
        (statistics.path / "count.txt").write_text(str(len(text)))


class Train(Component):
    """Calls user code on the count."""

    statistics: Channel[ExampleStatistics]
    module_file: Annotated[str | None, Code("run_fn")] = None
    model = Output(Model)

    @staticmethod
    def execute(statistics: ExampleStatistics, module_file: Any, model: Model) -> None:
        """Train."""
        count = int((statistics.path / "count.txt").read_text())
        value = module_file.load()(count) if module_file else count
        (model.path / "model.txt").write_text(str(value))


class Bless(Component):
    """Blesses a model if its number is at least the baseline's."""

    model: Channel[Model]
    baseline_model: Channel[Model] | None = None
    blessing = Output(ModelBlessing)

    @staticmethod
    def execute(model: Model, baseline_model: Model | None, blessing: ModelBlessing) -> None:
        """Bless."""
        value = int((model.path / "model.txt").read_text())
        base = int((baseline_model.path / "model.txt").read_text()) if baseline_model else value
        good = value >= base
        (blessing.path / ("BLESSED" if good else "NOT_BLESSED")).touch()
        blessing.set_int_custom_property("blessed", int(good))
        blessing.set_int_custom_property("current_model_id", model.id or 0)


class Scratch(Component):
    """Fails the first time, and goes on from its work folder the second time."""

    tries: int = 2
    schema = Output(Schema)
    work = WorkDir()

    @staticmethod
    def execute(tries: int, schema: Schema, work: Path) -> None:
        """Try."""
        done = len(list(work.iterdir())) + 1
        (work / str(done)).touch()
        if done < tries:
            raise RuntimeError(f"try {done} of {tries}")
        (schema.path / "tries.txt").write_text(str(done))


class Table(Component):
    """Writes the column names of a table in memory."""

    data: Frame
    schema = Output(Schema)

    @staticmethod
    def execute(data: Any, schema: Schema) -> None:
        """Write."""
        (schema.path / "columns.txt").write_text(",".join(data.column_names) + str(data.num_rows))
