"""TFT's output wrapper over a saved graph."""

import numpy as np
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
