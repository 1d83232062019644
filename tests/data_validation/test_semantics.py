"""Guesses at the meaning of values, and the schema that follows from them."""

from datetime import datetime

import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation import (
    StatsOptions,
    generate_statistics,
    infer_schema,
    update_schema,
    validate_statistics,
)
from minitfx.data_validation.semantics import time_formats

GUESS = StatsOptions(enable_semantic_domain_stats=True)
PNG, GIF = b"\x89PNG\r\n\x1a\n....", b"GIF89a...."


def domain_of(values, kind=None):
    table = pa.table({"x": pa.array(values, kind)})
    (feature,) = infer_schema(generate_statistics(table, GUESS)).feature
    return feature


def test_prose_is_natural_language():
    prose = [f"the {number} taxi went to the airport" for number in range(100)]
    assert domain_of(prose).HasField("natural_language_domain")


@pytest.mark.parametrize("values", [["a taxi ride"] * 99, ["abc-def"] * 200, ["a b c d"] * 200])
def test_few_values_and_no_prose_are_not(values):
    assert not domain_of(values).HasField("natural_language_domain")


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y", "%Y-%m-%dT%H:%M:%S", "%H:%M"])
def test_dates_and_times_are_found_with_their_format(form):
    moments = [datetime(2020, 1 + n % 12, 13 + n % 15, n % 24, n % 60, n % 60) for n in range(150)]
    feature = domain_of([moment.strftime(form) for moment in moments])
    assert feature.time_domain.string_format == form


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("23:59:58.123456", ["%H:%M:%S.%f"]),
        ("30-November-2018", ["%d-%B-%Y"]),
        ("2018-13-01", []),
        ("24:00", []),
        ("", []),
    ],
)
def test_a_text_fits_the_formats_that_its_numbers_allow(text, formats):
    assert time_formats(text) == formats


@pytest.mark.parametrize(("unit", "factor"), [("UNIX_SECONDS", 1), ("UNIX_MILLISECONDS", 1000)])
def test_integers_between_1990_and_2030_are_times(unit, factor):
    feature = domain_of([(1_400_000_000 + n) * factor for n in range(100)])
    assert schema_pb2.TimeDomain.IntegerTimeFormat.Name(feature.time_domain.integer_format) == unit


def test_ordinary_integers_are_not():
    assert not domain_of(list(range(1000))).HasField("time_domain")


def test_images_are_found_by_their_first_bytes():
    table = pa.table({"x": pa.array([PNG] * 90 + [GIF] * 20 + [b"?"] * 10, pa.binary())})
    statistics = generate_statistics(table, GUESS)
    custom = {each.name: each for each in statistics.datasets[0].features[0].custom_stats}
    buckets = custom["image_format_histogram"].rank_histogram.buckets
    assert [(b.label, b.sample_count) for b in buckets] == [
        ("UNKNOWN", 10),
        ("gif", 20),
        ("png", 90),
    ]
    assert infer_schema(statistics).feature[0].HasField("image_domain")


def image_schema():
    schema = schema_pb2.Schema()
    image = schema.feature.add(name="x", type=schema_pb2.BYTES).image_domain
    image.minimum_supported_image_fraction = 0.95
    image.max_image_byte_size = 10
    return schema


def test_images_are_checked_for_format_and_size():
    schema = image_schema()
    options = StatsOptions(schema=schema, enable_semantic_domain_stats=True)
    table = pa.table({"x": pa.array([PNG] * 110 + [b"?"] * 10, pa.binary())})
    statistics = generate_statistics(table, options)
    feature = statistics.datasets[0].features[0]
    assert (feature.bytes_stats.max_num_bytes_int, feature.bytes_stats.min_num_bytes) == (12, 1)
    found = validate_statistics(statistics, schema).anomaly_info["x"]
    kinds = [type(found).Type.Name(reason.type) for reason in found.reason]
    assert kinds == ["LOW_SUPPORTED_IMAGE_FRACTION", "MAX_IMAGE_BYTE_SIZE_EXCEEDED"]
    updated = update_schema(schema, statistics).feature[0].image_domain
    assert updated.max_image_byte_size == 12
    assert updated.minimum_supported_image_fraction == pytest.approx(110 / 120)


def test_a_guess_about_a_known_feature_is_an_anomaly_that_updating_removes():
    statistics = generate_statistics(
        pa.table({"x": list(range(1_400_000_000, 1_400_000_200))}), GUESS
    )
    schema = schema_pb2.Schema()
    schema.feature.add(name="x", type=schema_pb2.INT)
    found = validate_statistics(statistics, schema).anomaly_info["x"]
    assert found.short_description == "Updated semantic domain"
    assert not validate_statistics(statistics, update_schema(schema, statistics)).anomaly_info
