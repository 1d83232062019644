"""TFX's names are here, mean minitfx's own, and load nothing before they are used."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from parts import Source

import minitfx
from minitfx import v1 as tfx
from minitfx.channel import Channel
from minitfx.errors import ChannelTypeError, PipelineError, ResolutionError, StorageError
from minitfx.proto.trainer_pb2 import TrainArgs
from minitfx.types import Examples, Model, Schema

PACKAGES = [
    "",
    ".components",
    ".dsl",
    ".dsl.components",
    ".dsl.components.base",
    ".dsl.experimental",
    ".dsl.input_resolution",
    ".dsl.input_resolution.strategies",
    ".dsl.inputs",
    ".dsl.io",
    ".dsl.io.fileio",
    ".dsl.placeholders",
    ".orchestration",
    ".orchestration.experimental",
    ".orchestration.metadata",
    ".proto",
    ".testing",
    ".types",
    ".types.artifact_utils",
    ".types.channel_utils",
    ".types.standard_artifacts",
    ".utils",
]


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_is_there(name: str) -> None:
    module = import_module(f"minitfx.v1{name}")
    names = getattr(module, "__all__", None) or [each for each in dir(module) if each[0] != "_"]
    for each in names:
        assert getattr(module, each) is not None, each
    assert list(names) == sorted(names)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("components.Trainer", "components.trainer:Trainer"),
        ("components.CsvExampleGen", "components.example_gen:CsvExampleGen"),
        ("components.FnArgs", "training.fn_args:FnArgs"),
        ("dsl.Channel", "channel:Channel"),
        ("dsl.Cond", "condition:Cond"),
        ("dsl.Importer", "importer:Importer"),
        ("dsl.components.component", "function_component:component"),
        ("dsl.components.base.base_component.BaseComponent", "spec_component:SpecComponent"),
        ("dsl.components.base.base_executor.BaseExecutor", "executor:BaseExecutor"),
        ("dsl.components.base.executor_spec.ExecutorClassSpec", "executor:ExecutorClassSpec"),
        ("dsl.experimental.SpanRangeStrategy", "resolver:SpanRangeStrategy"),
        (
            "dsl.input_resolution.strategies.span_range_strategy.SpanRangeStrategy",
            "resolver:SpanRangeStrategy",
        ),
        ("dsl.placeholders.input", "placeholder:input"),
        ("orchestration.LocalDagRunner", "runner:LocalDagRunner"),
        ("orchestration.experimental.exit_handler", "exit_handler:exit_handler"),
        ("proto.PushDestination", "proto.pusher_pb2:PushDestination"),
        ("proto.trainer_pb2.TrainArgs", "proto.trainer_pb2:TrainArgs"),
        ("types.standard_artifacts.Model", "types:Model"),
        ("types.ComponentSpec", "component_spec:ComponentSpec"),
        ("types.component_spec.ChannelParameter", "component_spec:ChannelParameter"),
        ("types.artifact.Property", "artifact:Property"),
        ("types.BaseNode", "node:Node"),
    ],
)
def test_a_name_means_minitfxs_own(theirs: str, ours: str) -> None:
    found: Any = tfx
    for part in theirs.split("."):
        found = getattr(found, part)
    module, _, name = ours.partition(":")
    assert found is getattr(import_module(f"minitfx.{module}"), name)


def test_every_message_of_ours_is_there() -> None:
    from minitfx import proto

    assert set(proto.__all__) <= set(tfx.proto.__all__)
    assert tfx.proto.Filesystem is tfx.proto.PushDestination.Filesystem
    assert tfx.__version__ == minitfx.__version__
    assert isinstance(minitfx.v1, ModuleType)


def test_the_standard_artifacts_of_tfx_are_all_there() -> None:
    names = """
        Boolean Bytes ExampleAnomalies ExampleStatistics ExampleValidationMetrics Examples
        ExamplesDiff Float HyperParameters InferenceResult InfraBlessing Integer JsonValue Model
        ModelBlessing ModelEvaluation ModelRun PushedModel Schema String TransformCache
        TransformGraph TunerResults
    """
    assert tfx.types.standard_artifacts.__all__ == names.split()
    for name in names.split():
        assert name == getattr(tfx.types.standard_artifacts, name).TYPE_NAME


def test_writing_a_pipeline_loads_nothing_heavy() -> None:
    code = (
        "from minitfx import v1 as tfx\n"
        "import sys\n"
        "for part in (tfx.components, tfx.dsl, tfx.dsl.components, tfx.dsl.components.base,\n"
        "             tfx.dsl.experimental, tfx.dsl.placeholders, tfx.types, tfx.utils,\n"
        "             tfx.types.standard_artifacts, tfx.proto, tfx.orchestration.metadata):\n"
        "    for name in part.__all__:\n"
        "        if name not in ('DataAccessor', 'FnArgs', 'TunerFnResult'):\n"
        "            getattr(part, name)\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'sklearn', 'optuna', 'duckdb'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_wrong_name_offers_the_closest() -> None:
    with pytest.raises(AttributeError, match="Did you mean 'Trainer'"):
        _ = tfx.components.Trianer
    with pytest.raises(AttributeError, match="has no attribute 'extensions'"):
        _ = tfx.extensions


def test_a_pipeline_takes_tfxs_arguments(root: Path) -> None:
    pipeline = tfx.dsl.Pipeline(
        pipeline_name="demo",
        pipeline_root=str(root),
        metadata_connection_config=None,
        components=[Source()],
        enable_cache=True,
        beam_pipeline_args=["--direct_num_workers=1", "--direct_running_mode=multi_processing"],
        platform_config=None,
        execution_mode=tfx.dsl.ExecutionMode.SYNC,
        inputs=None,
        outputs=None,
    )
    assert isinstance(pipeline, minitfx.Pipeline)
    assert (pipeline.workers, list(pipeline.nodes)) == (1, ["Source"])
    assert tfx.orchestration.LocalDagRunner().run(pipeline).succeeded
    with pytest.raises(PipelineError, match="SYNC only"):
        tfx.dsl.Pipeline("demo", "r", execution_mode=tfx.dsl.ExecutionMode.ASYNC)
    with pytest.raises(PipelineError, match="does not support inputs"):
        tfx.dsl.Pipeline("demo", "r", inputs={"a": 1})


def test_where_the_catalog_is(tmp_path: Path) -> None:
    place = tfx.orchestration.metadata.sqlite_metadata_connection_config(tmp_path / "m" / "a.db")
    assert place == tmp_path / "m" / "a.duckdb"
    with pytest.raises(PipelineError, match="is a DuckDB file"):
        tfx.orchestration.metadata.mysql_metadata_connection_config("h", 1, "d", "u", "p")


def test_queries_and_channels() -> None:
    query = tfx.dsl.inputs.artifact_query(Model, producer_component_id="Trainer")
    assert (query.type, query.producer_component_id, query.output_key) == (Model, "Trainer", None)
    other = tfx.dsl.inputs.external_pipeline_artifact_query(
        Model, owner="me", pipeline_name="p", output_key="model"
    )
    assert (other.pipeline_name, other.output_key) == ("p", "model")
    assert tfx.types.channel_utils.as_channel([Model(), Model()]).type is Model
    with pytest.raises(ChannelTypeError, match="of one type"):
        tfx.types.channel_utils.as_channel([Model(), Schema()])
    assert tfx.testing.Channel(type=Model).type is Model
    assert isinstance(query, Channel)


def test_lists_of_artifacts() -> None:
    utils = tfx.types.artifact_utils
    one, two = Examples("a"), Examples("b")
    one.split_names = utils.encode_split_names(["train", "eval"])
    two.split_names = utils.encode_split_names(["train"])
    assert utils.decode_split_names(one.split_names) == ["train", "eval"]
    assert utils.decode_split_names("") == []
    assert utils.get_single_uri([one]) == "a"
    assert utils.get_split_uris([one, two], "train") == ["a/Split-train", "b/Split-train"]
    assert utils.get_split_uri([one, two], "eval") == "a/Split-eval"
    for wrong in (lambda: utils.get_single_instance([one, two]), lambda: utils.get_single_uri([])):
        with pytest.raises(ResolutionError, match="expected one artifact"):
            wrong()
    with pytest.raises(ResolutionError, match="'train', found 2"):
        utils.get_split_uri([one, two], "train")


def test_files(tmp_path: Path) -> None:
    fileio = tfx.dsl.io.fileio
    folder = str(tmp_path / "a" / "b")
    fileio.makedirs(folder)
    fileio.mkdir(f"{folder}/c")
    with fileio.open(f"{folder}/x.txt", "w") as file:
        file.write("hello")
    fileio.copy(f"{folder}/x.txt", f"{folder}/y.txt")
    with pytest.raises(StorageError, match="overwrite=True"):
        fileio.copy(f"{folder}/x.txt", f"{folder}/y.txt")
    fileio.copy(f"{folder}/x.txt", f"{folder}/y.txt", overwrite=True)
    fileio.rename(f"{folder}/y.txt", f"{folder}/z.txt")
    assert sorted(fileio.listdir(folder)) == ["c", "x.txt", "z.txt"]
    assert fileio.glob(f"{folder}/*.txt").sort() is None
    assert fileio.stat(f"{folder}/z.txt").st_size == 5
    assert (fileio.exists(f"{folder}/y.txt"), fileio.isdir(f"{folder}/c")) == (False, True)
    assert [sorted(names) for _, _, names in fileio.walk(folder)] == [["x.txt", "z.txt"], []]
    fileio.remove(f"{folder}/x.txt")
    fileio.rmtree(folder)
    with pytest.raises(fileio.NotFoundError):
        fileio.open(f"{folder}/x.txt")


def test_a_text_message_is_read(tmp_path: Path) -> None:
    (tmp_path / "args.pbtxt").write_text("num_steps: 3")
    read = tfx.utils.parse_pbtxt_file(tmp_path / "args.pbtxt", TrainArgs())
    assert read == TrainArgs(num_steps=3)
