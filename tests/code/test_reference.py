"""User modules are loaded in place, and anew when they change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from minitfx.code import CodeReference
from minitfx.errors import CodeError, ParameterError


def test_a_function_of_a_file_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "some_model_a.py"
    file.write_text("def run_fn(x):\n    return x + 1\n")
    assert CodeReference.from_file(file, ("run_fn",)).load()(1) == 2


def test_an_edit_of_the_same_length_in_the_same_second_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "some_model_b.py"
    reference = None
    for value in (1, 2, 3):
        file.write_text(f"def run_fn():\n    return {value}\n")
        reference = reference or CodeReference.from_file(file, ("run_fn",))
        assert reference.load()() == value
    assert not (tmp_path / "__pycache__").exists()


def test_an_edited_neighbour_is_seen(tmp_path: Path) -> None:
    (tmp_path / "some_model_c.py").write_text(
        "import some_helper_c\ndef run_fn():\n    return some_helper_c.VALUE\n"
    )
    for value in (1, 2):
        (tmp_path / "some_helper_c.py").write_text(f"VALUE = {value}\n")
        reference = CodeReference.from_file(tmp_path / "some_model_c.py", ("run_fn",))
        assert reference.load()() == value


def test_an_unchanged_module_is_loaded_once(tmp_path: Path) -> None:
    file = tmp_path / "some_model_d.py"
    file.write_text("COUNT = []\ndef run_fn():\n    COUNT.append(1)\n    return len(COUNT)\n")
    reference = CodeReference.from_file(file, ("run_fn",))
    assert [reference.load()(), reference.load()()] == [1, 2]


def test_two_files_of_one_name_do_not_mix(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "features_e.py").write_text(f"NAME = {folder!r}\n")
        (tmp_path / folder / "some_model_e.py").write_text(
            "from features_e import NAME\ndef run_fn():\n    return NAME\n"
        )
    loaded = {
        folder: CodeReference.from_file(tmp_path / folder / "some_model_e.py", ("run_fn",)).load()
        for folder in ("a", "b")
    }
    assert {folder: function() for folder, function in loaded.items()} == {"a": "a", "b": "b"}


def test_a_module_in_a_package_keeps_its_dotted_name(tmp_path: Path) -> None:
    package = tmp_path / "shop_f"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text("PART = 7\n")
    (package / "model.py").write_text(
        "from .parts import PART\nfrom shop_f import parts\ndef run_fn():\n    return PART\n"
    )
    reference = CodeReference.from_file(package / "model.py", ("run_fn",))
    assert reference.module == "shop_f.model"
    assert reference.load()() == 7


def test_a_dotted_path_is_loaded() -> None:
    assert CodeReference.of("os.path.join").load()("a", "b") == str(Path("a") / "b")


def test_another_function_of_the_module_may_be_absent(tmp_path: Path) -> None:
    file = tmp_path / "some_model_g.py"
    file.write_text("def run_fn():\n    return 1\ndef extra():\n    return 2\n")
    reference = CodeReference.from_file(file, ("run_fn", "extra", "absent"))
    assert reference.load("extra")() == 2
    assert reference.load("absent") is None


def test_a_missing_function_is_named_with_its_neighbours(tmp_path: Path) -> None:
    file = tmp_path / "some_model_h.py"
    file.write_text("def run_fm():\n    return 1\n")
    with pytest.raises(CodeError, match=r"some_model_h\.py defines no 'run_fn'.*'run_fm'"):
        CodeReference.from_file(file, ("run_fn",)).load()


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "some_model_i.py"
    file.write_text("x = 1\n\ndef run_fn(:\n    pass\n")
    with pytest.raises(CodeError, match=r"some_model_i\.py, line 3"):
        CodeReference.from_file(file, ("run_fn",)).load()


def test_a_module_that_raises_names_the_line_that_did(tmp_path: Path) -> None:
    (tmp_path / "bad_part_j.py").write_text("\n\nraise RuntimeError('no luck')\n")
    file = tmp_path / "some_model_j.py"
    file.write_text("import bad_part_j\ndef run_fn():\n    pass\n")
    with pytest.raises(CodeError, match=r"RuntimeError: no luck \(.*bad_part_j\.py, line 3\)"):
        CodeReference.from_file(file, ("run_fn",)).load()


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CodeError, match="does not exist"):
        CodeReference.from_file(tmp_path / "nowhere.py", ("run_fn",))


@pytest.mark.parametrize("target", ["justaname", 3])
def test_what_names_no_function_is_an_error(target: object) -> None:
    with pytest.raises(ParameterError, match="function"):
        CodeReference.of(target)  # type: ignore[arg-type]


def test_a_lambda_belongs_to_this_process() -> None:
    reference = CodeReference.of(lambda x: x * 2)
    assert not reference.importable
    assert reference.load()(4) == 8


def test_a_function_of_a_script_is_known_by_its_file(tmp_path: Path) -> None:
    script = tmp_path / "script_k.py"
    script.write_text(
        "from minitfx.code import CodeReference\n"
        "def f():\n    return 1\n"
        "reference = CodeReference.of(f)\n"
        "print(reference.module, reference.importable)\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["script_k", "False"]


def test_a_function_that_was_imported_before_it_is_loaded_stays_importable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "imported_first.py").write_text(
        "LIMIT = 3\ndef f(x):\n    return x + LIMIT\nclass C:\n    def g(self):\n        return 1\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import imported_first  # type: ignore[import-not-found]

    for _ in range(2):
        for target in (imported_first.f, imported_first.C):
            reference = CodeReference.of(target)
            assert reference.importable
            reference.load()
    (tmp_path / "imported_first.py").write_text("def f(x):\n    return x * 2\nclass C: ...\n")
    CodeReference.from_file(tmp_path / "imported_first.py", ("f",)).load()
    assert not CodeReference.of(imported_first.f).importable
    assert CodeReference.of(imported_first.f).load()(1) == 4
