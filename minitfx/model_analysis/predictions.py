"""Labels, predictions and weights of the rows of a chunk, whatever they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from minitfx.dataset.source import TableChunk
from minitfx.errors import ColumnError, EvaluationError, did_you_mean
from minitfx.model_analysis.columns import Floats, Ints, is_list, is_text, matrix, numbers, texts


class Predictor(Protocol):
    """What an evaluation asks of a model (`minitfx.models.load_model` returns one).

    It may also have ``classes`` (labels in the order of the probabilities) and
    ``transform_graph`` (with ``output_schema`` and ``transform``).
    """

    def predict(self, table: pa.Table) -> pa.Table:
        """Return ``prediction``, and ``probabilities`` if it has them, a row per row."""
        ...


@dataclass(frozen=True)
class Stream:
    """Where the labels, predictions and weights of one output of one model are.

    Attributes
    ----------
    model, output : str
        Names as in metric keys; empty when there is only one.
    label : str
        A column of the examples, or an output of the model's transform graph, which wins.
        Empty: there are no labels.
    prediction : str
        A column of the examples or of what the model returns; empty asks the model for its
        probabilities, or else its prediction.
    weight : str
        A column of the examples, or an output of the model's transform graph, which wins; empty:
        every row weighs 1.
    """

    model: str
    output: str
    label: str
    prediction: str
    weight: str


@dataclass(frozen=True)
class Texts:
    """What a model wrote, and what it should have written.

    Attributes
    ----------
    labels : pyarrow.ChunkedArray
        Text, or lists of text any of which would be right; null where there is none.
    predictions : pyarrow.ChunkedArray
        Text; null where there is none.
    """

    labels: pa.ChunkedArray
    predictions: pa.ChunkedArray


@dataclass(frozen=True)
class Scores:
    """What a stream says about the rows of a chunk.

    Attributes
    ----------
    labels : ndarray of shape (rows,) or (rows, classes), or None
        Numbers, or class numbers (-1 for a class that the model does not know); NaN where the
        label is missing.
    predictions : ndarray of shape (rows,) or (rows, classes)
        Scores; NaN where the prediction is missing.
    weights : ndarray of shape (rows,), or None
        Finite, not negative; None when every row weighs 1.
    texts : Texts or None
        Where labels and predictions are texts, which the numbers above only number.
    """

    labels: Floats | None
    predictions: Floats
    weights: Floats | None
    texts: Texts | None = None


@dataclass(frozen=True)
class NumberedChunk:
    """A chunk that knows where its first row stands in the whole table.

    Resampling draws from row numbers, so that it is the same for any way to cut the table.
    """

    chunk: TableChunk
    first_row: int

    def read(self) -> Batch:
        """Return the rows."""
        return Batch(self.chunk.read(), self.first_row)


def numbered(chunks: Sequence[TableChunk]) -> list[NumberedChunk]:
    """Return the chunks of a source with the number of each one's first row."""
    starts = np.cumsum([0, *(chunk.rows for chunk in chunks)]).tolist()
    return [NumberedChunk(chunk, start) for chunk, start in zip(chunks, starts, strict=False)]


@dataclass(frozen=True)
class Batch:
    """The rows of a chunk.

    Attributes
    ----------
    table : pyarrow.Table
        Their columns.
    first_row : int
        How many rows stand before them in the whole table.
    """

    table: pa.Table
    first_row: int = 0


def read_scores(
    table: pa.Table, streams: Sequence[Stream], models: Mapping[str, Any]
) -> list[Scores]:
    """Return labels, predictions and weights for each stream.

    Parameters
    ----------
    table : pyarrow.Table
        Rows of the examples.
    streams : sequence of Stream
        What to read.
    models : mapping of str to Predictor
        The models by name; each is asked once.

    Raises
    ------
    ColumnError
        If a column is not there or holds the wrong type.
    EvaluationError
        If labels and predictions do not go together, or a weight is negative, infinite or
        missing.
    """
    answers: dict[str, pa.Table] = {}
    found = []
    for stream in streams:
        model = models.get(stream.model)
        answer: pa.Table | None = None
        if model is not None:
            if stream.model not in answers:
                answers[stream.model] = _answer(model, table)
            answer = answers[stream.model]
        found.append(_scores(table, stream, model, answer))
    return found


