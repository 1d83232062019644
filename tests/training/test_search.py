"""Declared searches: spaces, samplers, pruners, metrics, against scikit-learn itself."""

import json
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import optuna
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from minitfx import ambient
from minitfx.errors import MissingExtraError, ParameterError, TuningError
from minitfx.training import (
    Columns,
    FnArgs,
    Search,
    declared_search,
    run_study,
    trials_table,
    write_study,
)
from minitfx.training.search_space import distributions, pruner_named, sampler_named

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 3))
Y = (X[:, 0] + 0.5 * X[:, 1] + RNG.normal(size=600) > 0).astype(int)
TABLE = pa.table({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "y": Y, "w": np.abs(X[:, 2])})
COLUMNS = Columns("y", ["a", "b", "c"])
DEPTHS = {"max_depth": {"low": 1, "high": 6}}


@pytest.fixture
def fn_args(tmp_path):
    for split, rows in (("train", TABLE.slice(0, 400)), ("eval", TABLE.slice(400))):
        (tmp_path / f"Split-{split}").mkdir()
        pq.write_table(rows, tmp_path / f"Split-{split}" / "data.parquet")
    return FnArgs.of([lambda name: tmp_path / f"Split-{name}"], None, None)


def run(fn_args, folder, search, estimator=None, columns=COLUMNS, **rest):
    tree = estimator or DecisionTreeClassifier()
    return run_study(declared_search(tree, columns, search, fn_args), folder, **rest)


def test_a_range_is_of_integers_if_both_bounds_are():
    space = distributions(
        {
            "depth": {"low": 1, "high": 9, "step": 2},
            "C": {"low": 1e-3, "high": 10, "log": True},
            "solver": ["lbfgs", None, 3, True],
        }
    )
    assert space == {
        "depth": IntDistribution(1, 9, step=2),
        "C": FloatDistribution(1e-3, 10, log=True),
        "solver": CategoricalDistribution(("lbfgs", None, 3, True)),
    }


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({}, "empty"),
        ({"C": 3}, r"search_space\['C'\] is 3; expected a list of choices"),
        ({"C": []}, "expected a list of choices"),
        ({"C": {"low": 1}}, "lacks low or high"),
        ({"C": {"low": 1, "high": 2, "lgo": True}}, "Did you mean 'low' or 'log'"),
        ({"C": {"low": 2, "high": 1}}, "search_space"),
    ],
)
def test_a_space_that_cannot_be_drawn_from_is_refused(space, message):
    with pytest.raises(TuningError, match=message):
        distributions(space)


def test_scores_are_those_of_the_evaluation_split(fn_args, tmp_path):
    study = run(fn_args, tmp_path, Search(DEPTHS, ["roc_auc"], n_trials=5))
    for trial in study.trials:
        tree = DecisionTreeClassifier(**trial.params, random_state=0).fit(X[:400], Y[:400])
        expected = roc_auc_score(Y[400:], tree.predict_proba(X[400:])[:, 1])
        assert trial.value == pytest.approx(expected, abs=1e-12)


def test_scores_of_folds_are_those_of_cross_validation(fn_args, tmp_path):
    study = run(fn_args, tmp_path, Search(DEPTHS, ["accuracy"], n_trials=3, folds=4, seed=5))
    folds = StratifiedKFold(4, shuffle=True, random_state=5)
    for trial in study.trials:
        tree = DecisionTreeClassifier(**trial.params, random_state=0)
        expected = cross_val_score(tree, X[:400], Y[:400], cv=folds, scoring="accuracy").mean()
        assert trial.value == pytest.approx(expected, abs=1e-12)
        assert len(trial.intermediate_values) == 4


def test_weights_count_in_fit_and_in_score(fn_args, tmp_path):
    columns = Columns("y", ["a", "b"], "w")
    study = run(fn_args, tmp_path, Search({"C": [0.1]}, n_trials=1), LogisticRegression(), columns)
    w = np.abs(X[:, 2])
    model = LogisticRegression(C=0.1).fit(X[:400, :2], Y[:400], w[:400])
    assert study.best_value == pytest.approx(model.score(X[400:, :2], Y[400:], w[400:]))


