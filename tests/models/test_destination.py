"""Push destinations: whole versions or none, a pointer, roll-back, on disk and on fsspec."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from itertools import count
from pathlib import Path

import fsspec
import pytest
from sklearn.linear_model import LinearRegression

from minitfx.errors import MissingExtraError, ModelError, StorageError
from minitfx.models import load_model, save_model
from minitfx.models.destination import Destination
from minitfx.models.store import LocalStore, RemoteStore


@pytest.fixture
def model(tmp_path):
    return write(tmp_path / "model", "first")


def write(folder: Path, text: str) -> Path:
    (folder / "transform_fn").mkdir(parents=True)
    (folder / "model.json").write_text(text)
    (folder / "transform_fn" / "graph.json").write_text("{}")
    return folder


@pytest.fixture(params=["disk", "memory"])
def base(request, tmp_path):
    if request.param == "disk":
        return str(tmp_path / "serving")
    return f"memory://{uuid.uuid4().hex}/serving"


def read(base: str, name: str) -> str:
    with fsspec.open(f"{base}/{name}", "rt") as file:
        return file.read()


def test_a_push_is_a_version_a_record_and_the_pointer(model, base):
    destination = Destination(base)
    push = destination.push(model, clock=lambda: 1700000000.7)
    assert push.version == "1700000000"
    assert read(base, "1700000000/model.json") == "first"
    assert read(base, "1700000000/transform_fn/graph.json") == "{}"
    assert read(base, "latest") == "1700000000\n"
    assert json.loads(read(base, ".pushes/1700000000.json"))["number"] == 1
    assert destination.uri("1700000000") == f"{base}/1700000000"
    assert destination.is_whole(push)


def test_two_models_in_one_second_get_two_versions(model, base, tmp_path):
    destination = Destination(base)
    other = write(tmp_path / "other", "second")
    names = [destination.push(each, clock=lambda: 5.0).version for each in (model, other)]
    assert names == ["5", "6"]
    assert destination.latest == "6"


def test_the_same_model_in_one_second_is_one_version(model, base):
    destination = Destination(base)
    assert [destination.push(model, clock=lambda: 5.0).version for _ in range(2)] == ["5", "5"]
    assert len(destination.pushes()) == 1


def test_another_model_under_a_users_name_is_refused(model, base, tmp_path):
    destination = Destination(base)
    destination.push(model, "champion")
    with pytest.raises(StorageError, match="has something else as version 'champion'"):
        destination.push(write(tmp_path / "other", "second"), "champion")
    assert read(base, "champion/model.json") == "first"


@pytest.mark.parametrize("name", ["latest", "..", "a/b", ".pushes", "", "x" * 101, "a\\b"])
def test_names_that_could_mean_something_else_are_refused(model, tmp_path, name):
    with pytest.raises(StorageError, match="cannot name a version"):
        Destination(tmp_path / "serving").push(model, name)


def test_roll_back_points_to_the_push_before(model, base, tmp_path):
    destination = Destination(base)
    seconds = count(1)
    destination.push(model, clock=lambda: next(seconds))
    destination.push(write(tmp_path / "other", "second"), clock=lambda: next(seconds))
    assert destination.roll_back().version == "1"
    assert destination.latest == "1"
    with pytest.raises(StorageError, match="nothing to roll back to"):
        destination.roll_back()
    assert destination.roll_back("2").version == "2"
    with pytest.raises(StorageError, match=r"no version '22'. Did you mean '2'"):
        destination.roll_back("22")


def test_roll_back_refuses_a_version_that_is_damaged(model, tmp_path):
    destination = Destination(tmp_path / "serving")
    destination.push(model, "one")
    destination.push(write(tmp_path / "other", "second"), "two")
    (tmp_path / "serving" / "one" / "model.json").write_text("tampered")
    with pytest.raises(StorageError, match=r"version 'one' .* is damaged"):
        destination.roll_back()
    assert destination.latest == "two"


def test_a_version_that_is_damaged_is_mended_by_the_same_push(model, base):
    destination = Destination(base)
    push = destination.push(model, "one")
    fs, root = fsspec.core.url_to_fs(base)
    fs.rm(f"{root}/one/transform_fn/graph.json")
    assert not destination.is_whole(push)
    destination.push(model, "one")
    assert destination.is_whole(push)


def test_a_destination_loads_as_its_latest_version(tmp_path):
    destination = Destination(tmp_path / "serving")
    for factor in (1.0, 2.0):
        fitted = LinearRegression().fit([[0.0], [1.0]], [0.0, factor])
        save_model(fitted, tmp_path / f"{factor}", features=["x"])
        destination.push(tmp_path / f"{factor}", f"v{factor:g}")
    assert load_model(tmp_path / "serving", trust=True).path.name == "v2"
    (tmp_path / "serving" / "latest").write_text("../1.0")
    with pytest.raises(ModelError, match=r"has no model\.json"):
        load_model(tmp_path / "serving", trust=True)


def test_an_empty_folder_is_nothing_to_push(tmp_path):
    (tmp_path / "model").mkdir()
    with pytest.raises(StorageError, match="holds no file"):
        Destination(tmp_path / "serving").push(tmp_path / "model")


def test_a_destination_that_is_a_file_is_one_clear_error(model, tmp_path):
    (tmp_path / "serving").write_text("")
    with pytest.raises(StorageError, match="must be a folder that can be written"):
        Destination(tmp_path / "serving").push(model)


def test_a_missing_file_system_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(
        MissingExtraError, match=r"s3://bucket/models needs the package 's3fs'.*pip install s3fs$"
    ):
        Destination("s3://bucket/models")


def test_a_folder_that_nobody_pushed_is_left_alone(model, tmp_path):
    (tmp_path / "serving" / "7").mkdir(parents=True)
    (tmp_path / "serving" / "7" / "notes.txt").write_text("mine")
    destination = Destination(tmp_path / "serving")
    assert destination.push(model, clock=lambda: 7.0).version == "8"
    assert (tmp_path / "serving" / "7" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("step", ["rename", "record", "pointer"])
def test_a_push_that_is_killed_shows_nothing_and_is_done_again(model, tmp_path, monkeypatch, step):
    destination = Destination(tmp_path / "serving")
    destination.push(write(tmp_path / "old", "old"), "old")
    kill_at(monkeypatch, step)
    with pytest.raises(Killed):
        destination.push(model, "new")
    assert destination.latest == "old"
    assert [each.version for each in destination.pushes() if not destination.is_whole(each)] == []
    monkeypatch.undo()
    assert destination.push(model, "new").version == "new"
    assert destination.latest == "new"
    assert destination.is_whole(destination.record("new"))


class Killed(BaseException):
    """Stands for the death of the process: nothing catches it but ``finally``."""


def kill_at(monkeypatch, step):
    def die(*_):
        raise Killed

    if step == "rename":
        monkeypatch.setattr(Path, "rename", die)
    elif step == "record":
        monkeypatch.setattr("minitfx.models.store._write_synced", die)
    else:
        monkeypatch.setattr(LocalStore, "point", die)


@pytest.mark.parametrize("version", [None, "mine"])
def test_a_remote_push_that_is_killed_is_invisible_and_can_be_done_again(
    model, monkeypatch, tmp_path, version
):
    base = f"memory://{uuid.uuid4().hex}/serving"
    destination = Destination(base)
    monkeypatch.setattr(RemoteStore, "restore", lambda *_: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        destination.push(model, version, clock=lambda: 3.0)
    assert destination.pushes() == []
    assert destination.latest is None
    monkeypatch.undo()
    other = write(tmp_path / "other", "another model")
    if version is None:
        assert destination.push(other, clock=lambda: 3.0).version == "4"
    else:
        with pytest.raises(StorageError, match="something else as version 'mine'"):
            destination.push(other, version)
    again = destination.push(model, version, clock=lambda: 3.0)
    assert again.version == (version or "3") == destination.latest
    assert destination.is_whole(again)


PUSHER = """
import sys
from pathlib import Path
from minitfx.models.destination import Destination
for _ in range(10):
    Destination(sys.argv[1]).push(Path(sys.argv[2]), clock=lambda: 100.0)
    Path(sys.argv[2], "model.json").write_text(Path(sys.argv[2], "model.json").read_text() + "x")
