"""What is called when a module is imported, and whether it may do more than return.

A top-level statement that only binds names counts where one of them is read. One that calls
something may do more: put what it is given into a table that other code reads. So what is called
is looked at: a function of the project that only computes and returns is *quiet*, and so is a
class whose constructor only fills its own instance. Libraries and Python's own functions are
taken at their word.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from minitfx.code.scopes import executed_nodes

_PURE_DECORATORS = frozenset({"staticmethod", "classmethod", "property"})
_BUILT_IN = frozenset(dir(builtins))
_CHANGING = frozenset(
    {"add", "append", "appendleft", "clear", "difference_update", "discard", "extend", "insert"}
    | {"intersection_update", "pop", "popitem", "popleft", "register", "remove", "reverse"}
    | {"setdefault", "sort", "symmetric_difference_update", "update"}
)
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Called:
    """Something that is called, by the name that the expression starts with.

    Attributes
    ----------
    root : str
        The name.
    path : tuple of str
        Attributes that are read on the way.
    times : int
        How many calls follow each other: 1 for ``f(x)`` and ``@f``, 2 for ``@f("x")``.
    """

    root: str
    path: tuple[str, ...] = ()
    times: int = 1

    @property
    def changes(self) -> bool:
        """Whether it is a method whose name says that it changes its object."""
        return bool(self.path) and self.path[-1] in _CHANGING

    @property
    def is_built_in(self) -> bool:
        """Whether it is one of Python's own functions, if nobody has taken its name."""
        return self.root in _BUILT_IN


@dataclass(frozen=True)
class Class:
    """What a class says about its making.

    Attributes
    ----------
    bases : tuple of Called
        Its bases.
    metaclass : Called or None
        Its metaclass, if it names one.
    hooks : bool
        Whether it hears of its subclasses: it may keep a list of them.
    is_quiet : bool
        Whether its constructor fills its own instance only.
    """

    bases: tuple[Called, ...]
    metaclass: Called | None
    hooks: bool
    is_quiet: bool


def called(node: ast.stmt) -> tuple[Called, ...]:
    """Return what a statement that binds names calls while it does so."""
    found: list[Called] = []
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        decorators = [as_called(each, times=1) for each in node.decorator_list]
        found += [each for each in decorators if each.root not in _PURE_DECORATORS]
    for part in _executed_parts(node):
        found += _calls_in(part)
    return tuple(dict.fromkeys(found))


def as_called(node: ast.expr, times: int = 0) -> Called:
    """Return an expression as what is called, ``times`` more than it says itself."""
    root: ast.AST = node
    path: list[str] = []
    while isinstance(root, (ast.Call, ast.Attribute, ast.Subscript)):
        if isinstance(root, ast.Call):
            root, times = root.func, times + 1
        else:
            path.insert(0, root.attr if isinstance(root, ast.Attribute) else "[]")
            root = root.value
    return Called(root.id if isinstance(root, ast.Name) else "", tuple(path), times)


def quiet_calls(function: _Function) -> int:
    """Return how many calls, of the function and of what it returns, only compute and return.

    Expressions that stand alone, ``global``, and assignments into objects are taken for side
    effects: they may register what is decorated.
    """
    inner: list[int] = []
    for statement in function.body:
        for node in executed_nodes(statement):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner.append(quiet_calls(node))
            elif _acts(node):
                return 0
    return 1 + max(inner, default=0)


def as_class(node: ast.ClassDef) -> Class:
    """Return what a class says about its making."""
    metaclasses = [as_called(each.value) for each in node.keywords if each.arg == "metaclass"]
    methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    constructors = [each for each in methods if each.name in _CONSTRUCTORS]
    return Class(
        tuple(as_called(each) for each in node.bases),
        metaclasses[0] if metaclasses else None,
        any(each.name == "__init_subclass__" for each in methods),
        all(_fills_itself(each) for each in constructors),
    )


def _executed_parts(node: ast.stmt) -> Iterable[ast.AST]:
    """Yield the parts of a statement that binds names which are computed as it does so."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from node.args.defaults
        yield from (each for each in node.args.kw_defaults if each)
    elif isinstance(node, ast.ClassDef):
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield from _executed_parts(statement)
            else:
                yield statement
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value:
        yield node.value


def _calls_in(part: ast.AST) -> Iterator[Called]:
    local = {
        name.id
        for node in executed_nodes(part)
        if isinstance(node, ast.comprehension)
        for name in ast.walk(node.target)
        if isinstance(name, ast.Name)
    }
    for node in executed_nodes(part):
        if isinstance(node, ast.Call):
            found = as_called(node)
            if found.root and not (found.root in local and found.path):
                yield found


def _fills_itself(constructor: ast.FunctionDef) -> bool:
    own = constructor.args.args[0].arg if constructor.args.args else ""
    for statement in constructor.body:
        for node in executed_nodes(statement):
            if _acts(node) and not _is_about(node, own):
                return False
    return True


def _is_about(node: ast.AST, own: str) -> bool:
    """Whether an act changes the instance alone, or lets a base class do so."""
    if isinstance(node, ast.Expr):
        made = as_called(node.value)
        plain = made.root == own and len(made.path) > 1 and made.path[-1] in _CHANGING
        return plain or made.root == "super"
    return isinstance(node, (ast.Attribute, ast.Subscript)) and as_called(node).root == own


def _acts(node: ast.AST) -> bool:
    if isinstance(node, (ast.Global, ast.Nonlocal, ast.Delete)):
        return True
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        return isinstance(node.ctx, ast.Store)
    return isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
