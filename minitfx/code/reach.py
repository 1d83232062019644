"""Which code runs when a function is called: everything reachable by name, as digests.

::

    preprocessing_fn ──► NUMERIC (a constant)
          │
          └──► helpers.clip ──► helpers.LIMIT        one unit each: a top-level statement,
                                                     as its syntax tree without positions,
    top-level side effects of both modules           comments and docstrings

Only project code is opened; of a library, the version counts. Nothing is imported, so a run that
is served from the cache loads none of what the user's module imports.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from minitfx.code.effects import Effects
from minitfx.code.imports import Locator, distribution, import_folders, is_library, module_name
from minitfx.code.module import ModuleSource, Statement, parse
from minitfx.code.scopes import ImportedName
from minitfx.errors import CodeError

WHOLE = "*"


@dataclass
class Reach:
    """What a function reaches.

    Attributes
    ----------
    units : dict of str to str
        ``module:name`` of each top-level statement to the digest of its syntax tree, and of
        each imported name to what it means.
    libraries : dict of str to str
        Distribution to version, of every library that the reached code uses.
    files : dict of Path to str
        Every project file that was opened, to the digest of its source.
    modules : dict of str to Path
        The same files by module name.
    """

    units: dict[str, str] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)
    files: dict[Path, str] = field(default_factory=dict)
    modules: dict[str, Path] = field(default_factory=dict)


def reach(file: Path, names: tuple[str, ...]) -> Reach:
    """Return what the functions ``names`` of a module file reach.

    Parameters
    ----------
    file : Path
        The module file.
    names : tuple of str
        Names at its top level; one that it does not define is left out, unless it is the
        first, which makes the whole module count.

    Raises
    ------
    CodeError
        If a project file that is reached cannot be parsed; the message has file and line.
    """
    walk = _Walk(file)
    entry = walk.open(module_name(file), file)
    for position, name in enumerate(names):
        top = name.split(".")[0]
        if entry.defines(top):
            walk.add(entry, top)
        elif position == 0:
            walk.add(entry, WHOLE)
    return walk.run()


def project_files(file: Path) -> dict[Path, str]:
    """Return every project file that importing ``file`` may load, with its source's digest."""
    walk = _Walk(file)
    pending, seen = [(module_name(file), file)], set()
    while pending:
        name, path = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        try:
            module = walk.open(name, path)
        except CodeError:
            continue
        for statement in module.statements:
            for imported in (*statement.executed, *statement.reads.imports):
                pending += walk.project_modules(imported)
    return walk.found.files


