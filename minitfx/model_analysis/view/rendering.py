"""A piece of HTML that shows itself in a notebook, and can be saved as a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

ENVIRONMENT = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
"""Of all templates here: names of columns and values of slices are text, never markup."""

_STYLE = Markup("""\
.minitfx-view { font: 14px/1.4 system-ui, sans-serif; color: #1a202c; max-width: 75rem; }
.minitfx-view .wide { overflow-x: auto; }
.minitfx-view table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
.minitfx-view th, .minitfx-view td { padding: .25rem .6rem; text-align: right;
  border-bottom: 1px solid #e2e8f0; white-space: nowrap; }
.minitfx-view th { color: #4a5568; font-weight: 600; vertical-align: bottom; }
.minitfx-view td:first-child, .minitfx-view th:first-child { text-align: left; }
.minitfx-view .range { color: #4a5568; font-size: 85%; }
.minitfx-view .remark { color: #c53030; white-space: normal; text-align: left; }
.minitfx-view .charts { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); }
.minitfx-view figure { margin: 0; min-width: 0; }
.minitfx-view figcaption { font-weight: 600; color: #4a5568; }
.minitfx-view svg { width: 100%; height: auto; }
.minitfx-view svg text { font: 11px system-ui, sans-serif; fill: #4a5568; }
""")

_PAGE = ENVIRONMENT.from_string("""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{{ title }}</title>
<style>body { margin: 1.5rem; }
{{ style }}</style></head><body>
<h1 style="font: 600 1.4rem system-ui, sans-serif">{{ title }}</h1>
<div class="minitfx-view">{{ body }}</div></body></html>
""")

_FRAGMENT = ENVIRONMENT.from_string("""\
<style>{{ style }}</style><div class="minitfx-view">{{ body }}</div>
""")


@dataclass(frozen=True)
class Rendering:
    """Something to look at.

    Attributes
    ----------
    title : str
        Of the page.
    body : Markup
        HTML, in which all foreign text is escaped.

    Examples
    --------
    >>> "<h1" in Rendering("a < b", Markup("<p>text</p>")).html
    True
    """

    title: str
    body: Markup

    @property
    def html(self) -> str:
        """The whole page."""
        return _PAGE.render(title=self.title, body=self.body, style=_STYLE)

    def save(self, path: str | Path) -> Path:
        """Write the page, as UTF-8, and return where it is.

        Parameters
        ----------
        path : path
            The file; one that is there is replaced.
        """
        place = Path(path)
        place.write_text(self.html, "utf-8")
        return place

    def _repr_html_(self) -> str:
        return _FRAGMENT.render(body=self.body, style=_STYLE)


def number_text(value: float) -> str:
    """Return a number as tables show it.

    Examples
    --------
    >>> number_text(0.86177608), number_text(12345.0), number_text(float("nan"))
    ('0.8618', '12,345', 'NaN')
    """
    if value != value:
        return "NaN"
    if abs(value) < 1e15 and value == int(value):
        return f"{int(value):,}"
    return f"{value:.4g}"
