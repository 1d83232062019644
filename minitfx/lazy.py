"""Names of a package that load their module at first use.

``import minitfx`` and a fully cached run must not load pandas, numpy, pyarrow or scikit-learn,
though the packages that they name need them; so a package's ``__init__`` lists where each public
name lives and leaves the import to `exports`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from minitfx.errors import did_you_mean


def exports(
    package: str, names: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    names : mapping of str to str
        Public name to the module that defines it, relative to the package, or in full if it
        begins with ``minitfx.``. A name that is itself a submodule maps to ``""``; one that is
        another module, to that module's full name and a colon.

    Examples
    --------
    In an ``__init__``::

        __getattr__, __dir__, __all__ = exports(__name__, {"fold": "fold", "engine": ""})
    """

    def load(name: str) -> Any:
        if name not in names:
            hint = did_you_mean(name, names)
            raise AttributeError(f"module {package!r} has no attribute {name!r}. {hint}")
        home = names[name]
        full = home if home.startswith("minitfx.") else f"{package}.{home or name}"
        module = import_module(full.removesuffix(":"))
        value = module if not home or home.endswith(":") else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    def listing() -> list[str]:
        return sorted({*vars(sys.modules[package]), *names})

    return load, listing, sorted(names)
