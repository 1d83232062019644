"""Schemas, anomalies and statistics for people: as frames, and as a page.

In a notebook the ``display_`` functions show frames; elsewhere they print them. pandas takes
half a second to load, so it is loaded when something is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from minitfx.data_validation.paths import FeaturePath, as_path, feature_path
from minitfx.data_validation.schema_editing import check_schema
from minitfx.data_validation.statistics_page import statistics_page
from minitfx.data_validation.statistics_view import whole_dataset
from minitfx.data_validation.views import get_slice_stats
from minitfx.errors import ParameterError, ParameterTypeError

if TYPE_CHECKING:
    import pandas as pd


def get_schema_dataframe(schema: schema_pb2.Schema) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a schema as two frames: features, and string domains.

    Returns
    -------
    features : pandas.DataFrame
        Index ``Feature name``; columns ``Type``, ``Presence``, ``Valency``, ``Domain``.
    domains : pandas.DataFrame
        Index ``Domain``; column ``Values``.
    """
    import pandas as pd

    check_schema(schema)
    domains = [(_quoted(domain.name), _values(domain)) for domain in schema.string_domain]
    rows = []
    for feature in schema.feature:
        domain = _domain(feature)
        if feature.HasField("string_domain"):
            domains.append((domain, _values(feature.string_domain)))
        row = (_quoted(feature.name), _type(feature), _presence(feature), _valency(feature), domain)
        rows.append(row)
    names = ["Feature name", "Type", "Presence", "Valency", "Domain"]
    features = pd.DataFrame(rows, columns=names).set_index("Feature name")
    return features, pd.DataFrame(domains, columns=["Domain", "Values"]).set_index("Domain")


def display_schema(schema: schema_pb2.Schema) -> None:
    """Show a schema: its features, and its string domains if there are any."""
    features, domains = get_schema_dataframe(schema)
    _show(features)
    if len(domains):
        _show(domains)


def get_anomalies_dataframe(anomalies: anomalies_pb2.Anomalies) -> pd.DataFrame:
    """Return anomalies as a frame, one row a feature.

    Returns
    -------
    pandas.DataFrame
        Index ``Feature name``; columns ``Anomaly short description`` and ``Anomaly long
        description``; empty when there is no anomaly.
    """
    import pandas as pd

    if not isinstance(anomalies, anomalies_pb2.Anomalies):
        raise ParameterTypeError(f"got {type(anomalies).__name__}; expected Anomalies")
    infos = [
        (_quoted(name), anomalies.anomaly_info[name]) for name in sorted(anomalies.anomaly_info)
    ]
    if anomalies.HasField("dataset_anomaly_info"):
        infos.append(("[dataset anomaly]", anomalies.dataset_anomaly_info))
    rows = [(name, info.short_description, info.description) for name, info in infos]
    if anomalies.data_missing:
        rows.append(("[dataset anomaly]", "No data", "There are no examples."))
    names = ["Feature name", "Anomaly short description", "Anomaly long description"]
    return pd.DataFrame(rows, columns=names).set_index("Feature name")


def display_anomalies(anomalies: anomalies_pb2.Anomalies) -> None:
    """Show anomalies, or that there are none."""
    frame = get_anomalies_dataframe(anomalies)
    if len(frame):
        _show(frame)
    else:
        _show_html('<h4 style="color:green;">No anomalies found.</h4>', "No anomalies found.")


def get_statistics_html(
    lhs_statistics: statistics_pb2.DatasetFeatureStatisticsList,
    rhs_statistics: statistics_pb2.DatasetFeatureStatisticsList | None = None,
    lhs_name: str = "lhs_statistics",
    rhs_name: str = "rhs_statistics",
    allowlist_features: Sequence[str | FeaturePath] | None = None,
    denylist_features: Sequence[str | FeaturePath] | None = None,
) -> str:
    """Return a page of statistics, of one data set or of two side by side.

    Parameters
    ----------
    lhs_statistics, rhs_statistics : DatasetFeatureStatisticsList
        Each of one data set, or with "All Examples" among slices.
    lhs_name, rhs_name : str
        What to call them; a data set's own name wins.
    allowlist_features, denylist_features : sequence, optional
        Only these features, or all but these.

    Returns
    -------
    str
        HTML that needs nothing else: no script, no network.

    Raises
    ------
    ParameterTypeError, DataError, ParameterError
        As `minitfx.data_validation.infer_schema`; also if both lists are given.
    """
    if allowlist_features is not None and denylist_features is not None:
        raise ParameterError("expected at most one of allowlist_features and denylist_features")
    sides = [(lhs_statistics, lhs_name)]
    if rhs_statistics is not None:
        sides.append((rhs_statistics, rhs_name))
    datasets = []
    for statistics, name in sides:
        dataset = statistics_pb2.DatasetFeatureStatistics()
        dataset.CopyFrom(whole_dataset(statistics))
        kept = [f for f in dataset.features if _wanted(f, allowlist_features, denylist_features)]
        del dataset.features[:]
        dataset.features.extend(kept)
        dataset.name = dataset.name or name
        datasets.append(dataset)
    return statistics_page(datasets)


