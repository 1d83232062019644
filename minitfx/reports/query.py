"""Rows up to a limit, with how many there are and the query that shows all of them."""

from __future__ import annotations

from dataclasses import dataclass

from minitfx.reports.run_facts import Ask, Row


@dataclass(frozen=True)
class Limited:
    """The first rows of a query.

    Attributes
    ----------
    rows : list of dict
        The rows that are shown.
    total : int
        How many there are.
    sql : str
        The query that shows all of them.
    """

    rows: list[Row]
    total: int
    sql: str


def limited(ask: Ask, columns: str, source: str, order: str, most: int) -> Limited:
    """Return the first rows of a query.

    Parameters
    ----------
    ask : Ask
        Who answers.
    columns, source, order : str
        What stands after SELECT, FROM and ORDER BY.
    most : int
        How many rows at most.
    """
    sql = f"SELECT {columns} FROM {source} ORDER BY {order}"
    (counted,) = ask(f"SELECT count(*) AS total FROM {source}")
    return Limited(ask(f"{sql} LIMIT {most}"), counted["total"], sql)
