"""Numbers for each of many keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.cells import Strings


@dataclass(frozen=True, eq=False)
class KeyTable:
    """A row of numbers for each key, and one for keys that were never seen.

    Attributes
    ----------
    keys : tuple of str
        In ascending order.
    numbers : ndarray of float64, shape (keys + 1, columns)
        The last row is for any other key.
    """

    keys: tuple[str, ...]
    numbers: NDArray[np.float64]

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each key."""
        return {key: place for place, key in enumerate(self.keys)}

    def rows_of(self, cells: Strings) -> NDArray[np.int64]:
        """Return for each cell its key's row, the last one when it was never seen or is missing."""
        unseen = len(self.keys)
        found = [self.places.get(word, unseen) for word in cells.words.to_pylist()]
        found.append(unseen)  # where code -1 points
        return np.array(found, np.int64)[cells.codes]
