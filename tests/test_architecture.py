"""Who may import whom: the layers, read from the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import minitfx

HOME = Path(minitfx.__file__).parent

LEAVES = {"errors", "ambient", "lazy", "version", "digest", "faultpoint", "code"}
LIBRARIES = {
    "kernels": set(),
    "proto": set(),
    "dataset": {"kernels", "proto"},
    "data_validation": {"dataset", "kernels", "proto"},
    "transform": {"data_validation", "dataset", "kernels", "proto"},
    "models": {"transform", "data_validation", "dataset", "kernels", "proto"},
    "training": {"models", "transform", "data_validation", "dataset", "kernels", "proto"},
    "model_analysis": {"models", "transform", "data_validation", "dataset", "kernels", "proto"},
}
EDGES = {"cli", "reports", "notebook", "v1", "runners", "templates", "__main__", "__init__"}
BRIDGE = {"components"}
FOR_COMPONENTS = {"component", "channel", "artifact", "types", "declaration", "parameter"}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(HOME.rglob("*.py")):
        parts = path.relative_to(HOME).with_suffix("").parts
        if parts[0] != "templates":
            yield ".".join(parts), path


def imports_of(path: Path) -> set[str]:
    """Return what a file imports of minitfx, as the first name below the package."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
            if node.module == "minitfx":
                names = [f"minitfx.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("minitfx.")}
    return found


def room(module: str) -> str:
    return module.split(".")[0]


ALL = dict(modules())
ENGINE = {room(name) for name in ALL if room(name) not in {*LEAVES, *LIBRARIES, *EDGES, *BRIDGE}}


@pytest.mark.parametrize("module", [name for name in ALL if room(name) in LEAVES])
def test_a_leaf_imports_only_leaves(module: str) -> None:
    assert imports_of(ALL[module]) <= LEAVES


@pytest.mark.parametrize("module", [name for name in ALL if room(name) in LIBRARIES])
def test_a_library_imports_no_engine_and_no_library_above_it(module: str) -> None:
    allowed = LEAVES | LIBRARIES[room(module)] | {room(module)}
    assert imports_of(ALL[module]) <= allowed


@pytest.mark.parametrize("module", [name for name in ALL if room(name) in ENGINE])
def test_the_engine_imports_no_library(module: str) -> None:
    assert imports_of(ALL[module]) <= LEAVES | ENGINE


@pytest.mark.parametrize("module", [name for name in ALL if room(name) in BRIDGE])
def test_a_component_imports_neither_its_siblings_nor_the_loop(module: str) -> None:
    assert imports_of(ALL[module]) <= LEAVES | FOR_COMPONENTS | set(LIBRARIES)


def test_the_catalog_does_not_know_the_loop() -> None:
    loop = {"runner", "orchestration", "pipeline", "component"}
    for module, path in ALL.items():
        if room(module) == "catalog":
            assert not imports_of(path) & loop, module


@pytest.mark.parametrize("module", [name for name in ALL if room(name) in ENGINE])
def test_only_the_runner_sets_the_loop_going(module: str) -> None:
    if room(module) not in {"runner", "orchestration"}:
        assert "orchestration" not in imports_of(ALL[module])


def files_imported_by(path: Path) -> set[str]:
    """Return the modules of minitfx that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("minitfx"):
            base = node.module.removeprefix("minitfx").removeprefix(".")
            names = [f"{base}.{each.name}".removeprefix(".") for each in node.names]
            found |= {name if name in ALL else base for name in names}
    return found & set(ALL)


def test_no_files_of_the_engine_import_each_other_in_a_circle() -> None:
    inside = [name for name in ALL if room(name) in ENGINE and not name.endswith("__init__")]
    graph = {name: files_imported_by(ALL[name]) & set(inside) for name in inside}
    assert TopologicalSorter(graph).prepare() is None
    assert graph["channel"] == {"artifact", "placeholder"}


def test_only_the_command_makes_pages() -> None:
    users = {room(module) for module, path in ALL.items() if "reports" in imports_of(path)}
    assert users == {"reports", "cli"}


def test_components_import_libraries_inside_execute_only() -> None:
    heavy = set(LIBRARIES) - {"proto"}
    for module, path in ALL.items():
        if room(module) != "components":
            continue
        top = ast.Module(
            [each for each in ast.parse(path.read_bytes()).body if not _is_typing_only(each)], []
        )
        loaded = {
            name.split(".")[1]
            for node in top.body
            if isinstance(node, ast.ImportFrom) and node.module
            for name in [node.module]
            if name.startswith("minitfx.")
        }
        light = {"model_analysis", "data_validation", "training", "transform", "models", "dataset"}
        assert not loaded & (heavy - light), module


def _is_typing_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


HEAVY = ["numpy", "pandas", "pyarrow", "sklearn", "optuna", "duckdb", "tensorflow_metadata"]


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import minitfx",
        "from click.testing import CliRunner\n"
        "from minitfx.cli.main import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0",
        *(
            f"import minitfx.{name.removesuffix('.__init__')}"
            for name in ALL
            if name.startswith(("components.", "proto."))
        ),
        *(f"import minitfx.{name}" for name in sorted(LIBRARIES) if name != "kernels"),
    ],
)
def test_what_a_pipeline_is_written_with_loads_nothing_heavy(code: str) -> None:
    assert loaded_by(code) == set()


def test_building_a_pipeline_loads_no_library() -> None:
    names = [
        name
        for name in minitfx.__all__
        if name not in ("LocalDagRunner", "RunOptions", "errors", "types")
    ]
    code = f"import minitfx\nfor name in {names!r}: getattr(minitfx, name)"
    assert loaded_by(code) == set()


def test_every_public_name_is_importable_and_sorted() -> None:
    assert minitfx.__all__ == sorted(minitfx.__all__)
    for name in minitfx.__all__:
        assert getattr(minitfx, name) is not None


def test_no_file_is_longer_than_the_wall() -> None:
    long = {
        str(path.relative_to(HOME)): count
        for path in HOME.rglob("*.py")
        if not path.name.endswith("_pb2.py")
        and (count := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_every_extra_that_an_error_names_can_be_installed():
    setup = ConfigParser()
    setup.read(HOME.parent / "setup.cfg")
    named = {
        call.args[1].value
        for _, path in modules()
        for call in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "MissingExtraError"
        and isinstance(call.args[1], ast.Constant)
    }
    assert "serve" in named
    assert named - {""} <= set(setup["options.extras_require"])
