"""Code: what counts and what does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from project import ALL, computed, edit, run, write

# name: (file, old, new, nodes that must compute)
MUST_MISS = {
    "the body of a run_fn": ("training.py", "+ bias", "- bias", {"by_file"}),
    "a default of a run_fn": ("training.py", "bias=1", "bias=2", {"by_file"}),
    "a helper in another module (ZenML 1011, joblib 1287)": (
        "helpers.py", "sum(numbers) / len(numbers)", "max(numbers)", {"by_file"},
    ),
    "a helper of the helper (Prefect 16928)": ("helpers.py", "round(x, 3)", "int(x)", {"by_file"}),
    "a constant of another module": ("helpers.py", "LEVEL = 10", "LEVEL = 11", {"by_file"}),
    "code behind a dotted path (TFX)": (
        "dotted_training.py", "SCALE * x for", "SCALE + x for", {"by_path"},
    ),
    "a constant behind a dotted path": (
        "dotted_training.py", "SCALE = 5", "SCALE = 6", {"by_path"},
    ),
    "the body of a function component (TFX)": (
        "flow.py", '"value": scaled(sum', '"value": -scaled(sum', {"total"},
    ),
    "a global that a function component reads (Prefect 23062)": (
        "flow.py", "FACTOR = 2", "FACTOR = 3", {"total"},
    ),
    "a helper that a function component imports": (
        "shared.py", "x * factor", "x + factor", {"total"},
    ),
    "a global of that helper": ("shared.py", "ROUNDS = 1", "ROUNDS = 2", {"total"}),
    "what a closure holds (Prefect 23062)": (
        "flow.py", "make_closure(3)", "make_closure(4)", {"closure"},
    ),
    "the body of a class component (TFX)": (
        "flow.py", "sorted(numbers)", "reversed(numbers)", {"Read", "by_file", "by_path"} | {
            "total", "twin", "closure",
        },
    ),
    "a default of a function component's parameter": (
        "flow.py", "def twin(examples: InputArtifact[Examples], offset: Parameter[int] = 0)",
        "def twin(examples: InputArtifact[Examples], offset: Parameter[int] = 1)", {"twin"},
    ),
    "a side effect at the top of a helper module": (
        "helpers.py", "LEVEL = 10\n", "LEVEL = 10\nimport random\nrandom.seed(1)\n", {"by_file"},
    ),
    "a parameter given to a node (ZenML 3880)": (
        "flow.py", "twin(examples=examples)", "twin(examples=examples, offset=5)", {"twin"},
    ),
}  # fmt: skip

MUST_HIT = {
    "a comment": ("training.py", "def other", "# A comment.\ndef other"),
    "a docstring": ("training.py", "'''Train.'''", "'''Train better.'''"),
    "lines that move (joblib 680)": ("training.py", "import helpers\n", "\n\nimport helpers\n"),
    "layout": ("helpers.py", "round(x, 3)", "round(\n        x,\n        3,\n    )"),
    "another function of the module file": ("training.py", "return 0", "return 1"),
    "a function that nobody calls": ("shared.py", "return 1", "return 2"),
    "an idle helper": ("helpers.py", "def idle():\n    return 1", "def idle():\n    return 2"),
    "a neighbour that nobody imports (TFX)": ("neighbour.py", "VALUE = 1", "VALUE = 2"),
    "the id of a node": ("flow.py", '.with_id("by_path")', '.with_id("by_dotted_path")'),
    "the order of the components": (
        "flow.py", "[read, by_file, by_path,", "[by_path, by_file, read,",
    ),
    "a type annotation of the pipeline's own function": (
        "flow.py", "def create_pipeline(pipeline_root=", "def create_pipeline(pipeline_root: str =",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MUST_MISS)
def test_must_miss(case: str, project: Path, tmp_path: Path) -> None:
    file, old, new, expected = MUST_MISS[case]
    edit(project, file, old, new)
    result = run(project, tmp_path / "root")
    assert expected >= computed(result)
    assert computed(result)
    first = next(name for name in result.nodes if name in computed(result))
    assert result.why(first).changes


@pytest.mark.parametrize("case", MUST_MISS)
def test_what_missed_hits_the_next_time(case: str, project: Path, tmp_path: Path) -> None:
    file, old, new, _ = MUST_MISS[case]
    edit(project, file, old, new)
    run(project, tmp_path / "root")
    assert computed(run(project, tmp_path / "root")) == set()
    edit(project, file, new, old)
    assert computed(run(project, tmp_path / "root")) == set()


@pytest.mark.parametrize("case", MUST_HIT)
def test_must_hit(case: str, project: Path, tmp_path: Path) -> None:
    file, old, new = MUST_HIT[case]
    edit(project, file, old, new)
    assert computed(run(project, tmp_path / "root")) == set()


def test_exactly_the_nodes_that_the_change_reaches_compute(project: Path, tmp_path: Path) -> None:
    edit(project, "helpers.py", "LEVEL = 10", "LEVEL = 12")
    result = run(project, tmp_path / "root")
    assert computed(result) == {"by_file"}
    (change,) = result.why("by_file").changes
    assert (change.kind, change.name) == ("code", "helpers:LEVEL")
    assert change.file == str(project / "helpers.py")


@pytest.mark.parametrize(
    ("old", "new", "name", "node"),
    [
        ('"value": max(', '"value": min(', "flow:twin", "twin"),
        ("FACTOR = 2", "FACTOR = 3", "flow:total global FACTOR", "total"),
        ("make_closure(3)", "make_closure(4)", "flow:make_closure.<locals>.closure closure step",
         "closure"),
    ],
)  # fmt: skip
def test_a_change_of_a_function_component_is_named_with_its_file(
    old: str, new: str, name: str, node: str, project: Path, tmp_path: Path
) -> None:
    edit(project, "flow.py", old, new)
    (change,) = run(project, tmp_path / "root").why(node).changes
    assert (change.kind, change.name, change.file) == ("code", name, str(project / "flow.py"))


def test_another_folder_of_the_project_hits(project: Path, tmp_path: Path) -> None:
    """A moved or copied project finds its cache (Hamilton 1250 was lost by a rename)."""
    moved = tmp_path / "elsewhere" / "moved"
    moved.parent.mkdir()
    project.rename(moved)
    sys.path.insert(0, str(moved))
    assert computed(run(moved, tmp_path / "root")) == set()


def test_twins_do_not_collide(tmp_path: Path) -> None:
    """Two functions of equal bodies and different names are two (Hamilton 1242)."""
    folder = tmp_path / "project"
    write(folder)
    sys.path.insert(0, str(folder))
    text = (folder / "flow.py").read_text()
    body = text.split("def total")[1].split("@component")[0]
    (folder / "flow.py").write_text(
        text.replace(
            "def twin" + text.split("def twin")[1].split("\n\n\ndef make_closure")[0],
            "def twin" + body.rstrip(),
        ).replace("FACTOR) + offset}\n\n\ndef make", "FACTOR) - 1 + offset}\n\n\ndef make")
    )
    result = run(folder, tmp_path / "root")
    values = {name: result.artifacts(name, "value")[0].value for name in ("total", "twin")}
    assert computed(result) == ALL
    assert values["twin"] == values["total"] - 1
