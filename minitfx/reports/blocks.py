"""What a section of a page is made of: texts, facts, tables, charts, and folds of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from minitfx.reports.chart import Bars, Lines, Strip
from minitfx.reports.graph import Graph


@dataclass(frozen=True)
class Cell:
    """One cell of a table, or the value of a fact.

    Attributes
    ----------
    text : str
        What it says.
    tone : str
        Its class in the style sheet: ``num``, ``code``, ``good``, ``bad``, ``quiet`` or a state.
    href : str
        Where on the page it leads; empty for nowhere.
    title : str
        What is said in full when one points at it.
    rows : int
        How many rows it spans; a cell that spans some is a header of those.
    strip : Strip or None
        A small picture instead of text.
    mark : str
        The color of a swatch before the text; empty for none.
    """

    text: str = ""
    tone: str = ""
    href: str = ""
    title: str = ""
    rows: int = 0
    strip: Strip | None = None
    mark: str = ""


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str
    tone: str = ""


@dataclass(frozen=True)
class Facts:
    """Names with their values."""

    kind: ClassVar[str] = "facts"
    rows: Sequence[tuple[str, Cell]]


@dataclass(frozen=True)
class Table:
    """Rows under their columns' names.

    Attributes
    ----------
    caption : str
        What it shows.
    columns : sequence of str
        Their names.
    rows : sequence of sequence of Cell
        The first cell of a row names it.
    total : int
        How many rows there are; more than are shown if some were left out.
    sql : str
        The query that shows all of them.
    unit : str
        What a row is, in the plural.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    total: int = 0
    sql: str = ""
    unit: str = "rows"

    @property
    def left_out(self) -> int:
        """How many rows are not shown."""
        return max(0, self.total - len(self.rows))


@dataclass(frozen=True)
class Pre:
    """A text that keeps its lines."""

    kind: ClassVar[str] = "pre"
    caption: str
    text: str


@dataclass(frozen=True)
class Grid:
    """Charts side by side where there is room."""

    kind: ClassVar[str] = "grid"
    charts: Sequence[Lines | Bars]


@dataclass(frozen=True)
class Fold:
    """Blocks that can be folded away.

    Attributes
    ----------
    title, note : str
        What is seen when it is folded: a name, and what is worth saying of it.
    blocks : sequence of Block
        What is seen when it is not.
    is_open : bool
        Whether it is unfolded at first.
    id : str
        Its place on the page, for links; empty for none.
    tone : str
        The class of the note.
    """

    kind: ClassVar[str] = "fold"
    title: str
    note: str
    blocks: Sequence[Block]
    is_open: bool = False
    id: str = ""
    tone: str = ""


Block: TypeAlias = Text | Facts | Table | Pre | Grid | Fold | Graph


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading.

    Attributes
    ----------
    id : str
        Its place on the page.
    title : str
        The heading.
    blocks : sequence of Block
        What it shows; a section without any is left out.
    """

    id: str
    title: str
    blocks: Sequence[Block]
