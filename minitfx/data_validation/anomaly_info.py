"""What an anomaly says: its reasons, their severity, and how several become one."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflow_metadata.proto.v0 import anomalies_pb2

from minitfx.data_validation.reasons import Kind, Reason


def fill(info: anomalies_pb2.AnomalyInfo, reasons: Sequence[Reason], severity: int) -> None:
    """Describe an anomaly by its reasons; several are joined under one heading."""
    info.severity = severity
    info.reason.extend(reason.to_proto() for reason in reasons)
    info.description = " ".join(reason.text for reason in reasons)
    info.short_description = reasons[0].short if len(reasons) == 1 else "Multiple errors"


def merge_anomalies(into: anomalies_pb2.Anomalies, more: anomalies_pb2.Anomalies) -> None:
    """Add the anomalies of features in ``more`` to those in ``into``, reason by reason."""
    for name in sorted(more.anomaly_info):
        added, info = more.anomaly_info[name], into.anomaly_info[name]
        kinds = [*info.reason, *added.reason]
        reasons = [Reason(Kind.Name(r.type), r.short_description, r.description) for r in kinds]
        severity = max(info.severity, added.severity)
        del info.reason[:]
        info.path.CopyFrom(added.path)
        fill(info, reasons, severity)
