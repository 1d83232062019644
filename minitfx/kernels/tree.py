"""The fixed binary tree in which partial results are merged."""

from __future__ import annotations

from typing import Any


class MergeTree:
    """Merge partial results in one order, however late each of them arrives.

    The partial of chunk ``i`` is the leaf (level 0, index i); two siblings (level l, indices
    2j and 2j+1) merge into (level l+1, index j); a last node without a sibling moves up as it
    is. So the order of the merges, and every rounding in them, follows from ``count`` alone.

    Parameters
    ----------
    count : int
        How many leaves there will be.

    Notes
    -----
    Partials that arrive in order are held at most ``log2(count) + 1`` at a time.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._waiting: dict[tuple[int, int], Any] = {}

    def put(self, index: int, partial: Any) -> None:
        """Hand in the partial of chunk ``index`` and merge whatever has become possible."""
        level, width = 0, self.count
        while width > 1:
            if index % 2 == 0 and index == width - 1:
                level, index, width = level + 1, index // 2, (width + 1) // 2
                continue
            sibling = self._waiting.pop((level, index ^ 1), None)
            if sibling is None:
                break
            partial = partial.merge(sibling) if index % 2 == 0 else sibling.merge(partial)
            level, index, width = level + 1, index // 2, (width + 1) // 2
        self._waiting[(level, index)] = partial

    def root(self) -> Any:
        """Return the merged partial of all chunks.

        Raises
        ------
        RuntimeError
            If some chunk has not been handed in.
        """
        if len(self._waiting) != 1:
            raise RuntimeError(f"{len(self._waiting)} partial results wait for their siblings")
        (partial,) = self._waiting.values()
        return partial
