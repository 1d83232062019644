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

from minitfx.errors import ModelError
from minitfx.models.comparison import FEATURES, feature_difference
from minitfx.models.saved_model import SavedModel
from minitfx.models.server import die_with_parent, serve, warm_up


def batch_answers(model: SavedModel, rows: pa.Table) -> pa.Table:
    """Return predictions and ``features.NAME`` for all rows in one call, without a server.

    Raises
    ------
    ModelError
        If a feature of some row is another when the row is alone. The server would show it, too,
        but what follows from it may come first: a feature that is NaN, an error of the model.
    """
    plain = model.features(rows)
    features = _named(plain)
    for row in range(rows.num_rows):
        alone = _named(model.features(rows.slice(row, 1)))
        reason = feature_difference(alone, features, row)
        if reason:
            raise ModelError(f"{reason} (row {row + 1} of {rows.num_rows})")
    answers = model.predict_features(plain)
    for name in features.column_names:
        answers = answers.append_column(name, features.column(name))
    return answers


def _named(features: pa.Table) -> pa.Table:
    return features.rename_columns([f"{FEATURES}{name}" for name in features.column_names])


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
