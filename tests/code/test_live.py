"""Code of a notebook or a script counts by what it says, and by the value of what it reads."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minitfx.code.content import digest_of_loaded
from minitfx.code.live import LiveCode, live_code
from minitfx.errors import ParameterError

# source that defines f(); what the last 1 in it is replaced by 2 must be seen
SEEN = {
    "its body": "def f():\n    return 1\n",
    "a lambda": "f = lambda: 1\n",
    "a default": "def f(x=1):\n    return x\n",
    "a default of a keyword": "def f(*, x=1):\n    return x\n",
    "a global": "def f():\n    return K\nK = 1\n",
    "a global that a function inside reads": (
        "def f():\n    def g():\n        return K\n    return g()\nK = 1\n"
    ),
    "a helper that a generator calls": (
        "def f():\n    return sum(h() for _ in 'a')\ndef h():\n    return 1\n"
    ),
    "a text in a generator": "def f():\n    return ''.join('1' for _ in 'ab')\n",
    "what a closure holds": (
        "def make(k):\n    def g():\n        return k\n    return g\nf = make(1)\n"
    ),
    "what a closure of a closure holds": (
        "def make(k):\n    def h():\n        return k\n    return lambda: h()\nf = make(1)\n"
    ),
    "what wraps it": (
        "import functools\ndef deco(g):\n    @functools.wraps(g)\n    def w():\n"
        "        return g() + 1\n    return w\n@deco\ndef f():\n    return 0\n"
    ),
    "what is wrapped": (
        "import functools\ndef deco(g):\n    @functools.wraps(g)\n    def w():\n"
        "        return g()\n    return w\n@deco\ndef f():\n    return 1\n"
    ),
    "what a library wraps": (
        "import functools\ndef f():\n    return h()\n@functools.lru_cache\ndef h():\n    return 1\n"
    ),
    "what a library's decorator wraps": (
        "import contextlib\ndef f():\n    return h()\n@contextlib.contextmanager\ndef h():\n"
        "    yield 1\n"
    ),
    "an overload": (
        "import functools\ndef f():\n    return h(0)\n@functools.singledispatch\ndef h(x):\n"
        "    return 0\n@h.register(int)\ndef _(x):\n    return 1\n"
    ),
    "a class attribute": "def f():\n    return A.k\nclass A:\n    k = 1\n",
    "a method": "def f():\n    return A().m()\nclass A:\n    def m(self):\n        return 1\n",
    "a static method": (
        "def f():\n    return A.m()\nclass A:\n    @staticmethod\n    def m():\n        return 1\n"
    ),
    "a property": (
        "def f():\n    return A().m\nclass A:\n    @property\n    def m(self):\n        return 1\n"
    ),
    "a property that is kept": (
        "import functools\ndef f():\n    return A().m\nclass A:\n    @functools.cached_property\n"
        "    def m(self):\n        return 1\n"
    ),
    "a base": (
        "class B:\n    k = 1 - 1\n    def m(self):\n        return 1\n"
        "class A(B):\n    pass\ndef f():\n    return A().m()\n"
    ).replace("1 - 1", "0"),
    "a default of a dataclass": (
        "import dataclasses\ndef f():\n    return A().x\n"
        "@dataclasses.dataclass(slots=True)\nclass A:\n    x: int = 1\n"
    ),
    "a factory of a dataclass": (
        "import dataclasses\ndef f():\n    return A().x\n"
        "@dataclasses.dataclass\nclass A:\n    x: list = dataclasses.field(\n"
        "        default_factory=lambda: [1])\n"
    ),
    "a member of an enum": (
        "import enum\ndef f():\n    return A.X.value\nclass A(enum.Enum):\n    X = 1\n"
    ),
    "a default of a named tuple": (
        "import typing\ndef f():\n    return A().x\nclass A(typing.NamedTuple):\n    x: int = 1\n"
    ),
    "a method of an abstract class": (
        "import abc\ndef f():\n    return A().m()\nclass A(abc.ABC):\n    def m(self):\n"
        "        return 1\n"
    ),
    "an instance's class": (
        "class A:\n    def m(self):\n        return 1\na = A()\ndef f():\n    return a.m()\n"
    ),
    "an instance's state": (
        "class A:\n    def __init__(self, k):\n        self.k = k\n"
        "def f():\n    return a.k\na = A(1)\n"
    ),
    "functions in a list": "def h():\n    return 1\nL = [h]\ndef f():\n    return L[0]()\n",
    "two lambdas": "L = [lambda: 1, lambda: 3]\ndef f():\n    return [each() for each in L]\n",
    "functions in a table": "D = {'a': lambda: 1}\ndef f():\n    return D['a']()\n",
    "a partial": (
        "import functools\ndef h(x):\n    return x\np = functools.partial(h, 1)\n"
        "def f():\n    return p()\n"
    ),
    "what a partial calls": (
        "import functools\ndef h(x):\n    return 1\np = functools.partial(h, 0)\n"
        "def f():\n    return p()\n"
    ),
    "a bound method": (
        "class A:\n    def m(self):\n        return 1\nm = A().m\ndef f():\n    return m()\n"
    ),
    "a set": "S = {'a', 'b', '1'}\ndef f():\n    return S\n",
    "a pattern": "import re\nP = re.compile('a1')\ndef f():\n    return P.match('a')\n",
    "a frame": "import pandas as pd\nD = pd.DataFrame({'a': [0, 1]})\ndef f():\n    return D\n",
    "a frame of texts": "import pandas as pd\nD = pd.Series(['a', '1'])\ndef f():\n    return D\n",
    "an array": "import numpy as np\nD = np.array([0, 1])\ndef f():\n    return D\n",
    "a view": (
        "import numpy as np\nD = np.array([[0, 3], [5, 4], [7, 1]]).T[:, ::2]\ndef f():\n"
        "    return D\n"
    ),
    "an Arrow table": "import pyarrow as pa\nD = pa.table({'a': [0, 1]})\ndef f():\n    return D\n",
    "a fitted estimator": (
        "from sklearn.linear_model import LinearRegression\n"
        "D = LinearRegression().fit([[0.0], [3.0]], [0.0, 1])\ndef f():\n    return D\n"
    ),
    "a table that holds itself": "L = []\nL.append(L)\nL.append(1)\ndef f():\n    return L\n",
    "a function that calls itself": (
        "def f(n=0):\n    return f(n - 3) if n > 0 else 1\n"
    ),
    "a loop of functions": (
        "def f():\n    return g\ndef g():\n    return f, 1\n"
    ),
    "an attribute of a function": "def f():\n    return f.k\nf.k = 1\n",
    "a frozen set in its body": "def f(x):\n    return x in {'a', 'b', '1'}\n",
}  # fmt: skip

UNSEEN = {
    "a docstring": "def f():\n    'Documented 1.'\n    return 3\n",
    "a comment": "def f():\n    return 3  # 1\n",
    "a global that it does not read": "def f():\n    return 3\nK = 1\n",
    "a key that is like a global": "def f(x):\n    return x.K\nK = 1\n",
    "a function that nobody calls": "def f():\n    return 3\ndef g():\n    return 1\n",
}


def cell(source: str, name: str = "f") -> Any:
    """Return what a notebook's cell defines."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "<cell>", "exec"), scope)
    return scope[name]


