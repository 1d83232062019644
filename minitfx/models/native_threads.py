"""The threads that numerical libraries start by themselves, and how to keep them from it."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, Literal

import threadpoolctl

_BRINGERS = ("numpy", "scipy.linalg", "sklearn", "xgboost", "lightgbm", "torch")


def one_native_thread(family: Literal["blas", "openmp"]) -> AbstractContextManager[Any]:
    """Keep loaded libraries of a family to one thread inside the ``with`` block.

    Parameters
    ----------
    family : {"blas", "openmp"}
        Linear algebra, or libraries with parallel loops such as scikit-learn's trees.

    Notes
    -----
    Looking for the libraries of a process costs 10 ms, so they are looked for at the first call,
    and again once a package that brings its own has been imported.
    """
    loaded = tuple(name for name in _BRINGERS if name in sys.modules)
    limiter: AbstractContextManager[Any] = (
        _controller(loaded).select(user_api=family).limit(limits=1)
    )
    return limiter


@cache
def _controller(loaded: tuple[str, ...]) -> threadpoolctl.ThreadpoolController:
    return threadpoolctl.ThreadpoolController()
