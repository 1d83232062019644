"""Pusher: only what is blessed, whole versions, and a cached push looks at its destination."""

from __future__ import annotations

import json
import shutil

import pytest
from sklearn.linear_model import LinearRegression

from minitfx import LocalDagRunner, Pipeline
from minitfx.catalog.session import open_catalog, query
from minitfx.channel import Channel
from minitfx.component import Component, Output
from minitfx.components.infra_validator import InfraValidator
from minitfx.components.pusher import Pusher
from minitfx.errors import ExecutionError, ModelError, ParameterError
from minitfx.models import save_model
from minitfx.proto.infra_validator_pb2 import ValidationSpec
from minitfx.proto.pusher_pb2 import PushDestination, Versioning
from minitfx.types import InfraBlessing, Model, ModelBlessing, PushedModel


def destination(base, **naming):
    return PushDestination(
        filesystem=PushDestination.Filesystem(base_directory=str(base), **naming)
    )


def fit(folder):
    save_model(LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0]), folder, features=["x"])


@pytest.fixture
def model(tmp_path):
    artifact = Model(tmp_path / "model")
    fit(artifact.path / "Format-Serving")
    return artifact


@pytest.fixture
def pushed(tmp_path):
    artifact = PushedModel(tmp_path / "staging" / "42" / "pushed_model")
    artifact.path.mkdir(parents=True)
    return artifact


def blessed(kind, value, **said):
    artifact = kind("somewhere")
    if value is not None:
        artifact.set_int_custom_property("blessed", value)
    for name, text in said.items():
        artifact.set_string_custom_property(name, text)
    return artifact


def push(model, pushed, target=None, *, blessing=None, infra=None, config=None, executor=None):
    Pusher.execute(
        model=model,
        model_blessing=blessing,
        infra_blessing=infra,
        push_destination=target,
        custom_config=config,
        custom_executor_spec=executor,
        pushed_model=pushed,
    )


def test_a_blessed_model_is_pushed_and_archived(model, pushed, tmp_path):
    good = [blessed(ModelBlessing, 1), blessed(InfraBlessing, 1)]
    push(model, pushed, destination(tmp_path / "out"), blessing=good[0], infra=good[1])
    version = pushed.get_string_custom_property("pushed_version")
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_destination") == f"{tmp_path}/out/{version}"
    expected = sorted(each.name for each in (model.path / "Format-Serving").iterdir())
    for folder in (tmp_path / "out" / version, pushed.path):
        assert sorted(each.name for each in folder.iterdir()) == expected


def test_no_blessing_wired_pushes_with_a_warning(model, pushed, tmp_path, caplog):
    push(model, pushed, destination(tmp_path / "out"))
    assert pushed.get_int_custom_property("pushed") == 1
    assert "neither model_blessing nor infra_blessing is wired" in caplog.text
    caplog.clear()
    push(model, pushed, destination(tmp_path / "out"), infra=blessed(InfraBlessing, 1))
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("blessing", "infra", "reason"),
    [
        (
            blessed(ModelBlessing, 0, blessing_message="AUC is 0.6; at least 0.7 was asked for"),
            None,
            "not blessed by ModelBlessing: AUC is 0.6; at least 0.7 was asked for",
        ),
        (
            blessed(ModelBlessing, 1),
            blessed(InfraBlessing, 0, reason="the model was not loaded within 3 s"),
            "not blessed by InfraBlessing: the model was not loaded within 3 s",
        ),
        (
            blessed(ModelBlessing, None),
            blessed(InfraBlessing, 1),
            "not blessed by ModelBlessing: nothing was checked: it has no thresholds",
        ),
    ],
)
def test_a_model_that_is_not_blessed_is_held_back_with_the_reason(
    model, pushed, tmp_path, blessing, infra, reason
):
    push(model, pushed, destination(tmp_path / "out"), blessing=blessing, infra=infra)
    assert pushed.custom_properties == {"pushed": 0, "reason": reason}
    assert list(pushed.path.iterdir()) == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("naming", "version"),
    [
        ({"versioning": Versioning.EXECUTION_ID}, "42"),
        ({"versioning": Versioning.NAME, "version_name": "champion"}, "champion"),
    ],
)
def test_versions_are_named_as_asked(model, pushed, tmp_path, naming, version):
    push(model, pushed, destination(tmp_path / "out", **naming))
    assert (tmp_path / "out" / version / "model.json").is_file()
    assert (tmp_path / "out" / "latest").read_text() == f"{version}\n"


