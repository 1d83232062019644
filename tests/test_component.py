"""Declarations are checked when they are written, wiring when it is made."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from parts import Count, Source, Train

from minitfx import Channel, Output, union
from minitfx.component import Code, Component, InputPath
from minitfx.declaration import Resolved, WorkDir
from minitfx.errors import ChannelTypeError, ParameterError, PipelineError
from minitfx.proto.pusher_pb2 import PushDestination
from minitfx.types import Examples, ExampleStatistics, Model, Schema


def test_a_component_shows_its_wiring() -> None:
    source = Source(text="a")
    count = Count(examples=source.outputs["examples"])
    assert list(count.inputs) == ["examples"]
    assert repr(count.inputs["examples"]) == "Source.outputs['examples'] (Examples)"
    assert dict(count.exec_properties) == {"broken": False}
    assert list(count.outputs) == ["statistics"]
    assert count.outputs["statistics"].type is ExampleStatistics
    assert (count.id, count.with_id("other").id) == ("Count", "other")
    assert count.upstream_nodes == (source,)


def test_arguments_may_be_given_by_position() -> None:
    source = Source("a")
    assert source.exec_properties["text"] == "a"
    assert Count(source.outputs["examples"]).upstream_nodes == (source,)


def test_execute_must_take_what_is_declared() -> None:
    with pytest.raises(TypeError, match=r"lacks statistics; it takes stats"):

        class Wrong(Component):
            examples: Channel[Examples]
            statistics = Output(ExampleStatistics)

            @staticmethod
            def execute(examples: Examples, stats: Any) -> None: ...


def test_execute_must_be_static() -> None:
    with pytest.raises(TypeError, match="must be a @staticmethod"):

        class Wrong(Component):
            def execute(self) -> None: ...


@pytest.mark.parametrize("name", ["id", "inputs", "outputs", "exec_properties", "with_thing"])
def test_reserved_names_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match="reserved"):
        type("Wrong", (Component,), {"__annotations__": {name: int}, "__module__": __name__})


def test_declarations_follow_inheritance() -> None:
    class Base(Component):
        examples: Channel[Examples]
        limit: int = 3
        schema = Output(Schema)

        @staticmethod
        def execute(examples: Examples, limit: int, schema: Schema) -> None: ...

    class Derived(Base):
        limit: int = 5
        extra: str = "x"
        values = Resolved()
        work = WorkDir()

        @staticmethod
        def execute(  # type: ignore[override]
            examples: Examples, limit: int, schema: Schema, extra: str, values: Any, work: Any
        ) -> None: ...

    derived = Derived(Source().outputs["examples"])
    assert dict(derived.exec_properties) == {"limit": 5, "extra": "x"}
    assert list(derived.outputs) == ["schema"]


def test_a_wrong_type_names_both_ends() -> None:
    count = Count(Source().outputs["examples"])
    with pytest.raises(ChannelTypeError) as caught:
        Count(examples=count.outputs["statistics"])
    assert "Count.examples needs Examples" in str(caught.value)
    assert "Count.outputs['statistics'] (ExampleStatistics)" in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Count(), "needs 'examples'"),
        (lambda: Count(Source()), r"Write \.outputs\['examples'\]"),
        (lambda: Count("data"), "expected a channel of Examples"),
        (lambda: Source(texts="a"), "takes no 'texts'. Did you mean 'text'"),
        (lambda: Source("a", text="b"), "given 'text' twice"),
        (lambda: Source("a", "b", "c"), "takes 2 arguments but was given 3"),
        (lambda: Source(text=3), r"Source.text is 3 \(int\); expected str"),
        (lambda: Source().outputs["exampels"], "Did you mean 'examples'"),
        (lambda: Source().with_id("a/b"), "cannot name a folder"),
        (lambda: list(Source().outputs["examples"]), "is a promise"),
    ],
)
def test_wrong_use_is_one_clear_error(make: Any, message: str) -> None:
    with pytest.raises((ParameterError, ChannelTypeError, PipelineError), match=message):
        make()


class Typed(Component):
    """Takes many kinds of parameters."""

    destination: PushDestination | None = None
    ratio: float = 0.5
    names: tuple[str, ...] = ()
    options: dict[str, int] | None = None
    path: InputPath | None = None
    module_file: Annotated[str | None, Code("run_fn", "extra")] = None
    schema = Output(Schema)

    @staticmethod
    def execute(
        destination: Any,
        ratio: Any,
        names: Any,
        options: Any,
        path: Any,
        module_file: Any,
        schema: Any,
    ) -> None: ...


def test_a_dict_becomes_the_declared_message() -> None:
    typed = Typed(destination={"filesystem": {"base_directory": "/x"}})
    assert typed.exec_properties["destination"].filesystem.base_directory == "/x"


def test_an_integer_is_a_number() -> None:
    assert Typed(ratio=1).exec_properties["ratio"] == 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"destination": {"filesystme": {}}},
        {"ratio": True},
        {"ratio": "a"},
        {"names": "abc"},
        {"names": [1]},
        {"options": [1]},
        {"path": 3},
    ],
)
def test_a_parameter_of_another_type_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        Typed(**wrong)


def test_a_module_file_names_its_functions(tmp_path: Any) -> None:
    file = tmp_path / "model.py"
    file.write_text("def run_fn(): ...\n")
    reference = Train(
        Count(Source().outputs["examples"]).outputs["statistics"], module_file=str(file)
    ).exec_properties["module_file"]
    assert (reference.names, reference.file) == (("run_fn",), str(file))


def test_a_union_takes_channels_of_one_type() -> None:
    one, two = Source().with_id("one"), Source().with_id("two")
    both = union([one.outputs["examples"], two.outputs["examples"]])
    assert both.producers == (one, two)
    with pytest.raises(ChannelTypeError, match="of one type"):
        union([one.outputs["examples"], Channel(type=Model)])
