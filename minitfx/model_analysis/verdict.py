"""What checking thresholds found: each check, and all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from minitfx.model_analysis.keys import (
    AnySliceKey,
    MetricKey,
    cross_to_proto,
    pair_of,
    slice_to_proto,
)
from minitfx.proto import eval_config_pb2 as pb

Bound: TypeAlias = pb.GenericValueThreshold | pb.GenericChangeThreshold
Scope: TypeAlias = pb.SlicingSpec | pb.CrossSlicingSpec | None

NOT_FOUND = "Metric not found."


@dataclass(frozen=True)
class Check:
    """One threshold held against one metric of one slice.

    Attributes
    ----------
    slice : tuple or None
        The slice; None when a threshold names one that does not occur.
    key : MetricKey
        The metric; of a change threshold, the difference to the baseline.
    bound : GenericValueThreshold or GenericChangeThreshold
        What it must satisfy.
    value : float or None
        The metric, or the difference; None where there is none.
    baseline : float or None
        The baseline's metric, for a change threshold.
    passed : bool
        Whether it does.
    message : str
        One sentence that says what was found and what was expected.
    scope : SlicingSpec, CrossSlicingSpec or None
        For which slices the threshold was set; None: for all.
    reason : str
        TFMA's remark for failures that are not about a number; empty otherwise.
    """

    slice: AnySliceKey | None
    key: MetricKey
    bound: Bound
    value: float | None
    baseline: float | None
    passed: bool
    message: str
    scope: Scope = None
    reason: str = ""

    @property
    def threshold(self) -> pb.MetricThreshold:
        """The bound as the message of a threshold."""
        if isinstance(self.bound, pb.GenericValueThreshold):
            return pb.MetricThreshold(value_threshold=self.bound)
        return pb.MetricThreshold(change_threshold=self.bound)


@dataclass(frozen=True)
class Verdict:
    """Every check of an evaluation.

    Attributes
    ----------
    checks : list of Check
        In the order of metrics, then slices.
    has_thresholds : bool
        Whether there was anything to check.
    rubber_stamp : bool
        Whether thresholds on changes were left out because there was no baseline.
    """

    checks: list[Check] = field(default_factory=list)
    has_thresholds: bool = False
    rubber_stamp: bool = False

    @property
    def ok(self) -> bool:
        """Whether there were thresholds and all of them hold, or were left out on a first run."""
        return self.has_thresholds and not self.reasons and bool(self.checks or self.rubber_stamp)

    @property
    def reasons(self) -> list[str]:
        """One sentence for each check that failed."""
        return [check.message for check in self.checks if not check.passed]

    @property
    def message(self) -> str:
        """The verdict in words: why not, line by line, or how many checks hold."""
        if not self.has_thresholds:
            return "no threshold is configured, so the model is neither blessed nor refused"
        if not self.ok:
            return "\n".join(self.reasons)
        held = "1 check holds" if len(self.checks) == 1 else f"{len(self.checks)} checks hold"
        parts = [held] if self.checks else []
        if self.rubber_stamp:
            parts.append("change thresholds were left out, as there is no baseline")
        return "; ".join(parts)

    def to_proto(self) -> pb.ValidationResult:
        """Return the message that TFMA writes."""
        result = pb.ValidationResult(
            validation_ok=self.ok,
            missing_thresholds=not self.has_thresholds,
            rubber_stamp=self.rubber_stamp,
        )
        places: dict[AnySliceKey, pb.MetricsValidationForSlice] = {}
        _add_details(result, self.checks)
        for check in self.checks:
            if check.slice is None:
                _add_missing(result, check.scope)
            elif not check.passed:
                if check.slice not in places:
                    places[check.slice] = _place(result, check.slice)
                _add_failure(places[check.slice], check)
        return result


def _place(result: pb.ValidationResult, key: AnySliceKey) -> pb.MetricsValidationForSlice:
    place = result.metric_validations_per_slice.add()
    pair = pair_of(key)
    if pair is not None:
        place.cross_slice_key.CopyFrom(cross_to_proto(pair))
    else:
        place.slice_key.CopyFrom(slice_to_proto(key))
    return place


def _add_failure(place: pb.MetricsValidationForSlice, check: Check) -> None:
    failure = place.failures.add(message=check.reason)
    failure.metric_key.CopyFrom(check.key.to_proto())
    failure.metric_threshold.CopyFrom(check.threshold)
    if check.value is not None:
        failure.metric_value.double_value.value = check.value


def _add_details(result: pb.ValidationResult, checks: Sequence[Check]) -> None:
    """Say how many slices each scope met."""
    met: dict[bytes, set[AnySliceKey]] = {}
    scopes: dict[bytes, pb.SlicingSpec | pb.CrossSlicingSpec] = {}
    for check in checks:
        if check.slice is None or check.reason == NOT_FOUND:
            continue
        scope = check.scope if check.scope is not None else pb.SlicingSpec()
        kind = b"x" if isinstance(scope, pb.CrossSlicingSpec) else b"s"
        sign = kind + scope.SerializeToString(deterministic=True)
        scopes[sign] = scope
        met.setdefault(sign, set()).add(check.slice)
    for sign, scope in scopes.items():
        details = result.validation_details.slicing_details.add()
        if isinstance(scope, pb.CrossSlicingSpec):
            details.cross_slicing_spec.CopyFrom(scope)
        else:
            details.slicing_spec.CopyFrom(scope)
        details.num_matching_slices = len(met[sign])


def _add_missing(result: pb.ValidationResult, scope: Scope) -> None:
    if isinstance(scope, pb.CrossSlicingSpec):
        if scope not in result.missing_cross_slices:
            result.missing_cross_slices.append(scope)
        return
    spec = scope if scope is not None else pb.SlicingSpec()
    if spec not in result.missing_slices:
        result.missing_slices.append(spec)
