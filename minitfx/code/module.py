"""A module of the project, taken apart into its top-level statements."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from minitfx.code.calls import Called, Class, as_called, as_class, called, quiet_calls
from minitfx.code.scopes import (
    ImportedName,
    Reads,
    bound_names,
    executed_nodes,
    global_names,
    imported_names,
    reads,
)
from minitfx.errors import CodeError

_NEVER = frozenset(
    {
        "TYPE_CHECKING",
        "typing.TYPE_CHECKING",
        "__name__ == '__main__'",
        "'__main__' == __name__",
    }
)
_DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Statement:
    """A top-level statement of a module.

    Attributes
    ----------
    label : str
        The names that it binds, or ``top level N`` for the N-th that does something.
    digest : str
        Of its syntax tree without positions, comments and docstrings.
    binds : frozenset of str
        Names that it binds, those included that a function in it declares ``global``.
    reads : Reads
        What it depends on.
    executed : tuple of ImportedName
        Imports that are executed when the module is imported.
    is_effect : bool
        Whether it does something besides binding its names, what it calls left aside.
    is_import : bool
        Whether it is an import statement.
    called : tuple of Called
        What it calls when the module is imported, its decorators among it.
    """

    label: str
    digest: str
    binds: frozenset[str]
    reads: Reads
    executed: tuple[ImportedName, ...]
    is_effect: bool
    is_import: bool
    called: tuple[Called, ...] = ()


@dataclass(frozen=True)
class ModuleSource:
    """A module of the project, taken apart.

    Attributes
    ----------
    name : str
        Its dotted name.
    file : Path
        Its file.
    statements : tuple of Statement
        What it does and binds.
    imports : dict of str to ImportedName
        Names that imports bind at its top level.
    quiet : dict of str to int
        Functions to the number of calls, one after the other, that do nothing but return.
    made : dict of str to Called
        Names that are assigned, to what the value starts with.
    classes : dict of str to Class
        What classes say about their making.
    """

    name: str
    file: Path
    statements: tuple[Statement, ...]
    imports: dict[str, ImportedName]
    quiet: dict[str, int]
    made: dict[str, Called]
    classes: dict[str, Class]

    def defines(self, name: str) -> bool:
        """Whether a top-level statement binds ``name``."""
        return any(name in statement.binds for statement in self.statements)


@lru_cache(maxsize=512)
def parse(name: str, file: Path, source: bytes) -> ModuleSource:
    """Take a module apart.

    Raises
    ------
    CodeError
        If it is not Python; the message has file and line.
    """
    try:
        tree = ast.parse(source, str(file))
    except SyntaxError as error:
        raise CodeError(
            f"{file}, line {error.lineno}: {error.msg}: {(error.text or '').strip()!r}"
        ) from error
    package = name if file.stem == "__init__" else name.rpartition(".")[0]
    imports = {
        bound.alias: bound
        for node in tree.body
        for each in executed_nodes(node)
        if isinstance(each, (ast.Import, ast.ImportFrom))
        for bound in imported_names(each, package)
    }
    found = {node: reads(node, package) for node in tree.body if not _is_idle(node)}
    used = {each for read in found.values() for each in read.names}
    statements = [
        _statement(node, read, package, _is_effect(node, used)) for node, read in found.items()
    ]
    quiet = {
        node.name: quiet_calls(node)
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    made = {
        target.id: as_called(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    classes = {node.name: as_class(node) for node in tree.body if isinstance(node, ast.ClassDef)}
    return ModuleSource(name, file, tuple(_labelled(statements)), imports, quiet, made, classes)


def normal_digest(node: ast.AST) -> str:
    """Return the digest of a syntax tree without positions, comments and docstrings."""
    return hashlib.sha256(_dump(node).encode()).hexdigest()


def _dump(node: object) -> str:
    if isinstance(node, ast.AST):
        fields = []
        for name, value in ast.iter_fields(node):
            if name == "body" and isinstance(node, _DOCUMENTED) and _is_text(node.body[0]):
                value = node.body[1:] or [ast.Pass()]
            fields.append(f"{name}={_dump(value)}")
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(_dump(each) for each in node)}]"
    return repr(node)


def _statement(node: ast.stmt, found: Reads, package: str, effect: bool) -> Statement:
    is_import = isinstance(node, (ast.Import, ast.ImportFrom))
    executed = tuple(
        bound
        for each in executed_nodes(node)
        if isinstance(each, (ast.Import, ast.ImportFrom))
        for bound in _whole_imports(each, package)
    )
    names = bound_names(node)
    label = "" if effect else ",".join(sorted(names))
    binds = frozenset(names | global_names(node))
    digest = normal_digest(node)
    return Statement(label, digest, binds, found, executed, effect, is_import, called(node))


def _whole_imports(node: ast.Import | ast.ImportFrom, package: str) -> list[ImportedName]:
    if isinstance(node, ast.Import):
        return [ImportedName(alias.name, None, alias.name) for alias in node.names]
    return imported_names(node, package)


def _labelled(statements: list[Statement]) -> Iterator[Statement]:
    """Number the effects, and the statements that bind the same names."""
    seen: dict[str, int] = {}
    for each in statements:
        label = each.label or "top level"
        count = seen[label] = seen.get(label, 0) + 1
        numbered = f"{label} {count}" if not each.label or count > 1 else label
        yield replace(each, label=numbered)


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_idle(node: ast.stmt) -> bool:
    """Whether a top-level statement never does anything when the module is imported."""
    if _is_text(node) or isinstance(node, ast.Pass):
        return True
    if not isinstance(node, ast.If) or node.orelse:
        return False
    return ast.unparse(node.test) in _NEVER


def _is_effect(node: ast.stmt, used: set[str]) -> bool:
    """Whether a statement does something besides binding its names, what it calls left aside."""
    if isinstance(node, _DOCUMENTED):
        return False
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        bound = imported_names(node, "")
        return bound[0].name == "*" or not any(each.alias in used for each in bound)
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        flat = [each for target in targets for each in _targets(target)]
        return not all(isinstance(each, (ast.Name, ast.Starred)) for each in flat)
    return type(node).__name__ != "TypeAlias"


def _targets(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for each in target.elts:
            yield from _targets(each)
    else:
        yield target
