"""Artifacts: properties, values and payloads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from minitfx import LocalDagRunner, Pipeline
from minitfx.artifact import Artifact, Property, PropertyType
from minitfx.catalog.session import open_catalog, query
from minitfx.component import Component, Output
from minitfx.digest import DigestMemo, digest_file, digest_tree, remembering
from minitfx.errors import ParameterError, StorageError
from minitfx.proto.trainer_pb2 import TrainArgs
from minitfx.types import STANDARD_TYPES, Examples, ValueArtifact


class Report(Artifact):
    """A user's own type."""

    PROPERTIES: ClassVar = {
        "pages": Property(PropertyType.INT),
        "score": Property(PropertyType.FLOAT),
        "title": Property(PropertyType.STRING),
        "final": Property(PropertyType.BOOLEAN),
        "authors": Property(PropertyType.JSON_VALUE),
        "args": Property(PropertyType.PROTO),
    }


def test_a_type_is_named_after_its_class_unless_it_says() -> None:
    assert Report.TYPE_NAME == "Report"
    assert Examples("x").type_name == "Examples"


def test_declared_properties_are_typed_attributes() -> None:
    report = Report("x", properties={"pages": 3})
    assert (report.pages, report.score, report.title) == (3, 0.0, "")
    report.score = 2
    assert report.properties == {"pages": 3, "score": 2}
    with pytest.raises(ParameterError, match=r"Report\.pages is 'a'; expected INT"):
        report.pages = "a"
    with pytest.raises(ParameterError, match="expected INT"):
        report.pages = True


def test_properties_that_are_json_or_a_message() -> None:
    report = Report("x", properties={"authors": ["a", {"b": 1}], "args": TrainArgs(num_steps=3)})
    assert (report.authors, report.args) == (["a", {"b": 1}], TrainArgs(num_steps=3))
    assert (Report("y").authors, Report("y").args, Report("y").final) == (None, None, False)
    for wrong in ({"authors": {1, 2}}, {"args": {"num_steps": 3}}, {"final": 1}):
        with pytest.raises(ParameterError, match=r"Report\.\w+ is .*; expected"):
            Report("x", properties=wrong)


class Print(Component):
    """Makes a report with every kind of property."""

    report = Output(Report)

    @staticmethod
    def execute(report: Any) -> None:
        """Write."""
        report.pages, report.score, report.title, report.final = 3, 0.5, "t", True
        report.authors, report.args = [{"a": None}], TrainArgs(num_steps=3)


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_properties_of_a_users_type_are_kept(isolation: str, root: Path) -> None:
    def run() -> Report:
        pipeline = Pipeline("demo", root, [Print()], enable_cache=True)
        (report,) = LocalDagRunner(isolation=isolation).run(pipeline).artifacts("Print", "report")
        assert isinstance(report, Report)
        return report

    for report in (run(), run()):
        assert (report.pages, report.score, report.title, report.final) == (3, 0.5, "t", True)
        assert (report.authors, report.args) == ([{"a": None}], TrainArgs(num_steps=3))
    rows = query(open_catalog(root), "SELECT value FROM properties WHERE name = 'authors'").rows
    assert rows == [('[{"a": null}]',)]


def test_an_undeclared_property_is_an_error_with_a_hint() -> None:
    report = Report("x")
    with pytest.raises(AttributeError, match="declares no property 'author'"):
        report.author = "me"
    with pytest.raises(AttributeError, match="Did you mean 'pages'"):
        _ = report.page


def test_custom_properties_are_typed_by_their_setters() -> None:
    report = Report("x")
    report.set_int_custom_property("n", 3)
    report.set_string_custom_property("s", "t")
    report.set_float_custom_property("f", 1)
    report.set_bool_custom_property("b", True)
    report.set_json_value_custom_property("j", {"a": [1]})
    assert report.custom_properties == {"n": 3, "s": "t", "f": 1.0, "b": True, "j": {"a": [1]}}
    assert report.get_int_custom_property("none") == 0
    assert not report.has_custom_property("none")
    with pytest.raises(ParameterError, match="expected int"):
        report.set_int_custom_property("n", "3")  # type: ignore[arg-type]


def test_splits_are_a_list_and_tfx_text() -> None:
    examples = Examples("x")
    examples.splits = ["train", "eval"]
    assert examples.split_names == '["train", "eval"]'
    assert examples.splits == ["train", "eval"]
    assert examples.split_path("eval") == Path("x") / "Split-eval"
    with pytest.raises(StorageError, match=r"no split 'tarin'\. Did you mean 'train'"):
        examples.existing_split("tarin")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Integer", -3),
        ("Float", 0.1),
        ("Float", 1e300),
        ("String", "Grüße\n"),
        ("Boolean", False),
        ("Boolean", True),
        ("Bytes", b"\x00\xff"),
        ("JsonValue", {"a": [1, None, "x"]}),
        ("JsonValue", None),
        ("Integer", None),
    ],
)
def test_values_survive_their_file(name: str, value: Any, tmp_path: Path) -> None:
    artifact = STANDARD_TYPES[name](str(tmp_path))
    assert isinstance(artifact, ValueArtifact)
    artifact.value = value
    again = STANDARD_TYPES[name](str(tmp_path), custom_properties=artifact.custom_properties)
    assert isinstance(again, ValueArtifact)
    assert again.value == value


def test_a_digest_is_over_names_and_contents(tmp_path: Path) -> None:
    def digest(**files: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in files.items():
            path = folder / name.replace("_", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return digest_tree(folder).content

    assert digest(a="1", b_c="2") == digest(b_c="2", a="1")
    assert digest(a="1", b_c="2") != digest(a="1", b_d="2")
    assert digest(a="1", b_c="2") != digest(a="1", b_c="3")
    assert digest(a="12", b="") != digest(a="1", b="2")


def test_files_left_out_are_listed_but_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("m")
    (tmp_path / "train.log").write_text("one")
    before = digest_tree(tmp_path, ["*.log"])
    (tmp_path / "train.log").write_text("another")
    after = digest_tree(tmp_path, ["*.log"])
    assert before.content == after.content
    assert before.files["train.log"] != after.files["train.log"]


def test_a_missing_payload_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist"):
        digest_tree(tmp_path / "nowhere")
    with pytest.raises(StorageError, match="cannot read"):
        digest_file(tmp_path / "nowhere")


def test_a_remembered_digest_is_used_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    file = tmp_path / "data"
    file.write_text("one")
    os.utime(file, (1, 1))
    reads: list[Path] = []
    real = digest_file.__globals__["_sha256"]
    monkeypatch.setitem(
        digest_file.__globals__, "_sha256", lambda path: (reads.append(path), real(path))[1]
    )
    memo = DigestMemo(tmp_path / "memo.json")
    with remembering(memo):
        first = digest_file(file)
        assert digest_file(file) == first
    memo.save()
    with remembering(DigestMemo(tmp_path / "memo.json")):
        assert digest_file(file) == first
        assert len(reads) == 1
        file.write_text("two")
        os.utime(file, (2, 2))
        assert digest_file(file) != first
    assert len(reads) == 2


def test_a_file_just_written_is_not_remembered(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("one")
    memo = DigestMemo(tmp_path / "memo.json")
    with remembering(memo):
        digest_file(file)
    memo.save()
    assert not (tmp_path / "memo.json").exists()
