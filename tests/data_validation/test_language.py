"""Sequences of tokens: coverage, lengths and occurrences, by hand."""

import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation import StatsOptions, generate_statistics, validate_statistics
from minitfx.errors import ParameterError, StorageError

DOMAIN = """
  vocabulary: "words"
  coverage { min_coverage: 0.5 excluded_string_tokens: "[PAD]" oov_string_tokens: "[UNK]" }
  sequence_length_constraints { excluded_string_value: "[PAD]" }
  token_constraints { string_value: "taxi" min_per_sequence: 1 }
"""
ROWS = [["taxi", "ride", "taxi", "[PAD]"], None, ["[UNK]", "xyz"], []]


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("[PAD]\n[UNK]\ntaxi\nride\n")
    return path


def schema_of(kind, domain=DOMAIN):
    text = f'feature {{ name: "x" type: {kind} natural_language_domain {{ {domain} }} }}'
    return text_format.Parse(text, schema_pb2.Schema())


def statistics_of(rows, schema, **vocabularies):
    options = StatsOptions(schema=schema, vocab_paths=vocabularies)
    return generate_statistics(pa.table({"x": rows}), options)


def language_of(statistics):
    (custom,) = statistics.datasets[0].features[0].custom_stats
    found = statistics_pb2.NaturalLanguageStatistics()
    assert custom.name == "nl_statistics" and custom.any.Unpack(found)
    return found


def test_tokens_are_covered_counted_and_measured(words):
    found = language_of(statistics_of(ROWS, schema_of("BYTES"), words=str(words)))
    # Without padding there are taxi twice, ride, [UNK] and xyz; three are in the vocabulary.
    assert found.feature_coverage == pytest.approx(3 / 5)
    assert found.avg_token_length == pytest.approx((4 + 4 + 4 + 5 + 3) / 5)
    assert (found.min_sequence_length, found.max_sequence_length) == (0, 3)
    (taxi,) = found.token_statistics
    assert (taxi.string_token, taxi.frequency) == ("taxi", 2)
    assert taxi.fraction_of_sequences == pytest.approx(1 / 3)
    assert (taxi.per_sequence_min_frequency, taxi.per_sequence_max_frequency) == (0, 2)
    assert {bucket.high_value for bucket in taxi.positions.buckets} == {0, 2}
    assert found.rank_histogram.buckets[0].label == "taxi"


def test_numbers_stand_for_lines_of_the_vocabulary(words):
    domain = 'vocabulary: "words" coverage { excluded_int_tokens: 0 } '
    domain += "token_constraints { int_value: 2 }"
    rows = [[2, 3, 2, 0], [1, 9]]
    found = language_of(statistics_of(rows, schema_of("INT", domain), words=str(words)))
    # 2, 3, 2 and 1 are lines; 9 is none, and 0 is left out.
    assert found.feature_coverage == pytest.approx(4 / 5)
    assert (found.token_statistics[0].int_token, found.token_statistics[0].frequency) == (2, 2)


def test_constraints_are_validated_against_them(words):
    schema = schema_of("BYTES")
    found = validate_statistics(statistics_of(ROWS, schema, words=str(words)), schema)
    kinds = [type(i).Type.Name(r.type) for i in found.anomaly_info.values() for r in i.reason]
    assert kinds == ["SEQUENCE_VALUE_TOO_FEW_OCCURRENCES"]


def test_a_vocabulary_that_is_not_given_is_named(words):
    with pytest.raises(ParameterError, match="vocab_paths"):
        statistics_of(ROWS, schema_of("BYTES"))
    with pytest.raises(StorageError, match="cannot read vocabulary"):
        statistics_of(ROWS, schema_of("BYTES"), words="/nothing")


def test_the_chunks_do_not_matter(words):
    schema = schema_of("BYTES")
    once = statistics_of(ROWS * 80_000, schema, words=str(words))
    found, small = language_of(once), language_of(statistics_of(ROWS, schema, words=str(words)))
    assert found.feature_coverage == small.feature_coverage
    assert found.token_statistics[0].frequency == 80_000 * small.token_statistics[0].frequency
    assert found.sequence_length_histogram.buckets[0].low_value == 0