"""


def test_two_pushers_at_once_do_not_mix_their_files(tmp_path):
    sources = [write(tmp_path / name, name) for name in ("a", "b")]
    pushers = [
        subprocess.Popen([sys.executable, "-c", PUSHER, str(tmp_path / "serving"), str(source)])
        for source in sources
    ]
    assert [each.wait(60) for each in pushers] == [0, 0]
    destination = Destination(tmp_path / "serving")
    pushes = destination.pushes()
    assert [int(each.version) for each in pushes] == list(range(100, 120))
    assert [each.number for each in pushes] == list(range(1, 21))
    assert all(destination.is_whole(each) for each in pushes)
    assert destination.latest == "119"


@pytest.fixture
def remote(model):
    destination = Destination(f"memory://{uuid.uuid4().hex}/serving")
    destination.push(model, "one")
    return destination


def test_a_version_of_an_object_store_is_copied_to_this_machine(remote, tmp_path):
    folder = remote.local("one", tmp_path / "copies")
    assert (folder / "model.json").read_text() == "first"
    assert (folder / "transform_fn" / "graph.json").read_text() == "{}"


def test_a_version_of_a_file_system_is_where_it_is(model, tmp_path):
    destination = Destination(tmp_path / "serving")
    destination.push(model, "one")
    assert destination.local("one", tmp_path / "copies") == tmp_path / "serving" / "one"
    assert not (tmp_path / "copies").exists()


def test_a_copy_that_is_damaged_is_made_good(remote, tmp_path):
    folder = remote.local("one", tmp_path / "copies")
    (folder / "model.json").write_text("half")
    assert (remote.local("one", tmp_path / "copies") / "model.json").read_text() == "first"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda fs, at: fs.pipe_file(f"{at}/one/model.json", b"evil"), "has changed since it was"),
        (lambda fs, at: fs.rm_file(f"{at}/one/model.json"), "model.json at .* is missing"),
        (lambda fs, at: fs.rm_file(f"{at}/.pushes/one.json"), "has no version 'one'"),
    ],
)
def test_a_version_that_is_not_whole_is_not_copied(remote, tmp_path, change, message):
    change(*fsspec.core.url_to_fs(remote.base))
    with pytest.raises(StorageError, match=message):
        remote.local("one", tmp_path / "copies")


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "..\\escaped", "c:escaped", "."])
def test_a_record_cannot_write_outside_of_its_version(remote, tmp_path, name):
    fs, root = fsspec.core.url_to_fs(remote.base)
    record = json.loads(fs.cat_file(f"{root}/.pushes/one.json"))
    record["files"] = {name: record["files"]["model.json"]}
    fs.pipe_file(f"{root}/.pushes/one.json", json.dumps(record).encode())
    with pytest.raises(StorageError, match="outside of its version"):
        remote.local("one", tmp_path / "copies")
    assert not (tmp_path / "copies").exists()


def test_a_uri_is_not_loaded_as_if_it_were_a_folder():
    with pytest.raises(ModelError, match="not a folder of this machine; copy a version"):
        load_model("memory://bucket/model", trust=True)
