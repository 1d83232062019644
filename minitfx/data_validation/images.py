"""Images in columns of bytes: their formats, and their sizes as their headers tell them."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.features import is_text
from minitfx.data_validation.generators import CombinerFeatureStatsGenerator
from minitfx.data_validation.nesting import is_list
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.semantic_checks import IMAGE_FORMATS, UNKNOWN_FORMAT

LEAST_VALUES = 100
"""Fewer values allow no guess at what they mean."""

LEAST_SHARE = 0.8
"""Share of the values that must fit a guess."""

SIGNATURES = {
    "bmp": b"BM",
    "gif": b"GIF8",
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
}
"""The bytes that images of each format begin with."""


def image_format(value: bytes) -> str:
    """Return the format of an image by its first bytes, or ``UNKNOWN``.

    Examples
    --------
    >>> image_format(b"GIF89a..."), image_format(b"text")
    ('gif', 'UNKNOWN')
    """
    for name, signature in SIGNATURES.items():
        if value.startswith(signature):
            return name
    return UNKNOWN_FORMAT


def image_size(value: bytes) -> tuple[int, int] | None:
    """Return the height and width of an image in pixels, None if its header does not tell them.

    Only the header is read; of an animation, the canvas counts.

    Examples
    --------
    >>> image_size(b"GIF89a" + bytes([4, 0, 3, 0]))
    (3, 4)
    """
    size_of = _SIZES.get(image_format(value))
    try:
        return None if size_of is None else size_of(value)
    except (struct.error, IndexError):
        return None


def are_images(
    formats: Mapping[str, int], least: int = LEAST_VALUES, share: float = LEAST_SHARE
) -> bool:
    """Return whether there are enough values, and enough of them images.

    Parameters
    ----------
    formats : mapping of str to int
        How many values have each format, ``UNKNOWN`` for no image.
    least : int
        Fewest values.
    share : float
        Smallest share of images among them.
    """
    total = sum(formats.values())
    return total >= least and total - formats.get(UNKNOWN_FORMAT, 0) >= share * total


def add_formats(proto: statistics_pb2.FeatureNameStatistics, formats: Mapping[str, int]) -> None:
    """Add the guess that a feature holds images, and how many of each format."""
    proto.custom_stats.add(name="domain_info", str="image_domain {}")
    histogram = proto.custom_stats.add(name=IMAGE_FORMATS).rank_histogram
    for name in sorted(formats, key=lambda name: "" if name == UNKNOWN_FORMAT else name):
        histogram.buckets.add(label=name, sample_count=formats[name])


@dataclass
class ImageCounts:
    """What has been seen of a feature that may hold images.

    Attributes
    ----------
    formats : Counter of str
        How many values have each format.
    height, width : int
        The largest, 0 where none is known.
    text : bool
        Whether all values have been text or bytes.
    """

    formats: Counter[str] = field(default_factory=Counter)
    height: int = 0
    width: int = 0
    text: bool = True


class ImageStatsGenerator(CombinerFeatureStatsGenerator[ImageCounts]):
    """Formats of images, as ``enable_semantic_domain_stats`` counts them, and their sizes.

    A feature of which enough values are images gets the custom statistics ``domain_info``, from
    which schema inference takes an image domain, ``image_format_histogram``, and with sizes
    ``image_max_width`` and ``image_max_height``. Use it in place of
    ``enable_semantic_domain_stats``, not beside it.

    Parameters
    ----------
    name : str
        What messages call it.
    is_image_ratio_threshold : float
        Share of the values that must be images.
    values_threshold : int
        How many values there must be.
    enable_size_stats : bool
        Whether to look for the largest height and width. Only headers are read, so that an image
        that is damaged further on counts.
    schema : Schema, optional
        Kept as ``self.schema``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from minitfx.data_validation import StatsOptions, generate_statistics
    >>> generator = ImageStatsGenerator(values_threshold=1, enable_size_stats=True)
    >>> rows = pa.table({"icon": [b"GIF89a" + bytes([4, 0, 3, 0])]})
    >>> statistics = generate_statistics(rows, StatsOptions(generators=[generator]))
    >>> {each.name: each.num for each in statistics.datasets[0].features[0].custom_stats[2:]}
    {'image_max_width': 4.0, 'image_max_height': 3.0}
    """

    def __init__(
        self,
        name: str = "ImageStatsGenerator",
        is_image_ratio_threshold: float = LEAST_SHARE,
        values_threshold: int = LEAST_VALUES,
        enable_size_stats: bool = False,
        schema: schema_pb2.Schema | None = None,
    ) -> None:
        super().__init__(name, schema)
        self.is_image_ratio_threshold = is_image_ratio_threshold
        self.values_threshold = values_threshold
        self.enable_size_stats = enable_size_stats

    def create_accumulator(self) -> ImageCounts:
        """Return counts of nothing."""
        return ImageCounts()

    def add_input(
        self, accumulator: ImageCounts, feature_path: FeaturePath, feature_array: Any
    ) -> ImageCounts:
        """Count the values of some rows."""
        while is_list(feature_array.type):
            feature_array = feature_array.flatten()
        if not is_text(feature_array.type):
            accumulator.text = accumulator.text and feature_array.null_count == len(feature_array)
            return accumulator
        for value in feature_array.drop_null().to_pylist():
            image = value.encode() if isinstance(value, str) else value
            accumulator.formats[image_format(image)] += 1
            size = image_size(image) if self.enable_size_stats else None
            if size is not None:
                accumulator.height = max(accumulator.height, size[0])
                accumulator.width = max(accumulator.width, size[1])
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[ImageCounts]) -> ImageCounts:
        """Return the counts of all."""
        merged = ImageCounts()
        for each in accumulators:
            merged.formats.update(each.formats)
            merged.height = max(merged.height, each.height)
            merged.width = max(merged.width, each.width)
            merged.text = merged.text and each.text
        return merged

    def extract_output(self, accumulator: ImageCounts) -> statistics_pb2.FeatureNameStatistics:
        """Return the custom statistics, none if the feature seems to hold no images."""
        proto = statistics_pb2.FeatureNameStatistics()
        limits = (self.values_threshold, self.is_image_ratio_threshold)
        if accumulator.text and accumulator.formats and are_images(accumulator.formats, *limits):
            add_formats(proto, accumulator.formats)
            if self.enable_size_stats:
                proto.custom_stats.add(name="image_max_width", num=accumulator.width)
                proto.custom_stats.add(name="image_max_height", num=accumulator.height)
        return proto


def _bmp_size(value: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", value, 14)[0] == 12:
        width, height = struct.unpack_from("<HH", value, 18)
        return height, width
    width, height = struct.unpack_from("<ii", value, 18)
    # A negative height means that the rows stand from top to bottom.
    return abs(height), width


def _gif_size(value: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", value, 6)
    return height, width


def _png_size(value: bytes) -> tuple[int, int] | None:
    width, height = struct.unpack_from(">II", value, 16)
    return (height, width) if value[12:16] == b"IHDR" else None


def _jpeg_size(value: bytes) -> tuple[int, int] | None:
    """Go from segment to segment up to the one that begins the frame."""
    place = 2
    while value[place] == 0xFF:
        while value[place] == 0xFF:
            place += 1
        marker, place = value[place], place + 1
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = struct.unpack_from(">HH", value, place + 3)
            return height, width
        if marker in (0xD9, 0xDA):
            return None
        if not 0xD0 <= marker <= 0xD8 and marker != 0x01:
            place += struct.unpack_from(">H", value, place)[0]
    return None


_NO_FRAME = (0xC4, 0xC8, 0xCC)
"""Markers among those of frames that mean tables or are reserved."""

_SIZES: dict[str, Callable[[bytes], tuple[int, int] | None]] = {
    "bmp": _bmp_size,
    "gif": _gif_size,
    "jpeg": _jpeg_size,
    "png": _png_size,
}
