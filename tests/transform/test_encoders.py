"""Encoders beside scikit-learn's own, and the leak that target encoding must not have."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    StandardScaler,
    TargetEncoder,
)

import minitfx.transform as tft
from minitfx.errors import ModelRefusedError, TransformError


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(4)
    x = random.normal(10, 3, 400)
    x[random.random(400) < 0.2] = np.nan
    return pd.DataFrame(
        {
            "x": x,
            "n": random.integers(0, 5, 400),
            "c": random.choice(["b", "a", "d", "c"], 400, p=[0.5, 0.2, 0.2, 0.1]),
            "y": random.integers(0, 2, 400),
        }
    )


def fitted(frame, function):
    data = pa.Table.from_pandas(frame, preserve_index=False)
    graph = tft.analyze(data, function)
    return graph, graph.transform(data)


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_impute_agrees_with_simple_imputer(frame, strategy):
    rounded = frame.assign(x=frame["x"].round())
    _, found = fitted(rounded, lambda i: {"x": tft.impute(i["x"], strategy)})
    expected = SimpleImputer(strategy=strategy).fit_transform(rounded[["x"]])[:, 0]
    assert found["x"].to_pylist() == pytest.approx(expected.tolist(), rel=1e-12)


def test_impute_of_text_integers_and_constants():
    data = pa.table({"c": ["b", "a", None, "a", "b"], "i": [4, None, 4, 1, None]})
    graph = tft.analyze(
        data,
        lambda i: {
            "c": tft.impute(i["c"], "most_frequent"),
            "i": tft.impute(i["i"], "most_frequent"),
            "k": tft.impute(i["i"], "constant", 7),
        },
    )
    found = graph.transform(data).to_pydict()
    assert found == {
        "c": ["b", "a", "a", "a", "b"],
        "i": [4, 4, 4, 1, 4],
        "k": [4, 7, 4, 1, 7],
    }
    with pytest.raises(TransformError, match="cannot impute string by 'mean'"):
        tft.analyze(data, lambda i: {"c": tft.impute(i["c"])})


def test_nan_is_filled_only_when_asked_for():
    data = pa.table({"x": [1.0, None, float("nan"), 3.0]})

    def function(inputs):
        return {"kept": tft.impute(inputs["x"]), "x": tft.impute(inputs["x"], nan_is_missing=True)}

    found = tft.analyze(data, function).transform(data).to_pydict()
    assert found["x"] == [1.0, 2.0, 2.0, 3.0]
    assert np.isnan(found["kept"][2]) and found["kept"][1] == 2.0


def test_ordinal_encode_agrees_with_ordinal_encoder(frame):
    graph, found = fitted(frame, lambda i: {"c": tft.ordinal_encode(i["c"])})
    expected = OrdinalEncoder().fit_transform(frame[["c"]])[:, 0]
    assert found["c"].to_pylist() == expected.tolist()
    assert graph.transform(pa.table({"c": ["?", None]}))["c"].to_pylist() == [-1, None]


@pytest.mark.parametrize("smooth", ["auto", 0.5, 20.0])
def test_target_encode_of_new_rows_agrees_with_target_encoder(frame, smooth):
    graph, found = fitted(frame, lambda i: {"t": tft.target_encode(i["c"], i["y"], smooth=smooth)})
    encoder = TargetEncoder(smooth=smooth, target_type="continuous")
    expected = encoder.fit(frame[["c"]], frame["y"]).transform(frame[["c"]])[:, 0]
    assert found["t"].to_pylist() == pytest.approx(expected.tolist(), rel=1e-9)
    (unseen,) = graph.transform(pa.table({"c": ["never seen"]}))["t"].to_pylist()
    assert unseen == pytest.approx(frame["y"].mean(), rel=1e-12)


def test_rows_of_the_fitting_data_are_encoded_by_the_other_folds(frame):
    data = pa.Table.from_pandas(frame, preserve_index=False)
    graph = tft.analyze(data, lambda i: {"t": tft.target_encode(i["c"], i["y"], 4, smooth=3.0)})
    found = graph.transform(data, is_fitting=True)["t"].to_pylist()
    folds = np.arange(len(frame)) % 4
    for row in range(0, len(frame), 7):
        others = frame[folds != folds[row]]
        mean = others["y"].mean()
        same = others[others["c"] == frame["c"][row]]["y"]
        expected = (same.sum() + 3.0 * mean) / (len(same) + 3.0)
        assert found[row] == pytest.approx(expected, rel=1e-9)


def test_a_category_of_one_row_tells_nothing_of_its_label():
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, 1_000)
    data = pa.table({"c": [f"id {n}" for n in range(1_000)], "y": labels})
    graph = tft.analyze(data, lambda i: {"t": tft.target_encode(i["c"], i["y"], smooth=0.0)})
    leaking = np.array(graph.transform(data)["t"].to_pylist())
    honest = np.array(graph.transform(data, is_fitting=True)["t"].to_pylist())
    assert (leaking == labels).all()
    assert abs(np.corrcoef(honest, labels)[0, 1]) < 0.1


def test_target_encode_refuses_text_as_label(frame):
    with pytest.raises(TransformError, match="takes a number as label; found string"):
        fitted(frame, lambda i: {"t": tft.target_encode(i["c"], i["c"])})


TRANSFORMERS = {
    "scaler": (StandardScaler(), ["x", "n"]),
    "quantiles": (QuantileTransformer(n_quantiles=50), ["x", "n"]),
    "polynomial": (PolynomialFeatures(2), ["n", "y"]),
    "one hot": (OneHotEncoder(handle_unknown="ignore"), ["c"]),
    "ordinal": (OrdinalEncoder(), ["c", "n"]),
}


@pytest.mark.parametrize("name", sorted(TRANSFORMERS))
def test_any_transformer_gives_what_it_gives_by_itself(frame, name):
    estimator, columns = TRANSFORMERS[name]
    _, found = fitted(frame, lambda i: {"s": tft.sklearn(estimator, [i[c] for c in columns])})
    expected = estimator.fit_transform(frame[columns].to_numpy())
    expected = expected.toarray() if hasattr(expected, "toarray") else expected
    assert np.array(found["s"].to_pylist(), float) == pytest.approx(
        np.asarray(expected, float), rel=1e-9, nan_ok=True
    )


def test_a_supervised_transformer_gets_the_label_only_for_fitting(frame):
    whole = frame.fillna(0.0)

    def function(inputs):
        columns = [inputs["x"], inputs["n"]]
        return {"s": tft.sklearn(SelectKBest(k=1), columns, label=inputs["y"], width=1)}

    graph, found = fitted(whole, function)
    expected = SelectKBest(k=1).fit_transform(whole[["x", "n"]], whole["y"])
    assert np.array(found["s"].to_pylist()) == pytest.approx(expected)
    assert graph.input_columns == ["n", "x"]


def test_a_transformer_is_saved_as_a_pickle_that_somebody_must_vouch_for(frame, tmp_path):
    graph, found = fitted(frame, lambda i: {"s": tft.sklearn(StandardScaler(), [i["n"]])})
    graph.save(tmp_path)
    with pytest.raises(ModelRefusedError, match="scikit-learn transformer as a pickle"):
        tft.load(tmp_path)
    data = pa.Table.from_pandas(frame, preserve_index=False)
    digest = tft.graph_digest(tmp_path)
    for trust in (True, digest, digest.upper()):
        assert tft.load(tmp_path, trust=trust).transform(data).equals(found)
    with pytest.raises(ModelRefusedError, match="is not the one that was vouched for"):
        tft.load(tmp_path, trust="0" * 64)
    asset = tmp_path / "transform_fn" / "assets" / "StandardScaler.joblib"
    asset.write_bytes(asset.read_bytes()[:-1] + b"?")
    with pytest.raises(TransformError, match=r"StandardScaler.joblib has changed"):
        tft.load(tmp_path, trust=digest)


def test_at_most_so_many_rows_are_kept_and_which_does_not_depend_on_chunks(frame):
    data = pa.Table.from_pandas(frame, preserve_index=False)
    parts = {"all": data}

    def function(inputs):
        return {"s": tft.sklearn(StandardScaler(), [inputs["n"]], max_rows=50)}

    one = tft.analyze(parts, function).transform(data)["s"].to_pylist()
    assert one != fitted(frame, lambda i: {"s": tft.sklearn(StandardScaler(), [i["n"]])})[1]["s"]
    reader = pa.RecordBatchReader.from_batches(data.schema, data.to_batches(max_chunksize=7))
    assert tft.analyze(reader, function).transform(data)["s"].to_pylist() == one


class Halves(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X[: len(X) // 2]


@pytest.mark.parametrize("width", [1, None])
def test_no_rows_are_transformed_to_no_rows(frame, width):
    graph, found = fitted(
        frame, lambda i: {"s": tft.sklearn(QuantileTransformer(n_quantiles=5), i["n"], width=width)}
    )
    data = pa.Table.from_pandas(frame, preserve_index=False)
    assert graph.transform(data.slice(0, 0)).equals(found.slice(0, 0))


def test_what_a_transformer_does_wrong_is_said(frame):
    with pytest.raises(TransformError, match="gives 3 columns, not 2; say width=3"):
        fitted(frame, lambda i: {"s": tft.sklearn(PolynomialFeatures(2), [i["n"]], width=2)})
    with pytest.raises(TransformError, match="Halves made 200 rows of 400"):
        fitted(frame, lambda i: {"s": tft.sklearn(Halves(), [i["n"]])})
    texts = FunctionTransformer(lambda X: X.astype(str) + "!")
    with pytest.raises(TransformError, match="expected numbers"):
        fitted(frame, lambda i: {"s": tft.sklearn(texts, [i["n"]], width=1)})
    with pytest.raises(TransformError, match="takes a transformer, such as StandardScaler"):
        fitted(frame, lambda i: {"s": tft.sklearn(len, [i["n"]])})
