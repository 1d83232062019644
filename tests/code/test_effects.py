"""What a module does while it is imported counts; what it only binds counts where it is read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from modules import units

ENTRY = "def entry():\n    return KNOWN\n"

# each puts what one() returns where entry() finds it, without entry() reading its name
REGISTERING = {
    "a call of a function that fills a table": (
        "KNOWN = {}\ndef add(name, f):\n    KNOWN[name] = f\n    return f\n"
        "one = add('a', lambda: 1)\n"
    ),
    "a method of an object of the project": (
        "class Registry:\n    def __init__(self):\n        self.items = {}\n"
        "    def put(self, name, f):\n        self.items[name] = f\n        return f\n"
        "KNOWN = Registry()\none = KNOWN.put('a', lambda: 1)\n"
    ),
    "a method that changes a table": "KNOWN = {}\none = KNOWN.setdefault('a', 1)\n",
    "a constructor": (
        "KNOWN = []\nclass Plugin:\n    def __init__(self, f):\n        self.f = f\n"
        "        KNOWN.append(self)\none = Plugin(lambda: 1)\n"
    ),
    "a constructor of a base": (
        "KNOWN = []\nclass Base:\n    def __init__(self, f):\n        KNOWN.append(f)\n"
        "class Plugin(Base):\n    pass\none = Plugin(lambda: 1)\n"
    ),
    "a base that hears of its subclasses": (
        "KNOWN = []\nclass Base:\n    def __init_subclass__(cls):\n        KNOWN.append(cls)\n"
        "class Middle(Base):\n    pass\nclass One(Middle):\n    value = 1\n"
    ),
    "a metaclass": (
        "KNOWN = []\nclass Meta(type):\n    def __init__(cls, *rest):\n        KNOWN.append(cls)\n"
        "class One(metaclass=Meta):\n    value = 1\n"
    ),
    "a loop inside an expression": (
        "KNOWN = []\ndef add(f):\n    KNOWN.append(f)\none = [add(each) for each in (1,)]\n"
    ),
    "a call in a class body": (
        "KNOWN = []\ndef add(f):\n    KNOWN.append(f)\n    return f\n"
        "class One:\n    value = add(1)\n"
    ),
    "a call in a default": (
        "KNOWN = []\ndef add(f):\n    KNOWN.append(f)\n    return f\n"
        "def one(value=add(1)):\n    pass\n"
    ),
    "a function that binds a global": (
        "def start():\n    global KNOWN\n    KNOWN = 1\none = start()\n"
    ),
    "a branch for when it is imported": "if __name__ != '__main__':\n    KNOWN = 1\n",
    "a branch for when it runs": (
        "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    KNOWN = 1\n"
    ),
}

# each only binds names that entry() does not read
QUIET = {
    "a call of Python's own": "one = dict(a=1)\nKNOWN = 0\n",
    "a method of a text": "NAMES = 'a b'\none = NAMES.split() + ' '.join('1')\nKNOWN = 0\n",
    "a comprehension": "one = [each.strip() for each in ('1', 'b')]\nKNOWN = 0\n",
    "a call of a library": "import json\none = json.loads('1')\nKNOWN = 0\n",
    "what a library made": (
        "import pathlib\nHERE = pathlib.Path('1')\none = HERE.joinpath('1').as_posix()\nKNOWN = 0\n"
    ),
    "a function that only computes": "def twice(x):\n    return 2 * x\none = twice(1)\nKNOWN = 0\n",
    "an instance that fills itself": (
        "class Point:\n    def __init__(self, x):\n        super().__init__()\n        self.x = x\n"
        "        self.all = []\n        self.all.append(x)\n"
        "one = Point(1)\nKNOWN = 0\n"
    ),
    "a dataclass": (
        "import dataclasses\n@dataclasses.dataclass\nclass Point:\n"
        "    x: int = dataclasses.field(default=1)\none = Point(1)\nKNOWN = 0\n"
    ),
    "a class of a library's base": (
        "import enum\nclass Colour(enum.Enum):\n    RED = 1\nKNOWN = 0\n"
    ),
    "a node of a pipeline": (
        "from minitfx.function_component import component\n"
        "from minitfx.annotations import Parameter\n"
        "@component\ndef work(path: Parameter[str]) -> None:\n    print(path)\n"
        "one = work(path='1')\nKNOWN = 0\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REGISTERING)
def test_what_is_registered_counts(case: str, tmp_path: Path) -> None:
    text = REGISTERING[case] + ENTRY
    head, _, tail = text.rpartition("1")
    assert units(tmp_path, main=text) != units(tmp_path, main=f"{head}2{tail}")


@pytest.mark.parametrize("case", REGISTERING)
def test_it_counts_from_another_module_too(case: str, tmp_path: Path) -> None:
    text = REGISTERING[case]
    head, _, tail = text.rpartition("1")
    files = {"main": "import plugins\ndef entry():\n    return plugins.KNOWN\n"}
    one = units(tmp_path, **files, plugins=text)
    assert one != units(tmp_path, **files, plugins=f"{head}2{tail}")


@pytest.mark.parametrize("case", QUIET)
def test_what_is_only_bound_does_not_count(case: str, tmp_path: Path) -> None:
    text = QUIET[case] + ENTRY
    head, _, tail = text.rpartition("1")
    assert units(tmp_path, main=text) == units(tmp_path, main=f"{head}2{tail}")


def test_a_search_through_all_subclasses_makes_every_module_count(tmp_path: Path) -> None:
    files = {
        "main": "import base, plugins\ndef entry():\n    return base.Base.__subclasses__()\n",
        "base": "class Base:\n    pass\n",
        "plugins": "import base\nclass One(base.Base):\n    value = {}\n",
    }
    one = units(tmp_path, **{**files, "plugins": files["plugins"].format(1)})
    assert one != units(tmp_path, **{**files, "plugins": files["plugins"].format(2)})


def test_a_package_counts_by_what_it_does_and_not_by_what_it_passes_on(tmp_path: Path) -> None:
    files = {
        "main": "from pack.one import f\ndef entry():\n    return f()\n",
        "pack/__init__": "import os\nfrom .two import g\nos.environ['A'] = '1'\n",
        "pack/one": "def f():\n    return 1\n",
        "pack/two": "def g():\n    return 1\n",
    }
    before = units(tmp_path, **files)
    changed = files["pack/__init__"].replace("'1'", "'2'")
    assert before != units(tmp_path, **{**files, "pack/__init__": changed})
    other = files["pack/two"].replace("1", "2")
    assert before == units(tmp_path, **{**files, "pack/two": other})


def test_the_package_of_the_entry_counts(tmp_path: Path) -> None:
    from minitfx.code import reach

    def found(level: int) -> dict[str, str]:
        folder = tmp_path / "pack"
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").write_text(f"import numpy\nnumpy.seterr({level})\n")
        (folder / "entry.py").write_text("def run_fn():\n    return 1\n")
        return reach(folder / "entry.py", ("run_fn",)).units

    assert found(1) != found(2)


def test_what_a_comprehension_goes_through_is_read_outside_of_it(tmp_path: Path) -> None:
    text = "x = [1]\ndef entry():\n    return [x for x in x]\n"
    assert set(units(tmp_path, main=text)) == {"main:entry", "main:x"}


def test_a_computed_import_may_be_of_any_package_beside_it(tmp_path: Path) -> None:
    files = {
        "main": "import importlib\ndef entry(n):\n    return importlib.import_module(n)\n",
        "pack/__init__": "",
        "pack/inner/__init__": "",
        "pack/inner/deep": "VALUE = 1\n",
    }
    changed = {**files, "pack/inner/deep": "VALUE = 2\n"}
    assert units(tmp_path, **files) != units(tmp_path, **changed)


@pytest.mark.parametrize("place", ["lib/extra", "lib/extra/__init__", "../common/extra"])
def test_a_folder_that_the_module_adds_to_the_path_is_found(place: str, tmp_path: Path) -> None:
    """The path is changed only while the module runs, and nothing is run for a fingerprint."""
    folder = tmp_path / "project"
    main = (
        "import sys, os\nhere = os.path.dirname(__file__)\n"
        f"sys.path.insert(0, os.path.join(here, {place.split('extra')[0]!r}))\n"
        "import extra\ndef entry():\n    return extra.VALUE\n"
    )
    one = units(folder, main=main, **{place: "VALUE = 1\n"})
    assert "extra:VALUE" in one
    assert one != units(folder, main=main, **{place: "VALUE = 2\n"})


def test_a_project_that_is_installed_in_development_mode_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Build tools may install a finder instead of a folder on the path."""
    from importlib.util import spec_from_file_location

    module = tmp_path / "elsewhere" / "develop_mode.py"
    module.parent.mkdir()

    class Finder:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> object:
            return spec_from_file_location(name, module) if name == "develop_mode" else None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    main = "import develop_mode\ndef entry():\n    return develop_mode.VALUE\n"
    module.write_text("VALUE = 1\n")
    one = units(tmp_path / "a", main=main)
    module.write_text("VALUE = 2\n")
    assert one != units(tmp_path / "a", main=main)