def test_steps_of_a_pipeline_are_tuned_by_their_names(fn_args, tmp_path):
    model = make_pipeline(StandardScaler(), LogisticRegression())
    space = {"logisticregression__C": [0.5, 2.0], "standardscaler__with_mean": [True, False]}
    study = run(fn_args, tmp_path, Search(space, n_trials=2), model)
    assert set(study.best_params) == set(space)


def test_a_grid_is_searched_whole(fn_args, tmp_path):
    space = {"max_depth": {"low": 1, "high": 5, "step": 2}, "criterion": ["gini", "entropy"]}
    study = run(fn_args, tmp_path, Search(space, sampler="GridSampler"))
    seen = {(each.params["max_depth"], each.params["criterion"]) for each in study.trials}
    assert seen == {(d, c) for d in (1, 3, 5) for c in ("gini", "entropy")}
    with pytest.raises(TuningError, match="needs a step"):
        sampler_named("GridSampler", distributions({"C": {"low": 0.1, "high": 1.0}}), 0)


def test_a_pruner_stops_trials_that_fall_behind(fn_args, tmp_path):
    search = Search(
        {"max_depth": [1, 4], "min_samples_leaf": [1, 190]},
        ["accuracy"],
        n_trials=12,
        sampler="RandomSampler",
        pruner={"name": "MedianPruner", "n_startup_trials": 2},
        folds=4,
    )
    states = [trial.state.name for trial in run(fn_args, tmp_path, search).trials]
    assert "PRUNED" in states and "COMPLETE" in states


def test_several_metrics_make_a_front(fn_args, tmp_path):
    search = Search(DEPTHS, ["precision", "recall"], n_trials=8, sampler="NSGAIISampler")
    study = run(fn_args, tmp_path, search)
    table = trials_table(study).to_pylist()
    front = [row["scores"] for row in table if row["best"]]
    for scores in front:
        assert not any(
            other[0] >= scores[0] and other[1] >= scores[1] and other != scores
            for other in (row["scores"] for row in table)
        )


def test_a_refused_combination_is_a_failed_trial(fn_args, tmp_path):
    space = {"solver": ["lbfgs", "no_such_solver"]}
    study = run(fn_args, tmp_path, Search(space, sampler="GridSampler"), LogisticRegression())
    states = {each.params["solver"]: each.state.name for each in study.trials}
    assert states == {"lbfgs": "COMPLETE", "no_such_solver": "FAIL"}


def test_a_seed_stands_for_the_trials(fn_args, tmp_path):
    tables = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        search = Search({"C": {"low": 0.01, "high": 1.0}}, n_trials=4, seed=seed)
        tables.append(trials_table(run(fn_args, tmp_path / name, search, LogisticRegression())))
    assert tables[0].equals(tables[1]) and not tables[0].equals(tables[2])


def test_parallel_trials_give_the_same_scores(fn_args, tmp_path):
    search = Search({"max_depth": {"low": 1, "high": 6}}, sampler="GridSampler")
    scores = []
    for name, parallel in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        study = run(fn_args, tmp_path / name, search, parallel=parallel)
        scores.append({each.params["max_depth"]: each.value for each in study.trials})
    assert scores[0] == scores[1] and len(scores[0]) == 6


def test_earlier_trials_are_learned_from_where_they_fit(fn_args, tmp_path):
    for name in ("scratch", "best", "results", "next"):
        (tmp_path / name).mkdir()
    study = run(fn_args, tmp_path / "scratch", Search(DEPTHS, sampler="GridSampler"))
    write_study(study, tmp_path / "scratch", tmp_path / "best", tmp_path / "results")
    narrower = Search({"max_depth": {"low": 1, "high": 3}}, n_trials=2)
    result = declared_search(
        DecisionTreeClassifier(), COLUMNS, narrower, fn_args, [tmp_path / "results"]
    )
    assert sorted(each.params["max_depth"] for each in result.study.trials) == [1, 2, 3]
    assert len(run_study(result, tmp_path / "next").trials) == 5


