"""Results as HTML: the numbers of the result, nothing from elsewhere, all foreign text escaped."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from evaluations import config_of, plain
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, roc_curve

from minitfx import model_analysis as tfma
from minitfx.errors import EvaluationError
from minitfx.model_analysis import metrics as m
from minitfx.model_analysis.view.charts import Axis, Bar, Line, bar_chart, line_chart, span

HOSTILE = '<script>alert("x")</script>'
PLOTS = [m.CalibrationPlot(), m.ConfusionMatrixPlot(), m.ScoreDistributionPlot(),
         m.MultiClassConfusionMatrixPlot(thresholds=[0.5])]  # fmt: skip


def table_of(rows=500, seed=2):
    rng = np.random.default_rng(seed)
    score = rng.random(rows)
    return pa.table(
        {
            "label": (rng.random(rows) < score).astype(int),
            "prediction": score,
            "group": rng.choice(["a", "b", HOSTILE], rows),
            "attributions": [{"age": x, HOSTILE: -x} for x in rng.normal(size=rows)],
        }
    )


@pytest.fixture(scope="module")
def result():
    specs = plain([m.ExampleCount(), m.AUC(), m.Precision(thresholds=[0.1, 2.0]),
                   m.ConfusionMatrixAtThresholds(), m.MeanAttributions(), *PLOTS])  # fmt: skip
    options = tfma.Options(compute_confidence_intervals={"value": True})
    config = config_of(specs, ((), ("group",)), options=options)
    return tfma.analyze_raw_data(table_of(), config)


class Cells(HTMLParser):
    """The texts of the cells of a page's tables, row by row."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.open = [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.open = True
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.open = self.open and tag not in ("td", "th")

    def handle_data(self, data):
        if self.open:
            self.rows[-1][-1] += data.strip() + " "


def cells(rendering):
    return [[cell.strip() for cell in row] for row in Cells(rendering.html).rows]


def points(rendering, title):
    """Return the points of the first line of a chart, from 0 to 1 along both axes."""
    figure = next(each for each in rendering.html.split("<figure>") if f">{title}<" in each)
    svg = ElementTree.fromstring(figure[figure.index("<svg") : figure.index("</svg>") + 6])
    path = svg.find("polyline").attrib["points"]
    pairs = [tuple(map(float, each.split(","))) for each in path.split()]
    return np.array([((x - 56) / 352, (240 - y) / 230) for x, y in pairs])


def renderings(result):
    view = tfma.view
    several = tfma.make_eval_results([result, result])
    return [
        view.render_slicing_metrics(result), view.render_slicing_metrics(result, "group"),
        view.render_slicing_attributions(result, "group"), view.render_plot(result),
        view.render_time_series(several),
    ]  # fmt: skip


def test_a_page_needs_nothing_else_and_foreign_text_stays_text(result, tmp_path):
    for rendering in renderings(result):
        text = rendering.save(tmp_path / "page.html").read_text("utf-8")
        assert "<script" not in text and not re.search(r"https?://|src=|@import|url\(", text)
        assert len(text) < 200_000 and 'name="viewport"' in text
        assert rendering._repr_html_().startswith("<style>")
        for svg in re.findall(r"<svg.*?</svg>", text, re.S):
            assert ElementTree.fromstring(svg).attrib["aria-label"]
    assert "&lt;script&gt;" in renderings(result)[1].html


def test_a_table_has_the_numbers_and_intervals_of_the_result(result):
    head, *rows = cells(tfma.view.render_slicing_metrics(result, "group"))
    assert head[:3] == ["slice", "example_count", "auc"]
    found = result.get_metrics_for_all_slices()
    assert [row[0] for row in rows] == [tfma.slice_name(key) for key in found if key]
    for row, key in zip(rows, [key for key in found if key], strict=True):
        area = found[key]["auc"]["boundedValue"]
        low, high = area["lowerBound"], area["upperBound"]
        assert row[1] == f"{found[key]['example_count']['doubleValue']:.0f}"
        assert row[2] == f"{area['value']:.4g} {low:.4g} to {high:.4g}"
        assert row[4] == "matrix" and row[3].endswith(", NaN")


