"""Which statements do more than bind their names when their module is imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from minitfx.code.calls import Called
from minitfx.code.imports import Locator
from minitfx.code.module import ModuleSource, Statement

Open = Callable[[str, Path], ModuleSource]

_DEEP = 8


class Effects:
    """Judges what project modules call while they are imported.

    A library is taken at its word, code of the project is looked at; where that does not tell,
    something may happen.

    Parameters
    ----------
    locator : Locator
        Tells project modules from libraries.
    open : callable
        Takes a module apart.
    """

    def __init__(self, locator: Locator, open: Open) -> None:
        self._locator = locator
        self._open = open

    def has_any(self, module: ModuleSource, statement: Statement) -> bool:
        """Whether what a statement calls may register what it binds, or change anything else."""
        return any(self._acts(module, each) for each in statement.called) or any(
            self._is_heard_of(module, name) for name in statement.binds & module.classes.keys()
        )

    def _acts(self, module: ModuleSource, called: Called, depth: int = 0) -> bool:
        root, path = called.root, called.path
        if depth > _DEEP:
            return True
        if root in module.imports:
            found = self._place(module, called)
            if found is None:
                return False
            inside, rest = found
            return not rest.root or self._acts(inside, rest, depth + 1)
        if root in module.made:
            made = module.made[root]
            if not made.root:
                return called.changes or not path
            further = Called(made.root, (*made.path, *path), made.times + called.times)
            return called.changes or self._acts(module, further, depth + 1)
        if root in module.classes and not path:
            return called.times > 1 or not self._is_quiet(module, root, depth)
        if root in module.quiet and not path:
            return module.quiet[root] < called.times and not self._is_component(module, root)
        return not (called.is_built_in and not module.defines(root))

    def _place(self, module: ModuleSource, called: Called) -> tuple[ModuleSource, Called] | None:
        """Return the project module that an imported name leads to, and what is called there.

        None for a library; with an empty root where the name is not known.
        """
        imported = module.imports[called.root]
        target, path = imported.module, called.path
        if imported.name and imported.name != "*":
            path = (imported.name, *path)
        while path and self._locator.locate(f"{target}.{path[0]}"):
            target, path = f"{target}.{path[0]}", path[1:]
        file = self._locator.locate(target)
        if file is None:
            return None
        rest = Called(path[0], path[1:], called.times) if path else Called("")
        return self._open(target, file), rest

    def _is_component(self, module: ModuleSource, name: str) -> bool:
        """Whether a function is decorated by minitfx alone: calling it makes a node."""
        decorators = [
            each for statement in module.statements if name in statement.binds
            for each in statement.called
        ]  # fmt: skip
        origins = [module.imports.get(each.root) for each in decorators]
        return any(
            origin is not None and origin.module.split(".")[0] == "minitfx" for origin in origins
        )

    def _class(self, module: ModuleSource, named: Called) -> tuple[ModuleSource, str] | bool:
        """Return where a class is written; False for a library's, True if nobody can tell."""
        if named.root in module.classes and not named.path:
            return module, named.root
        if named.root in module.imports:
            found = self._place(module, named)
            if found is None:
                return False
            inside, rest = found
            again = rest.root in inside.imports or rest.root in inside.classes
            return self._class(inside, rest) if again else True
        return not named.is_built_in

    def _is_quiet(self, module: ModuleSource, name: str, depth: int) -> bool:
        """Whether making an instance of a project class fills the instance alone."""
        made = module.classes[name]
        if not made.is_quiet or depth > _DEEP:
            return False
        if made.metaclass is not None and self._class(module, made.metaclass) is not False:
            return False
        for base in made.bases:
            found = self._class(module, base)
            if found is True:
                return False
            if isinstance(found, tuple) and not self._is_quiet(*found, depth + 1):
                return False
        return True

    def _is_heard_of(self, module: ModuleSource, name: str, depth: int = 0) -> bool:
        """Whether a base or the metaclass of a class hears that it is made."""
        made = module.classes[name]
        if depth > _DEEP:
            return True
        if made.metaclass is not None and self._class(module, made.metaclass) is not False:
            return True
        for base in made.bases:
            found = self._class(module, base)
            if isinstance(found, tuple):
                inside, own = found
                if inside.classes[own].hooks or self._is_heard_of(inside, own, depth + 1):
                    return True
            elif found:
                return True
        return False
