"""Looking things up in a schema, changing it, and saying what changed."""

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation import (
    FeaturePath,
    diff_schemas,
    generate_dummy_schema_with_paths,
    get_categorical_features,
    get_categorical_numeric_features,
    get_domain,
    get_feature,
    get_multivalent_features,
    set_domain,
)


@pytest.fixture
def schema():
    schema = schema_pb2.Schema()
    fare = schema.feature.add(name="fare", type=schema_pb2.FLOAT)
    fare.presence.min_fraction = 1.0
    fare.shape.dim.add(size=1)
    paid = schema.feature.add(name="paid", type=schema_pb2.BYTES, domain="ways")
    paid.value_count.max = 1
    zone = schema.feature.add(name="zone", type=schema_pb2.INT)
    zone.int_domain.is_categorical = True
    schema.string_domain.add(name="ways", value=["card", "cash"])
    trip = schema.feature.add(name="trip", type=schema_pb2.STRUCT)
    trip.struct_domain.feature.add(name="miles", type=schema_pb2.FLOAT)
    return schema


def test_finds_features_by_name_and_by_path(schema):
    assert get_feature(schema, "fare").type == schema_pb2.FLOAT
    assert get_feature(schema, FeaturePath(["trip", "miles"])).name == "miles"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("fair", "Did you mean 'fare'"),
        (FeaturePath(["fare", "x"]), "expected a STRUCT"),
        (FeaturePath(["trip", "mile"]), "Did you mean 'trip.miles'"),
    ],
)
def test_says_which_feature_is_not_there(schema, path, message):
    with pytest.raises(ValueError, match=message):
        get_feature(schema, path)


def test_finds_domains_by_value_and_by_name(schema):
    assert list(get_domain(schema, "paid").value) == ["card", "cash"]
    assert get_domain(schema, "zone").is_categorical
    with pytest.raises(ValueError, match="has no domain"):
        get_domain(schema, "fare")
    get_feature(schema, "paid").domain = "way"
    with pytest.raises(ValueError, match="Did you mean 'ways'"):
        get_domain(schema, "paid")


def test_sets_domains_by_value_and_by_name(schema):
    set_domain(schema, "fare", schema_pb2.FloatDomain(min=0))
    assert get_domain(schema, "fare").min == 0
    with pytest.warns(UserWarning, match="replaced"):
        set_domain(schema, "paid", schema_pb2.StringDomain(value=["coin"]))
    assert list(get_domain(schema, "paid").value) == ["coin"]
    with pytest.warns(UserWarning, match="replaced"):
        set_domain(schema, "paid", "ways")
    assert get_feature(schema, "paid").domain == "ways"


@pytest.mark.parametrize(
    ("feature", "domain", "error"),
    [
        ("paid", "nothing", ValueError),
        ("trip", schema_pb2.IntDomain(), TypeError),
        ("fare", 3, TypeError),
        ("fare", schema_pb2.Feature(), TypeError),
        ("fair", schema_pb2.IntDomain(), ValueError),
    ],
)
def test_refuses_what_is_no_domain(schema, feature, domain, error):
    with pytest.raises(error):
        set_domain(schema, feature, domain)


def test_lists_features_by_kind(schema):
    assert get_categorical_features(schema) == {FeaturePath(["paid"]), FeaturePath(["zone"])}
    assert get_categorical_numeric_features(schema) == [FeaturePath(["zone"])]
    many = {FeaturePath(["zone"]), FeaturePath(["trip", "miles"])}
    assert get_multivalent_features(schema) == many


def test_makes_a_schema_of_paths():
    paths = [FeaturePath(["a"]), FeaturePath(["b", "c"]), FeaturePath(["b", "d"])]
    made = generate_dummy_schema_with_paths(paths)
    assert [feature.name for feature in made.feature] == ["a", "b"]
    assert [f.name for f in made.feature[1].struct_domain.feature] == ["c", "d"]


def test_equal_schemas_do_not_differ_whatever_their_order(schema):
    other = schema_pb2.Schema()
    other.CopyFrom(schema)
    del other.feature[:]
    other.feature.extend(reversed(schema.feature))
    assert diff_schemas(schema, other) == []


def test_says_in_words_what_changed(schema):
    other = schema_pb2.Schema()
    other.CopyFrom(schema)
    other.feature[0].presence.min_fraction = 0.9
    other.feature[0].ClearField("shape")
    other.string_domain[0].value.append("coin")
    other.feature[3].struct_domain.feature[0].type = schema_pb2.INT
    del other.feature[2]
    other.feature.add(name="tip", type=schema_pb2.FLOAT)
    other.default_environment.append("SERVING")
    assert [str(change) for change in diff_schemas(schema, other)] == [
        "fare: presence.min_fraction: 1 → 0.9",
        "fare: shape removed: dim { size: 1 }",
        "paid: string_domain.value added: 'coin'",
        "zone: removed",
        "trip.miles: type: FLOAT → INT",
        "tip: added",
        "default_environment added: 'SERVING'",
    ]
