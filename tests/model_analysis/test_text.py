"""Texts against references: the numbers of sacreBLEU 2.6.0 and rouge-score 0.1.2, recorded."""

import math

import numpy as np
import pyarrow as pa
import pytest
from evaluations import config_of, evaluate, plain
from hypothesis import given
from hypothesis import strategies as st

from minitfx import model_analysis as tfma
from minitfx.errors import EvaluationError
from minitfx.model_analysis import metrics as m
from minitfx.model_analysis.ngrams import shared_by_sentence, shared_subsequence

ROWS = [
    ("The cat sat on the mat.", ["The cat sat on the mat."]),
    ("the cat, sat on a mat", ["The cat sat on the mat.", "A cat was on the mat"]),
    ("Prices rose 1.5% to $1,000.", ["Prices rose by 1.5 % to 1,000 dollars."]),
    ("it isn't well-known (yet)", ["It is not well-known yet", "it isn't well-known (yet)!"]),
    ("one two three", ["three two one"]),
    ("A first line.\nA second one.", ["A second line.\nA first one, too."]),
    ("nothing", ["in common here"]),
    ("", ["empty"]),
]


def table_of(rows=ROWS, **columns):
    answers, references = zip(*rows, strict=True)
    labels = pa.array(references, pa.list_(pa.string()))
    return pa.table({"label": labels, "prediction": pa.array(answers, pa.string()), **columns})


def scored(metric, rows=ROWS):
    return evaluate(table_of(rows), [metric])["Overall"][metric.name]


@pytest.mark.parametrize(
    ("options", "everything", "one_row"),
    [
        ({}, 45.4528007337712, 0.0),
        ({"lowercase": True}, 46.355850488321465, 0.0),
        ({"tokenize": "none"}, 32.30708461345416, 0.0),
        ({"smooth_method": "floor"}, 45.4528007337712, 0.0),
        ({"smooth_method": "add-k"}, 47.29706776493773, 63.894310424627285),
        ({"smooth_method": "none"}, 45.4528007337712, 0.0),
        ({"use_effective_order": True}, 45.4528007337712, 39.68502629920499),
    ],
)
def test_bleu_is_that_of_sacrebleu(options, everything, one_row):
    assert scored(m.Bleu(**options)) == pytest.approx(everything, rel=1e-12)
    assert scored(m.Bleu(**options), ROWS[4:5]) == pytest.approx(one_row, rel=1e-12)


def test_bleu_by_hand():
    # Of 5 words 4 are right, of 4 pairs 3, of 3 triples 2, of 2 fours 1; 6 words were wanted.
    value = scored(m.Bleu(), [("a b c d x", ["a b c d e f"])])
    expected = 100 * math.exp(1 - 6 / 5) * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "precision", "recall", "fmeasure"),
    [
        ("rouge1", 0.7291666666666666, 0.683531746031746, 0.703926282051282),
        ("rouge2", 0.5041666666666667, 0.465625, 0.4824675324675325),
        ("rougeL", 0.6041666666666666, 0.564484126984127, 0.5821314102564102),
        ("rougeLsum", 0.6458333333333334, 0.6001984126984127, 0.6205929487179487),
    ],
)
def test_rouge_is_that_of_rouge_score(kind, precision, recall, fmeasure):
    assert scored(m.Rouge(kind)) == pytest.approx(fmeasure, rel=1e-12)
    assert scored(m.Rouge(kind, "precision")) == pytest.approx(precision, rel=1e-12)
    assert scored(m.Rouge(kind, "recall")) == pytest.approx(recall, rel=1e-12)


WORDS = st.lists(st.sampled_from("abcd"), max_size=7)


@given(WORDS, WORDS)
def test_the_longest_common_subsequence_is_the_longest(reference, prediction):
    best = max(
        sum(bits >> i & 1 for i in range(len(reference)))
        for bits in range(2 ** len(reference))
        if _runs_through([w for i, w in enumerate(reference) if bits >> i & 1], prediction)
    )
    precision, recall = shared_subsequence(reference, prediction)
    assert precision * len(prediction) == pytest.approx(best if prediction else 0)
    assert recall * len(reference) == pytest.approx(best if reference else 0)
    assert shared_by_sentence([reference], [prediction]) == (precision, recall)


