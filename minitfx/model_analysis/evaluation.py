"""Evaluate predictions: one pass over the data, then every metric of every slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minitfx.dataset.source import Source
from minitfx.errors import EvaluationError
from minitfx.kernels import fold
from minitfx.model_analysis.collection import Collection
from minitfx.model_analysis.crossing import comparisons
from minitfx.model_analysis.intervals import Uncertainty, difference, uncertainties
from minitfx.model_analysis.keys import AnySliceKey, MetricKey, slice_name
from minitfx.model_analysis.measured import Measured, SliceGroup, with_bounds
from minitfx.model_analysis.metrics.metric import Values
from minitfx.model_analysis.planning import Evaluation, needed_columns, plan_evaluation
from minitfx.model_analysis.predictions import numbered
from minitfx.model_analysis.sliced import Sliced
from minitfx.model_analysis.slices import Slicing
from minitfx.model_analysis.statistics import RowCount
from minitfx.proto import eval_config_pb2 as pb


@dataclass(frozen=True)
class Findings:
    """All that an evaluation found.

    Attributes
    ----------
    config : EvalConfig
        The complete configuration.
    groups : list of SliceGroup
        One for each slicing, then one for each cross slicing.
    rows : int
        How many rows there were.
    """

    config: pb.EvalConfig
    groups: list[SliceGroup]
    rows: int


def evaluate(
    config: pb.EvalConfig,
    source: Source,
    models: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
) -> Findings:
    """Return the metrics of every slice.

    Parameters
    ----------
    config : EvalConfig
        Complete (`minitfx.model_analysis.config.completed`).
    source : Source
        The examples.
    models : mapping of str to Predictor, optional
        By the name of their model spec, those that are to be asked.
    seed : int
        Of resampling: another one gives slightly other intervals.

    Raises
    ------
    EvaluationError, ColumnError, CodeError
        If the configuration asks for what there is not.

    Notes
    -----
    One pass over the rows (`minitfx.kernels.fold`), whatever the number of slices. The same bits
    for any number of workers.
    """
    evaluation = plan_evaluation(config, source.schema, models or {}, seed)
    chunks = numbered(source.chunks(needed_columns(evaluation.plan, source.schema)))
    collection: Collection = fold(Collection.empty(evaluation.plan), chunks)
    smallest = config.options.min_slice_size.value
    groups: list[SliceGroup] = []
    sizes: dict[AnySliceKey, float] = {}
    for slicing, base in _in_order(evaluation):
        sliced = _not_yet_seen(collection.sliced(slicing, base), sizes)
        if sliced.keys:
            groups.append(_measured(evaluation, sliced, smallest))
            sizes |= zip(groups[-1].keys, groups[-1].counts.tolist(), strict=True)
    groups += comparisons(config.cross_slicing_specs, groups, evaluation.plan.resampling.method)
    return Findings(config, groups, source.rows)


def _in_order(evaluation: Evaluation) -> Iterator[tuple[Slicing, Slicing]]:
    """Yield the slicings, the coarsest first."""
    yield from sorted(evaluation.bases.items(), key=lambda pair: (len(pair[0].columns), repr(pair)))


def _not_yet_seen(sliced: Sliced, sizes: Mapping[AnySliceKey, float]) -> Sliced:
    """Return the slices that no earlier slicing made: ``{sex: f}`` is one of ``sex``."""
    again = [place for place, key in enumerate(sliced.keys) if key in sizes]
    if not again:
        return sliced
    counts = sliced.whole()(RowCount())
    for place in again:
        key = sliced.keys[place]
        if counts[place] != sizes[key]:
            raise EvaluationError(
                f"two slicing_specs make the slice {slice_name(key)} of different rows, "
                f"{sizes[key]:.0f} and {counts[place]:.0f}; let the slice_keys_sql of one call "
                "its key by another name"
            )
    return sliced.without(again)


def _measured(evaluation: Evaluation, sliced: Sliced, smallest: int) -> SliceGroup:
    state = sliced.whole()
    values: dict[MetricKey, Values] = {}
    plots: dict[MetricKey, Measured] = {}
    attributions: dict[MetricKey, Measured] = {}
    remarks: dict[MetricKey, Sequence[str]] = {}
    for request in evaluation.requests:
        computed = request.metric.compute(request.view, state)
        if request.metric.IS_PLOT:
            plots |= {key: Measured(value) for key, value in computed.items()}
            continue
        if request.metric.IS_ATTRIBUTION:
            attributions |= {key: Measured(value) for key, value in computed.items()}
            continue
        values |= computed
        remarks |= request.metric.remarks(request.view, state)
    known = uncertainties(evaluation.requests, sliced, state)
    _add_differences(evaluation, values, known)
    counts = state(RowCount())
    small = counts < smallest if sliced.keys != [()] else np.zeros(len(counts), bool)
    method = evaluation.plan.resampling.method
    return SliceGroup(
        sliced.keys,
        with_bounds(values, known, method, counts),
        plots,
        counts,
        small,
        known,
        remarks,
        attributions,
    )


def _add_differences(
    evaluation: Evaluation,
    values: dict[MetricKey, Values],
    known: dict[MetricKey, Uncertainty],
) -> None:
    """Add (model less baseline) for every metric that both have."""
    baseline = evaluation.baseline
    if baseline is None:
        return
    for key, value in list(values.items()):
        if key.model_name == baseline or key.is_diff:
            continue
        other_key = replace(key, model_name=baseline)
        other = values.get(other_key)
        if isinstance(value, np.ndarray) and isinstance(other, np.ndarray):
            with np.errstate(invalid="ignore"):
                values[key.diff()] = value - other
            paired = difference(known, known, key, other_key)
            if paired is not None:
                known[key.diff()] = paired
