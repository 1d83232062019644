"""Try a model in a real server: does it load, does it answer, and does it answer the same?

A fresh process loads the candidate, predicts the examples in one batch, and serves them; then
each example is asked for alone, and all of them together, over HTTP. Transformed features must
come back bit for bit, predictions within the tolerance of their kind (`minitfx.models.comparison`).
"""

from __future__ import annotations

import json
import time
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.dataset.source import open_source
from minitfx.errors import ModelError, SignatureError
from minitfx.models.client import Client, NoAnswer
from minitfx.models.comparison import difference, not_a_number
from minitfx.models.manifest import Manifest, model_digest, read_manifest
from minitfx.models.server_process import ServerFailure, ServerProcess, machine_memory_mb

_EDGES_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)


@dataclass(frozen=True)
class TrialSpec:
    """What a model has to keep to.

    Attributes
    ----------
    loading_seconds : float
        From the start of the process to a loaded model.
    tries : int
        How often a failure that could be an accident is tried again.
    memory_mb : int
        Resident mebibytes of the server; 0 means half of the machine's memory.
    latency_ms : float
        Median milliseconds of a request with one row; 0 means that any will do.
    request_seconds : float
        What one request may take.
    name : str
        The model's name in the server's routes.
    environment : mapping of str to str
        Variables that the server's process shall see.
    """

    loading_seconds: float = 300.0
    tries: int = 5
    memory_mb: int = 0
    latency_ms: float = 0.0
    request_seconds: float = 60.0
    name: str = "infra-validation-model"
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What became of a model in its trial.

    Attributes
    ----------
    reason : str
        Why it is refused; empty when it is blessed.
    tries : int
        How often it was tried.
    seconds_to_ready : float
        From the start of the last process to a loaded model.
    peak_memory_mb : int
        Most resident mebibytes seen.
    latencies_ms : tuple of float
        Of the requests with one row, in order.
    """

    reason: str = ""
    tries: int = 1
    seconds_to_ready: float = 0.0
    peak_memory_mb: int = 0
    latencies_ms: tuple[float, ...] = ()

    @property
    def is_blessed(self) -> bool:
        """Whether the model kept to everything."""
        return not self.reason

    def to_json(self) -> str:
        """Return the measurements as JSON text, the latencies as a histogram too."""
        spent = self.latencies_ms
        buckets = [bisect_right(_EDGES_MS, each) for each in spent]
        measured = {
            "tries": self.tries,
            "seconds_to_ready": round(self.seconds_to_ready, 3),
            "peak_memory_mb": self.peak_memory_mb,
            "requests": len(spent),
            "median_ms": round(median(spent), 3) if spent else None,
            "max_ms": round(max(spent), 3) if spent else None,
            "histogram_ms": [
                {"from": _EDGES_MS[at - 1] if at else 0, "count": buckets.count(at)}
                for at in range(len(_EDGES_MS) + 1)
            ],
        }
        return json.dumps(measured, indent=1)


class _Refusal(ModelError):
    """The model does not keep to something; trying again may or may not help."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.is_final = is_final


def try_model(
    folder: str | Path,
    rows: pa.Table | None,
    spec: TrialSpec,
    *,
    log: Path,
    trust: bool | str = True,
) -> Verdict:
    """Return what became of a model in a fresh server.

    Parameters
    ----------
    folder : path
        The saved model's folder.
    rows : pyarrow.Table or None
        Raw examples to ask about; None only checks that the model loads.
    spec : TrialSpec
        What the model has to keep to.
    log : Path
        Where the server's output goes.
    trust : bool or str, default True
        Who vouches for its files; see `minitfx.models.load_model`. It runs in a process of its
        own, but with all that the user may do.

    Returns
    -------
    Verdict
        Blessed, or refused with a reason. A failure never raises.

    Notes
    -----
    A refusal that another try cannot change (a missing column, an answer that is not a number) is
    final; a crash, a time-out or a difference is tried again up to ``spec.tries`` times.
    """
    verdict = Verdict()
    for attempt in range(1, spec.tries + 1):
        measured = _Measurements()
        reason, is_final = "", False
        try:
            _attempt(Path(folder), rows, spec, log, trust, measured)
        except (_Refusal, ServerFailure) as error:
            reason, is_final = str(error), error.is_final
        except ModelError as error:
            reason, is_final = str(error), True
        verdict = Verdict(
            reason,
            attempt,
            measured.seconds_to_ready,
            measured.peak_memory_mb,
            tuple(measured.latencies_ms),
        )
        if not reason or is_final:
            break
    return verdict


