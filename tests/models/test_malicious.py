"""Files made to run code are refused before any of it runs."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path

import joblib
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression

from minitfx.errors import ModelError, ModelRefusedError
from minitfx.models import load_model, model_digest, save_model
from minitfx.models.manifest import read_manifest, write_manifest


class Explosive:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


@pytest.fixture
def mark(tmp_path):
    path = tmp_path / "it-ran"
    yield path
    assert not path.exists()


@pytest.fixture
def model(tmp_path):
    save_model(
        LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), tmp_path / "model", features=["x"]
    )
    return tmp_path / "model"


def pickled(mark: Path) -> bytes:
    return pickle.dumps(Explosive(mark))


def joblibbed(mark: Path) -> bytes:
    sink = io.BytesIO()
    joblib.dump({"model": Explosive(mark)}, sink, compress=3)
    return sink.getvalue()


def disguise(model: Path, content: bytes, **changes) -> None:
    """Put a file into a model's folder with a manifest that fits it."""
    manifest = json.loads((model / "model.json").read_text())
    manifest |= changes
    (model / manifest["file"]).write_bytes(content)
    (model / "model.json").write_text(json.dumps(manifest))
    write_manifest(model, read_manifest(model))


@pytest.mark.parametrize("make", [pickled, joblibbed])
@pytest.mark.parametrize("flavour", ["sklearn", "pickle", "torch"])
def test_a_pickle_of_unknown_origin_is_refused(model, mark, make, flavour):
    disguise(model, make(mark), flavour=flavour)
    with pytest.raises(ModelRefusedError, match="nobody vouches for it"):
        load_model(model)


@pytest.mark.parametrize("make", [pickled, joblibbed])
def test_a_pickle_in_place_of_the_model_that_was_vouched_for_is_refused(model, mark, make):
    digest = model_digest(model)
    disguise(model, make(mark))
    with pytest.raises(ModelRefusedError, match="not the one that was vouched for"):
        load_model(model, trust=digest)


@pytest.mark.parametrize("make", [pickled, joblibbed])
def test_a_pickle_without_a_fitting_manifest_is_refused_even_by_who_trusts_it(model, mark, make):
    (model / "model.joblib").write_bytes(make(mark))
    with pytest.raises(ModelError, match="has changed since"):
        load_model(model, trust=True)


@pytest.mark.parametrize("make", [pickled, joblibbed])
@pytest.mark.parametrize(
    ("flavour", "package"),
    [
        ("skops", "skops"),
        ("xgboost", "xgboost"),
        ("lightgbm", "lightgbm"),
        ("onnx", "onnxruntime"),
    ],
)
def test_a_pickle_in_the_clothes_of_a_safe_format_is_not_unpickled(
    model, mark, make, flavour, package
):
    pytest.importorskip(package)
    disguise(model, make(mark), flavour=flavour, file="model.bin", packages={})
    with pytest.raises(ModelError):
        load_model(model)


def test_code_beside_a_safe_format_needs_trust(model, mark):
    (model / "code").mkdir()
    (model / "code" / "evil.py").write_text(f"open({str(mark)!r}, 'w')")
    disguise(model, b"", flavour="lightgbm", file="model.bin", code=["evil"], packages={})
    with pytest.raises(ModelRefusedError, match="bundled project code"):
        load_model(model)


def test_a_flavour_that_is_not_installed_is_not_searched_for_in_the_model(model, mark):
    disguise(model, b"", flavour="../../evil", packages={})
    with pytest.raises(ModelError, match="no model flavour"):
        load_model(model)


@pytest.mark.parametrize(
    "name", ["../outside.bin", "/etc/passwd", "code/../../outside.bin", "C:evil", "a\\b"]
)
def test_a_manifest_may_not_name_files_outside(model, mark, name):
    manifest = json.loads((model / "model.json").read_text())
    manifest["files"][name] = "0" * 64
    (model / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="outside of the model"):
        load_model(model, trust=True)


def test_a_link_out_of_the_model_is_read_as_what_it_points_to(model, mark, tmp_path):
    (tmp_path / "evil.joblib").write_bytes(pickled(mark))
    (model / "model.joblib").unlink()
    (model / "model.joblib").symlink_to(tmp_path / "evil.joblib")
    with pytest.raises(ModelError, match="has changed since"):
        load_model(model, trust=True)


# ── skops: a type, a function, a method and an operator that the list does not have ────────────


def node(loader: str, module: str, name: str, **more):
    return {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 1, **more}


def text(value: str):
    return node("JsonNode", "builtins", "str", content=json.dumps(value), is_json=True)


def crafted(mark: Path) -> dict[str, dict]:
    """Return skops schemas that would create the mark if they were obeyed."""
    command = f"open({str(mark)!r}, 'w')"
    arguments = node("TupleNode", "builtins", "tuple", content=[text(command)])
    return {
        "a function": node("FunctionNode", "builtins", "exec", content="exec"),
        "a type": node("TypeNode", "subprocess", "Popen"),
        "an object that reduces": node(
            "ReduceNode", "builtins", "eval", content=arguments, reduce=arguments
        ),
        "an object with a constructor": node(
            "ObjectNode", "builtins", "eval", content=arguments, reduce=True
        ),
        "an operator": node(
            "OperatorFuncNode", "operator", "call", attrs=arguments, content=arguments
        ),
        "a method": node(
            "MethodNode",
            "builtins",
            "method",
            content={"func": "system", "obj": node("TypeNode", "os", "_wrap_close")},
        ),
        "a partial": node(
            "PartialNode",
            "functools",
            "partial",
            content={"func": node("FunctionNode", "builtins", "exec", content="exec")},
        ),
        "a list that names its own trust": node(
            "ListNode",
            "builtins",
            "list",
            content=[node("FunctionNode", "builtins", "exec", content="exec")],
            trusted=["builtins.exec"],
        ),
    }


@pytest.mark.parametrize("kind", sorted(crafted(Path("mark"))))
def test_a_crafted_skops_file_is_refused(model, mark, kind):
    pytest.importorskip("skops")
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        schema = crafted(mark)[kind] | {"protocol": 2, "_skops_version": "0.16.0"}
        archive.writestr("schema.json", json.dumps(schema))
    disguise(
        model,
        sink.getvalue(),
        flavour="skops",
        file="model.skops",
        packages={},
        trusted=["builtins.exec", "builtins.eval", "subprocess.Popen"],
    )
    with pytest.raises(ModelError):
        loaded = load_model(model)
        loaded.predict(pa.table({"x": [1.0]}))


def test_a_skops_file_with_an_unknown_type_names_it(model, mark):
    skops = pytest.importorskip("skops.io")
    disguise(model, skops.dumps(Explosive(mark)), flavour="skops", file="model.skops", packages={})
    with pytest.raises(ModelRefusedError, match="Explosive, which no scikit-learn model needs"):
        load_model(model)
