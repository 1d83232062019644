"""A trial refuses every model that misbehaves, says why, and leaves nothing running."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from minitfx.models import load_model, model_digest, save_model
from minitfx.models.trial import TrialSpec, try_model

ROWS = pa.table({"x": [1.0, 2.0, 3.0, 4.0]})
ONCE = TrialSpec(tries=1, loading_seconds=30, request_seconds=10, memory_mb=2048)


@pytest.fixture(scope="module")
def hostile():
    file = Path(__file__).with_name("hostile_models.py")
    spec = importlib.util.spec_from_file_location("hostile_models", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["hostile_models"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["hostile_models"]


@pytest.fixture
def attempt(hostile, tmp_path):
    """Return a function that saves a model of a class and tries it."""

    def run(name, spec=ONCE, rows=ROWS):
        save_model(getattr(hostile, name)(), tmp_path / "model", features=["x"])
        return try_model(tmp_path / "model", rows, spec, log=tmp_path / "server.log")

    yield run
    assert servers_of(tmp_path) == []


def servers_of(folder: Path) -> list[str]:
    """Return the command lines of processes that still serve something in a folder."""
    done = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if str(folder) in line]


def test_a_good_model_is_blessed(attempt):
    verdict = attempt("Model")
    assert verdict.is_blessed, verdict.reason
    assert len(verdict.latencies_ms) == 4
    assert verdict.peak_memory_mb > 10


def test_loading_alone_asks_nothing(attempt):
    verdict = attempt("AnswersNan", rows=None)
    assert verdict.is_blessed
    assert verdict.latencies_ms == ()


@pytest.mark.parametrize("name", ["HangsOnLoad", "HoldsTheInterpreterOnLoad"])
def test_a_model_that_hangs_on_load_is_refused(attempt, name):
    verdict = attempt(name, TrialSpec(tries=1, loading_seconds=3))
    assert verdict.reason.startswith(
        "the model was not loaded within 3 s (max_loading_time_seconds); it was in "
        "hostile_models.py, line "
    )
    assert verdict.reason.endswith("in __setstate__")


def test_a_model_that_eats_memory_is_refused(attempt):
    verdict = attempt("EatsMemoryOnLoad", TrialSpec(tries=1, memory_mb=600))
    assert verdict.reason == (
        "the server used more than 600 MB of memory while the model was being loaded "
        "(max_memory_mb)"
    )


def test_a_model_that_crashes_on_the_third_request_is_refused(attempt):
    verdict = attempt("CrashesOnThirdRequest")
    assert verdict.reason.startswith(
        "the server's process ended with signal SIGSEGV on request 3 of 4; it was in "
        "hostile_models.py, line "
    )
    assert verdict.reason.endswith("in predict")


def test_a_model_that_is_killed_from_outside_is_found_in_the_thread_that_answers(attempt):
    reason = attempt("IsKilledOnRequest").reason
    assert reason.startswith(
        "the server's process ended with signal SIGSEGV on request 1 of 4; it was in "
        "hostile_models.py, line "
    )
    assert reason.endswith("in predict")


def test_a_model_that_answers_nan_is_refused(attempt):
    verdict = attempt("AnswersNan")
    assert "answers nan as prediction of row 3; expected a number (in a batch)" in verdict.reason


def test_a_model_whose_answers_depend_on_the_batch_is_refused(attempt):
    verdict = attempt("CentresTheBatch")
    assert verdict.reason == (
        "prediction is 0.0 when served and -1.5 in a batch (on request 1 of 4)"
    )


def test_a_model_that_hangs_on_a_request_is_refused(attempt):
    verdict = attempt("HangsOnRequest", TrialSpec(tries=1, request_seconds=1))
    assert "gave no answer within 1 s (on request 1 of 4); it was in hostile_models" in (
        verdict.reason
    )


def test_a_model_that_raises_is_refused_with_what_it_said(attempt, tmp_path):
    verdict = attempt("Raises")
    assert "KeyError: 'no such tariff'" in verdict.reason


def test_a_model_that_changes_while_it_is_asked_is_refused(attempt):
    assert "when served and" in attempt("Changes").reason


def test_processes_that_a_model_starts_end_with_it(attempt):
    assert attempt("StartsAProcessOnLoad").is_blessed
    done = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True)
    assert "sleep 600" not in done.stdout.splitlines()


def daemons(then: str) -> list[str]:
    done = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if f"a daemon {then}" in line]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("then", ["serve", "hang", "crash"])
def test_processes_that_leave_their_session_end_with_the_model(attempt, then):
    spec = TrialSpec(tries=1, loading_seconds=2, environment={"THEN": then})
    assert attempt("StartsADaemonOnLoad", spec).is_blessed == (then == "serve")
    assert daemons(then) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_processes_that_leave_their_session_end_with_a_driver_that_is_killed(hostile, tmp_path):
    save_model(hostile.StartsADaemonOnLoad(), tmp_path / "model", features=["x"])
    code = KILLED_DRIVER.replace("tries=1", "tries=1, environment={'THEN': 'hangs alone'}")
    driver = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        wait_for(lambda: len(daemons("hangs alone")) == 1)
    finally:
        os.kill(driver.pid, signal.SIGKILL)
        driver.communicate()
    wait_for(lambda: servers_of(tmp_path) == [] and daemons("hangs alone") == [])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ExitsOnLoad", "cannot be loaded: SystemExit: no licence"),
        ("VanishesOnLoad", "exit code 7 while the model was being loaded; its last words: out of"),
        ("ExitsOnRequest", "failed on 4 rows: SystemExit: no licence"),
        ("AnswersText", "answers 'much'; expected a number"),
    ],
)
def test_a_model_that_ends_or_answers_nonsense_is_refused_with_what_it_said(
    attempt, name, expected
):
    assert expected in attempt(name).reason


def test_a_column_that_the_examples_lack_is_named_at_once(attempt):
    verdict = attempt("Model", TrialSpec(), rows=pa.table({"y": [1.0]}))
    assert "the examples do not fit the model: the input has no column 'x'" in verdict.reason
    assert verdict.tries == 1


def test_the_process_sees_no_environment_but_what_is_given(attempt, monkeypatch):
    monkeypatch.setenv("TARIFF", "2")
    assert "KeyError: 'TARIFF'" in attempt("ReadsTheEnvironment").reason
    given = TrialSpec(tries=1, environment={"TARIFF": "3"})
    assert attempt("ReadsTheEnvironment", given).is_blessed


def test_a_failure_that_may_be_an_accident_is_tried_again(attempt):
    verdict = attempt("CentresTheBatch", TrialSpec(tries=2))
    assert verdict.tries == 2


def test_too_slow_a_model_is_refused(attempt):
    verdict = attempt("Model", TrialSpec(tries=1, latency_ms=0.001))
    middle = float(f"{np.median(verdict.latencies_ms):.3g}")
    assert verdict.reason == (
        f"a request takes {middle:.3g} ms at the median; at most 0.001 are allowed (max_latency_ms)"
    )


def test_a_module_that_is_not_there_is_named(tmp_path, monkeypatch):
    site = tmp_path / "site-packages"
    site.mkdir()
    (site / "ghostlib.py").write_text(
        "class Ghost:\n"
        "    feature_names_in_ = ('x',)\n"
        "    def predict(self, frame):\n"
        "        return frame['x'].to_numpy()\n"
    )
    monkeypatch.syspath_prepend(site)
    import ghostlib

    from minitfx.models import project_code

    project_code._installed_folders.cache_clear()
    save_model(ghostlib.Ghost(), tmp_path / "model", features=["x"])
    verdict = try_model(tmp_path / "model", ROWS, TrialSpec(), log=tmp_path / "log")
    assert "needs the module 'ghostlib', which is neither installed nor bundled" in verdict.reason
    assert verdict.tries == 1
    project_code._installed_folders.cache_clear()


def test_a_model_that_was_swapped_is_refused(hostile, tmp_path):
    save_model(hostile.Model(), tmp_path / "model", features=["x"])
    verdict = try_model(tmp_path / "model", ROWS, TrialSpec(), log=tmp_path / "log", trust="0" * 64)
    assert "not the one that was vouched for" in verdict.reason
    assert verdict.tries == 1


@pytest.mark.parametrize("kind", ["trees", "linear"])
def test_real_estimators_answer_the_same_alone_and_in_a_batch(tmp_path, kind):
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 7))
    y = (X[:, 0] + random.normal(size=300) > 0).astype(int)
    model = HistGradientBoostingClassifier(max_iter=5) if kind == "trees" else LogisticRegression()
    names = [f"x{at}" for at in range(7)]
    save_model(model.fit(X, y), tmp_path / "model", features=names)
    assert load_model(tmp_path / "model", trust=True).manifest.tolerance == (
        0 if kind == "trees" else 1e-9
    )
    rows = pa.table({name: X[:20, at] for at, name in enumerate(names)})
    verdict = try_model(tmp_path / "model", rows, ONCE, log=tmp_path / "log")
    assert verdict.is_blessed, verdict.reason


KILLED_DRIVER = """
import sys
from pathlib import Path
from minitfx.models import model_digest
from minitfx.models.trial import TrialSpec, try_model
folder = Path(sys.argv[1])
print("started", flush=True)
try_model(folder / "model", None, TrialSpec(tries=1), log=folder / "log")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("name", ["HangsOnLoad", "HoldsTheInterpreterOnLoad"])
def test_the_server_dies_with_a_driver_that_is_killed(hostile, tmp_path, name):
    save_model(getattr(hostile, name)(), tmp_path / "model", features=["x"])
    driver = subprocess.Popen(
        [sys.executable, "-c", KILLED_DRIVER, str(tmp_path)], stdout=subprocess.PIPE
    )
    own = f"{tmp_path / 'model'} infra-validation-model {model_digest(tmp_path / 'model')}"
    try:
        wait_for(lambda: any(own in line for line in servers_of(tmp_path)))
        time.sleep(0.5)
    finally:
        os.kill(driver.pid, signal.SIGKILL)
        driver.communicate()
    wait_for(lambda: servers_of(tmp_path) == [])


def wait_for(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