class _Walk:
    """A walk over the names that are reachable from an entry point."""

    def __init__(self, entry: Path) -> None:
        self.found = Reach()
        self._locator = Locator(entry)
        self._modules: dict[str, ModuleSource] = {}
        self._entered: set[str] = set()
        self._seen: set[tuple[str, str]] = set()
        self._pending: list[tuple[ModuleSource, str]] = []
        self._included: set[tuple[str, bool]] = set()
        self._everywhere = False
        self._effects = Effects(self._locator, self.open)

    def open(self, name: str, file: Path) -> ModuleSource:
        """Take a module apart, once, and remember its source's digest."""
        if name not in self._modules:
            try:
                source = file.read_bytes()
            except OSError as error:
                raise CodeError(f"cannot read {file}: {error.strerror}") from error
            self.found.files[file] = hashlib.sha256(source).hexdigest()
            self.found.modules[name] = file
            self._modules[name] = parse(name, file, source)
        return self._modules[name]

    def add(self, module: ModuleSource, symbol: str) -> None:
        """Let a name of a module, or all of it, count."""
        if (module.name, symbol) not in self._seen:
            self._seen.add((module.name, symbol))
            self._pending.append((module, symbol))

    def run(self) -> Reach:
        """Follow every name until nothing new is reached."""
        while self._pending or self._add_everything():
            module, symbol = self._pending.pop()
            self._enter(module)
            for statement in module.statements:
                wanted = symbol == WHOLE or symbol in statement.binds
                if wanted and (symbol == WHOLE or not statement.is_import):
                    self._include(module, statement, symbol == WHOLE)
        return self.found

    def _add_everything(self) -> bool:
        """Let all of every module count once something looks through all classes; if it is new."""
        if self._everywhere:
            for name in sorted(self._entered):
                self.add(self._modules[name], WHOLE)
        return bool(self._pending)

    def project_modules(self, imported: ImportedName) -> Iterator[tuple[str, Path]]:
        """Yield the project modules that an import executes: packages on the way, and itself."""
        full = imported.module
        if imported.name and imported.name != "*":
            full = f"{full}.{imported.name}"
        parts = full.split(".")
        for end in range(1, len(parts) + 1):
            name = ".".join(parts[:end])
            file = self._locator.locate(name)
            if file is not None:
                yield name, file

    def _enter(self, module: ModuleSource) -> None:
        """Count what importing the module does: its side effects, and those of its imports."""
        if module.name in self._entered:
            return
        self._entered.add(module.name)
        package = module.name.rpartition(".")[0]
        above = self._locator.locate(package) if package else None
        if above is not None:
            self._enter(self.open(package, above))
        for statement in module.statements:
            if statement.is_effect or self._effects.has_any(module, statement):
                self._include(module, statement)
            for imported in statement.executed:
                for name, file in self.project_modules(imported):
                    self._enter(self.open(name, file))

    def _include(self, module: ModuleSource, statement: Statement, whole: bool = False) -> None:
        """Let a statement count, and what it reads; with ``whole``, also what it imports."""
        key = f"{module.name}:{statement.label}"
        if (key, whole) in self._included:
            return
        self._included.add((key, whole))
        self.found.units[key] = statement.digest
        for imported in statement.executed:
            if whole or imported.name == "*" or self._locator.locate(imported.module) is None:
                self._follow(imported, {()})
        for imported in statement.reads.imports:
            self._follow(imported, {()})
        for name, chains in statement.reads.names.items():
            if name in module.imports:
                self._use(module, module.imports[name], chains)
            self.add(module, name)
        self._everywhere = self._everywhere or statement.reads.everywhere
        if statement.reads.dynamic:
            self.add(module, WHOLE)
        for target in statement.reads.dynamic_imports:
            self._follow_dynamic(module, target)

    def _use(
        self, module: ModuleSource, imported: ImportedName, chains: set[tuple[str, ...]]
    ) -> None:
        """Count an imported name: what it means here, and what that reaches."""
        meaning = f"{imported.module}.{imported.name}" if imported.name else imported.module
        self.found.units[f"{module.name}:import {imported.alias}"] = meaning
        self._follow(imported, chains)

    def _follow(self, imported: ImportedName, chains: set[tuple[str, ...]]) -> None:
        located = self._locator.locate(imported.module)
        if located is None:
            if imported.name and self._locator.locate(f"{imported.module}.{imported.name}"):
                self._follow(
                    ImportedName(f"{imported.module}.{imported.name}", None, imported.alias), chains
                )
            elif is_library(imported.module):
                name, version = distribution(imported.module.split(".")[0])
                self.found.libraries[name] = version
        elif imported.name == "*":
            self.add(self.open(imported.module, located), WHOLE)
        else:
            for chain in chains:
                path = (imported.name, *chain) if imported.name else chain
                self._resolve(imported.module, located, path)

    def _resolve(self, name: str, file: Path, path: tuple[str, ...]) -> None:
        """Add what ``name.path`` means: a symbol of the module or of one of its submodules."""
        module = self.open(name, file)
        self._enter(module)
        if not path:
            self.add(module, WHOLE)
            return
        inside = self._locator.locate(f"{name}.{path[0]}")
        if inside is not None and not module.defines(path[0]):
            self._resolve(f"{name}.{path[0]}", inside, path[1:])
        elif path[0] in module.imports:
            self._use(module, module.imports[path[0]], {path[1:]})
            self.add(module, path[0])
        else:
            self.add(module, path[0] if module.defines(path[0]) else WHOLE)

    def _follow_dynamic(self, module: ModuleSource, target: str | None) -> None:
        if target is not None:
            self._follow(ImportedName(target, None, target), {()})
            return
        for folder in import_folders(module.file):
            for file in _modules_in(folder):
                self.add(self.open(module_name(file), file), WHOLE)


def _modules_in(folder: Path) -> Iterator[Path]:
    """Yield the module files in a folder, and in the packages below it."""
    for each in sorted(folder.iterdir()):
        if each.suffix == ".py" and each.is_file():
            yield each
        elif (each / "__init__.py").is_file():
            yield from _modules_in(each)
