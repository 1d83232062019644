"""What a statement binds, reads and imports, by Python's scoping rules.

The unit of the code fingerprint is a top-level statement; this module says which other
top-level names such a statement depends on, without running anything.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_DYNAMIC = frozenset({"eval", "exec", "globals", "vars"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class ImportedName:
    """One name that an import statement binds.

    Attributes
    ----------
    module : str
        The module that is imported from, dotted; relative imports are made absolute.
    name : str or None
        The name within it, ``*`` for all; None when the module itself is bound.
    alias : str
        The name that is bound here.
    """

    module: str
    name: str | None
    alias: str


@dataclass
class Reads:
    """What a statement depends on.

    Attributes
    ----------
    names : dict of str to set of tuple of str
        Global name to the attribute chains that are read from it; the empty chain means that
        the object itself is used.
    imports : list of ImportedName
        Imports inside functions and blocks of the statement.
    dynamic : bool
        Whether it reaches names that cannot be seen: ``eval``, ``globals`` and their kind.
    everywhere : bool
        Whether it looks through all classes that there are: ``__subclasses__``.
    dynamic_imports : list of str or None
        Modules that ``importlib.import_module`` is called with; None for one that is computed.
    """

    names: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    imports: list[ImportedName] = field(default_factory=list)
    dynamic: bool = False
    everywhere: bool = False
    dynamic_imports: list[str | None] = field(default_factory=list)


def imported_names(statement: ast.stmt, package: str) -> list[ImportedName]:
    """Return the names that an import statement binds; none for another statement."""
    if isinstance(statement, ast.Import):
        return [
            ImportedName(alias.name, None, alias.asname)
            if alias.asname
            else ImportedName(alias.name.split(".")[0], None, alias.name.split(".")[0])
            for alias in statement.names
        ]
    if isinstance(statement, ast.ImportFrom):
        module = _absolute(statement, package)
        return [
            ImportedName(module, alias.name, alias.asname or alias.name)
            for alias in statement.names
        ]
    return []


def _absolute(statement: ast.ImportFrom, package: str) -> str:
    if not statement.level:
        return statement.module or ""
    parts = package.split(".") if package else []
    parts = parts[: len(parts) - statement.level + 1]
    return ".".join([*parts, *([statement.module] if statement.module else [])])


def bound_names(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds in its own scope."""
    names: set[str] = set()
    for node in _own_scope([statement]):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update(bound.alias for bound in imported_names(node, ""))
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            names.add(node.name)
    return names


def global_names(statement: ast.stmt) -> set[str]:
    """Return the names that functions in a statement declare ``global``: they may bind them."""
    return {
        name for node in ast.walk(statement) if isinstance(node, ast.Global) for name in node.names
    }


def reads(statement: ast.stmt, package: str) -> Reads:
    """Return what a top-level statement depends on.

    Parameters
    ----------
    statement : ast.stmt
        A statement at the top level of a module.
    package : str
        The module's package, for relative imports.
    """
    visitor = _Reader(package)
    if not isinstance(statement, (ast.Import, ast.ImportFrom)):
        visitor.visit(statement)
    return visitor.found


def executed_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that are executed with a statement: all but the bodies of functions."""
    yield node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        for child in ast.iter_child_nodes(node):
            yield from executed_nodes(child)


def _own_scope(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes that belong to the same scope, nested scopes unopened."""
    for node in nodes:
        if isinstance(node, _COMPREHENSIONS):
            for inner in ast.walk(node):
                if isinstance(inner, ast.NamedExpr):
                    yield inner.target
            continue
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield from _own_scope(ast.iter_child_nodes(node))


def _local_names(function: _Function) -> set[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [each for each in (arguments.vararg, arguments.kwarg) if each]
    names = {argument.arg for argument in every}
    outside: set[str] = set()
    for statement in function.body if isinstance(function.body, list) else []:
        names |= bound_names(statement)
        for node in _own_scope([statement]):
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                outside |= set(node.names)
    return names - outside


class _Reader(ast.NodeVisitor):
    """Collect global reads; ``locals`` holds the names of the enclosing function scopes."""

    def __init__(self, package: str) -> None:
        self.found = Reads()
        self._package = package
        self._locals: list[set[str]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node)

    def _function(self, node: _Function) -> None:
        outer: list[ast.AST] = [*getattr(node, "decorator_list", [])]
        outer += [*node.args.defaults, *(each for each in node.args.kw_defaults if each)]
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        outer += [each.annotation for each in arguments if each.annotation]
        returns = getattr(node, "returns", None)
        if returns is not None:
            outer.append(returns)
        for each in outer:
            self.visit(each)
        self._locals.append(_local_names(node))
        for statement in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(statement)
        self._locals.pop()

    def _comprehension(self, node: _Comprehension) -> None:
        names = (each for generator in node.generators for each in ast.walk(generator.target))
        self.visit(node.generators[0].iter)
        self._locals.append({each.id for each in names if isinstance(each, ast.Name)})
        self.generic_visit(node)
        self._locals.pop()

    def visit(self, node: ast.AST) -> None:
        """Visit a node, with comprehensions as scopes of their own."""
        if isinstance(node, _COMPREHENSIONS):
            self._comprehension(node)
        else:
            super().visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found.imports += [
            ImportedName(alias.name, None, alias.asname or alias.name) for alias in node.names
        ]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.found.imports += imported_names(node, self._package)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Store):
            self._read(node.id, ())

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain, base = [node.attr], node.value
        self.found.everywhere |= node.attr == "__subclasses__"
        while isinstance(base, ast.Attribute):
            chain.insert(0, base.attr)
            base = base.value
        if isinstance(base, ast.Name):
            self._read(base.id, tuple(chain))
        else:
            self.visit(base)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        if name in ("import_module", "__import__"):
            argument = node.args[0] if node.args else None
            target = argument.value if isinstance(argument, ast.Constant) else None
            self.found.dynamic_imports.append(target if isinstance(target, str) else None)
        self.generic_visit(node)

    def _read(self, name: str, chain: tuple[str, ...]) -> None:
        if any(name in names for names in self._locals):
            return
        if (name in _DYNAMIC and not chain) or (name, *chain[:1]) == ("sys", "modules"):
            self.found.dynamic = True
        self.found.names.setdefault(name, set()).add(chain)
