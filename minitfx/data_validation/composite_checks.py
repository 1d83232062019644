"""Checks of features that are made of several columns: sparse and weighted ones.

Their statistics are custom statistics of a feature that has the composite's name, see
`minitfx.data_validation.composites`.
"""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation.reasons import Reason
from minitfx.data_validation.statistics_view import FeatureView

MISSING_VALUE = "missing_value"
MISSING_INDEX = "missing_index"
MAX_LENGTH = "max_length_diff"
MIN_LENGTH = "min_length_diff"
MISSING_WEIGHT = "missing_weight"
MAX_WEIGHT_LENGTH = "max_weight_length_diff"
MIN_WEIGHT_LENGTH = "min_weight_length_diff"


def check_sparse(sparse: schema_pb2.SparseFeature, view: FeatureView) -> list[Reason]:
    """Check that value and index columns are there together and have equal lengths."""
    reasons = []
    for custom in view.proto.custom_stats:
        if custom.name == MISSING_VALUE and custom.num:
            text = f"The value column is missing in {custom.num:g} examples."
            reasons.append(Reason("SPARSE_FEATURE_MISSING_VALUE", "Missing value feature", text))
        for bucket in custom.rank_histogram.buckets:
            if not bucket.sample_count:
                continue
            if custom.name == MISSING_INDEX:
                text = f"Index {bucket.label} is missing in {bucket.sample_count:g} examples."
                reasons.append(
                    Reason("SPARSE_FEATURE_MISSING_INDEX", "Missing index feature", text)
                )
            elif custom.name in (MAX_LENGTH, MIN_LENGTH):
                text = (
                    f"Index {bucket.label} and the value column differ in length: "
                    f"{custom.name} = {bucket.sample_count:g}"
                )
                short = "Length mismatch between value and index feature"
                reasons.append(Reason("SPARSE_FEATURE_LENGTH_MISMATCH", short, text))
    if reasons:
        sparse.lifecycle_stage = schema_pb2.DEPRECATED
    return reasons


def check_weighted(weighted: schema_pb2.WeightedFeature, view: FeatureView) -> list[Reason]:
    """Check that value and weight columns are there together and have equal lengths."""
    found = {custom.name: custom.num for custom in view.proto.custom_stats}
    reasons = []
    for name, kind, what in (
        (MISSING_VALUE, "WEIGHTED_FEATURE_MISSING_VALUE", "value"),
        (MISSING_WEIGHT, "WEIGHTED_FEATURE_MISSING_WEIGHT", "weight"),
    ):
        if found.get(name):
            text = f"The {what} column is missing in {found[name]:g} examples."
            reasons.append(Reason(kind, f"Missing {what} feature", text))
    least, most = found.get(MIN_WEIGHT_LENGTH, 0), found.get(MAX_WEIGHT_LENGTH, 0)
    if least or most:
        text = (
            f"Weights and values differ in length: {MIN_WEIGHT_LENGTH} = {least:g}, "
            f"{MAX_WEIGHT_LENGTH} = {most:g}."
        )
        short = "Length mismatch between value and weight feature"
        reasons.append(Reason("WEIGHTED_FEATURE_LENGTH_MISMATCH", short, text))
    if reasons:
        weighted.lifecycle_stage = schema_pb2.DEPRECATED
    return reasons
