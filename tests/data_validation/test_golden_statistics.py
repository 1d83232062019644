"""Statistics equal those of the real library on the golden tables."""

import pandas as pd
import pytest

from minitfx.data_validation import (
    generate_statistics,
    generate_statistics_from_csv,
    generate_statistics_from_dataframe,
)

TABLES = (
    "nasty_missing",
    "nasty_numbers",
    "nasty_strings",
    "nasty_types",
    "tiny_one_row",
    "palmer_penguins",
    "palmer_penguins_empty",
    "breast_cancer",
    "wine",
    "taxi_simple",
)

FLOAT32 = 2.0**-24
"""The relative rounding of the real library's numbers."""

INEXACT = {
    # Over 5,701 distinct values the real library's sketch is not exact.
    ("taxi_simple", "trip_start_timestamp"): ("histograms", "median"),
    # At 1e15 the seventh digit of a deviation of 300 is rounding, on either side.
    ("nasty_numbers", "big15"): ("std_dev",),
}
"""What the real library does not answer exactly, by table and feature."""


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("part", ["statistics", "current_statistics"])
def test_equals_the_real_library_in_float32(
    name, part, golden, golden_table, as_golden, differences
):
    expected = golden(f"{name}.tfdv")
    if part not in expected:
        pytest.skip("there are no current data")
    suffix = ".current.csv" if part == "current_statistics" else ".csv"
    actual = as_golden(generate_statistics(golden_table(name + suffix)).datasets[0])
    actual, wanted = _without_inexact(name, actual), _without_inexact(name, expected[part])
    assert differences(actual, wanted, rel=1e-12) == []


def _without_inexact(name, dataset):
    for feature, statistics in dataset["features"].items():
        for key in INEXACT.get((name, feature), ()):
            statistics["num_stats"].pop(key)
    return dataset


@pytest.mark.parametrize("name", TABLES)
def test_equals_the_real_library_from_csv_in_float64(
    name, golden, golden_path, as_golden, differences
):
    """All but buckets and deviations, which float32 moves by more than their last digit."""
    statistics = generate_statistics_from_csv(golden_path(f"data/{name}.csv"))
    actual, wanted = as_golden(statistics.datasets[0]), golden(f"{name}.tfdv")["statistics"]
    deviations = [_deviations(dataset) for dataset in (actual, wanted)]
    for dataset in (actual, wanted):
        for feature in _without_inexact(name, dataset)["features"].values():
            for key in ("histograms", "std_dev"):
                feature.get("num_stats", {}).pop(key, None)
    assert differences(actual, wanted, rel=1e-6) == []
    for feature, (one, reach) in deviations[0].items():
        assert one == pytest.approx(deviations[1][feature][0], rel=1e-6, abs=reach * FLOAT32)


def _deviations(dataset):
    """Returns the deviation and the largest absolute value of each numeric feature."""
    numbers = {n: f["num_stats"] for n, f in dataset["features"].items() if "num_stats" in f}
    return {
        name: (number["std_dev"], max(abs(float(number["min"])), abs(float(number["max"]))))
        for name, number in numbers.items()
    }


@pytest.mark.parametrize("name", TABLES)
def test_equals_the_real_library_from_a_frame(name, golden, golden_path, as_golden, differences):
    # The golden files are pandas 1.5's, for which the word None was not a missing value.
    missing = {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"}
    missing |= {"1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"}
    path = golden_path(f"data/{name}.csv")
    frame = pd.read_csv(path, keep_default_na=False, na_values=sorted(missing))
    expected = golden(f"{name}.tfdv")["statistics_dataframe"]
    actual = as_golden(generate_statistics_from_dataframe(frame).datasets[0])
    assert actual["num_examples"] == expected["num_examples"]
    for feature, wanted in expected["features"].items():
        found = actual["features"][feature]
        assert found["type"] == wanted.pop("type")
        for kind, numbers in wanted.items():
            # The golden file leaves histograms of this part out.
            inexact = INEXACT.get((name, feature), ())
            keys = numbers.keys() & found[kind].keys() - {*inexact, "histograms"}
            one, two = ({key: side[key] for key in keys} for side in (found[kind], numbers))
            assert len(keys) > 3 and differences(one, two, rel=1e-9) == []
