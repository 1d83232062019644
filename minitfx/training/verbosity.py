"""How much Optuna says by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from optuna import logging


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out Optuna's line per study and trial inside the ``with`` block.

    Progress is reported to whoever watches (`minitfx.ambient.report`); warnings stay.
    """
    before = logging.get_verbosity()
    logging.set_verbosity(max(before, logging.WARNING))
    try:
        yield
    finally:
        logging.set_verbosity(before)
