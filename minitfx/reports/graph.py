"""Where the nodes of a pipeline stand in a picture, and how its lines run between them.

Nodes stand in rows, each below all that it waits for. A line that passes rows goes through a free
place in each of them; lines that come from one node share these places, so that a trunk leaves it
and branches leave the trunk. Rows are ordered by the mean place of their neighbours, a few times
down and up (Sugiyama, Tagawa and Toda, 1981); within a row, places are as near to their neighbours'
as the order and the widths allow, in the sense of least squares. Nodes that have no line stand in a
block of their own below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from minitfx.reports.wording import fitted

BOX_WIDTH, BOX_HEIGHT = 160, 38
_GAP, _TRUNK, _ROW = 18, 10, 68
_MARGIN = 4
_SWEEPS = 6
_ABREAST = 6
_LETTERS = 19

Place = str | tuple[str, int]
"""A node by its id, or the trunk of a node's lines in a row."""


@dataclass(frozen=True)
class Box:
    """A node in the picture.

    Attributes
    ----------
    node_id, label : str
        The node, and its id cut to the box.
    state, note : str
        Its state, and what stands beside it.
    x, y : float
        The upper left corner.
    href : str
        Where on the page it leads; empty for nowhere.
    """

    node_id: str
    label: str
    state: str
    note: str
    x: float
    y: float
    href: str = ""


@dataclass(frozen=True)
class Graph:
    """A picture of nodes and lines.

    Attributes
    ----------
    width, height : float
        Of the picture.
    boxes : sequence of Box
        The nodes.
    paths : sequence of str
        The lines, as ``d`` in SVG.
    description : str
        Which node waits for which, in words.
    left_out : int
        How many nodes are not in the picture.
    """

    kind: ClassVar[str] = "graph"
    width: float
    height: float
    boxes: Sequence[Box]
    paths: Sequence[str]
    description: str
    left_out: int = 0


@dataclass(frozen=True)
class Look:
    """What a box says of its node: its state, a note, and where it leads."""

    state: str
    note: str = ""
    href: str = ""


def draw(upstream: Mapping[str, Sequence[str]], looks: Mapping[str, Look]) -> Graph:
    """Return the picture of the nodes that have a look.

    Parameters
    ----------
    upstream : mapping of str to sequence of str
        Node id to the ids of the nodes that it waits for; without a cycle.
    looks : mapping of str to Look
        What the nodes to be shown look like.
    """
    waits = {
        name: [each for each in dict.fromkeys(upstream.get(name, ())) if each in looks]
        for name in looks
    }
    depth, at, segments = _laid_out(waits)
    right = max((at[each] + _size(each) / 2 for each in at), default=0.0)
    boxes = [_box(name, looks[name], at[name], depth[name]) for name in looks]
    below = max(depth.values(), default=-1) + 1
    return Graph(
        round(right + _MARGIN, 1),
        below * _ROW - (_ROW - BOX_HEIGHT) + 2 * _MARGIN if below else 0.0,
        boxes,
        [*_trunks(at, depth), *(_path(one, other, at, depth) for one, other in segments)],
        "; ".join(f"{name} after {', '.join(waits[name])}" for name in looks if waits[name]),
        len(set(upstream) - set(looks)),
    )


def _laid_out(
    waits: Mapping[str, Sequence[str]],
) -> tuple[dict[str, int], dict[Place, float], list[tuple[Place, Place]]]:
    """Return the row of every node, the middle of every place, and the pieces of the lines."""
    tied = {name for name, sources in waits.items() if sources}
    tied |= {source for sources in waits.values() for source in sources}
    depth = depths({name: sources for name, sources in waits.items() if name in tied})
    segments = _segments(waits, depth)
    rows = _ordered(_rows(depth, segments), segments)
    places = _placed(rows, segments)
    left = min((places[each] - _size(each) / 2 for each in places), default=0.0)
    at = {each: places[each] - left + _MARGIN for each in places}
    alone = [name for name in waits if name not in tied]
    for number, name in enumerate(alone):
        depth[name] = len(rows) + number // _ABREAST
        at[name] = _MARGIN + BOX_WIDTH / 2 + number % _ABREAST * (BOX_WIDTH + _GAP)
    return depth, at, segments


