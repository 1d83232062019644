"""An Importer makes what lies somewhere an artifact, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from parts import Count

from minitfx import Importer, LocalDagRunner, Pipeline
from minitfx.artifact import Artifact
from minitfx.catalog.session import open_catalog, query
from minitfx.errors import PipelineError
from minitfx.types import Examples, Schema


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that somebody else made."""
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "data.txt").write_text("abc")
    return tmp_path / "given"


def register(root: Path, *arguments: Any, **options: Any) -> tuple[str, Artifact]:
    """Return how the importer ended, and the artifact."""
    node = Importer(*arguments, **options)
    (node_result,) = LocalDagRunner().run(Pipeline("demo", root, [node])).nodes.values()
    ((artifact,),) = node_result.outputs.values()
    return str(node_result.state), artifact


@pytest.mark.parametrize(
    "other",
    [
        {"properties": {"span": 3}},
        {"properties": {"span": 2, "version": 1}},
        {"properties": None},
        {"custom_properties": {"owner": "you"}},
        {"custom_properties": {"owner": "me", "year": 2026}},
        {"custom_properties": None},
        {"artifact_type": Schema, "properties": None},
    ],
)
def test_another_description_of_the_same_files_is_another_artifact(
    other: dict[str, Any], folder: Path, root: Path
) -> None:
    said = {
        "artifact_type": Examples,
        "properties": {"span": 2},
        "custom_properties": {"owner": "me"},
    }
    first = register(root, folder, **said)
    again = register(root, folder, **said)
    assert (first[0], again[0], again[1].id) == ("COMPLETE", "CACHED", first[1].id)
    state, artifact = register(root, folder, **{**said, **other})
    assert state == "COMPLETE"
    assert artifact.id != first[1].id
    assert register(root, folder, **said)[1].id == first[1].id


def test_the_same_files_elsewhere_are_another_artifact(
    folder: Path, root: Path, tmp_path: Path
) -> None:
    first = register(root, folder, Examples)[1]
    folder.rename(tmp_path / "moved")
    state, second = register(root, tmp_path / "moved", Examples)
    assert state == "COMPLETE"
    assert (second.digest, second.id) != (first.digest, first.id)
    assert second.digest == first.digest


def test_what_is_imported_stays_where_it_is(folder: Path, root: Path) -> None:
    artifact = register(root, folder, Examples, custom_properties={"owner": "me", "year": 2026})[1]
    assert artifact.path == folder
    assert artifact.is_external
    assert artifact.get_string_custom_property("owner") == "me"
    assert artifact.get_int_custom_property("year") == 2026
    rows = query(open_catalog(root), "SELECT uri, is_external, state, type FROM artifacts").rows
    assert rows == [(str(folder), True, "live", "Examples")]
    assert [each.name for each in folder.iterdir()] == ["data.txt"]


def test_the_output_has_the_key_that_was_asked_for(folder: Path, root: Path) -> None:
    node = Importer(folder, Examples, output_key="examples")
    assert list(node.outputs) == ["examples"]
    count = Count(node.outputs["examples"])
    result = LocalDagRunner().run(Pipeline("demo", root, [node, count]))
    made = result.artifacts("Count", "statistics")[0]
    assert (made.path / "count.txt").read_text() == "3"


def test_one_file_may_be_imported(folder: Path, root: Path) -> None:
    artifact = register(root, folder / "data.txt", Schema)[1]
    assert artifact.path.read_text() == "abc"
    assert register(root, folder / "data.txt", Schema)[0] == "CACHED"
    (folder / "data.txt").write_text("abcd")
    assert register(root, folder / "data.txt", Schema)[0] == "COMPLETE"


def test_a_relative_place_is_seen_from_the_current_folder(
    folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert register(root, "given", Examples)[1].path == folder


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"spam": 2}, "Examples declares no property 'spam'. Did you mean 'span'"),
        ({"uri": "/etc"}, "Examples declares no property 'uri'"),
        ({"span": "2"}, "Examples.span is '2'; expected INT"),
    ],
)
def test_a_property_that_the_type_does_not_have_is_refused(
    properties: dict[str, Any], message: str, folder: Path
) -> None:
    with pytest.raises(PipelineError, match=message):
        Importer(folder, Examples, properties=properties)


def test_what_is_no_type_is_refused(folder: Path) -> None:
    with pytest.raises(PipelineError, match="expected an artifact class"):
        Importer(folder, "Examples")  # type: ignore[arg-type]