def test_without_a_column_the_overall_slice_is_shown_and_in_a_notebook_all(result):
    assert [row[0] for row in cells(tfma.view.render_slicing_metrics(result))] == [
        "slice", "Overall",
    ]  # fmt: skip
    spec = tfma.SlicingSpec(feature_values={"group": "a"})
    assert len(cells(tfma.view.render_slicing_metrics(result, slicing_spec=spec))) == 2
    shown = Cells(result._repr_html_()).rows
    assert [row[0].strip() for row in shown] == ["slice", "Overall", *(
        f"group:{name}" for name in sorted(["a", "b", HOSTILE])
    )]  # fmt: skip


def test_the_metric_of_sizes_stands_first(result):
    page = tfma.view.render_slicing_metrics(result, weighted_example_column="auc")
    assert cells(page)[0][1] == "auc"


def test_a_small_slice_says_why_it_has_no_numbers():
    config = config_of(plain([m.AUC()]), ((), ("group",)))
    config.options.min_slice_size.value = 10_000
    page = tfma.view.render_slicing_metrics(tfma.analyze_raw_data(table_of(), config), "group")
    assert "fewer than min_slice_size" in cells(page)[1][1]


def test_thousands_of_slices_are_cut_and_the_page_says_so():
    table = table_of(2_500).append_column("row", pa.array(range(2_500)))
    wanted = [m.ExampleCount(), m.MeanLabel(), m.MeanPrediction()]
    result = tfma.analyze_raw_data(table, config_of(plain(wanted), (("row",),)))
    page = tfma.view.render_slicing_metrics(result, "row")
    assert len(cells(page)) == 1_001 and "1500 more slices" in page.html
    assert len(page.html) < 500_000


def test_the_roc_curve_is_that_of_scikit_learn(result):
    table = table_of().to_pandas()
    x, y, _ = roc_curve(table["label"], table["prediction"], drop_intermediate=False)
    drawn = points(tfma.view.render_plot(result), "confusion_matrix_plot: ROC curve")
    # A thousand thresholds pass by a few scores that lie close together.
    for at, height in drawn:
        assert np.abs(np.array([x - at, y - height])).max(axis=0).min() < 0.01


def test_the_calibration_curve_is_that_of_scikit_learn(result):
    table = table_of().to_pandas()
    label, score = calibration_curve(
        table["label"], table["prediction"], n_bins=20, strategy="quantile"
    )
    drawn = points(
        tfma.view.render_plot(result, label="calibration"), "calibration_plot: calibration"
    )
    assert len(drawn) in (19, 20)
    assert np.interp(drawn[:, 0], score, label) == pytest.approx(drawn[:, 1], abs=0.15)


def test_the_confusion_matrix_is_that_of_scikit_learn(result):
    table = table_of().to_pandas()
    page = tfma.view.render_plot(result, label="multi_class")
    found = [[int(cell.replace(",", "")) for cell in row[1:]] for row in cells(page)[1:]]
    assert found == confusion_matrix(table["label"], table["prediction"] > 0.5).tolist()


def test_scores_are_counted_between_thresholds(result):
    drawn = points(tfma.view.render_plot(result, label="score"), "score_distribution_plot: scores")
    counts, _ = np.histogram(table_of()["prediction"].to_numpy(), 20, (0, 1))
    heights = np.interp(np.arange(0.025, 1, 0.05), drawn[:, 0], drawn[:, 1])
    assert heights * counts.max() * 1.05 == pytest.approx(counts, abs=2)


def test_rows_of_several_labels_have_a_matrix():
    table = pa.table({"label": [[1, 0, 1], [0, 0, 1]],
                      "prediction": [[0.2, 0.3, 0.9], [0.1, 0.8, 0.3]]})  # fmt: skip
    config = config_of(plain([m.MultiLabelConfusionMatrixPlot()]))
    page = tfma.view.render_plot(tfma.analyze_raw_data(table, config))
    # Row 0 has labels 0 and 2 and predicts 2; row 1 has label 2 and predicts 1.
    assert [row[1:] for row in cells(page)[1:]] == [["0", "0", "1"], ["0", "1", "1"]]


def test_a_class_of_several_is_chosen_by_its_number():
    rng = np.random.default_rng(0)
    table = pa.table(
        {"label": rng.integers(0, 3, 60), "prediction": rng.dirichlet([1] * 3, 60).tolist()}
    )
    specs = plain([m.CalibrationPlot()], binarize={"class_ids": {"values": [0, 2]}})
    result = tfma.analyze_raw_data(table, config_of(specs))
    assert "calibration" in tfma.view.render_plot(result, class_id=0).html
    with pytest.raises(EvaluationError, match=r"class_id, k or top_k is needed\. Known: classId:0"):
        tfma.view.render_plot(result)
    with pytest.raises(EvaluationError, match="no plots for 'classId:1'"):
        tfma.view.render_plot(result, class_id=1)


