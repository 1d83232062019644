"""The two sides of a transform of which there are statistics."""

from __future__ import annotations

from enum import IntEnum


class StatsType(IntEnum):
    """Which statistics a ``stats_options_updater_fn`` is asked about."""

    PRE_TRANSFORM = 1
    POST_TRANSFORM = 2
