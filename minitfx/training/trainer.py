"""Calling a user's ``run_fn``, and a look at the model that it left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from minitfx.errors import ModelError
from minitfx.models import Manifest, complete_manifest
from minitfx.training.fn_args import FnArgs


def train(
    run_fn: Callable[[FnArgs], object],
    fn_args: FnArgs,
    *,
    label: str | None = None,
    features: Sequence[str] | None = None,
) -> Manifest:
    """Call ``run_fn`` and return the manifest of the model that it saved.

    Parameters
    ----------
    run_fn : callable
        The user's function; its return value is not used.
    fn_args : FnArgs
        With ``serving_model_dir`` set. The output folders that it names are made first.
    label, features : optional
        Columns of a model that ``run_fn`` only dumped into a file; see
        `minitfx.models.complete_manifest`.

    Raises
    ------
    ModelError
        If ``run_fn`` left no model; the message lists what it left.
    Exception
        Whatever ``run_fn`` raises.

    Notes
    -----
    A ``run_fn`` saves its model with `minitfx.models.save_model`, or leaves one file of a known
    name (``model.pkl``, ``model.joblib``, …) and its manifest is written here. The columns of a
    model that was fitted on an array are those that the ``data_accessor`` was last asked for.
    """
    if fn_args.serving_model_dir is None:
        raise ValueError("fn_args has no serving_model_dir")
    folder = Path(fn_args.serving_model_dir)
    for each in (fn_args.serving_model_dir, fn_args.eval_model_dir, fn_args.model_run_dir):
        if each is not None:
            Path(each).mkdir(parents=True, exist_ok=True)
    run_fn(fn_args)
    _drop_empty(fn_args.eval_model_dir)
    recipes = fn_args.data_accessor.asked[-1:]
    try:
        return complete_manifest(
            folder,
            transform_graph=fn_args.transform_graph_path,
            label=label or next((each.label for each in recipes), None),
            features=features,
            schema=raw_schema(fn_args),
            asked=next(([field.name for field in each.fields] for each in recipes), None),
        )
    except ModelError as error:
        raise ModelError(f"run_fn left no model that can be used: {error}") from error


def raw_schema(fn_args: FnArgs) -> pa.Schema | str | None:
    """Return what is known of the raw columns: the schema's file, or the examples' own types.

    None when the examples are transformed already and there is no schema.
    """
    if fn_args.schema_path is not None:
        return fn_args.schema_path
    if fn_args.transform_graph_path is None and fn_args.train_files:
        return fn_args.data_accessor.schema(fn_args.train_files)
    return None


def _drop_empty(folder: str | None) -> None:
    if folder is not None and Path(folder).is_dir() and not any(Path(folder).iterdir()):
        Path(folder).rmdir()
