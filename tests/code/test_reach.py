"""What a function reaches, and what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from modules import units, write

from minitfx.code import reach
from minitfx.errors import CodeError

BASE = {
    "main": (
        "from helpers import clip\n"
        "LIMIT = 3\n"
        "UNUSED = 4\n"
        "def entry(x):\n"
        "    '''Documented.'''\n"
        "    return clip(x, LIMIT)  # a comment\n"
        "def other(x):\n"
        "    return x + UNUSED\n"
    ),
    "helpers": (
        "SCALE = 2\ndef clip(x, limit):\n    return min(x * SCALE, limit)\ndef idle():\n    pass\n"
    ),
}

MUST_MISS = {
    "its own body": ("main", "return clip(x, LIMIT)", "return clip(x + 1, LIMIT)"),
    "a constant that it reads": ("main", "LIMIT = 3", "LIMIT = 5"),
    "a helper of another module": ("helpers", "min(x", "max(x"),
    "a constant that the helper reads": ("helpers", "SCALE = 2", "SCALE = 3"),
    "what a name is imported from": ("main", "import clip", "import idle as clip"),
    "a default": ("main", "def entry(x)", "def entry(x=1)"),
    "a decorator": ("main", "def entry", "@staticmethod\ndef entry"),
}

MUST_HIT = {
    "a comment": ("main", "# a comment", "# another comment"),
    "a docstring": ("main", "Documented.", "Documented better."),
    "blank lines": ("main", "LIMIT = 3\n", "\n\nLIMIT = 3\n\n\n"),
    "another function of the file": ("main", "return x + UNUSED", "return x - UNUSED"),
    "a constant that it does not read": ("main", "UNUSED = 4", "UNUSED = 5"),
    "an idle helper": ("helpers", "    pass", "    return 1"),
    "layout": ("main", "return clip(x, LIMIT)", "return clip(\n        x,\n        LIMIT,\n    )"),
    "a new function": ("main", "def other", "def third():\n    return 0\ndef other"),
    "quotes": ("main", "'''Documented.'''", '"""Documented."""'),
}


@pytest.mark.parametrize("case", MUST_MISS)
def test_a_change_that_counts(case: str, tmp_path: Path) -> None:
    file, old, new = MUST_MISS[case]
    before = units(tmp_path, **BASE)
    assert old in BASE[file]
    after = units(tmp_path, **{**BASE, file: BASE[file].replace(old, new)})
    assert before != after


@pytest.mark.parametrize("case", MUST_HIT)
def test_a_change_that_does_not_count(case: str, tmp_path: Path) -> None:
    file, old, new = MUST_HIT[case]
    before = units(tmp_path, **BASE)
    assert old in BASE[file]
    after = units(tmp_path, **{**BASE, file: BASE[file].replace(old, new)})
    assert before == after


def test_another_folder_does_not_count(tmp_path: Path) -> None:
    assert units(tmp_path / "a", **BASE) == units(tmp_path / "b" / "c", **BASE)


def test_twins_of_another_name_differ(tmp_path: Path) -> None:
    text = "def entry(x):\n    return x\ndef twin(x):\n    return x\n"
    assert units(tmp_path, main=text) != units(tmp_path, "twin", main=text)


def test_a_local_name_is_not_a_global(tmp_path: Path) -> None:
    text = (
        "def model():\n    return 1\ndef entry():\n    model = 2\n    return [x for x in [model]]\n"
    )
    assert set(units(tmp_path, main=text)) == {"main:entry"}


def test_a_name_inside_a_comprehension_does_not_hide_a_global(tmp_path: Path) -> None:
    text = "x = 1\ndef entry():\n    return [x for x in ()] + [x]\n"
    assert set(units(tmp_path, main=text)) == {"main:entry", "main:x"}


def test_top_level_side_effects_always_count(tmp_path: Path) -> None:
    text = (
        "import random\nrandom.seed({})\nREGISTRY = {{}}\nREGISTRY['a'] = {}\n"
        "def entry():\n    return 1\n"
    )
    one = units(tmp_path, main=text.format(1, 1))
    assert one != units(tmp_path, main=text.format(2, 1))
    assert one != units(tmp_path, main=text.format(1, 2))


def test_a_decorator_that_may_register_counts(tmp_path: Path) -> None:
    text = (
        "REGISTRY = []\n"
        "def register(f):\n    REGISTRY.append(f)\n    return f\n"
        "@register\ndef plugin():\n    return {}\n"
        "def entry():\n    return [f() for f in REGISTRY]\n"
    )
    assert units(tmp_path, main=text.format(1)) != units(tmp_path, main=text.format(2))


@pytest.mark.parametrize(
    "decorator",
    [
        "@wraps_only\n",
        "@made\n",
        "@library.wrap(limits=1)\n",
        "@timed('x')\n",
        "@helpers_timed\n",
        "@functools.lru_cache(maxsize=3)\n",
    ],
)
def test_a_decorator_that_only_wraps_does_not_make_its_function_count(
    decorator: str, tmp_path: Path
) -> None:
    main = (
        "import functools\nimport numpy as library\nfrom helpers import helpers_timed\n"
        "made = library.wrap(limits=1)\n"
        "def wraps_only(f):\n    'Wrap.'\n    @functools.wraps(f)\n"
        "    def inner(*args):\n        print('called')\n        return f(*args)\n"
        "    return inner\n"
        "def timed(name):\n    def outer(f):\n        def inner():\n            print(name)\n"
        "            return f()\n        return inner\n    return outer\n"
        f"{decorator}def other():\n    return {{}}\n"
        "def entry():\n    return 1\n"
    )
    helpers = (
        "def helpers_timed(f):\n    def inner():\n        print(1)\n        return f()\n"
        "    return inner\n"
    )
    one = units(tmp_path, main=main.format(1), helpers=helpers)
    assert one == units(tmp_path, main=main.format(2), helpers=helpers)


@pytest.mark.parametrize(
    "registering",
    [
        "def deco(f):\n    KNOWN[f.__name__] = f\n    return f\n",
        "def deco(f):\n    KNOWN.update(f=f)\n    return f\n",
        "def deco(f):\n    global KNOWN\n    KNOWN = f\n    return f\n",
        "class Registry:\n    def __call__(self, f):\n        return f\ndeco = Registry()\n",
    ],
)
def test_a_decorator_that_registers_makes_its_function_count(
    registering: str, tmp_path: Path
) -> None:
    main = (
        f"KNOWN = dict()\n{registering}@deco\ndef other():\n    return {{}}\n"
        "def entry():\n    return KNOWN\n"
    )
    assert units(tmp_path, main=main.format(1)) != units(tmp_path, main=main.format(2))


def test_a_module_that_is_imported_whole_counts_by_the_names_used(tmp_path: Path) -> None:
    files = {"main": "import helpers\ndef entry(x):\n    return helpers.clip(x, 1)\n"}
    before = units(tmp_path, **files, helpers=BASE["helpers"])
    idle = BASE["helpers"].replace("    pass", "    return 1")
    assert before == units(tmp_path, **files, helpers=idle)
    assert before != units(tmp_path, **files, helpers=BASE["helpers"].replace("min", "max"))


@pytest.mark.parametrize(
    "use", ["getattr(helpers, 'cl' + 'ip')(x, 1)", "vars(helpers)['clip'](x, 1)", "run(helpers)"]
)
def test_dynamic_access_makes_the_whole_module_count(use: str, tmp_path: Path) -> None:
    main = f"import helpers\ndef run(m):\n    return m\ndef entry(x):\n    return {use}\n"
    before = units(tmp_path, main=main, helpers=BASE["helpers"])
    idle = BASE["helpers"].replace("    pass", "    return 1")
    assert before != units(tmp_path, main=main, helpers=idle)


def test_a_star_import_makes_the_whole_module_count(tmp_path: Path) -> None:
    main = "from helpers import *\ndef entry(x):\n    return clip(x, 1)\n"
    before = units(tmp_path, main=main, helpers=BASE["helpers"])
    idle = BASE["helpers"].replace("    pass", "    return 1")
    assert before != units(tmp_path, main=main, helpers=idle)


def test_a_computed_import_makes_every_neighbour_count(tmp_path: Path) -> None:
    main = "import importlib\ndef entry(n):\n    return importlib.import_module(n).clip(1, 1)\n"
    before = units(tmp_path, main=main, helpers=BASE["helpers"])
    assert before != units(tmp_path, main=main, helpers=BASE["helpers"].replace("min", "max"))


def test_eval_makes_the_whole_file_count(tmp_path: Path) -> None:
    main = "SECRET = {}\ndef entry():\n    return eval('SEC' + 'RET')\n"
    assert units(tmp_path, main=main.format(1)) != units(tmp_path, main=main.format(2))


def test_packages_relative_imports_and_re_exports_are_followed(tmp_path: Path) -> None:
    files = {
        "main": "from pack import double\nfrom pack.deep import thing as t\n"
        "def entry(x):\n    return double(x) + t(x)\n",
        "pack/__init__": "from .inner import double\n",
        "pack/inner": "from . import numbers_\ndef double(x):\n    return x * numbers_.TWO\n",
        "pack/numbers_": "TWO = 2\nTHREE = 3\n",
        "pack/deep": "def thing(x):\n    return x\n",
    }
    two = units(tmp_path, **files)
    assert {"pack.inner:double", "pack.numbers_:TWO", "pack.deep:thing"} <= set(two)
    assert "pack.numbers_:THREE" not in two
    assert two != units(tmp_path, **{**files, "pack/numbers_": "TWO = 4\nTHREE = 3\n"})


def test_an_import_inside_the_function_is_followed(tmp_path: Path) -> None:
    main = "def entry(x):\n    from helpers import clip\n    return clip(x, 1)\n"
    before = units(tmp_path, main=main, helpers=BASE["helpers"])
    assert before != units(tmp_path, main=main, helpers=BASE["helpers"].replace("min", "max"))


def test_a_class_counts_with_its_bases(tmp_path: Path) -> None:
    main = (
        "class Base:\n    k = {}\nclass Model(Base):\n    pass\n"
        "def entry():\n    return Model().k\n"
    )
    assert units(tmp_path, main=main.format(1)) != units(tmp_path, main=main.format(2))


def test_the_main_block_does_not_count(tmp_path: Path) -> None:
    main = "def entry():\n    return 1\nif __name__ == '__main__':\n    print({})\n"
    assert units(tmp_path, main=main.format(1)) == units(tmp_path, main=main.format(2))


def test_libraries_count_by_version_where_they_are_used(tmp_path: Path) -> None:
    from importlib.metadata import version

    main = (
        "import json\nimport numpy as np\nfrom sklearn.linear_model import Ridge\n"
        "def entry(x):\n    return np.log(x), json.dumps(1)\n"
        "def other():\n    return Ridge()\n"
    )
    file = write(tmp_path, main=main)
    assert reach(file, ("entry",)).libraries == {"numpy": version("numpy")}
    assert reach(file, ("other",)).libraries == {"scikit-learn": version("scikit-learn")}


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    file = write(tmp_path, main="x = 1\ndef entry(:\n")
    with pytest.raises(CodeError, match=r"main\.py, line 2: "):
        reach(file, ("entry",))


def test_a_cycle_of_imports_ends(tmp_path: Path) -> None:
    files = {
        "main": "import helpers\ndef entry():\n    return helpers.back()\nLIMIT = 1\n",
        "helpers": "import main\ndef back():\n    return main.LIMIT\n",
    }
    assert {"main:entry", "main:LIMIT", "helpers:back"} <= set(units(tmp_path, **files))
