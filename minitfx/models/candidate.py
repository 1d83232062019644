"""The process in which a candidate model is tried: the real server, and batch predictions first.

Run as ``main(arguments)`` in a fresh interpreter by `minitfx.models.server_process`; a model that
hangs, crashes or eats memory does so here, never in the pipeline's own process.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.models.comparison import FEATURES
from minitfx.models.saved_model import SavedModel
from minitfx.models.server import die_with_parent, serve, warm_up


def batch_answers(model: SavedModel, rows: pa.Table) -> pa.Table:
    """Return predictions and ``features.NAME`` for all rows in one call, without a server."""
    features = model.features(rows)
    answers = model.predict_features(features)
    for name in features.column_names:
        answers = answers.append_column(f"{FEATURES}{name}", features.column(name))
    return answers


def main(arguments: Sequence[str]) -> int:
    """Serve a model on a free port of this machine until the parent ends it."""
    die_with_parent()
    faulthandler.enable()  # a crash, or SIGABRT, writes to the log where it was
    parser = argparse.ArgumentParser(prog="minitfx candidate")
    for name in ("model", "name", "trust", "status_file"):
        parser.add_argument(name)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--answers", type=Path)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")

    def prepare(model: SavedModel) -> None:
        warm_up(model)
        if given.rows is not None:
            pq.write_table(batch_answers(model, pq.read_table(given.rows)), given.answers)

    return serve(
        given.model,
        name=given.name,
        port=0,
        trust=given.trust or False,
        versions="refuse",
        prepare=prepare,
        status_file=Path(given.status_file),
    )
