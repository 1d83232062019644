"""What people read: expressions of operations, the plan of a graph."""

import numpy as np
import pyarrow as pa

import minitfx.transform as tft

DATA = pa.table({"x": [1.0, 2.0, 6.0], "c": ["a b", "b", "c"], "y": [0, 1, 1]})


def test_a_plan_says_what_is_read_when_and_what_comes_out():
    def preprocessing_fn(inputs):
        tokens = tft.compute_and_apply_vocabulary(
            tft.split(inputs["c"]), top_k=2, num_oov_buckets=1, vocab_filename="words"
        )
        return {
            "x": tft.scale_to_z_score(inputs["x"]),
            "w": tft.tfidf(tokens, 3)[1],
            "y": inputs["y"],
        }

    assert tft.analyze(DATA, preprocessing_fn).describe().splitlines() == [
        "reads c, x, y",
        "pass 1 reads c, x",
        "    counts(split(c))",
        "    moments(x)",
        "pass 2 reads c",
        "    documents(apply_vocabulary(c, …), vocab_size=3)",
        "vocabulary words: 2 tokens",
        "every row gives",
        "    x: float = z_score(x, mean(x), deviation(variance(x)))",
        "    w: list of float = tfidf_weights(apply_vocabulary(c, …), "
        "inverse_document_frequency(…), vocab_size=3)",
        "    y: int = y",
    ]


def test_a_saved_graph_describes_itself_alike(tmp_path):
    graph = tft.analyze(DATA, lambda i: {"z": tft.scale_to_z_score(tft.log1p(i["x"]))})
    graph.save(tmp_path)
    assert tft.load(tmp_path).describe() == graph.describe()


def doubled(steps):
    def preprocessing_fn(inputs):
        x = inputs["x"] / 2.0**steps
        for _ in range(steps):
            x = x + x
        return {"x": x, "m": tft.mean(x)}

    return preprocessing_fn


def test_what_is_used_twice_again_and_again_is_traced_and_described_in_no_time(tmp_path):
    graph = tft.analyze(DATA, doubled(900))
    assert graph.transform(DATA).to_pydict() == {"x": [1.0, 2.0, 6.0], "m": [3.0] * 3}
    assert len(graph.describe()) < 1_000
    graph.save(tmp_path)
    assert list(tft.load(tmp_path).constants.values()) == [3.0]


def test_each_constant_has_a_name_of_its_own():
    def preprocessing_fn(inputs):
        pair = tft.stack([inputs["x"], inputs["x"] * 2])
        far = inputs["x"]
        for _ in range(20):
            far = far + 1
        return {
            "all": tft.mean(pair),
            "each": tft.mean(pair, reduce_instance_dims=False),
            "far": tft.mean(far) + tft.mean(far + 1),
        }

    found = tft.analyze(DATA, preprocessing_fn).constants
    assert found["mean(stack(x, multiply(x, 2)))"] == 4.5
    each = found["mean(stack(x, multiply(x, 2)), elementwise=True)"]
    np.testing.assert_array_equal(each, [3.0, 6.0])
    named = {name: value for name, value in found.items() if "add" in name}
    assert sorted(named.values()) == [23.0, 24.0]
    assert len(found) == 4