def _runs_through(words, text):
    rest = iter(text)
    return all(word in rest for word in words)


def test_slices_weights_and_missing_texts():
    rows = [("a b", ["a b"]), ("x", ["a b"]), (None, ["a"]), ("a", None)]
    table = table_of(rows, group=["one", "one", "lost", "bare"], weight=[3.0, 1.0, 1.0, 1.0])
    found = evaluate(table, [m.Rouge("rouge1"), m.Bleu()], ((), ("group",)), "weight")
    assert found["group:one"]["rouge1"] == 0.75
    # BLEU counts rows alike: of 3 words 2 are right, of one pair one; no run is longer.
    assert found["group:one"]["BLEU"] == 0.0
    for name in ("group:lost", "group:bare", "Overall"):
        assert np.isnan(found[name]["rouge1"]) and np.isnan(found[name]["BLEU"])


def test_any_of_several_references_is_an_exact_match():
    found = evaluate(table_of(), [m.ExactMatch()])["Overall"]
    assert found["exact_match"] == 1 / 8
    texts = pa.table({"label": ["a", "b", None], "prediction": ["a", "c", "d"]})
    found = evaluate(texts, [m.ExactMatch(), m.Rouge("rouge1")])["Overall"]
    assert found == {"exact_match": 0.5, "rouge1": 0.5}


def test_any_cut_of_the_rows_gives_the_same_and_there_are_intervals():
    class Chunked:
        def __init__(self, table, size):
            self.table, self.size = table, size
            self.schema, self.rows = table.schema, table.num_rows

        def chunks(self, columns=None):
            table = self.table if columns is None else self.table.select(columns)
            starts = range(0, table.num_rows, self.size)
            return [Part(table.slice(start, self.size)) for start in starts]

    class Part:
        def __init__(self, table):
            self.table, self.rows = table, table.num_rows

        def read(self):
            return self.table

    config = config_of(plain([m.Bleu(), m.Rouge("rougeL")]))
    config.options.compute_confidence_intervals.value = True
    table = table_of(ROWS * 10)
    one, other = (
        tfma.analyze_raw_data(Chunked(table, size), config).get_metrics_for_slice()
        for size in (80, 7)
    )
    for name, value in one.items():
        assert value["boundedValue"] == pytest.approx(other[name]["boundedValue"], rel=1e-9)
        assert value["boundedValue"]["lowerBound"] < value["boundedValue"]["value"]


def test_a_model_that_writes_is_evaluated_too():
    class Writer:
        def predict(self, table):
            return pa.table({"prediction": table.column("draft")})

    table = pa.table({"draft": ["a b", "c"], "label": ["a b", "d"]})
    config = config_of(plain([m.ExactMatch(), m.Rouge("rouge1")]))
    config.model_specs[0].prediction_key = ""
    found = tfma.run_model_analysis(Writer(), config, table).get_metrics_for_slice()
    assert {name: each["doubleValue"] for name, each in found.items()} == {
        "exact_match": 0.5, "rouge1": 0.5,
    }  # fmt: skip


NUMBERS = pa.table({"label": [1], "prediction": [0.5]})


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: m.Bleu(tokenize="zh"), "expected one of .* let an extractor put blanks"),
        (lambda: m.Bleu(smooth_method="flor"), "Did you mean 'floor'"),
        (lambda: m.Rouge("rouge0"), "rouge_type of Rouge is 'rouge0'. Did you mean"),
        (lambda: m.Rouge("rouge1", "f1"), "measure of Rouge is 'f1'"),
        (lambda: m.Rouge("rougeL", use_stemmer=True), "let an extractor stem both columns"),
        (lambda: m.Rouge("rougeL", split_summaries=True), "put each on a line of its own"),
        (lambda: evaluate(NUMBERS, [m.Bleu()]), "expected a column of text"),
    ],
)
def test_what_there_is_not_is_one_clear_error(make, match):
    with pytest.raises(EvaluationError, match=match):
        make()
