"""Flavours: how models of one framework are saved, loaded and called.

A flavour is an object with the attributes and methods of `Flavour`. minitfx brings those in
`minitfx.models.flavours`; another package adds its own with an entry point of the group
``minitfx.flavours`` whose value is the flavour object::

    [project.entry-points."minitfx.flavours"]
    myframework = "mypackage.minitfx_flavour:FLAVOUR"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from minitfx.errors import ModelError, did_you_mean
from minitfx.models.signature import Task

ENTRY_POINTS = "minitfx.flavours"
"""Group of the entry points that add flavours."""

DOUBLE = 1e-9
"""Tolerance of sums in double precision."""

SINGLE = 1e-5
"""Tolerance of sums in single precision."""

_BUILT_IN = ("xgboost", "lightgbm", "torch", "onnx", "skops", "sklearn", "pickle")
"""Modules of `minitfx.models.flavours`, the more special before the more general."""


@dataclass(frozen=True)
class Facts:
    """What a flavour can tell about a fitted model.

    Attributes
    ----------
    task : str or None
        The task; None when the model does not show it.
    classes : tuple or None
        Class labels in the order of the probabilities.
    scores : bool
        Whether `Flavour.call` gives probabilities.
    feature_names : tuple of str or None
        Names of the columns that it was fitted on.
    n_features : int or None
        How many columns it was fitted on.
    layout : str
        ``frame`` or ``matrix``: what it is called with.
    decision : str
        ``argmax`` if the predicted class is always the likeliest one (ties aside), else
        ``predict``.
    tolerance : float
        By how much a row's numbers may change with the rows beside it, relative to the largest
        number of their column: 0 for trees, `DOUBLE` where linear algebra in double precision
        orders its sums by the batch, `SINGLE` in single precision.
    """

    task: Task | None = None
    classes: tuple[Any, ...] | None = None
    scores: bool = False
    feature_names: tuple[str, ...] | None = None
    n_features: int | None = None
    layout: str = "matrix"
    decision: str = "predict"
    tolerance: float = DOUBLE


@dataclass(frozen=True)
class Answer:
    """What a model says of some rows.

    Attributes
    ----------
    prediction : ndarray of shape (rows,) or None
        Predicted values, or class labels. A flavour whose decision is ``argmax`` may leave the
        labels out; the first of the likeliest classes is taken then.
    probabilities : ndarray of shape (rows, classes) or None
        Probabilities in the order of `Facts.classes`.
    """

    prediction: np.ndarray[Any, Any] | None = None
    probabilities: np.ndarray[Any, Any] | None = None


@runtime_checkable
class Flavour(Protocol):
    """How models of one framework are saved, loaded and called.

    Attributes
    ----------
    name : str
        What the manifest calls it.
    file : str
        Name of the file (or folder) that it writes.
    files : tuple of str
        Names under which such a model is known to be written by users themselves.
    runs_code : bool
        Whether loading a file of unknown origin can run code of its author.
    packages : tuple of str
        Distributions whose version the saved file depends on.
    """

    name: str
    file: str
    files: tuple[str, ...]
    runs_code: bool
    packages: tuple[str, ...]

    def claims(self, model: object) -> bool:
        """Whether this flavour saves such a model; asked before anything is imported."""
        ...

    def facts(self, model: Any) -> Facts:
        """Return what can be told about a fitted model."""
        ...

    def save(self, model: Any, path: Path) -> None:
        """Write the model to ``path``."""
        ...

    def load(self, path: Path) -> Any:
        """Return the model that `save` wrote."""
        ...

    def call(self, model: Any, features: Any, want: Mapping[str, bool]) -> Answer:
        """Return the model's answer.

        Parameters
        ----------
        model : object
            What `load` returned.
        features : ndarray or DataFrame
            As `Facts.layout` says.
        want : mapping of str to bool
            Whether ``prediction`` and ``probabilities`` are asked for; more may be answered.
        """
        ...


def flavour_named(name: str) -> Flavour:
    """Return the flavour that a manifest names.

    Raises
    ------
    ModelError
        If there is none of that name.
    """
    if name in _BUILT_IN:
        return _built_in(name)
    others = _others()
    if name not in others:
        raise ModelError(
            f"there is no model flavour {name!r}; the package that adds it is not installed. "
            f"{did_you_mean(name, [*_BUILT_IN, *others])}"
        )
    return others[name]


def flavour_of(model: object) -> Flavour:
    """Return the flavour that saves a model: another package's first, then the built-in ones.

    Raises
    ------
    ModelError
        If none does.
    """
    for flavour in flavours():
        if flavour.claims(model):
            return flavour
    raise ModelError(
        f"no flavour saves a {type(model).__module__}.{type(model).__qualname__}; expected an "
        "object with a predict method"
    )


def flavours() -> list[Flavour]:
    """Return every flavour, in the order in which they are asked whether they claim a model."""
    return [*_others().values(), *(_built_in(name) for name in _BUILT_IN)]


def _built_in(name: str) -> Flavour:
    flavour: Flavour = import_module(f"minitfx.models.flavours.{name}").FLAVOUR
    return flavour


@cache
def _others() -> dict[str, Flavour]:
    found: dict[str, Flavour] = {}
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            flavour = entry.load()
        except ImportError:
            continue
        if not isinstance(flavour, Flavour):
            raise ModelError(
                f"the entry point {entry.name} of {ENTRY_POINTS} gives a "
                f"{type(flavour).__qualname__}, which is not a minitfx.models.Flavour"
            )
        found[flavour.name] = flavour
    return found
