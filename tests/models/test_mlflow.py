"""MLflow takes a saved model as it is; runs when MLflow is installed."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from minitfx.models import load_model, save_model
from minitfx.models.mlflow import _load_pyfunc


@pytest.fixture
def frame():
    return pd.DataFrame({"company": ["blue", "red", "blue", "red"], "hour": [1.0, 2.0, 3.0, None]})


@pytest.fixture
def folder(frame, tmp_path):
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(
        frame[["company"]], ["no", "yes", "no", "no"]
    )
    save_model(model, tmp_path / "model", schema=frame)
    return tmp_path / "model"


def test_mlflow_loads_a_saved_model_and_predicts_the_same(folder, frame):
    pyfunc = pytest.importorskip("mlflow.pyfunc")
    answer = pyfunc.load_model(str(folder)).predict(frame[["company"]])
    expected = load_model(folder, trust=True).predict(pa.Table.from_pandas(frame))
    assert answer["prediction"].tolist() == expected.column("prediction").to_pylist()
    scores = np.array(expected.column("probabilities").to_pylist())
    np.testing.assert_array_equal(answer[["probability_no", "probability_yes"]], scores)


def test_mlflow_knows_the_signature(folder):
    pyfunc = pytest.importorskip("mlflow.pyfunc")
    signature = pyfunc.load_model(str(folder)).metadata.signature
    assert signature.inputs.input_names() == ["company"]
    assert [each.type.name for each in signature.inputs.inputs] == ["string"]


def test_mlflow_takes_integers_with_gaps(frame, tmp_path):
    pyfunc = pytest.importorskip("mlflow.pyfunc")
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor().fit(frame[["hour"]], [1.0, 2.0, 3.0, 4.0])
    save_model(model, tmp_path, schema=pa.schema([("hour", pa.int64())]))
    assert len(pyfunc.load_model(str(tmp_path)).predict(frame[["hour"]])) == 4


SERVE = """
import sys
from mlflow.pyfunc import load_model
from mlflow.pyfunc.scoring_server import init
from starlette.testclient import TestClient
app = init(load_model(sys.argv[1]))
body = {"dataframe_records": [{"company": "red"}, {"company": "blue"}]}
print(TestClient(app).post("/invocations", json=body).json())
"""


def test_mlflows_own_server_answers(folder):
    pytest.importorskip("mlflow.pyfunc")
    pytest.importorskip("fastapi")
    pytest.importorskip("httpx")
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(folder)], capture_output=True, text=True, check=True
    )
    assert "probability_yes" in done.stdout


def test_without_mlflow_the_files_say_the_same(folder, frame):
    written = json.loads((folder / "MLmodel").read_text())
    assert written["flavors"]["python_function"]["loader_module"] == "minitfx.models.mlflow"
    assert json.loads(written["signature"]["inputs"]) == [
        {"name": "company", "type": "string", "required": False}
    ]
    answer = _load_pyfunc(str(folder)).predict(frame[["company"]])
    assert answer.columns.tolist() == ["prediction", "probability_no", "probability_yes"]
    assert "scikit-learn==" in (folder / "requirements.txt").read_text()


def test_a_model_without_types_has_no_signature(tmp_path):
    save_model(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), tmp_path, features=["x"])
    assert "signature" not in json.loads((tmp_path / "MLmodel").read_text())


def test_mlflow_is_not_imported(folder):
    code = (
        "import sys; from minitfx.models.mlflow import _load_pyfunc; "
        f"_load_pyfunc({str(folder)!r}); print('mlflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
