"""Served against batch: features to the last bit, numbers in tolerance, labels unless they tie."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from minitfx.models.comparison import difference, not_a_number
from minitfx.models.manifest import Manifest
from minitfx.models.signature import Signature, prediction_fields

CLASSES = ("no", "yes")


def manifest(task="binary_classification", tolerance=1e-9):
    is_classifier = task != "regression"
    classes = CLASSES if is_classifier else None
    return Manifest(
        flavour="sklearn",
        file="model.joblib",
        task=task,
        signature=Signature((), prediction_fields(task, classes, is_classifier)),
        features=("x",),
        classes=classes,
        scores=is_classifier,
        tolerance=tolerance,
    )


def classified(label="yes", yes=0.75, feature=1.0):
    scores = pa.array([[1 - yes, yes]], pa.list_(pa.float64(), 2))
    return pa.table({"prediction": [label], "probabilities": scores, "features.x": [feature]})


def regressed(*values):
    return pa.table({"prediction": list(values)})


def test_equal_answers_agree():
    assert difference(classified(), classified(), 0, manifest()) == ""


def test_a_feature_may_not_differ_in_the_last_bit():
    off = classified(feature=math.nextafter(1.0, 2.0))
    assert difference(off, classified(), 0, manifest()) == (
        "feature 'x' is 1.0000000000000002 when served and 1.0 in a batch: the transform makes "
        "something else of a row when other rows are beside it"
    )


def test_a_feature_is_named_before_the_prediction_that_follows_from_it():
    said = difference(classified(yes=0.5, feature=2.0), classified(), 0, manifest())
    assert said.startswith("feature 'x' is 2.0 when served and 1.0 in a batch")


def test_a_missing_feature_is_null_when_served_and_nan_in_a_batch():
    assert difference(classified(feature=None), classified(feature=math.nan), 0, manifest()) == ""


@pytest.mark.parametrize(
    ("off", "tolerance", "agrees"), [(1e-12, 1e-9, True), (1e-12, 0.0, False), (1e-6, 1e-9, False)]
)
def test_probabilities_may_differ_by_the_tolerance(off, tolerance, agrees):
    served = classified(yes=0.75 + off)
    assert (difference(served, classified(), 0, manifest(tolerance=tolerance)) == "") is agrees


def test_another_label_is_a_difference_unless_the_classes_tie():
    said = difference(classified("no"), classified("yes"), 0, manifest())
    assert said == "prediction is 'no' when served and 'yes' in a batch"
    tied = classified("no", 0.5), classified("yes", 0.5)
    assert difference(*tied, 0, manifest()) == ""


def test_numbers_are_compared_relative_to_the_largest_of_the_batch():
    batch = regressed(1e6, 1e-4)
    assert difference(regressed(1e-4 + 1e-5), batch, 1, manifest("regression")) == ""
    assert "1e6" not in difference(regressed(1e6 + 1), batch, 0, manifest("regression"))
    assert difference(regressed(1e6 + 1), batch, 0, manifest("regression")) == (
        "prediction is 1000001.0 when served and 1000000.0 in a batch"
    )


def test_rows_are_compared_with_their_own_place_in_the_batch():
    batch = regressed(1.0, 2.0, 3.0)
    assert difference(regressed(2.0, 3.0), batch, 1, manifest("regression")) == ""
    assert difference(regressed(2.0, 3.0), batch, 0, manifest("regression")) != ""


def test_an_output_that_is_left_out_is_named():
    served = classified().drop_columns(["probabilities"])
    assert difference(served, classified(), 0, manifest()) == "the server left out probabilities"


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_answers_must_be_numbers(value):
    said = not_a_number(regressed(1.0, value), manifest("regression"))
    assert said.startswith("the model answers ")
    assert said.endswith(" as prediction of row 2; expected a number")
    assert not_a_number(regressed(1.0), manifest("regression")) == ""
