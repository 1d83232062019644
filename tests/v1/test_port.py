"""A project written for TFX runs after its imports change."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from minitfx.catalog.session import open_catalog, query

PIPELINE = """
import os

import tensorflow_model_analysis as tfma
from tfx import v1 as tfx

PIPELINE_NAME = 'petals'
HERE = os.path.dirname(os.path.abspath(__file__))
PIPELINE_ROOT = os.path.join(HERE, 'pipelines', PIPELINE_NAME)
METADATA_PATH = os.path.join(HERE, 'metadata', PIPELINE_NAME, 'metadata.db')
MODULE_FILE = os.path.join(HERE, 'petals_utils.py')


def create_pipeline():
    example_gen = tfx.components.CsvExampleGen(
        input_base=os.path.join(HERE, 'data'),
        output_config=tfx.proto.Output(
            split_config=tfx.proto.SplitConfig(
                splits=[
                    tfx.proto.SplitConfig.Split(name='train', hash_buckets=3),
                    tfx.proto.SplitConfig.Split(name='eval', hash_buckets=1),
                ]
            )
        ),
    )
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs['examples'])
    schema_gen = tfx.components.SchemaGen(
        statistics=statistics_gen.outputs['statistics'], infer_feature_shape=True
    )
    example_validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs['statistics'], schema=schema_gen.outputs['schema']
    )
    trainer = tfx.components.Trainer(
        module_file=MODULE_FILE,
        examples=example_gen.outputs['examples'],
        schema=schema_gen.outputs['schema'],
        train_args=tfx.proto.TrainArgs(num_steps=100),
        eval_args=tfx.proto.EvalArgs(num_steps=5),
        custom_config={'C': 2.0},
    )
    model_resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id('latest_blessed_model_resolver')
    eval_config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key='wide')],
        slicing_specs=[tfma.SlicingSpec()],
        metrics_specs=[
            tfma.MetricsSpec(
                metrics=[
                    tfma.MetricConfig(
                        class_name='BinaryAccuracy',
                        threshold=tfma.MetricThreshold(
                            value_threshold=tfma.GenericValueThreshold(
                                lower_bound={'value': 0.8}
                            )
                        ),
                    )
                ]
            )
        ],
    )
    evaluator = tfx.components.Evaluator(
        examples=example_gen.outputs['examples'],
        model=trainer.outputs['model'],
        baseline_model=model_resolver.outputs['model'],
        eval_config=eval_config,
    )
    components = [
        example_gen, statistics_gen, schema_gen, example_validator, trainer, model_resolver,
        evaluator,
    ]
    blessed = evaluator.outputs['blessing'].future()[0].custom_property('blessed') == 1
    with tfx.dsl.Cond(blessed):
        components.append(
            tfx.components.Pusher(
                model=trainer.outputs['model'],
                push_destination=tfx.proto.PushDestination(
                    filesystem=tfx.proto.PushDestination.Filesystem(
                        base_directory=os.path.join(HERE, 'serving_model')
                    )
                ),
            )
        )
    return tfx.dsl.Pipeline(
        pipeline_name=PIPELINE_NAME,
        pipeline_root=PIPELINE_ROOT,
        enable_cache=True,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            METADATA_PATH
        ),
        beam_pipeline_args=['--direct_running_mode=multi_processing', '--direct_num_workers=2'],
        components=components,
    )


if __name__ == '__main__':
    tfx.orchestration.LocalDagRunner().run(create_pipeline())
"""

MODULE = """
import pyarrow as pa
from sklearn.linear_model import LogisticRegression
from tfx import v1 as tfx
from tfx_bsl.public.tfxio import RecordBatchesOptions

import joblib
import os


def _read(files, accessor, schema):
    options = RecordBatchesOptions(batch_size=64, num_epochs=1)
    batches = accessor.record_batch_factory(files, options, schema)
    table = pa.Table.from_batches(batches)
    return table.select(['length', 'width']).to_pandas(), table['wide'].to_pandas()


def run_fn(fn_args: tfx.components.FnArgs):
    schema = None
    x, y = _read(fn_args.train_files, fn_args.data_accessor, schema)
    model = LogisticRegression(C=fn_args.custom_config['C']).fit(x, y)
    x, y = _read(fn_args.eval_files, fn_args.data_accessor, schema)
    assert model.score(x, y) > 0.5 and fn_args.train_steps == 100
    os.makedirs(fn_args.serving_model_dir, exist_ok=True)
    joblib.dump(model, os.path.join(fn_args.serving_model_dir, 'model.joblib'))
"""

COMPONENT = """
import os

from tfx import types
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import base_executor
from tfx.dsl.components.base import executor_spec
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.types import channel_utils
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter
from tfx.types.component_spec import ExecutionParameter


