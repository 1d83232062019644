"""A process may be killed between any two writes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty import DELETION, assert_recovers, assert_sound, digests, run, run_in_child, varied
from parts import Source

import minitfx
from minitfx import Pipeline
from minitfx.catalog.files import _KINDS

DRIVER = [
    "catalog in place",
    "catalog made aside",
    "claim in place",
    "claim to be given up",
    "claim written aside",
    "execution recorded",
    "execution's record in place",
    "execution's record written aside",
    "fingerprint indexed",
    "id claimed",
    "old catalog set aside",
    "output in place",
    "outputs made",
    "outputs sealed",
    "rows committed",
    "rows inserted",
    "run claimed",
    "run's record in place",
    "run's record written aside",
    "staging made",
    "staging removed",
]
WORKER = [
    "worker begins",
    "worker has made its outputs",
    "worker's result in place",
    "worker's result written aside",
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str | None]]:
    return digests(run(tmp_path_factory.mktemp("undisturbed") / "root", varied))


@pytest.fixture(scope="module")
def passes(tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """How often a run passes each point."""
    folder = tmp_path_factory.mktemp("traced")
    trace = folder / "trace"
    assert run_in_child(folder / "root", varied, f"trace:{trace}") == 0
    return Counter(trace.read_text().splitlines())


def labels() -> Iterator[str]:
    """Yield every label in the sources."""
    for file in Path(minitfx.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "passing":
                (label,) = node.args
                said = eval(compile(ast.Expression(label), "label", "eval"), {"kind": "{kind}"})
                kinds = [*_KINDS.values(), "claim"] if "{kind}" in said else [""]
                yield from (said.format(kind=kind) for kind in kinds)


def test_every_point_in_the_sources_has_a_test_that_kills_there() -> None:
    assert sorted(set(labels())) == sorted([*DRIVER, *WORKER, *DELETION])


def test_every_point_of_the_driver_is_known(passes: Counter[str]) -> None:
    assert sorted(passes) == DRIVER


@pytest.mark.parametrize("label", DRIVER)
def test_the_driver_is_killed(
    label: str,
    passes: Counter[str],
    undisturbed: dict[str, list[str | None]],
    tmp_path: Path,
) -> None:
    for number in sorted({1, (passes[label] + 1) // 2}):
        folder = tmp_path / str(number)
        folder.mkdir()
        code = run_in_child(folder / "root", varied, f"kill:{label}#{number}")
        assert code == -9
        assert_recovers(folder / "root", varied, undisturbed)


@pytest.mark.parametrize("label", WORKER)
def test_a_worker_is_killed(
    label: str, undisturbed: dict[str, list[str | None]], root: Path
) -> None:
    has_answered = label == "worker's result in place"
    code = run_in_child(root, short, f"kill:{label}", isolation="process")
    assert code == (0 if has_answered else 1)
    assert assert_sound(root) == ({"Source"} if has_answered else set())
    result = run(root, short)
    assert str(result.nodes["Source"].state) == ("CACHED" if has_answered else "COMPLETE")
    assert digests(result) == {"Source.examples": undisturbed["Source.examples"]}


def short(root: Path) -> Pipeline:
    return Pipeline("demo", root, [Source()], enable_cache=True)
