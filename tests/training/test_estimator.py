"""train_estimator: any scikit-learn estimator on chosen columns, against scikit-learn itself."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import minitfx.transform as tft
from minitfx.errors import ColumnError, DataError, ModelError, ModelRefusedError, ParameterError
from minitfx.models import load_model
from minitfx.training import Columns, FnArgs, read_run_log, train_estimator

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=400), RNG.normal(size=400)
TABLE = pa.table(
    {
        "a": A,
        "b": pa.array(np.where(RNG.random(400) < 0.1, np.nan, B), from_pandas=True),
        "n": pa.array(RNG.integers(0, 5, 400)),
        "kind": pa.array([["red", "blue", None][i] for i in RNG.integers(0, 3, 400)]),
        "y": pa.array((A > 0).astype(int)),
        "word": pa.array(["big" if a > 0 else "small" for a in A]),
        "price": 3 * A + 1,
        "w": np.abs(B),
    }
)


@pytest.fixture
def args(tmp_path):
    for split, rows in (("train", TABLE.slice(0, 300)), ("eval", TABLE.slice(300))):
        (tmp_path / f"Split-{split}").mkdir()
        pq.write_table(rows, tmp_path / f"Split-{split}" / "data.parquet", row_group_size=64)

    def make(**rest):
        paths = {"serving_model_dir": tmp_path / "model", "model_run_dir": tmp_path / "run"}
        return FnArgs.of([lambda name: tmp_path / f"Split-{name}"], None, None, **paths | rest)

    return make


def answers(fn_args, column="prediction"):
    return load_model(fn_args.serving_model_dir, trust=True).predict(TABLE)[column].to_numpy()


def test_the_saved_model_predicts_as_scikit_learn_does(args):
    train_estimator(LogisticRegression(C=0.3), args(), Columns("y", ["a", "n"]))
    X = TABLE.select(["a", "n"]).to_pandas().astype(float)
    expected = LogisticRegression(C=0.3).fit(X[:300], TABLE["y"].to_numpy()[:300])
    np.testing.assert_array_equal(answers(args()), expected.predict(X))


def test_sample_weights_count_also_in_a_pipeline(args):
    model = make_pipeline(StandardScaler(), LogisticRegression())
    train_estimator(model, args(), Columns("y", ["a", "n"], weight="w"))
    X = TABLE.select(["a", "n"]).to_pandas().astype(float)
    y, w = TABLE["y"].to_numpy(), TABLE["w"].to_numpy()
    model.fit(X[:300], y[:300], logisticregression__sample_weight=w[:300])
    saved = load_model(args().serving_model_dir, trust=True)
    np.testing.assert_allclose(saved.predict_proba(TABLE), model.predict_proba(X), rtol=1e-9)


def test_text_and_missing_values_reach_a_pipeline_that_takes_them(args):
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["kind"]),
        remainder="passthrough",
    )
    model = make_pipeline(encoder, HistGradientBoostingClassifier(max_iter=5))
    manifest = train_estimator(model, args(), Columns("word", ["kind", "a", "b"]))
    assert manifest.classes == ("big", "small")
    assert np.mean(answers(args()) == TABLE["word"].to_numpy(zero_copy_only=False)) > 0.95


def test_a_regression_is_scored_by_r2_in_the_run_log(args):
    manifest = train_estimator(LinearRegression(), args(), Columns("price", ["a"]))
    assert manifest.task == "regression"
    (row,) = read_run_log(args().model_run_dir).to_pylist()
    assert row["metric"] == "eval_score" and row["value"] == pytest.approx(1.0)


def test_features_default_to_all_but_label_and_weight(args):
    forest = RandomForestRegressor(n_estimators=3)
    told = r"on 300 rows and 6 features: .*could not convert.*that hold no numbers: kind, word$"
    with pytest.raises(ModelError, match=told):
        train_estimator(forest, args(), Columns("price", weight="w"))


def test_columns_without_a_value_are_named_when_an_estimator_refuses_them(args, tmp_path):
    empty = TABLE.append_column("void", pa.nulls(400, pa.float64()))
    pq.write_table(empty, tmp_path / "Split-train" / "data.parquet")
    with pytest.raises(ModelError, match=r"NaN[\s\S]*Features without any value: void$"):
        train_estimator(LogisticRegression(), args(), Columns("y", ["a", "void"]))


def test_no_rows_are_named_before_anything_is_fitted(args, tmp_path):
    pq.write_table(TABLE.slice(0, 0), tmp_path / "Split-train" / "data.parquet")
    with pytest.raises(DataError, match=r"no row to train on in .*Split-train"):
        train_estimator(LogisticRegression(), args(), Columns("y", ["a"]))


def test_hyperparameters_are_set_and_unknown_ones_refused(args):
    found = args(hyperparameters={"C": 0.25})
    train_estimator(LogisticRegression(), found, Columns("y", ["a"]))
    assert load_model(found.serving_model_dir, trust=True).model.C == 0.25
    with pytest.raises(ParameterError, match=r"no parameter 'max_itre', .*Did you mean 'max_iter'"):
        train_estimator(
            LogisticRegression(), args(hyperparameters={"max_itre": 1}), Columns("y", ["a"])
        )


def test_the_same_examples_give_the_same_bytes(args, tmp_path):
    forest = RandomForestRegressor(n_estimators=3)
    digests = []
    for name in ("one", "two"):
        found = args(serving_model_dir=tmp_path / name)
        digests.append(train_estimator(forest, found, Columns("price", ["a", "n"])).files)
    assert digests[0] == digests[1]


def test_training_goes_on_from_a_base_model(args, tmp_path):
    model = SGDClassifier(max_iter=1, tol=None)
    first = args(serving_model_dir=tmp_path / "first")
    train_estimator(model, first, Columns("y", ["a", "n"]))
    second = args(serving_model_dir=tmp_path / "second", base_model=tmp_path / "first")
    with pytest.raises(ModelRefusedError):
        train_estimator(model, second, Columns("y", ["a", "n"]))
    train_estimator(model, second, Columns("y", ["a", "n"]), trust=True)
    steps = [load_model(each.serving_model_dir, trust=True).model.t_ for each in (first, second)]
    assert steps == [301, 601]


def test_a_forest_grows_from_its_base_model(args, tmp_path):
    columns = Columns("price", ["a", "n"])
    first = args(serving_model_dir=tmp_path / "first")
    train_estimator(RandomForestRegressor(n_estimators=2), first, columns)
    second = args(serving_model_dir=tmp_path / "second", base_model=tmp_path / "first")
    train_estimator(RandomForestRegressor(n_estimators=5), second, columns, trust=True)
    old, new = (load_model(each.serving_model_dir, trust=True).model for each in (first, second))
    assert len(new.estimators_) == 5
    for before, after in zip(old.estimators_, new.estimators_, strict=False):
        np.testing.assert_array_equal(before.tree_.threshold, after.tree_.threshold)


@pytest.mark.parametrize(
    ("package", "name", "trees"),
    [
        ("xgboost", "XGBClassifier", lambda model: len(model.get_dump())),
        ("lightgbm", "LGBMClassifier", lambda model: model.num_trees()),
    ],
)
def test_boosters_grow_from_their_base_model(args, tmp_path, package, name, trees):
    make = getattr(pytest.importorskip(package), name)
    columns = Columns("y", ["a", "n"])
    first = args(serving_model_dir=tmp_path / "first")
    train_estimator(make(n_estimators=4), first, columns)
    second = args(serving_model_dir=tmp_path / "second", base_model=tmp_path / "first")
    train_estimator(make(n_estimators=3), second, columns, trust=True)
    model = load_model(second.serving_model_dir, trust=True).model
    if hasattr(model, "get_booster"):
        model = model.get_booster()
    assert trees(getattr(model, "booster_", model)) == 7


def test_an_estimator_that_cannot_go_on_says_so(args, tmp_path):
    columns = Columns("y", ["a"])
    first = args(serving_model_dir=tmp_path / "first")
    train_estimator(KNeighborsClassifier(), first, columns)
    with pytest.raises(ModelError, match="neither partial_fit nor warm_start"):
        train_estimator(
            KNeighborsClassifier(), args(base_model=tmp_path / "first"), columns, trust=True
        )
    with pytest.raises(ModelError, match="is a KNeighborsClassifier; expected a LogisticRegr"):
        train_estimator(
            LogisticRegression(), args(base_model=tmp_path / "first"), columns, trust=True
        )


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        (Columns("tips"), ColumnError, "no column 'tips', which is named as label"),
        (Columns("b", ["a"]), DataError, "label 'b' is missing in"),
        (Columns("y", ["aa"]), ColumnError, "'aa', which is named as feature"),
        (Columns("y", ["a"], "kind"), ColumnError, "weight 'kind' holds string"),
    ],
)
def test_columns_that_do_not_do_are_named(args, columns, error, message):
    with pytest.raises(error, match=message):
        train_estimator(LogisticRegression(), args(), columns)


def test_weights_for_an_estimator_that_takes_none_are_refused(args):
    with pytest.raises(ParameterError, match="takes no sample weights"):
        train_estimator(KNeighborsClassifier(), args(), Columns("y", ["a"], "w"))


def scaled(inputs):
    return {"a": tft.scale_to_0_1(inputs["a"]), "y": inputs["y"]}


def test_raw_rows_go_through_the_graph_and_transformed_ones_do_not(args, tmp_path):
    rows = TABLE.select(["a", "y"])
    graph = tft.analyze(rows.slice(0, 300), scaled)
    graph.save(tmp_path / "graph")
    for split, part in (("train", rows.slice(0, 300)), ("eval", rows.slice(300))):
        pq.write_table(part, tmp_path / f"Split-{split}" / "data.parquet")
    shared = {"transform_graph_path": tmp_path / "graph"}
    columns = Columns("y", ["a"])
    from_raw = args(serving_model_dir=tmp_path / "1", **shared)
    train_estimator(LogisticRegression(), from_raw, columns, raw=True)
    for split, part in (("train", rows.slice(0, 300)), ("eval", rows.slice(300))):
        pq.write_table(graph.transform(part), tmp_path / f"Split-{split}" / "data.parquet")
    from_transformed = args(serving_model_dir=tmp_path / "2", **shared)
    train_estimator(LogisticRegression(), from_transformed, columns)
    a, y = rows["a"].to_numpy()[:300], rows["y"].to_numpy()[:300]
    expected = LogisticRegression().fit(((a - a.min()) / (a.max() - a.min()))[:, None], y)
    for found in (from_raw, from_transformed):
        saved = load_model(found.serving_model_dir, trust=True)
        np.testing.assert_allclose(saved.model.coef_, expected.coef_, rtol=1e-9)


def test_examples_with_other_columns_than_the_graph_makes_are_raw(args, tmp_path):
    graph = tft.analyze(TABLE, lambda inputs: {"half": inputs["a"] / 2, "y": inputs["y"]})
    graph.save(tmp_path / "graph")
    found = args(transform_graph_path=tmp_path / "graph")
    manifest = train_estimator(LogisticRegression(), found, Columns("y"))
    assert manifest.features == ("half",)
