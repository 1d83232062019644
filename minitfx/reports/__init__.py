"""A run as one HTML page that needs nothing else: no script, no network, no server.

::

    from minitfx.reports import run_report, write_report

    write_report("pipelines/taxi")                      # the latest run; returns the page's path
    html = run_report("pipelines/taxi", result)         # of a RunResult, or of a run's id

The page is made of what the catalog says and of small files of payloads, both read and nothing
written but the page itself. How the parts work together::

    catalog ─► RunFacts ─┬─► sections (outcome, data, tuning, …) ─► blocks ─► page
    payloads ────────────╯        ╰─► graph, chart: numbers to geometry
"""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(__name__, {"run_report": "page", "write_report": "page"})
