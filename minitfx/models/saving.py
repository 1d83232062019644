"""Save a model: the framework's file, what it needs beside it, and the manifest over all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minitfx.models.description import Columns, describe, subject_of
from minitfx.models.flavour import flavour_named, flavour_of
from minitfx.models.manifest import Manifest
from minitfx.models.schema_fields import SchemaLike
from minitfx.models.signature import Task


def save_model(
    model: Any,
    path: str | Path,
    *,
    transform_graph: str | Path | None = None,
    label: str | None = None,
    features: Sequence[str] | None = None,
    schema: SchemaLike | None = None,
    task: Task | None = None,
    classes: Sequence[Any] | None = None,
    flavour: str | None = None,
) -> Manifest:
    """Return the manifest of the model, saved with all that it needs to predict from raw rows.

    Parameters
    ----------
    model : object
        A fitted model: a scikit-learn estimator or pipeline, one of another flavour, or any
        object with ``predict`` and, for a classifier, ``classes_`` and ``predict_proba``.
    path : path
        The folder to save it in; ``fn_args.serving_model_dir`` in a ``run_fn``.
    transform_graph : path, optional
        The fitted transform whose outputs the model takes (``fn_args.transform_graph_path``). A
        copy goes with the model and is applied to raw rows before it predicts.
    label : str, optional
        The column that it was trained to predict; it is left out of the features.
    features : sequence of str, optional
        Columns that the model takes, in order. Unset: the names that it was fitted on; else the
        outputs of the transform, or the columns of ``schema``, without the label.
    schema : pyarrow.Schema, Table, DataFrame, tensorflow_metadata Schema or path, optional
        Types of the raw columns; a path is that of a ``schema.pbtxt`` (``fn_args.schema_path``).
        Unset: those that the transform was fitted on; without one, any type is taken.
    task : str, optional
        ``binary_classification``, ``multiclass_classification`` or ``regression``, where the
        model does not show it.
    classes : sequence, optional
        Class labels in the order of the probabilities, where the model does not show them.
    flavour : str, optional
        Name of the flavour to save it with. Unset: the first that knows the model.

    Returns
    -------
    Manifest
        What was written to ``model.json``.

    Raises
    ------
    ModelError
        If the model cannot be saved so that another process loads it, is not fitted, or its
        columns are not known.

    Notes
    -----
    Classes and functions of the project's own modules that the model holds are copied with it
    (``code/``), with the project modules that those import.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import LogisticRegression
    >>> from minitfx.models import save_model
    >>> model = LogisticRegression().fit([[0.0], [1.0]], ["no", "yes"])
    >>> save_model(model, tempfile.mkdtemp(), features=["fare"]).classes
    ('no', 'yes')
    """
    chosen = flavour_named(flavour) if flavour else flavour_of(model)
    subject = subject_of(model, chosen, task, classes)
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    chosen.save(model, folder / chosen.file)
    return describe(folder, chosen.file, subject, Columns(transform_graph, label, features, schema))