def visualize_statistics(
    lhs_statistics: statistics_pb2.DatasetFeatureStatisticsList,
    rhs_statistics: statistics_pb2.DatasetFeatureStatisticsList | None = None,
    lhs_name: str = "lhs_statistics",
    rhs_name: str = "rhs_statistics",
    allowlist_features: Sequence[str | FeaturePath] | None = None,
    denylist_features: Sequence[str | FeaturePath] | None = None,
) -> None:
    """Show statistics in a notebook; parameters as `get_statistics_html`."""
    html = get_statistics_html(
        lhs_statistics, rhs_statistics, lhs_name, rhs_name, allowlist_features, denylist_features
    )
    _show_html(html, "Statistics are shown in a notebook; get_statistics_html returns the page.")


def compare_slices(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, lhs_slice_key: str, rhs_slice_key: str
) -> None:
    """Show two slices of statistics side by side in a notebook."""
    sides = [get_slice_stats(statistics, key) for key in (lhs_slice_key, rhs_slice_key)]
    visualize_statistics(sides[0], sides[1], lhs_slice_key, rhs_slice_key)


def _wanted(
    feature: statistics_pb2.FeatureNameStatistics,
    allow: Sequence[str | FeaturePath] | None,
    deny: Sequence[str | FeaturePath] | None,
) -> bool:
    path = feature_path(feature)
    if allow is not None:
        return path in {as_path(each) for each in allow}
    return path not in {as_path(each) for each in deny or ()}


def _quoted(name: str) -> str:
    escaped = name.replace("'", "\\'")
    return f"'{escaped}'"


def _values(domain: schema_pb2.StringDomain) -> str:
    return ", ".join(map(_quoted, domain.value))


def _type(feature: schema_pb2.Feature) -> str:
    if feature.type == schema_pb2.BYTES and feature.WhichOneof("domain_info") in _STRINGS:
        return "STRING"
    return str(schema_pb2.FeatureType.Name(feature.type))


_STRINGS = ("domain", "string_domain")


def _presence(feature: schema_pb2.Feature) -> str:
    if not feature.HasField("presence"):
        return ""
    return "required" if feature.presence.min_fraction == 1.0 else "optional"


def _valency(feature: schema_pb2.Feature) -> str:
    if not feature.HasField("value_count"):
        return ""
    count = feature.value_count
    if count.min == count.max == 1:
        return "single"
    low = count.min if count.HasField("min") else 0
    return f"[{low},{count.max}]" if count.HasField("max") else f"[{low},inf)"


def _domain(feature: schema_pb2.Feature) -> str:
    which = feature.WhichOneof("domain_info")
    if which == "domain":
        return _quoted(feature.domain)
    if which == "string_domain":
        return _quoted(feature.string_domain.name or f"{feature.name}_domain")
    if which in ("int_domain", "float_domain"):
        domain = getattr(feature, which)
        sides = [
            f"{side}: {getattr(domain, side):g}" for side in ("min", "max") if domain.HasField(side)
        ]
        return "; ".join(sides) or "-"
    return "-"


def _notebook() -> Any:
    """Return IPython's display module where a notebook is running, else None."""
    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None:
        return None
    return sys.modules["IPython.display"]


def _show(frame: pd.DataFrame) -> None:
    notebook = _notebook()
    if notebook is not None:
        notebook.display(frame)
    else:
        print(frame.to_string())


def _show_html(html: str, text: str) -> None:
    notebook = _notebook()
    if notebook is not None:
        notebook.display(notebook.HTML(html))
    else:
        print(text)
