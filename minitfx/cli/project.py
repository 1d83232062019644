"""Finding what a command is about: a pipeline in a file, or the catalog of a pipeline root."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minitfx.errors import CodeError, ParameterError, StorageError

if TYPE_CHECKING:
    from minitfx.catalog.store import Catalog
    from minitfx.pipeline import Pipeline


def load_pipeline(path: str | Path, root: str | None = None) -> Pipeline:
    """Return the pipeline of a file.

    Parameters
    ----------
    path : path
        A Python file with ``create_pipeline(pipeline_root=…)`` or a module-level ``pipeline``.
    root : str, optional
        The pipeline root; the file's own unless given.

    Raises
    ------
    CodeError
        If the file cannot be loaded, has neither, or its function fails.
    """
    from minitfx.code.reference import describe, load_file
    from minitfx.pipeline import Pipeline

    file = Path(path).expanduser().resolve()
    if not file.is_file():
        raise CodeError(f"{path} does not exist; expected a Python file that defines a pipeline")
    module = load_file(file)
    place = None if root is None else str(Path(root).expanduser().absolute())
    create = getattr(module, "create_pipeline", None)
    if callable(create):
        arguments = _arguments(create, place, file)
        try:
            pipeline = create(**arguments)
        except Exception as error:
            raise CodeError(f"create_pipeline of {path} failed: {describe(error)}") from error
    else:
        pipeline = getattr(module, "pipeline", None)
    if not isinstance(pipeline, Pipeline):
        raise CodeError(
            f"{path} defines no pipeline; expected a function create_pipeline(pipeline_root=…) "
            "that returns one, or a variable named pipeline"
        )
    if place is not None:
        pipeline.pipeline_root = place
    return pipeline


def _arguments(create: Any, root: str | None, file: Path) -> dict[str, Any]:
    parameters = inspect.signature(create).parameters
    missing = [
        name
        for name, each in parameters.items()
        if each.default is each.empty
        and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        and name != "pipeline_root"
    ]
    if missing:
        raise CodeError(
            f"create_pipeline in {file} needs {', '.join(missing)}, which the command cannot give; "
            "let them have defaults"
        )
    if "pipeline_root" not in parameters:
        return {}
    if root is not None:
        return {"pipeline_root": root}
    if parameters["pipeline_root"].default is inspect.Parameter.empty:
        raise ParameterError(f"create_pipeline in {file} needs a pipeline root; give --root")
    return {}


def runtime_values(pairs: Sequence[str]) -> dict[str, str]:
    """Return ``name=value`` pairs as a dict.

    Raises
    ------
    ParameterError
        If one has no ``=``.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise ParameterError(f"--runtime-parameter {pair!r}: expected name=value")
        found[name] = value
    return found


def amounts(pairs: Sequence[str]) -> dict[str, float]:
    """Return ``name=amount`` pairs as a dict.

    Raises
    ------
    ParameterError
        If one is no such pair.
    """
    found: dict[str, float] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            found[name] = float(value)
        except ValueError:
            raise ParameterError(f"--resource {pair!r}: expected name=number") from None
    return found


def find_catalog(root: str | None) -> Catalog:
    """Return the catalog of ``root``, or of the one pipeline root near the current folder.

    Raises
    ------
    StorageError
        If there is none, or more than one.
    """
    from minitfx.catalog.session import find_roots, open_catalog

    if root is not None:
        return open_catalog(root)
    roots = find_roots(Path.cwd())
    if len(roots) == 1:
        return open_catalog(roots[0])
    if not roots:
        raise StorageError(
            f"no pipeline root at, above or below {Path.cwd()}; run a pipeline first, or give "
            "--root"
        )
    listed = ", ".join(str(each) for each in roots)
    raise StorageError(f"several pipeline roots are near: {listed}; say which with --root")