class Executor(base_executor.BaseExecutor):

    def Do(self, input_dict, output_dict, exec_properties):
        examples = artifact_utils.get_single_instance(input_dict['input_data'])
        copied = artifact_utils.get_single_instance(output_dict['output_data'])
        for split in artifact_utils.decode_split_names(examples.split_names):
            source = artifact_utils.get_split_uri([examples], split)
            copied.split_names = examples.split_names
            target = artifact_utils.get_split_uri([copied], split)
            fileio.makedirs(target)
            for name in fileio.listdir(source):
                fileio.copy(os.path.join(source, name), os.path.join(target, name))
        with fileio.open(os.path.join(copied.uri, 'greeting.txt'), 'w') as file:
            file.write('Hello ' + exec_properties['name'])


class HelloSpec(types.ComponentSpec):
    PARAMETERS = {'name': ExecutionParameter(type=str)}
    INPUTS = {'input_data': ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {'output_data': ChannelParameter(type=standard_artifacts.Examples)}


class Hello(base_component.BaseComponent):
    SPEC_CLASS = HelloSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, input_data=None, output_data=None, name=None):
        if not output_data:
            output_data = channel_utils.as_channel([standard_artifacts.Examples()])
        super().__init__(spec=HelloSpec(input_data=input_data, output_data=output_data, name=name))
"""

FUNCTIONS = """
from tfx import v1 as tfx
from tfx.dsl.components import InputArtifact, OutputArtifact, Parameter, component
from tfx.v1.dsl import placeholders as ph


@component
def split_off(
    examples: InputArtifact[tfx.types.standard_artifacts.Examples],
    sample: OutputArtifact[tfx.types.standard_artifacts.Examples],
    count: Parameter[int] = 2,
) -> tfx.dsl.components.OutputDict(kept=int, note=str):
    with open(sample.uri + '/count', 'w') as file:
        file.write(str(count))
    return {'kept': count, 'note': 'fine'}


@component
def report(kept: int, note: str, model: OutputArtifact[tfx.types.standard_artifacts.Model]):
    with open(model.uri + '/report', 'w') as file:
        file.write(note + str(kept))
"""


def ported(source: str) -> str:
    """Change the imports, and nothing else."""
    source = source.replace(
        "import tensorflow_model_analysis as", "import minitfx.model_analysis as"
    )
    source = source.replace("from tfx_bsl.public.tfxio import", "from minitfx.training import")
    source = re.sub(r"^from tfx import v1\b", "from minitfx import v1", source, flags=re.MULTILINE)
    return re.sub(r"^from tfx(\.v1)?\b", "from minitfx.v1", source, flags=re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    draw = random.Random(7)
    rows = [(draw.uniform(0, 5), draw.uniform(0, 3)) for _ in range(400)]
    text = "".join(f"{a:.3f},{b:.3f},{int(a > 2.5)}\n" for a, b in rows)
    (tmp_path / "data" / "data.csv").write_text("length,width,wide\n" + text)
    (tmp_path / "local_runner.py").write_text(ported(PIPELINE))
    (tmp_path / "petals_utils.py").write_text(ported(MODULE))
    return tmp_path


def test_a_pipeline_of_tfx_runs(project: Path) -> None:
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "local_runner.py"],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (project / "metadata" / "petals" / "metadata.duckdb").is_file()
    catalog = open_catalog(project / "pipelines" / "petals")
    rows = query(catalog, "SELECT node_id, state FROM nodes ORDER BY execution_id").rows
    assert {state for _, state in rows[:8]} == {"COMPLETE"}
    second = dict(rows[8:])
    assert second.pop("latest_blessed_model_resolver") == "COMPLETE"
    assert set(second.values()) == {"CACHED"}
    assert query(catalog, "SELECT count(*) FROM pushes WHERE pushed").rows[0][0] >= 1
    assert len(list((project / "serving_model").iterdir())) >= 1


def test_custom_components_of_tfx_run(project: Path) -> None:
    (project / "hello.py").write_text(ported(COMPONENT))
    (project / "functions.py").write_text(ported(FUNCTIONS))
    (project / "flow.py").write_text(
        ported(
            "from functions import report, split_off\n"
            "from hello import Hello\n"
            "from tfx import v1 as tfx\n"
            "gen = tfx.components.CsvExampleGen(input_base='data')\n"
            "hello = Hello(input_data=gen.outputs['examples'], name='you')\n"
            "some = split_off(examples=hello.outputs['output_data'], count=3)\n"
            "told = report(kept=some.outputs['kept'], note=some.outputs['note'])\n"
            "pipeline = tfx.dsl.Pipeline('petals', 'out', components=[gen, hello, some, told])\n"
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "minitfx", "run", "flow.py"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (greeting,) = project.glob("out/Hello/output_data/*/greeting.txt")
    assert greeting.read_text() == "Hello you"
    assert list(greeting.parent.glob("Split-train/*.parquet"))
    (text,) = project.glob("out/report/model/*/report")
    assert text.read_text() == "fine3"