def test_a_series_names_models_or_data_and_shows_gaps(tmp_path):
    config = config_of(plain([m.MeanLabel()]), ((), ("group",)))
    for name, group in (("monday", "a"), ("tuesday", "c"), ("wednesday", "a")):
        rows = table_of(50).set_column(2, "group", pa.array([group] * 50))
        analysis = tfma.analyze(rows, config)
        analysis.write(tmp_path / name, data_location=f"/days/{name}")
    results = tfma.load_eval_results(
        [tmp_path / name for name in ("monday", "tuesday", "wednesday")], "data_centric_mode"
    )
    spec = tfma.SlicingSpec(feature_values={"group": "a"})
    head, *rows = cells(tfma.view.render_time_series(results, spec))
    assert head == ["data", "mean_label"]
    assert [row[0] for row in rows] == ["monday", "tuesday", "wednesday"]
    assert rows[1][1] == "the slice is not there"
    whole = cells(tfma.view.render_time_series(results, display_full_path=True))
    assert whole[1][0] == "/days/monday"


def test_attributions_have_a_column_for_each_feature(result):
    head, row = cells(tfma.view.render_slicing_attributions(result))
    assert head == ["slice", HOSTILE, "age"]
    found = result.get_attributions_for_slice()["age"]["doubleValue"]
    assert row == ["Overall", f"{-found:.4g}", f"{found:.4g}"]


@pytest.mark.parametrize(
    ("draw", "match"),
    [
        (lambda r: tfma.view.render_slicing_metrics(r, "grp"), r"slice is grp:\*\. Known: .*group"),
        (lambda r: tfma.view.render_slicing_metrics(r, "group", tfma.SlicingSpec()), "both given"),
        (lambda r: tfma.view.render_slicing_metrics(r, event_handlers=print), "has no script"),
        (lambda r: tfma.view.render_slicing_metrics(r, weighted_example_column="n"), "called 'n'"),
        (lambda r: tfma.view.render_plot(r, tfma.SlicingSpec(feature_keys=["group"])), "3 slices"),
        (lambda r: tfma.view.render_plot(r, label="pr"), "'pr' in its name. Known: calibration"),
        (lambda r: tfma.view.render_plot(r, output_name="o"), "no output_name, but 'o' was"),
        (lambda r: tfma.view.render_slicing_attributions(r, metric_name="x"), "is called 'x'"),
        (lambda r: tfma.view.render_time_series(tfma.EvalResults([])), "no results to show"),
        (lambda r: tfma.view.render_time_series(
            tfma.EvalResults([r]), tfma.SlicingSpec(feature_values={"group": "z"})
        ), "no slice is group:z"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_one_clear_error(result, draw, match):
    with pytest.raises(EvaluationError, match=match):
        draw(result)


def test_a_result_without_plots_says_which_metrics_make_them():
    result = tfma.analyze_raw_data(table_of(), config_of(plain([m.AUC()])))
    with pytest.raises(EvaluationError, match="add metrics such as CalibrationPlot"):
        tfma.view.render_plot(result)


def test_lines_and_bars_stand_where_their_axes_say():
    chart = line_chart(
        "t", [Line("", [(0.0, 10.0), (5.0, 20.0)])], Axis("x", 0, 10), Axis("y", 10, 20)
    )
    # 56 to 408 across and 240 to 10 up: 5 of 10 is 232.
    assert 'points="56,240 232,10"' in chart
    bars = bar_chart("t", [Bar("one", 4.0, 2.0, 8.0), Bar("none", float("nan"))])
    # 150 to 360 for 0 to 8.
    assert 'width="105.0"' in bars and 'x1="202.5" x2="360.0"' in bars and ">NaN<" in bars


@pytest.mark.parametrize("values", [[], [np.nan], [3.0], [1e-300], [-2.0, np.inf], [1e300, -1e300]])
def test_an_axis_holds_any_numbers(values):
    low, high = span(values)
    assert low < high and all(low <= each <= high for each in values if np.isfinite(each))
    ticks = Axis("", low, high).ticks()
    assert 0 < len(ticks) <= 12 and json.dumps([text for _, text in ticks])
