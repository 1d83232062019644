"""Components with a spec and an executor."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar, List  # noqa: UP035

import pytest
from parts import Source

from minitfx import Channel, LocalDagRunner, Pipeline, Resolver, RuntimeParameter, union
from minitfx.artifact import Artifact, Property, PropertyType
from minitfx.code.reference import load_file
from minitfx.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from minitfx.errors import ChannelTypeError, ExecutionError, ParameterError, RunError
from minitfx.executor import BaseExecutor, EmptyExecutor, ExecutorClassSpec
from minitfx.proto.trainer_pb2 import TrainArgs
from minitfx.spec_component import SpecComponent
from minitfx.types import Examples, Model, Schema


class Greeting(Artifact):
    """A user's own type."""

    TYPE_NAME = "Greeting"
    PROPERTIES: ClassVar = {"count": Property(PropertyType.INT)}


class HelloSpec(ComponentSpec):
    PARAMETERS: ClassVar = {
        "name": ExecutionParameter(type=str),
        "times": ExecutionParameter(type=int, optional=True),
        "words": ExecutionParameter(type=List[str], optional=True),  # noqa: UP006
        "args": ExecutionParameter(type=TrainArgs, optional=True),
        "own_args": ExecutionParameter(type=TrainArgs, optional=True, use_proto=True),
        "anything": ExecutionParameter(type=(int, str), optional=True),
    }
    INPUTS: ClassVar = {
        "examples": ChannelParameter(type=Examples),
        "schema": ChannelParameter(type=Schema, optional=True),
        "models": ChannelParameter(type=Model, optional=True, allow_empty=True),
    }
    OUTPUTS: ClassVar = {
        "greeting": ChannelParameter(type=Greeting),
        "extra": ChannelParameter(type=Schema, optional=True),
    }


