"""What can be done to the rows of a batch, by name.

Each module has an ``OPERATIONS`` table of its own kind; `OPERATIONS` here is all of them.
"""

from __future__ import annotations

from minitfx.transform.operation import Operation
from minitfx.transform.operations import (
    arithmetic,
    bucketing,
    casting,
    choice,
    dates,
    encoding,
    lists,
    lookup,
    own,
    per_key,
    reading,
    reduction,
    scaling,
    text,
    tokens,
)

OPERATIONS: dict[str, Operation] = {
    **arithmetic.OPERATIONS,
    **bucketing.OPERATIONS,
    **casting.OPERATIONS,
    **choice.OPERATIONS,
    **dates.OPERATIONS,
    **encoding.OPERATIONS,
    **lists.OPERATIONS,
    **lookup.OPERATIONS,
    **own.OPERATIONS,
    **per_key.OPERATIONS,
    **reading.OPERATIONS,
    **reduction.OPERATIONS,
    **scaling.OPERATIONS,
    **text.OPERATIONS,
    **tokens.OPERATIONS,
}