@dataclass
class _Measurements:
    seconds_to_ready: float = 0.0
    peak_memory_mb: int = 0
    latencies_ms: list[float] = field(default_factory=list)


def _attempt(
    folder: Path,
    rows: pa.Table | None,
    spec: TrialSpec,
    log: Path,
    trust: bool | str,
    measured: _Measurements,
) -> None:
    """Start the server and ask it; raises what speaks against the model."""
    manifest = read_manifest(folder)
    asked = None if rows is None else _asked(rows, manifest)
    with TemporaryDirectory(prefix="minitfx-trial-") as scratch:
        answers = Path(scratch) / "answers.parquet"
        arguments: list[str] = []
        if asked is not None:
            pq.write_table(asked, Path(scratch) / "rows.parquet")
            arguments = ["--rows", str(Path(scratch) / "rows.parquet"), "--answers", str(answers)]
        started = time.perf_counter()
        with ServerProcess(
            folder,
            name=spec.name,
            trust=model_digest(folder) if trust is True else trust or "",
            log=log,
            memory_mb=spec.memory_mb or machine_memory_mb() // 2,
            environment=spec.environment,
            arguments=arguments,
        ) as server:
            try:
                url = server.wait_until_ready(spec.loading_seconds)
                measured.seconds_to_ready = time.perf_counter() - started
                with Client(url, spec.name, timeout=spec.request_seconds) as client:
                    if not client.is_ready():
                        raise server.explain("when it was asked whether it is ready")
                    if asked is not None:
                        expected = pq.read_table(answers)
                        _query(client, server, asked, expected, manifest, measured)
                    if not client.is_live():
                        raise server.explain("after its last answer")
            finally:
                measured.peak_memory_mb = server.peak_memory_mb
    middle = median(measured.latencies_ms or [0.0])
    if spec.latency_ms and middle > spec.latency_ms:
        raise _Refusal(
            f"a request takes {middle:.3g} ms at the median; at most {spec.latency_ms:g} are "
            "allowed (max_latency_ms)",
            is_final=False,
        )


def first_rows(data: str | Path, count: int) -> pa.Table:
    """Return the first rows of a data set, all of them if there are fewer."""
    source = open_source(data)
    taken: list[pa.Table] = []
    for chunk in source.chunks():
        missing = count - sum(table.num_rows for table in taken)
        if missing <= 0:
            break
        taken.append(chunk.read().slice(0, missing))
    return pa.concat_tables(taken) if taken else source.schema.empty_table()


def _asked(rows: pa.Table, manifest: Manifest) -> pa.Table:
    """Return the columns that the model takes, or refuse it for one that the examples lack."""
    try:
        return manifest.signature.conform(rows)
    except SignatureError as error:
        raise _Refusal(f"the examples do not fit the model: {error}", is_final=True) from error


def _query(
    client: Client,
    server: ServerProcess,
    asked: pa.Table,
    expected: pa.Table,
    manifest: Manifest,
    measured: _Measurements,
) -> None:
    _refuse(not_a_number(expected, manifest), "in a batch", is_final=True)
    for row in range(asked.num_rows):
        when = f"on request {row + 1} of {asked.num_rows}"
        started = time.perf_counter()
        served = _predict(client, server, asked.slice(row, 1), when)
        measured.latencies_ms.append((time.perf_counter() - started) * 1e3)
        _refuse(not_a_number(served, manifest), when, is_final=True)
        _refuse(difference(served, expected, row, manifest), when, is_final=False)
    if asked.num_rows > 1:
        when = f"on a request with {asked.num_rows} rows"
        served = _predict(client, server, asked, when)
        _refuse(difference(served, expected, 0, manifest), when, is_final=False)


def _refuse(reason: str, when: str, *, is_final: bool) -> None:
    if reason:
        raise _Refusal(f"{reason} ({when})", is_final=is_final)


def _predict(client: Client, server: ServerProcess, rows: pa.Table, when: str) -> pa.Table:
    try:
        return client.predict(rows, with_features=True)
    except SignatureError as error:
        raise _Refusal(f"the server refused the row {when}: {error}", is_final=True) from error
    except NoAnswer as error:
        raise server.explain(when, otherwise=f"{error} ({when})") from error
    except ModelError as error:
        raise ServerFailure(f"{error} ({when})") from error
