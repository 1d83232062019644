"""Transform: its declaration is TFX's, and execute leaves a graph and transformed rows."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

import minitfx.transform as tft
from minitfx.channel import Channel
from minitfx.code import CodeReference
from minitfx.components.transform import Transform
from minitfx.data_validation import load_anomalies_binary, load_schema_text, load_statistics
from minitfx.dataset.source import open_source
from minitfx.errors import ParameterError, StorageError, TransformError
from minitfx.proto.transform_pb2 import SplitsConfig
from minitfx.types import Examples, Schema, TransformCache

MODULE = """
import minitfx.transform as tft

def preprocessing_fn(inputs):
    return {
        "fare_z": tft.scale_to_z_score(inputs["fare"]),
        "company_id": tft.compute_and_apply_vocabulary(inputs["company"], num_oov_buckets=1),
        "label": (inputs["tips"] > inputs["fare"] * 0.2).cast("int"),
    }
"""
TRAIN = {
    "fare": [1.0, 2.0, 3.0, None],
    "company": ["a", "b", "b", "c"],
    "tips": [0.0, 1.0, 1.0, 0.0],
}
EVAL = {"fare": [10.0], "company": ["new"], "tips": [0.0]}


def write_examples(folder, **splits):
    artifact = Examples(folder)
    artifact.splits = list(splits)
    for split, columns in splits.items():
        artifact.split_path(split).mkdir(parents=True)
        pq.write_table(
            pa.table(columns), artifact.split_path(split) / "data-00000-of-00001.parquet"
        )
    return artifact


def write_schema(folder, names=("fare", "company", "tips")):
    folder.mkdir()
    message = schema_pb2.Schema()
    for name in names:
        message.feature.add(name=name)
    (folder / "schema.pbtxt").write_text(text_format.MessageToString(message))
    return Schema(folder)


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "preprocessing.py"
    path.write_text(MODULE)
    return CodeReference.from_file(path, ("preprocessing_fn", "stats_options_updater_fn"))


@pytest.fixture
def run(tmp_path, module):
    """Call execute as a worker does, and return the outputs."""
    count = iter(range(100))

    def call(examples=None, schema=None, **parameters):
        arguments = dict.fromkeys(Transform.declaration.arguments)
        arguments |= {name: each.default for name, each in Transform.declaration.parameters.items()}
        arguments["examples"] = examples or [
            write_examples(tmp_path / f"examples{next(count)}", train=TRAIN, eval=EVAL)
        ]
        arguments["schema"] = schema or write_schema(tmp_path / f"schema{next(count)}")
        number = next(count)
        outputs = {}
        for name, output in Transform.declaration.outputs.items():
            count_of = len(arguments[output.per_input]) if output.per_input else 1
            outputs[name] = [
                output.type(tmp_path / f"run{number}" / name / str(index))
                for index in range(count_of)
            ]
            for each in outputs[name]:
                each.path.mkdir(parents=True)
            arguments[name] = outputs[name] if output.per_input else outputs[name][0]
        arguments |= {"module_file": module} | parameters
        Transform.execute(**arguments)
        return {
            name: made if name == "transformed_examples" and len(made) > 1 else made[0]
            for name, made in outputs.items()
        }

    return call


def rows_of(artifact, split):
    source = open_source(artifact.split_path(split))
    return pa.concat_tables(chunk.read() for chunk in source.chunks()).to_pydict()


def test_analyzers_see_the_train_split_and_every_split_is_transformed(run):
    made = run()
    assert made["transformed_examples"].splits == ["train", "eval"]
    assert rows_of(made["transformed_examples"], "eval") == {
        "fare_z": [pytest.approx((10 - 2) / (2 / 3) ** 0.5)],
        "company_id": [3],
        "label": [0],
    }
    assert rows_of(made["transformed_examples"], "train")["company_id"] == [2, 0, 0, 1]


def test_the_saved_graph_gives_the_rows_that_were_written(run):
    made = run()
    graph = tft.load(made["transform_graph"].path)
    assert graph.transform(pa.table(TRAIN)).to_pydict() == rows_of(
        made["transformed_examples"], "train"
    )
    assert graph.vocabulary("company_id") == ["b", "c", "a"]


def test_serving_rows_need_no_label(run):
    graph = tft.load(run()["transform_graph"].path)
    rows = pa.table({"fare": [2.0], "company": ["a"]})
    assert graph.transform(rows, outputs=["fare_z", "company_id"]).to_pydict() == {
        "fare_z": [0.0],
        "company_id": [2],
    }


def test_splits_config_says_what_is_read_and_what_is_written(run):
    config = SplitsConfig(analyze_splits=["train", "eval"], transform_splits=["eval"])
    made = run(splits_config=config)
    assert made["transformed_examples"].splits == ["eval"]
    mean, square = 16 / 4, (1 + 4 + 9 + 100) / 4
    deviation = (square - mean**2) ** 0.5
    assert rows_of(made["transformed_examples"], "eval")["fare_z"] == [
        pytest.approx((10 - mean) / deviation)
    ]


def test_without_materialize_there_are_no_transformed_examples(run):
    made = run(materialize=False)
    assert not made["transformed_examples"].path.exists()
    assert (made["transform_graph"].path / "transform_fn" / "graph.json").is_file()


def test_several_artifacts_are_analyzed_together_and_transformed_one_by_one(run, tmp_path):
    halves = [
        write_examples(
            tmp_path / f"span{n}",
            train={name: values[2 * n : 2 * n + 2] for name, values in TRAIN.items()},
            eval=EVAL,
        )
        for n in range(2)
    ]
    halves[1].span = 7
    apart, whole = run(examples=halves)["transformed_examples"], run()["transformed_examples"]
    assert [each.span for each in apart] == [0, 7]
    rows = [rows_of(each, "train") for each in apart]
    joined = {name: rows[0][name] + rows[1][name] for name in rows[0]}
    assert joined == rows_of(whole, "train")
    assert [rows_of(each, "eval")["label"] for each in apart] == [[0], [0]]


def test_artifacts_of_different_splits_are_refused(run, tmp_path):
    other = write_examples(tmp_path / "other", train=TRAIN)
    both = [write_examples(tmp_path / "both", train=TRAIN, eval=EVAL), other]
    with pytest.raises(ParameterError, match=r"different splits: train, eval at .* and train at"):
        run(examples=both)


def test_a_column_that_is_not_used_changes_no_byte(run, tmp_path):
    plain = run()
    wider = write_examples(
        tmp_path / "wider",
        train={"aaa": [1, 2, 3, 4], **TRAIN, "zzz": ["q"] * 4},
        eval={"aaa": [1], **EVAL, "zzz": ["r"]},
    )
    schema = write_schema(tmp_path / "wide schema", ("aaa", "fare", "company", "tips", "zzz"))
    other = run(examples=[wider], schema=schema)
    for name in ("transform_graph", "transformed_examples"):
        before, after = plain[name].path, other[name].path
        files = sorted(path.relative_to(before) for path in before.rglob("*") if path.is_file())
        assert files == sorted(p.relative_to(after) for p in after.rglob("*") if p.is_file())
        for file in files:
            assert (before / file).read_bytes() == (after / file).read_bytes(), file


def test_a_split_without_rows_stays_a_split(run, tmp_path):
    empty = pa.table(EVAL).slice(0, 0)
    examples = write_examples(tmp_path / "empty", train=TRAIN, eval=empty.to_pydict())
    pq.write_table(empty, examples.split_path("eval") / "data-00000-of-00001.parquet")
    made = run(examples=[examples])
    source = open_source(made["transformed_examples"].split_path("eval"))
    assert (source.rows, source.schema.names) == (0, ["fare_z", "company_id", "label"])


def test_a_missing_split_is_named(run):
    config = SplitsConfig(analyze_splits=["trian"], transform_splits=["eval"])
    with pytest.raises(StorageError, match=r"no split 'trian'. Did you mean 'train'"):
        run(splits_config=config)


def test_custom_config_reaches_a_function_that_takes_it(run, tmp_path):
    path = tmp_path / "configured.py"
    path.write_text(
        "def preprocessing_fn(inputs, custom_config):\n"
        "    return {'scaled': inputs['fare'] * custom_config['factor']}\n"
    )
    code = CodeReference.from_file(path, ("preprocessing_fn",))
    made = run(module_file=code, custom_config={"factor": 10.0})
    assert rows_of(made["transformed_examples"], "eval") == {"scaled": [100.0]}


def test_an_error_names_the_users_line(run, tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text("def preprocessing_fn(inputs):\n    return {'x': inputs['company'] * 2}\n")
    code = CodeReference.from_file(path, ("preprocessing_fn",))
    with pytest.raises(TransformError, match=r"wrong.py, line 2: return \{'x'"):
        run(module_file=code)


def test_a_dotted_path_does_what_the_module_file_does(run, tmp_path, monkeypatch):
    (tmp_path / "my_preprocessing.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = CodeReference.of("my_preprocessing.preprocessing_fn")
    plain = run()
    named = run(module_file=None, preprocessing_fn=path, force_tf_compat_v1=True)
    before, after = (made["transform_graph"].path for made in (plain, named))
    name = "transform_fn/graph.json"
    assert (before / name).read_bytes() == (after / name).read_bytes()


def channels():
    return {"examples": Channel(Examples), "schema": Channel(Schema)}


def test_exactly_one_function_must_be_given(module):
    with pytest.raises(ParameterError, match="no function; expected exactly one"):
        Transform(**channels())
    with pytest.raises(ParameterError, match="module_file and preprocessing_fn"):
        Transform(**channels(), module_file=module, preprocessing_fn="a.b")


def test_settings_that_exclude_each_other_are_refused(module):
    with pytest.raises(ParameterError, match="disable_analyzer_cache is set"):
        Transform(
            **channels(),
            module_file=module,
            analyzer_cache=Channel(TransformCache),
            disable_analyzer_cache=True,
        )
    with pytest.raises(ParameterError, match="names no analyze_splits"):
        Transform(**channels(), module_file=module, splits_config=SplitsConfig())
    with pytest.raises(ParameterError, match="goes with preprocessing_fn"):
        Transform(**channels(), module_file=module, stats_options_updater_fn="a.b")


def test_the_declaration_is_tfxs():
    component = Transform(**channels(), preprocessing_fn="package.module.function")
    assert list(component.outputs) == [
        "transform_graph",
        "transformed_examples",
        "updated_analyzer_cache",
        "pre_transform_schema",
        "pre_transform_stats",
        "post_transform_schema",
        "post_transform_stats",
        "post_transform_anomalies",
    ]
    assert Transform.declaration.keywords == [
        "examples",
        "schema",
        "analyzer_cache",
        "module_file",
        "preprocessing_fn",
        "splits_config",
        "materialize",
        "disable_analyzer_cache",
        "force_tf_compat_v1",
        "custom_config",
        "disable_statistics",
        "stats_options_updater_fn",
    ]


def statistics_of(artifact, file="FeatureStats.pb"):
    found = load_statistics(artifact.path / file).datasets[0]
    return found, {feature_name(each): each for each in found.features}


def feature_name(feature):
    return feature.name or ".".join(feature.path.step)


def test_statistics_describe_the_analyzed_rows_before_and_after(run):
    made = run()
    before, raw = statistics_of(made["pre_transform_stats"])
    after, transformed = statistics_of(made["post_transform_stats"])
    assert (before.num_examples, after.num_examples) == (4, 4)
    assert sorted(raw) == ["company", "fare", "tips"]
    assert raw["fare"].num_stats.mean == 2.0
    assert sorted(transformed) == ["company_id", "fare_z", "label"]
    assert transformed["fare_z"].num_stats.common_stats.num_missing == 1
    assert made["pre_transform_stats"].splits == ["train"]
    assert (made["post_transform_stats"].split_path("train") / "statistics.parquet").is_file()


def test_schemas_and_anomalies_are_written(run):
    made = run()
    schema = load_schema_text(made["post_transform_schema"].path / "schema.pbtxt")
    (company,) = [each for each in schema.feature if each.name == "company_id"]
    assert (company.int_domain.min, company.int_domain.max) == (0, 3)
    raw = load_schema_text(made["pre_transform_schema"].path / "schema.pbtxt")
    assert [each.name for each in raw.feature] == ["fare", "company", "tips"]
    anomalies = load_anomalies_binary(made["post_transform_anomalies"].path / "SchemaDiff.pb")
    assert not anomalies.anomaly_info


def test_statistics_do_not_need_materialized_rows(run):
    kept, passing = run(), run(materialize=False)
    for name in ("post_transform_stats", "post_transform_anomalies"):
        file = sorted(kept[name].path.rglob("*.pb"))[0].name
        assert (kept[name].path / file).read_bytes() == (passing[name].path / file).read_bytes()


def test_disable_statistics_leaves_the_reports_out(run):
    made = run(disable_statistics=True)
    left = [name for name, artifact in made.items() if artifact.path.exists()]
    assert left == ["transform_graph", "transformed_examples", "updated_analyzer_cache"]


def test_the_modules_updater_changes_the_options(run, tmp_path):
    path = tmp_path / "updating.py"
    path.write_text(
        MODULE + "\nfrom dataclasses import replace\n"
        "def stats_options_updater_fn(stats_type, stats_options):\n"
        "    if stats_type == tft.StatsType.POST_TRANSFORM:\n"
        "        return replace(stats_options, feature_allowlist=['label'])\n"
        "    return stats_options\n"
    )
    made = run(module_file=CodeReference.from_file(path, ("preprocessing_fn",)))
    assert sorted(statistics_of(made["pre_transform_stats"])[1]) == ["company", "fare", "tips"]
    assert sorted(statistics_of(made["post_transform_stats"])[1]) == ["label"]


def test_a_new_span_is_the_only_one_that_is_read_for_analysis(run, tmp_path):
    old = write_examples(tmp_path / "old", train=TRAIN, eval=EVAL)
    old.digest = "content of the old span"
    new = write_examples(tmp_path / "new", train={**TRAIN, "fare": [7.0, 8.0, 9.0, 1.0]}, eval=EVAL)
    cache = run(examples=[old])["updated_analyzer_cache"]
    whole = run(examples=[old, new])
    # The old span's rows are gone where analyzers would read them; only their cache is left.
    (old.split_path("train") / "data-00000-of-00001.parquet").unlink()
    pq.write_table(
        pa.table(TRAIN).slice(0, 0), old.split_path("train") / "data-00000-of-00001.parquet"
    )
    config = SplitsConfig(analyze_splits=["train"], transform_splits=["eval"])
    made = run(
        examples=[old, new], analyzer_cache=cache, splits_config=config, disable_statistics=True
    )
    names = ("transform_fn/graph.json", "transform_fn/assets/vocab_company")
    for name in names:
        assert (made["transform_graph"].path / name).read_bytes() == (
            whole["transform_graph"].path / name
        ).read_bytes()


def test_the_cache_goes_only_with_the_same_function(run, tmp_path):
    old = write_examples(tmp_path / "old", train=TRAIN, eval=EVAL)
    cache = run(examples=[old])["updated_analyzer_cache"]
    path = tmp_path / "other.py"
    path.write_text(
        "import minitfx.transform as tft\n"
        "def preprocessing_fn(inputs):\n"
        "    return {'z': tft.scale_to_z_score(inputs['fare'] * 2)}\n"
    )
    code = CodeReference.from_file(path, ("preprocessing_fn",))
    made = run(examples=[old], analyzer_cache=cache, module_file=code)
    graph = tft.load(made["transform_graph"].path)
    assert graph.constants["mean(multiply(fare, 2))"] == 4.0
