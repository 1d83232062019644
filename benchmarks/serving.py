"""What a served request costs over the model itself: ``python benchmarks/serving.py``.

Claims: a request with one row costs at most 1.5 ms more (median) than ``model.predict`` of that
row in the server's place, and a request with 1,000 rows at most 1.3 times a direct prediction;
and InfraValidator takes at most 1.5 times as long as a bare process that imports scikit-learn,
loads the model and predicts once.

Requests and direct calls are interleaved on one model: a transform is not part of it. Servers run
in processes of their own. Medians; the first requests are not counted.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier

from minitfx.models import SavedModel, load_model, model_digest, oip, save_model
from minitfx.models.client import Client
from minitfx.models.trial import TrialSpec, try_model

FEATURES = [f"x{at}" for at in range(10)]
OVERHEAD_MS, BATCH, TRIAL = 1.5, 1.3, 1.5

STANDARD = """
import sys
from minitfx.models.server import main
sys.exit(main([sys.argv[1], "--port", sys.argv[2], "--trust", sys.argv[3]]))
"""
EXTRA = """
import sys
from minitfx.models.asgi import serve
serve(sys.argv[1], port=int(sys.argv[2]), trust=sys.argv[3])
"""
BARE = """
import sys
import joblib, numpy as np
import sklearn.ensemble
joblib.load(sys.argv[1]).predict_proba(np.zeros((1, 10)))
"""


def prepare(folder: Path) -> pa.Table:
    """Save a model and return rows to ask about."""
    random = np.random.default_rng(0)
    X = random.normal(size=(20_000, len(FEATURES)))
    y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)
    model = HistGradientBoostingClassifier(max_iter=100, random_state=0).fit(X, y)
    save_model(model, folder, features=FEATURES)
    return pa.table({name: X[:1000, at] for at, name in enumerate(FEATURES)})


@contextmanager
def serving(code: str, folder: Path, port: int) -> Iterator[str]:
    """Run a server and give its address."""
    words = [sys.executable, "-c", code, str(folder), str(port), model_digest(folder)]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        while not Client(url).is_ready():
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()


def milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e3


def compare(
    url: str, kind: str, model: SavedModel, table: pa.Table, rounds: int
) -> tuple[float, float]:
    """Return median milliseconds of a request and of a direct prediction.

    The request's body is made beforehand and the answer not parsed: that is the client's work.
    """
    body = (
        oip.to_stream(table) if kind == oip.ARROW else oip.dumps({"inputs": oip.to_tensors(table)})
    )
    connection = HTTPConnection(url.removeprefix("http://"))

    def request() -> bytes:
        connection.request("POST", "/v2/models/model/infer", body, {"Content-Type": kind})
        return connection.getresponse().read()

    served, direct = [], []
    for _ in range(rounds):
        served.append(milliseconds(request))
        direct.append(milliseconds(lambda: model.predict(table)))
    connection.close()
    return median(served[5:]), median(direct[5:])


def requests(folder: Path, table: pa.Table, rounds: int) -> None:
    model = load_model(folder, trust=True)
    servers = {"standard library": STANDARD}
    if find_spec("uvicorn") and find_spec("starlette"):
        servers["extra serve"] = EXTRA
    for at, (name, code) in enumerate(servers.items()):
        with serving(code, folder, 18_080 + at) as url:
            for kind in ("application/json", oip.ARROW):
                one, alone = compare(url, kind, model, table.slice(0, 1), rounds)
                many, direct = compare(url, kind, model, table, max(rounds // 4, 10))
                print(
                    f"{name:16} {'Arrow' if kind == oip.ARROW else 'JSON':5}"
                    f" 1 row {one:.2f} ms, {one - alone:+.2f} over {alone:.2f} (goal {OVERHEAD_MS})"
                    f" | 1,000 rows {many:.2f} ms, {many / direct:.2f} times {direct:.2f}"
                    f" (goal {BATCH})"
                )


def trials(folder: Path, table: pa.Table, rounds: int) -> None:
    ours, bare = [], []
    for _ in range(rounds):
        words = [sys.executable, "-c", BARE, str(folder / "model.joblib")]
        bare.append(milliseconds(lambda words=words: subprocess.run(words, check=True)))
        spec = TrialSpec(tries=1)
        log = folder.parent / "server.log"
        started = time.perf_counter()
        verdict = try_model(folder, table.slice(0, 3), spec, log=log)
        ours.append((time.perf_counter() - started) * 1e3)
        assert verdict.is_blessed, verdict.reason
    ratio = median(one / other for one, other in zip(ours, bare, strict=True))
    print(
        f"InfraValidator   {median(ours):.0f} ms, {ratio:.2f} times {median(bare):.0f} ms"
        f" (goal {TRIAL})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300)
    given = parser.parse_args()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        table = prepare(folder)
        requests(folder, table, given.rounds)
        trials(folder, table, 7)


if __name__ == "__main__":
    main()
