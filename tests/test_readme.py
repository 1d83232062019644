"""What the README says is so."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import minitfx

HERE = Path(__file__).parent.parent
README = (HERE / "README.md").read_text("utf-8")


def blocks(language: str, section: str) -> list[str]:
    text = README.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_there_are_two_set_up_commands() -> None:
    commands = blocks("sh", "Set up")
    assert len(commands) == 2
    assert all(len(command.strip().splitlines()) == 1 for command in commands)
    assert commands[0].strip().endswith("minitfx run examples/taxi/pipeline.py")
    assert "-m pytest" in commands[1]


def test_the_pipeline_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks("python", "A pipeline")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text("def run_fn(a): ...\ndef preprocessing_fn(a): ...\n")
    scope: dict[str, object] = {"__name__": "readme"}
    exec(compile(ast.parse(code), "README.md", "exec"), scope)
    pipeline = scope["pipeline"]
    assert isinstance(pipeline, minitfx.Pipeline)
    assert len(pipeline.nodes) == 7


def test_every_view_that_is_named_exists(root: Path) -> None:
    from minitfx.catalog.session import query
    from minitfx.catalog.store import Catalog

    named = README.split("The views:")[1].split("A payload")[0]
    catalog = Catalog(root)
    for view in re.findall(r"`(\w+)`", named):
        query(catalog, f"SELECT * FROM {view}")


def test_every_query_that_is_shown_is_valid(root: Path) -> None:
    from minitfx.catalog.session import query
    from minitfx.catalog.store import Catalog

    catalog = Catalog(root)
    for statement in re.findall(r'minitfx sql "(.*)"', README):
        if "examples(" not in statement:
            query(catalog, statement)


def test_the_tree_names_what_is_there() -> None:
    (tree,) = blocks("", "The tree")
    for name in re.findall(r"(\w+)/", tree):
        assert (HERE / name).is_dir() or (HERE / "minitfx" / name).is_dir()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, HERE]
    subprocess.run(command, check=True)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_has_all_that_it_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "minitfx/py.typed",
        "minitfx/catalog/schema.sql",
        "minitfx/catalog/views.sql",
        "minitfx/proto/eval_config.proto",
        "minitfx/reports/pages/run.html",
        "minitfx/reports/pages/style.css",
        "minitfx/templates/taxi/pipeline.py",
        "minitfx/templates/taxi/data/trips.csv",
        "minitfx/templates/penguin/data/penguins.csv",
    } <= names
    sources = {str(path.relative_to(HERE)) for path in (HERE / "minitfx").rglob("*.py")}
    assert sources <= names


def test_a_fresh_install_is_small_and_runs(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel]
    subprocess.run(install, check=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    names = {line.split("==")[0].lower() for line in listed} - {"pip", "setuptools"}
    assert "minitfx" in names
    assert len(names) <= 32, sorted(names)
    copied = tmp_path / "birds"
    options = ["--model=penguin", "--pipeline_name=birds", f"--destination_path={copied}"]
    subprocess.run([python, "-m", "minitfx", "template", "copy", *options], check=True)
    run = subprocess.run(
        [python, "-m", "minitfx", "run", "pipeline.py"],
        cwd=copied,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count(" COMPLETE ") >= 11