def depths(upstream: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the row of each node: one below the lowest that it waits for.

    Examples
    --------
    >>> depths({"c": ["a", "b"], "b": ["a"], "a": []})
    {'a': 0, 'b': 1, 'c': 2}
    """
    found: dict[str, int] = {}
    waiting = list(upstream)[::-1]
    while waiting:
        name = waiting[-1]
        lacking = [each for each in upstream[name] if each not in found]
        if name not in found and lacking:
            waiting.extend(lacking)
            continue
        waiting.pop()
        found.setdefault(name, 1 + max((found[each] for each in upstream[name]), default=-1))
    return found


def _segments(
    waits: Mapping[str, Sequence[str]], depth: Mapping[str, int]
) -> list[tuple[Place, Place]]:
    """Return the pieces of the lines, each from one row to the next."""
    found: dict[tuple[Place, Place], None] = {}
    for name, sources in waits.items():
        for source in sources:
            one: Place = source
            for row in range(depth[source] + 1, depth[name]):
                found[one, (source, row)] = None
                one = (source, row)
            found[one, name] = None
    return list(found)


def _rows(depth: Mapping[str, int], segments: Iterable[tuple[Place, Place]]) -> list[list[Place]]:
    rows: list[list[Place]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, row in depth.items():
        rows[row].append(name)
    for place in dict.fromkeys(other for _, other in segments):
        if isinstance(place, tuple):
            rows[place[1]].append(place)
    return rows


def _neighbours(
    segments: Iterable[tuple[Place, Place]],
) -> tuple[dict[Place, list[Place]], dict[Place, list[Place]]]:
    above: dict[Place, list[Place]] = {}
    below: dict[Place, list[Place]] = {}
    for one, other in segments:
        above.setdefault(other, []).append(one)
        below.setdefault(one, []).append(other)
    return above, below


def _ordered(rows: list[list[Place]], segments: Sequence[tuple[Place, Place]]) -> list[list[Place]]:
    """Return the rows, each ordered by the mean place of its neighbours."""
    above, below = _neighbours(segments)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        near = above if down else below
        fixed: dict[Place, float] = {}
        for row in rows if down else reversed(rows):
            order = {place: (number + 0.5) / len(row) for number, place in enumerate(row)}
            row.sort(key=lambda place, order=order: _mean(near.get(place), fixed, order[place]))  # type: ignore[misc]
            fixed = {place: (number + 0.5) / len(row) for number, place in enumerate(row)}
    return rows


def _mean(places: Sequence[Place] | None, at: Mapping[Place, float], otherwise: float) -> float:
    known = [at[each] for each in places or () if each in at]
    return sum(known) / len(known) if known else otherwise


def _placed(
    rows: Sequence[Sequence[Place]], segments: Sequence[tuple[Place, Place]]
) -> dict[Place, float]:
    """Return the middle of every place, near the middles of its neighbours."""
    above, below = _neighbours(segments)
    at: dict[Place, float] = {}
    for row in rows:
        at |= dict(zip(row, spread(row, [0.0] * len(row)), strict=True))
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        near = above if down else below
        for row in rows if down else reversed(rows):
            wanted = [_mean(near.get(each), at, at[each]) for each in row]
            at |= dict(zip(row, spread(row, wanted), strict=True))
    return at


def spread(row: Sequence[Place], wanted: Sequence[float]) -> list[float]:
    """Return middles near those wanted, in the order of the row and without overlaps.

    The least squares under the order: what stands before a place takes up a fixed room, so that
    without that room the middles must only ascend, which is isotonic regression; neighbours that
    do not are pooled at their mean.
    """
    room, offsets = 0.0, []
    for number, place in enumerate(row):
        if number:
            room += (_size(row[number - 1]) + _size(place)) / 2 + _GAP
        offsets.append(room)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        total, count = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            before = pools.pop()
            total, count = total + before[0], count + before[1]
        pools.append((total, count))
    level = [total / count for total, count in pools for _ in range(count)]
    return [each + offset for each, offset in zip(level, offsets, strict=True)]


def _size(place: Place) -> float:
    return _TRUNK if isinstance(place, tuple) else BOX_WIDTH


def _box(name: str, look: Look, middle: float, row: int) -> Box:
    x, y = round(middle - BOX_WIDTH / 2, 1), float(_MARGIN + row * _ROW)
    return Box(name, fitted(name, _LETTERS), look.state, look.note, x, y, look.href)


def _path(one: Place, other: Place, at: Mapping[Place, float], depth: Mapping[str, int]) -> str:
    """Return a piece of a line: from the foot of one row to the head of the next."""
    foot = _head(one, depth) + BOX_HEIGHT
    head, half = _head(other, depth), (_ROW - BOX_HEIGHT) / 2
    bend = f"C{at[one]:.1f} {foot + half:g} {at[other]:.1f} {head - half:g}"
    return f"M{at[one]:.1f} {foot}{bend} {at[other]:.1f} {head}"


def _trunks(at: Mapping[Place, float], depth: Mapping[str, int]) -> list[str]:
    """Return the pieces of lines that pass rows."""
    return [
        f"M{middle:.1f} {_head(place, depth)}v{BOX_HEIGHT}"
        for place, middle in at.items()
        if isinstance(place, tuple)
    ]


def _head(place: Place, depth: Mapping[str, int]) -> int:
    return _MARGIN + _ROW * (place[1] if isinstance(place, tuple) else depth[place])