def units(source: str) -> dict[str, str]:
    return live_code(cell(source), "component").units


def edited(source: str) -> str:
    head, _, tail = source.rpartition("1")
    return f"{head}2{tail}"


@pytest.mark.parametrize("case", SEEN)
def test_a_change_that_counts(case: str) -> None:
    before = units(SEEN[case])
    assert before == units(SEEN[case])
    assert before != units(edited(SEEN[case]))


@pytest.mark.parametrize("case", UNSEEN)
def test_a_change_that_does_not_count(case: str) -> None:
    assert units(UNSEEN[case]) == units(edited(UNSEEN[case]))


def test_two_functions_that_change_places_count() -> None:
    text = (
        "def a():\n    return 'a'\ndef b():\n    return 'b'\n{} = a\n{} = b\n"
        "def f():\n    return one(), two()\n"
    )
    assert units(text.format("one", "two")) != units(text.format("two", "one"))


def test_every_process_finds_the_same(tmp_path: Path) -> None:
    """Whatever the order of its sets."""
    script = (
        "import sys\nsys.path.insert(0, sys.argv[1])\nfrom test_live import SEEN, units\n"
        "print([units(each) for name, each in SEEN.items()])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    "use",
    [
        "from own_module import g\ndef f():\n    return g()\n",
        "import own_module\ndef f():\n    return own_module.g()\n",
        "def f():\n    import own_module\n    return own_module.g()\n",
        "def f():\n    from own_module import g\n    return g()\n",
        "from own_module import g\nL = [g]\ndef f():\n    return L[0]()\n",
        "from own_module import C\nc = C()\ndef f():\n    return c.m()\n",
    ],
)
def test_code_with_a_file_is_referred_to(
    use: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_module.py").write_text(
        "def g():\n    return 1\nclass C:\n    def m(self):\n        return 1\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        found = live_code(cell(use), "component")
        sources = {each.source for each in found.references if each.module == "own_module"}
        assert sources == {tmp_path / "own_module.py"}
    finally:
        sys.modules.pop("own_module", None)


def test_a_value_that_nobody_can_compare_counts_by_its_source_where_there_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_locks.py").write_text(
        "import threading\nlock = threading.Lock()\n"
        "def make():\n    def f():\n        return lock\n    return f\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import own_locks  # type: ignore[import-not-found]

    found = live_code(own_locks.make(), "component")
    assert [(each.module, each.names) for each in found.references] == [("own_locks", ("lock",))]
    assert found.files == {"own_locks": tmp_path / "own_locks.py"}
    del sys.modules["own_locks"]


def test_a_library_is_referred_to_by_its_name() -> None:
    found: LiveCode = live_code(
        cell("import numpy as np\nimport json\ndef f():\n    return np.log(json.loads('1'))\n"), "x"
    )
    assert {each.module for each in found.references} == {"numpy", "json"}


@pytest.mark.parametrize("what", ["threading.Lock()", "open(os.devnull)", "(x for x in 'a')"])
def test_what_nobody_can_compare_is_an_error_that_says_what_to_do(what: str) -> None:
    text = f"import os, threading\nK = {what}\ndef f():\n    return K\n"
    with pytest.raises(ParameterError, match=r"component \(f global K\) holds a .*; make it insi"):
        units(text)


def test_loaded_code_goes_by_its_source_and_by_what_its_module_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "held_apart.py").write_text("FACTOR = 2\nclass Scale:\n    by = 1\n")
    source = "import held_apart\nfrom held_apart import Scale\n\n\ndef scaled(values):\n"
    source += "    return values * held_apart.FACTOR * Scale.by\n"
    (tmp_path / "held_together.py").write_text(source)
    import held_apart  # type: ignore[import-not-found]  # written above
    import held_together  # type: ignore[import-not-found]  # written above

    found = [digest_of_loaded(held_together.scaled, "it")]
    assert digest_of_loaded(held_together.scaled, "it") == found[0]
    monkeypatch.setattr(held_apart, "FACTOR", 3)
    found.append(digest_of_loaded(held_together.scaled, "it"))
    monkeypatch.setattr(held_apart.Scale, "by", 5)
    found.append(digest_of_loaded(held_together.scaled, "it"))
    (tmp_path / "held_apart.py").write_text("FACTOR = 2\nclass Scale:\n    by = 7\n")
    found.append(digest_of_loaded(held_together.scaled, "it"))
    assert len(set(found)) == 4


def test_loaded_code_of_equal_closures_is_equal() -> None:
    def scaled(factor: float) -> Any:
        return lambda values: values * factor

    two = digest_of_loaded(scaled(2), "it")
    assert digest_of_loaded(scaled(2), "it") == two
    assert digest_of_loaded(scaled(3), "it") != two


def test_two_functions_of_one_library_are_not_the_same() -> None:
    assert digest_of_loaded(math.sin, "it") != digest_of_loaded(math.cos, "it")