class HelloExecutor(BaseExecutor):
    def Do(
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        (greeting,) = output_dict["greeting"]
        told = {
            "inputs": {key: len(found) for key, found in input_dict.items()},
            "values": {
                key: value if not hasattr(value, "num_steps") else f"message {value.num_steps}"
                for key, value in exec_properties.items()
            },
            "text": (Path(input_dict["examples"][0].uri) / "data.txt").read_text(),
            "tmp": Path(self._get_tmp_dir()).is_dir(),
        }
        (Path(greeting.uri) / "told.json").write_text(json.dumps(told))
        greeting.count = 2
        Path(output_dict["extra"][0].uri).rmdir()


class Hello(SpecComponent):
    """Greets."""

    SPEC_CLASS: type[HelloSpec] = HelloSpec
    EXECUTOR_SPEC = ExecutorClassSpec(HelloExecutor)

    def __init__(self, examples: Any = None, executor: Any = None, **values: Any) -> None:
        spec = HelloSpec(examples=examples, greeting=Channel(type=Greeting), **values)
        super().__init__(spec=spec, custom_executor_spec=executor)


def told(root: Path, *nodes: Any, isolation: str = "thread", **options: Any) -> Any:
    runner = LocalDagRunner(isolation=isolation)
    result = runner.run(Pipeline("demo", root, nodes, enable_cache=True), **options)
    (greeting,) = result.artifacts("Hello", "greeting")
    assert isinstance(greeting, Greeting)
    assert greeting.count == 2
    return json.loads((greeting.path / "told.json").read_text())


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_an_executor_gets_dicts_of_lists(isolation: str, root: Path) -> None:
    source = Source()
    hello = Hello(
        source.outputs["examples"],
        name="you",
        words=["a"],
        args=TrainArgs(num_steps=3),
        own_args=TrainArgs(num_steps=4),
    )
    found = told(root, source, hello, isolation=isolation)
    assert found["inputs"] == {"examples": 1, "models": 0}
    assert json.loads(found["values"].pop("args")) == {"num_steps": 3}
    assert found["values"] == {
        "name": "you",
        "times": None,
        "words": ["a"],
        "own_args": "message 4",
        "anything": None,
    }
    assert (found["text"], found["tmp"]) == ("hello", True)


def test_it_looks_like_any_component() -> None:
    source = Source()
    hello = Hello(source.outputs["examples"], name="you")
    assert hello.id == "Hello"
    assert dict(hello.inputs) == {"examples": source.outputs["examples"]}
    assert hello.outputs["greeting"].type is Greeting
    assert hello.exec_properties["name"] == "you"
    assert hello.spec.exec_properties["name"] == "you"
    assert hello.with_id("other").id == "other"


def test_runtime_parameters_and_placeholders_are_values(root: Path) -> None:
    source = Source()
    asked = source.outputs["examples"].future()[0].property("split_names")
    hello = Hello(source.outputs["examples"], name=RuntimeParameter("who", str), anything=asked)
    values = told(root, source, hello, parameters={"who": "me"})["values"]
    assert (values["name"], values["anything"]) == ("me", '["train"]')


def test_messages_may_be_given_as_dict_or_text(root: Path) -> None:
    source = Source()
    for given in ({"num_steps": 5}, '{"numSteps": 5}'):
        hello = Hello(source.outputs["examples"], name="you", own_args=given)
        assert told(root, source, hello)["values"]["own_args"] == "message 5"


def test_many_artifacts_and_none(root: Path) -> None:
    one, two = Source().with_id("one"), Source().with_id("two")
    none = Resolver(models=Channel(type=Model)).with_id("none")
    hello = Hello(
        union([one.outputs["examples"], two.outputs["examples"]]),
        models=none.outputs["models"],
        name="you",
    )
    found = told(root, one, two, none, hello)
    assert found["inputs"] == {"examples": 2, "models": 0}


def test_a_required_input_without_artifacts_fails(root: Path) -> None:
    none = Resolver(examples=Channel(type=Examples)).with_id("none")
    with pytest.raises(RunError, match=r"Hello\.examples needs Examples, but none.* has none"):
        told(root, none, Hello(none.outputs["examples"], name="you"))


class Loud(HelloExecutor):
    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:
        super().Do(input_dict, output_dict, {**exec_properties, "name": "YOU"})


def test_another_executor_may_be_given(root: Path) -> None:
    source = Source()
    examples = source.outputs["examples"]
    assert told(root, source, Hello(examples, name="you"))["values"]["name"] == "you"
    loud = Hello(examples, name="you", executor=ExecutorClassSpec(Loud))
    assert told(root, source, loud)["values"]["name"] == "YOU"
    assert told(root, source, Hello(examples, name="you"))["values"]["name"] == "you"


FILE = """
from pathlib import Path
from minitfx.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from minitfx.executor import BaseExecutor, ExecutorClassSpec
from minitfx.spec_component import SpecComponent
from minitfx.types import Schema

class Spec(ComponentSpec):
    PARAMETERS = {"n": ExecutionParameter(type=int)}
    INPUTS = {}
    OUTPUTS = {"schema": ChannelParameter(type=Schema)}

def helper(n):
    return n + 1

class Executor(BaseExecutor):
    START = 0

    def Do(self, input_dict, output_dict, exec_properties):
        text = str(helper(exec_properties["n"]) + self.START)
        (Path(output_dict["schema"][0].uri) / "n.txt").write_text(text)

class Step(SpecComponent):
    SPEC_CLASS = Spec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)

    def __init__(self, n):
        super().__init__(spec=Spec(n=n))
"""


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_an_edited_executor_or_its_helper_runs_again(
    isolation: str, root: Path, tmp_path: Path
) -> None:
    file = tmp_path / f"hello_steps_{isolation}.py"

    def run(source: str) -> tuple[str, str]:
        file.write_text(source)
        pipeline = Pipeline("demo", root, [load_file(file).Step(n=1)], enable_cache=True)
        result = LocalDagRunner(isolation=isolation).run(pipeline)
        text = (result.artifacts("Step", "schema")[0].path / "n.txt").read_text()
        return str(result.nodes["Step"].state), text

    assert run(FILE) == ("COMPLETE", "2")
    assert run(FILE + "\n# a remark\n") == ("CACHED", "2")
    assert run(FILE.replace("n + 1", "n + 2")) == ("COMPLETE", "3")
    assert run(FILE.replace("str(helper", "'n=' + str(helper")) == ("COMPLETE", "n=2")


def test_a_notebook_cell_is_enough(root: Path) -> None:
    run = (
        "from minitfx import LocalDagRunner, Pipeline\n"
        f"result = LocalDagRunner().run(Pipeline('demo', {str(root)!r}, [Step(n=1)], True))\n"
        "print(result.nodes['Step'].state)\n"
    )
    printed = []
    edited = FILE.replace("n + 1", "n + 2")
    for source in (FILE, FILE, edited, edited.replace("START = 0", "START = 7")):
        code = (source + run).replace(", True)", ", enable_cache=True)")
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout.strip())
    assert printed == ["COMPLETE", "CACHED", "COMPLETE", "COMPLETE"]