def test_a_warmed_up_model_comes_from_the_infra_blessing(pushed, tmp_path):
    infra = blessed(InfraBlessing, 1)
    infra.uri = str(tmp_path / "blessing")
    with pytest.raises(ExecutionError, match="set make_warmup"):
        push(None, pushed, destination(tmp_path / "out"), infra=infra)
    fit(infra.path / "stamped_model")
    infra.set_int_custom_property("has_model", 1)
    push(None, pushed, destination(tmp_path / "out"), infra=infra)
    assert (pushed.path / "model.json").is_file()


def test_a_model_whose_files_changed_is_not_pushed(model, pushed, tmp_path):
    (model.path / "Format-Serving" / "model.joblib").write_bytes(b"other")
    with pytest.raises(ModelError, match="has changed since the model was saved"):
        push(model, pushed, destination(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


class Registry:
    """A target of its own kind."""

    def load(self):
        return lambda folder, config: (f"registry://{config['team']}", folder.name)


def test_a_custom_executor_pushes_in_place_of_the_copy(model, pushed):
    push(model, pushed, config={"team": "trips"}, executor=Registry())
    assert pushed.get_string_custom_property("pushed_destination") == "registry://trips"
    assert pushed.get_string_custom_property("pushed_version") == "Format-Serving"
    assert (pushed.path / "model.json").is_file()


class Silent(Registry):
    """A target that does not say where the model is."""

    def load(self):
        return lambda folder, config: None


def test_a_custom_executor_that_does_not_say_where_is_named(model, pushed):
    with pytest.raises(ExecutionError, match="returned None; expected the destination and the ver"):
        push(model, pushed, executor=Silent())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs model"),
        ({"model": Channel(Model)}, "needs push_destination"),
        ({"model": Channel(Model), "push_destination": PushDestination()}, "no base_directory"),
        (
            {
                "model": Channel(Model),
                "push_destination": destination("out", versioning=Versioning.NAME),
            },
            "NAME needs it",
        ),
    ],
)
def test_a_pusher_without_a_model_or_a_place_is_refused_at_construction(arguments, message):
    with pytest.raises(ParameterError, match=message):
        Pusher(**arguments)


class MakeModel(Component):
    """Fit a model."""

    model = Output(Model)

    @staticmethod
    def execute(model):
        fit(model.path / "Format-Serving")


def run(root, base):
    make = MakeModel()
    pusher = Pusher(model=make.outputs["model"], push_destination=destination(base))
    pipeline = Pipeline("demo", root, [make, pusher], enable_cache=True)
    return LocalDagRunner().run(pipeline)


def test_a_cached_push_is_done_again_when_its_version_is_gone(root, tmp_path):
    base = tmp_path / "out"
    assert str(run(root, base).nodes["Pusher"].state) == "COMPLETE"
    second = run(root, base)
    assert {str(node.state) for node in second.nodes.values()} == {"CACHED"}
    shutil.rmtree(base)
    third = run(root, base)
    assert str(third.nodes["MakeModel"].state) == "CACHED"
    assert str(third.nodes["Pusher"].state) == "COMPLETE"
    assert "no longer whole" in third.nodes["Pusher"].cause
    version = (base / "latest").read_text().strip()
    assert json.loads((base / version / "model.json").read_text())["flavour"] == "sklearn"


def test_a_cached_push_does_not_undo_a_roll_back(root, tmp_path):
    base = tmp_path / "out"
    run(root, base)
    (base / "latest").write_text("1\n")
    assert str(run(root, base).nodes["Pusher"].state) == "CACHED"
    assert (base / "latest").read_text() == "1\n"


def test_a_model_that_cannot_be_served_is_held_back_in_a_run(root, tmp_path):
    make = MakeModel()
    validator = InfraValidator(
        model=make.outputs["model"],
        validation_spec=ValidationSpec(num_tries=1, max_memory_mb=20),
    )
    pusher = Pusher(
        model=make.outputs["model"],
        infra_blessing=validator.outputs["blessing"],
        push_destination=destination(tmp_path / "out"),
    )
    result = LocalDagRunner().run(Pipeline("demo", root, [make, validator, pusher]))
    assert {str(node.state) for node in result.nodes.values()} == {"COMPLETE"}
    (pushed,) = result.nodes["Pusher"].outputs["pushed_model"]
    assert pushed.get_int_custom_property("pushed") == 0
    assert "more than 20 MB of memory" in pushed.get_string_custom_property("reason")
    assert not (tmp_path / "out").exists()
    (held_back,) = query(open_catalog(root), "SELECT pushed, reason FROM pushes").rows
    assert held_back == (False, pushed.get_string_custom_property("reason"))


def test_a_cached_push_below_the_home_folder_is_found_there(root, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    run(root, "~/out")
    assert (tmp_path / "home" / "out" / "latest").is_file()
    assert str(run(root, "~/out").nodes["Pusher"].state) == "CACHED"