def _answer(model: Any, table: pa.Table) -> pa.Table:
    answer = model.predict(table)
    if not isinstance(answer, pa.Table) or answer.num_rows != table.num_rows:
        found = f"{answer.num_rows} rows" if isinstance(answer, pa.Table) else type(answer).__name__
        raise EvaluationError(
            f"predict of {type(model).__name__} returned {found} for {table.num_rows} rows; "
            "expected a pyarrow.Table with prediction or probabilities, a row for each"
        )
    return answer


def _scores(table: pa.Table, stream: Stream, model: Any, answer: pa.Table | None) -> Scores:
    label = _made_column(table, stream.label, "label_key", model)
    weights = _weights(
        _made_column(table, stream.weight, "example_weight_key", model), stream.weight
    )
    column, name = _prediction_column(table, stream, answer)
    classes = getattr(model, "classes", None)
    if classes is None and is_text(column.type) and label is not None and _holds_text(label.type):
        return _compared(Texts(label, column), weights)
    # Numbers of a column of the examples are scores, not the names of a model's classes.
    decided = (answer is not None and name in answer.column_names) or is_text(column.type)
    predictions = _predictions(column, name, classes if decided else None)
    if label is None:
        return Scores(None, predictions, weights)
    return Scores(_labels(label, stream, classes, predictions), predictions, weights)


def _holds_text(type_: pa.DataType) -> bool:
    return is_text(type_) or (is_list(type_) and is_text(type_.value_type))


def _compared(texts: Texts, weights: Floats | None) -> Scores:
    """Return texts as numbers, equal where they are: any numbering of both together will do."""
    answers = texts.predictions.to_pylist()
    labels = []
    for answer, given in zip(answers, texts.labels.to_pylist(), strict=True):
        several = (
            [given]
            if isinstance(given, str)
            else [each for each in given or () if each is not None]
        )
        # Of several that would be right, the one that was given.
        labels.append(answer if answer in several else next(iter(several), None))
    place = {
        each: float(number) for number, each in enumerate(sorted({*answers, *labels} - {None}))
    }
    one, two = (np.array([place.get(each, np.nan) for each in both]) for both in (labels, answers))
    return Scores(one, two, weights, texts)


def _prediction_column(
    table: pa.Table, stream: Stream, answer: pa.Table | None
) -> tuple[pa.ChunkedArray, str]:
    if answer is not None:
        names = [stream.prediction] if stream.prediction else ["probabilities", "prediction"]
        for name in names:
            if name in answer.column_names:
                return answer.column(name), name
    if not stream.prediction:
        raise EvaluationError(
            f"there is neither a model{f' {stream.model!r}' if stream.model else ''} nor a "
            "prediction_key; give the model, or say in the ModelSpec which column holds its "
            "predictions"
        )
    return _column(table, stream.prediction, "prediction_key"), stream.prediction


def _made_column(table: pa.Table, name: str, role: str, model: Any) -> pa.ChunkedArray | None:
    """Return an output of the model's transform graph, or else a column of the examples."""
    if not name:
        return None
    graph = getattr(model, "transform_graph", None)
    if graph is not None and name in graph.output_schema.names:
        return graph.transform(table, outputs=[name]).column(name)
    return _column(table, name, role)


