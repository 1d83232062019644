"""Formats and sizes of images, of files that Pillow wrote: five rows of seven pixels."""

import struct
from base64 import b64decode

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx import ambient
from minitfx.data_validation import (
    ImageStatsGenerator,
    StatsOptions,
    generate_statistics,
    infer_schema,
)
from minitfx.data_validation.images import image_format, image_size

WRITTEN = {
    "png": "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAAAAACs8akEAAAADElEQVR4nGNgIA4AAAAoAAE1VHKEAAAA"
    "AElFTkSuQmCC",
    "gif": "R0lGODdhBwAFAIEAAAAAAAAAAAAAAAAAACwAAAAABwAFAAAIDAABCBxIsKDBgwcDAgA7",
    "jpeg": "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP///////////////////////////////////////////////"
    "///////////////////////////////////////wAALCAAFAAcBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EAB"
    "QQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z",
}
IMAGES = {name: b64decode(text) for name, text in WRITTEN.items()}
# A progressive JPEG whose comment holds the marker of a frame, up to its scan.
IMAGES["jpeg, progressive"] = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD//gAP/8Bub3QgYSBmcmFtZf/bAEMA/////////////////////////////////"
    "//////////////////////////////////////////////////////CAAsIAAUABwEBEQD/xAAUAAEAAAAAAAAAAAAA"
    "AAAAAAAC"
)
IMAGES["bmp"] = b"BM" + bytes(12) + struct.pack("<Iii", 40, 7, -5) + bytes(28)
IMAGES["bmp of OS/2"] = b"BM" + bytes(12) + struct.pack("<IHH", 12, 7, 5)


@pytest.mark.parametrize("name", IMAGES)
def test_a_header_tells_format_height_and_width(name):
    assert image_format(IMAGES[name]) == name.split()[0].strip(",")
    assert image_size(IMAGES[name]) == (5, 7)


@given(st.sampled_from(sorted(IMAGES)), st.integers(0, 40), st.integers(0, 99), st.integers(0, 255))
@settings(max_examples=200)
def test_damaged_images_have_a_size_or_none(name, cut, place, byte):
    image = bytearray(IMAGES[name])
    image[place % len(image)] = byte
    for damaged in (IMAGES[name][:cut], bytes(image)):
        size = image_size(damaged)
        assert size is None or all(isinstance(length, int) for length in size)


@pytest.mark.parametrize("image", [b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\x00\x00\x00", b"words"])
def test_what_has_no_frame_has_no_size(image):
    assert image_size(image) is None


def custom(values, kind=None, **settings):
    generator = ImageStatsGenerator(**settings)
    table = pa.table({"x": pa.array(values, kind)})
    statistics = generate_statistics(table, StatsOptions(generators=[generator]))
    return {each.name: each for each in statistics.datasets[0].features[0].custom_stats}


WIDE = b"GIF89a" + struct.pack("<HH", 30, 2)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_largest_height_and_width_are_found(workers):
    values = [[IMAGES["png"]], None, [], [WIDE, IMAGES["jpeg"]], [b"?"]] * 30_000
    with ambient.surround(workers=workers):
        # Of four values three are images.
        found = custom(values, is_image_ratio_threshold=0.75, enable_size_stats=True)
    assert (found["image_max_height"].num, found["image_max_width"].num) == (5, 30)
    counts = {
        b.label: b.sample_count for b in found["image_format_histogram"].rank_histogram.buckets
    }
    assert counts == dict.fromkeys(("UNKNOWN", "gif", "jpeg", "png"), 30_000)


def test_a_feature_of_images_gets_an_image_domain():
    generators = [ImageStatsGenerator()]
    table = pa.table({"x": [IMAGES["png"]] * 100})
    statistics = generate_statistics(table, StatsOptions(generators=generators))
    assert infer_schema(statistics).feature[0].HasField("image_domain")


@pytest.mark.parametrize(
    ("values", "kind"),
    [([IMAGES["png"]] * 99, None), ([b"?"] * 100, None), ([1] * 100, None), ([None], pa.null())],
)
def test_few_images_and_other_values_are_none(values, kind):
    assert not custom(values, kind, enable_size_stats=True)
