"""What a server counts, as text that Prometheus reads."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from threading import Lock

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536)


class Histogram:
    """How many observations lie at or below each of some bounds.

    Parameters
    ----------
    bounds : sequence of float
        Upper bounds, ascending.

    Examples
    --------
    >>> histogram = Histogram((1, 10))
    >>> for value in (0.5, 1, 7, 70):
    ...     histogram.observe(value)
    >>> print("\\n".join(histogram.lines("rows")))
    rows_bucket{le="1"} 2
    rows_bucket{le="10"} 3
    rows_bucket{le="+Inf"} 4
    rows_sum 78.5
    rows_count 4
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self, name: str) -> list[str]:
        """Return the lines of Prometheus' text format."""
        total, found = 0, []
        for bound, count in zip((*self._bounds, "+Inf"), self._counts, strict=True):
            total += count
            found.append(f'{name}_bucket{{le="{bound}"}} {total}')
        return [*found, f"{name}_sum {self._sum:g}", f"{name}_count {total}"]


class Meter:
    """Requests, rows, batches and times of a server."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[int] = Counter()
        self._rows = 0
        self._seconds = Histogram(_SECONDS)
        self._batches = Histogram(_ROWS)

    def request(self, status: int, seconds: float) -> None:
        """Count a request, by status and time."""
        with self._lock:
            self._requests[status] += 1
            self._seconds.observe(seconds)

    def batch(self, rows: int) -> None:
        """Count a call of the model."""
        with self._lock:
            self._rows += rows
            self._batches.observe(rows)

    def text(self, *, name: str, version: str, waiting: int, reload_failures: int) -> str:
        """Return everything in Prometheus' text format."""
        with self._lock:
            lines = [
                "# TYPE minitfx_requests_total counter",
                *(
                    f'minitfx_requests_total{{status="{status}"}} {count}'
                    for status, count in sorted(self._requests.items())
                ),
                "# TYPE minitfx_rows_total counter",
                f"minitfx_rows_total {self._rows}",
                "# TYPE minitfx_request_seconds histogram",
                *self._seconds.lines("minitfx_request_seconds"),
                "# TYPE minitfx_batch_rows histogram",
                *self._batches.lines("minitfx_batch_rows"),
                "# TYPE minitfx_waiting_requests gauge",
                f"minitfx_waiting_requests {waiting}",
                "# TYPE minitfx_reload_failures_total counter",
                f"minitfx_reload_failures_total {reload_failures}",
                "# TYPE minitfx_model_info gauge",
                f'minitfx_model_info{{name="{_escaped(name)}",version="{_escaped(version)}"}} 1',
            ]
        return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