@pytest.mark.parametrize("metrics", [[], ["accuracy", "roc_auc"]])
def test_an_earlier_trial_is_never_the_best(fn_args, tmp_path, metrics):
    for name in ("scratch", "best", "results", "next", "next_best", "next_results"):
        (tmp_path / name).mkdir()
    earlier = run(fn_args, tmp_path / "scratch", Search(DEPTHS, metrics, sampler="GridSampler"))
    write_study(earlier, tmp_path / "scratch", tmp_path / "best", tmp_path / "results")
    worst = Search({"max_depth": {"low": 1, "high": 9}}, metrics, n_trials=1)
    given = replace(fn_args, hyperparameters={"max_depth": 1})
    result = declared_search(
        DecisionTreeClassifier(), COLUMNS, worst, given, [tmp_path / "results"]
    )
    heard = []
    with ambient.surround(observer=heard.append):
        study = run_study(result, tmp_path / "next")
    chosen = write_study(
        study, tmp_path / "next", tmp_path / "next_best", tmp_path / "next_results"
    )
    assert chosen.params == {"max_depth": 1}
    assert any(each.values[0] > chosen.values[0] for each in study.trials)
    rows = pq.read_table(tmp_path / "next_results" / "trials.parquet").to_pylist()
    assert [row["best"] for row in rows] == [False] * (len(rows) - 1) + [True]
    assert [row["attributes"] for row in rows] == ['{"earlier": true}'] * (len(rows) - 1) + ["{}"]
    assert heard[-1].note.startswith(f"best {chosen.values[0]:.6g}")


def test_given_hyperparameters_are_the_first_trial(fn_args, tmp_path):
    given = FnArgs(
        train_files=fn_args.train_files,
        eval_files=fn_args.eval_files,
        hyperparameters={"max_depth": 4},
    )
    study = run(given, tmp_path, Search(DEPTHS, n_trials=3))
    assert study.trials[0].params == {"max_depth": 4}


@pytest.mark.parametrize(
    ("search", "error", "message"),
    [
        (Search({"depth": [1]}, n_trials=1), ParameterError, "no parameter 'depth'"),
        (Search(DEPTHS, ["auc"], n_trials=1), TuningError, "no scorer 'auc'"),
        (Search(DEPTHS, n_trials=1, sampler="TPE"), TuningError, "no sampler 'TPE'"),
        (Search(DEPTHS, n_trials=1, pruner="MedianPruner"), TuningError, "give folds"),
        (Search(DEPTHS, n_trials=1, folds=1), TuningError, "folds is 1"),
        (Search(DEPTHS), TuningError, "nothing ends the study"),
        (
            Search(DEPTHS, n_trials=1, sampler={"name": "TPESampler", "startup": 3}),
            TuningError,
            "does not take",
        ),
    ],
)
def test_a_search_that_cannot_be_run_is_refused(fn_args, search, error, message):
    with pytest.raises(error, match=message):
        declared_search(DecisionTreeClassifier(), COLUMNS, search, fn_args)


@pytest.mark.skipif(find_spec("cmaes") is not None, reason="cmaes is installed")
def test_a_sampler_whose_package_is_missing_says_so():
    with pytest.raises(MissingExtraError, match=r"CmaEsSampler needs the package 'cmaes'"):
        sampler_named("CmaEsSampler", distributions(DEPTHS), 0)


def test_names_reach_optuna_with_their_arguments():
    sampler = sampler_named({"name": "QMCSampler", "qmc_type": "halton"}, distributions(DEPTHS), 7)
    assert isinstance(sampler, optuna.samplers.QMCSampler)
    assert isinstance(pruner_named(None), optuna.pruners.NopPruner)
    assert isinstance(
        pruner_named({"name": "ThresholdPruner", "lower": 0.5}), optuna.pruners.ThresholdPruner
    )


def test_a_regression_is_judged_by_its_own_score(fn_args, tmp_path):
    columns = Columns("a", ["b", "c"])
    study = run(fn_args, tmp_path, Search({"alpha": [1.0]}, n_trials=1), Ridge(), columns)
    model = Ridge(alpha=1.0).fit(X[:400, 1:], X[:400, 0])
    assert study.best_value == pytest.approx(model.score(X[400:, 1:], X[400:, 0]))
    assert json.loads(trials_table(study)["parameters"][0].as_py()) == {"alpha": 1.0}