def _column(table: pa.Table, name: str, role: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise ColumnError(
            f"the {role} {name!r} is not a column of the examples. "
            f"{did_you_mean(name, table.column_names)}"
        )
    return table.column(name)


def _weights(column: pa.ChunkedArray | None, name: str) -> Floats | None:
    if column is None:
        return None
    weights = numbers(column, name)
    usable = (weights >= 0) & (weights < np.inf)
    if not usable.all():
        wrong = weights[~usable]
        raise EvaluationError(
            f"the weight column {name!r} has {len(wrong)} missing, negative or infinite weights "
            f"(the first is {wrong[0]}); expected a number from zero up in each row"
        )
    return weights


def _predictions(column: pa.ChunkedArray, name: str, classes: Sequence[Any] | None) -> Floats:
    if is_list(column.type):
        scores = matrix(column, name)
        binary = classes is not None and len(classes) == 2 and scores.shape[1] == 2
        if binary:
            return np.ascontiguousarray(scores[:, 1])
        return scores[:, 0] if scores.shape[1] == 1 else scores
    if classes is None:
        return numbers(column, name)
    indices = _indices(column, classes, name)
    if len(classes) <= 2:
        return indices
    scores = np.zeros((len(indices), len(classes)))
    scores[np.arange(len(indices)), indices.astype(np.int64)] = 1.0
    return scores


def _labels(
    column: pa.ChunkedArray, stream: Stream, classes: Sequence[Any] | None, predictions: Floats
) -> Floats:
    if is_list(column.type):
        width = predictions.shape[1] if predictions.ndim == 2 else 1
        labels = matrix(column, stream.label, width if width > 1 else None)
        return labels if labels.shape[1] > 1 else labels[:, 0]
    if classes is None or list(classes) in ([0, 1], [False, True]):
        if is_text(column.type):
            raise EvaluationError(
                f"the label column {stream.label!r} holds text, and nothing says which class is "
                "which number; give numbers, or a saved model, whose classes are known"
            )
        return numbers(column, stream.label)
    indices = _indices(column, classes, stream.label)
    if len(classes) == 2 and (indices < 0).any():
        wrong = texts(column.filter(pa.array((indices < 0).tolist())))[0]
        raise EvaluationError(
            f"the label column {stream.label!r} has the value {wrong!r}, which is not a class of "
            f"the model; expected {classes[0]!r} or {classes[1]!r}"
        )
    return indices


def _indices(column: pa.ChunkedArray, classes: Sequence[Any], name: str) -> Floats:
    """Return the number of each value among the classes, -1 for others, NaN for missing."""
    if is_text(column.type) != isinstance(classes[0] if classes else "", str):
        kinds = "text" if is_text(column.type) else str(column.type)
        raise EvaluationError(
            f"column {name!r} holds {kinds}, but the classes are {list(classes)[:5]}"
        )
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    place = {value: float(index) for index, value in enumerate(classes)}
    table = np.array([place.get(value, -1.0) for value in texts(encoded.dictionary)] + [np.nan])
    indices: Ints = np.nan_to_num(
        numbers(encoded.indices, name), nan=len(encoded.dictionary)
    ).astype(np.int64)
    return table[indices]


def check_columns(schema: pa.Schema, streams: Sequence[Stream], models: Mapping[str, Any]) -> None:
    """Raise `ColumnError` if a stream names a column that is nowhere.

    Parameters
    ----------
    schema : pyarrow.Schema
        Columns of the examples.
    streams : sequence of Stream
        What will be read.
    models : mapping of str to Predictor
        The models by name.
    """
    for stream in streams:
        model = models.get(stream.model)
        graph = getattr(model, "transform_graph", None)
        outputs = [] if graph is None else list(graph.output_schema.names)
        for role, name in (("label_key", stream.label), ("example_weight_key", stream.weight)):
            _check_column(role, name, schema, outputs)
        if model is None:
            _check_column("prediction_key", stream.prediction, schema)


def _check_column(role: str, name: str, schema: pa.Schema, outputs: Sequence[str] = ()) -> None:
    if not name or name in outputs:
        return
    if name not in schema.names:
        where = "the examples" + (" nor an output of the transform" if outputs else "")
        known = sorted({*schema.names, *outputs})
        raise ColumnError(
            f"the {role} {name!r} is not a column of {where}. {did_you_mean(name, known)}"
        )
    if role != "label_key" and pat.is_null(schema.field(name).type):
        raise ColumnError(f"the {role} {name!r} has no value in any row")
