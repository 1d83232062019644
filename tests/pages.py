"""Reading a page as a reader sees it: tables by caption, facts, texts, links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from minitfx.catalog.session import open_catalog, query

_VOID = {"meta", "br", "hr", "img", "input", "link", "col", "wbr"}


@dataclass
class Element:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def text(self) -> str:
        """Return its text, with single spaces, without the titles of drawings."""
        parts = [
            each if isinstance(each, str) else "" if each.tag == "title" else each.text()
            for each in self.children
        ]
        return " ".join("".join(parts).split())

    def all(self, *tags: str) -> list[Element]:
        """Return the elements below it with one of these tags, in order."""
        found = []
        for each in self.children:
            if isinstance(each, Element):
                found += [each] if not tags or each.tag in tags else []
                found += each.all(*tags)
        return found

    def of_class(self, name: str) -> list[Element]:
        """Return the elements below it that have a class."""
        return [each for each in self.all() if name in each.attributes.get("class", "").split()]

    def titled(self) -> list[str]:
        """Return the titles of what is drawn below it."""
        return ["".join(filter(_is_text, each.children)) for each in self.all("title")]


def _is_text(child: Element | str) -> bool:
    return isinstance(child, str)


class Page(HTMLParser):
    """A parsed page; tags that are not closed as they should be are an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("page")
        self._open = [self.root]
        self.feed(html)
        self.close()
        assert [each.tag for each in self._open] == ["page"], "tags are left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> where </{self._open[-1].tag}> is due"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    @property
    def sections(self) -> list[str]:
        """The ids of the sections."""
        return [each.attributes["id"] for each in self.root.all("section")]

    def section(self, id: str) -> Element:
        """Return a section."""
        return next(each for each in self.root.all("section") if each.attributes["id"] == id)

    def facts(self, id: str = "") -> dict[str, str]:
        """Return the names and values of a section's facts, or of the head of the page."""
        where = self.section(id) if id else self.root.all("header")[0]
        names = [each.text() for each in where.all("dt")]
        values = [each.text() for each in where.all("dd")]
        return dict(zip(names, values, strict=True))

    def table(self, caption: str) -> list[dict[str, str]]:
        """Return the rows of the table with a caption, by column."""
        (table,) = [
            each for each in self.root.all("table") if each.all("caption")[0].text() == caption
        ]
        columns = [each.text() for each in table.all("thead")[0].all("th")]
        found, carried = [], {}
        for row in table.all("tbody")[0].all("tr"):
            cells = iter(row.all("th", "td"))
            values = {}
            for column in columns:
                left, text = carried.get(column, (0, ""))
                if not left:
                    cell = next(cells)
                    left, text = int(cell.attributes.get("rowspan", 1)), cell.text()
                carried[column] = (left - 1, text)
                values[column] = text
            assert next(cells, None) is None, "a row has more cells than columns"
            found.append(values)
        return found

    @property
    def captions(self) -> list[str]:
        """The captions of all tables."""
        return [each.all("caption")[0].text() for each in self.root.all("table")]


def sql(root: Path, statement: str) -> list[dict[str, Any]]:
    """Return the rows of a statement on a root's catalog: what a page must agree with."""
    return query(open_catalog(root), statement).records()