class Returning(HelloExecutor):
    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> Any:
        super().Do(input_dict, output_dict, exec_properties)
        return {"code": 1}


def test_what_an_executor_returns_is_not_lost_silently(root: Path) -> None:
    source = Source()
    examples = source.outputs["examples"]
    with pytest.raises(RunError, match=r"Returning.Do returned a dict; write into"):
        told(root, source, Hello(examples, name="x", executor=ExecutorClassSpec(Returning)))


def test_an_executor_outside_a_component_has_no_folder() -> None:
    with pytest.raises(ExecutionError, match="outside a component"):
        EmptyExecutor()._get_tmp_dir()
    with pytest.raises(ExecutionError, match="outside a component"):
        BaseExecutor.Context().get_tmp_path()
    EmptyExecutor().Do({}, {}, {})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HelloSpec(name="x"), "HelloSpec needs 'examples', a channel"),
        (lambda: HelloSpec(examples=examples()), "HelloSpec needs the parameter 'name'"),
        (lambda: HelloSpec(examples=examples(), nmae="x"), "Did you mean 'name'"),
        (lambda: Hello(examples(), name=3), r"Hello.name is 3 \(int\); expected str"),
        (lambda: Hello(examples(), name="x", words="abc"), "expected"),
        (lambda: Hello(examples(), name="x", anything=0.5), "expected int or str"),
        (lambda: Hello(examples(), name="x", args="{"), "is no TrainArgs"),
        (lambda: Hello("data", name="x"), "expected a channel of Examples"),
        (lambda: Hello(Channel(type=Model), name="x"), "needs Examples but"),
        (
            lambda: HelloSpec(examples=examples(), name="x", greeting=Channel(type=Model)),
            "makes Greeting, but was given",
        ),
        (lambda: SpecComponent(HelloSpec(examples=examples(), name="x")), "which is not set"),
        (lambda: ExecutorClassSpec(int), "expected a subclass of BaseExecutor"),
    ],
)
def test_wrong_use_is_one_clear_error(make: Any, message: str) -> None:
    with pytest.raises((ParameterError, ChannelTypeError), match=message):
        make()


def examples() -> Any:
    return Source().outputs["examples"]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"SPEC_CLASS": int}, "expected a subclass of ComponentSpec"),
        ({"SPEC_CLASS": HelloSpec, "EXECUTOR_SPEC": HelloExecutor}, "ExecutorClassSpec.TheExec"),
        ({"SPEC_CLASS": HelloSpec, "DRIVER_CLASS": object}, "resolve.inputs, parameters"),
    ],
)
def test_a_wrong_class_is_refused_when_it_is_made(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        type("Wrong", (SpecComponent,), attributes)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"PARAMETERS": {"n": int}}, "expected a ExecutionParameter"),
        ({"INPUTS": [1]}, "expected a dict"),
        (
            {
                "INPUTS": {"a": ChannelParameter(type=Model)},
                "OUTPUTS": {"a": ChannelParameter(type=Model)},
            },
            "declares a twice",
        ),
        (
            {
                "INPUTS": {"a": ChannelParameter(type=Model)},
                "PARAMETERS": {"a": ExecutionParameter(type=int)},
            },
            "declares a as input and parameter",
        ),
    ],
)
def test_a_wrong_spec_is_refused_when_it_is_made(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        type("Wrong", (ComponentSpec,), attributes)
