"""TFT's output wrapper over a saved graph."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

import minitfx.transform as tft
from minitfx.errors import ColumnError, StorageError, TransformError

DATA = pa.table({"x": [1.0, 3.0, None], "c": ["a", "b", "b"], "tips": [0, 1, 0]})


def preprocessing_fn(inputs):
    return {
        "z": tft.scale_to_z_score(inputs["x"]),
        "v": tft.compute_and_apply_vocabulary(
            inputs["c"], num_oov_buckets=2, vocab_filename="letters"
        ),
        "w": tft.compute_and_apply_vocabulary(inputs["c"], vocab_filename="other"),
        "pair": tft.stack([inputs["x"].fill_missing(0.0), 1.0]),
        "tokens": tft.split(inputs["c"]),
        "label": inputs["tips"],
    }


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    schema = schema_pb2.Schema()
    for name in DATA.schema.names:
        schema.feature.add(name=name)
    schema.feature[2].type = schema_pb2.INT
    schema.feature[2].int_domain.max = 1
    for feature in schema.feature[1:]:
        feature.presence.min_fraction = 1.0
        feature.shape.SetInParent()
    folder = tmp_path_factory.mktemp("output")
    tft.analyze(DATA, preprocessing_fn, schema).save(folder)
    return tft.TFTransformOutput(str(folder))


def test_feature_specs_and_domains(output):
    assert output.transformed_feature_spec() == {
        "label": tft.FixedLenFeature((), "int64"),
        "pair": tft.FixedLenFeature((2,), "float64"),
        "tokens": tft.VarLenFeature("string"),
        "v": tft.FixedLenFeature((), "int64"),
        "w": tft.FixedLenFeature((), "int64"),
        "z": tft.VarLenFeature("float64"),
    }
    domains = output.transformed_domains()
    assert (domains["v"].min, domains["v"].max, domains["v"].is_categorical) == (0, 3, True)
    assert (domains["w"].min, domains["w"].max) == (-1, 1)
    assert output.raw_domains()["tips"].max == 1
    assert sorted(output.raw_feature_spec()) == ["c", "tips", "x"]


def test_vocabularies_by_name(output):
    assert output.vocabulary_by_name("letters") == [b"b", b"a"]
    assert output.vocabulary_size_by_name("letters") == 2
    assert output.vocabulary_file_by_name("letters").endswith("transform_fn/assets/letters")
    assert output.vocabulary_file_by_name("none") is None
    with pytest.raises(TransformError, match=r"no vocabulary 'leters'. Did you mean 'letters'"):
        output.vocabulary_by_name("leters")


def test_num_buckets(output):
    assert output.num_buckets_for_transformed_feature("v") == 4
    with pytest.raises(TransformError, match="'w' has values from -1; expected integers from 0"):
        output.num_buckets_for_transformed_feature("w")
    with pytest.raises(TransformError, match="'z' has no domain of integers"):
        output.num_buckets_for_transformed_feature("z")


def test_raw_features_are_transformed_to_arrays_and_the_label_may_be_left_out(output):
    layer = output.transform_features_layer()
    found = layer({"x": np.array([3.0, 1.0]), "c": ["b", "?"]})
    assert list(found) == ["z", "v", "w", "pair", "tokens"]
    assert found["z"].tolist() == [1.0, -1.0]
    assert found["pair"].tolist() == [[3.0, 1.0], [1.0, 1.0]]
    assert [list(each) for each in found["tokens"]] == [["b"], ["?"]]
    assert found["w"].tolist() == [0, -1]
    with pytest.raises(ColumnError, match="needs the column 'tips'"):
        output.transform_raw_features({"x": [1.0], "c": ["a"]}, drop_unused_features=False)


def test_a_layer_gives_tables_for_tables_and_frames_for_frames(output):
    layer = tft.TransformFeaturesLayer(output)
    rows = DATA.select(["c"])
    expected = output.graph.transform(rows, ["v", "w", "tokens"])
    assert layer(rows) == expected == layer(rows.to_batches()[0])
    frame = layer(pd.DataFrame({"c": ["a", "?"]}, index=[7, 3]))
    assert list(frame.index) == [7, 3] and list(frame.columns) == ["v", "w", "tokens"]
    assert frame["w"].tolist() == [1, -1]
    with pytest.raises(ColumnError, match="no output can be computed from y; the transform reads"):
        layer({"y": [1]})
    with pytest.raises(TransformError, match="cannot transform int; expected a mapping"):
        layer(3)


SPEC = {
    "n": tft.FixedLenFeature((), np.int64),
    "pair": tft.FixedLenFeature([2], "float32"),
    "words": tft.VarLenFeature(str),
}


def test_metadata_of_specifications_say_what_a_schema_says():
    words = schema_pb2.StringDomain(value=["a", "b"])
    metadata = tft.DatasetMetadata.from_feature_spec(SPEC, {"words": words})
    assert metadata == tft.DatasetMetadata.from_feature_spec(
        dict(reversed(SPEC.items())), {"words": words}
    )
    n, pair, found = metadata.schema.feature
    assert (n.type, n.presence.min_fraction, len(n.shape.dim)) == (schema_pb2.INT, 1.0, 0)
    assert (pair.type, pair.shape.dim[0].size) == (schema_pb2.FLOAT, 2)
    assert found.type == schema_pb2.BYTES and list(found.string_domain.value) == ["a", "b"]
    data = pa.table({"n": [1, 2], "words": [["a"], ["b", "c"]]})
    small = tft.DatasetMetadata.from_feature_spec({key: SPEC[key] for key in ("n", "words")})
    graph = tft.analyze(data, lambda i: {"z": tft.scale_to_z_score(i["n"])}, small.schema)
    assert graph.transform(data)["z"].to_pylist() == [-1.0, 1.0]


@pytest.mark.parametrize(
    ("spec", "domains", "message"),
    [
        ({"x": 3}, {}, "the specification of 'x' is 3; expected a FixedLenFeature"),
        ({"x": tft.VarLenFeature("complex")}, {}, "with a dtype such as int64"),
        ({"x": tft.VarLenFeature("timestamp")}, {}, "with a dtype such as int64"),
        (SPEC, {"word": schema_pb2.StringDomain()}, "a domain of 'word'.*Did you mean 'words'"),
    ],
)
def test_what_is_no_specification_is_refused(spec, domains, message):
    with pytest.raises(TransformError, match=message):
        tft.DatasetMetadata.from_feature_spec(spec, domains)


def test_paths_are_tfts(output):
    assert output.transform_savedmodel_dir.endswith("/transform_fn")
    assert output.pre_transform_statistics_path.endswith(
        "pre_transform_feature_stats/FeatureStats.pb"
    )
    assert output.post_transform_statistics_path.endswith(
        "post_transform_feature_stats/FeatureStats.pb"
    )
    assert len(output.transformed_metadata.schema.feature) == 6


def test_a_folder_that_is_no_output_is_named(tmp_path):
    with pytest.raises(StorageError, match="expected the output folder of a transform"):
        tft.TFTransformOutput(tmp_path).raw_feature_spec()
