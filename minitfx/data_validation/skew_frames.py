"""What comparing two data sets row by row gave, as data frames.

The names of the functions and of the columns are TFDV's. pandas takes half a second to load, so
it is loaded when a frame is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitfx.data_validation.feature_skew import FeatureSkew

if TYPE_CHECKING:
    import pandas as pd


def get_skew_result_dataframe(skew: FeatureSkew) -> pd.DataFrame:
    """Return how often each column differs, one row a column, by name.

    Returns
    -------
    pandas.DataFrame
        The columns of `FeatureSkew.features`.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from minitfx.data_validation import detect_feature_skew
    >>> base, test = ({"id": [1, 2], "paid": paid} for paid in (["cash", "card"], ["cash"] * 2))
    >>> skew = detect_feature_skew(pa.table(base), pa.table(test), ["id"])
    >>> get_skew_result_dataframe(skew)[["feature_name", "diff_count"]].values.tolist()
    [['paid', 1]]
    """
    frame: pd.DataFrame = skew.features.to_pandas()
    return frame


def get_match_stats_dataframe(skew: FeatureSkew) -> pd.DataFrame:
    """Return how the identifiers of both sides meet, in one row.

    Returns
    -------
    pandas.DataFrame
        The columns of `FeatureSkew.matches`.
    """
    frame: pd.DataFrame = skew.matches.to_pandas()
    return frame


def get_confusion_count_dataframes(skew: FeatureSkew) -> dict[str, pd.DataFrame]:
    """Return which values turn into which others, for each column that was asked for.

    Returns
    -------
    dict of str to pandas.DataFrame
        By column: ``Base value``, ``Test value``, ``Pair count``, and ``Base count`` and ``Test
        count``, how often each value is there in all pairs, equal ones too. Only unequal values
        have a row; of one base value, the rarest first.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from minitfx.data_validation import detect_feature_skew
    >>> base, test = ({"id": [1, 2], "paid": paid} for paid in (["cash", "card"], ["cash"] * 2))
    >>> skew = detect_feature_skew(
    ...     pa.table(base), pa.table(test), ["id"], confusion_features=["paid"]
    ... )
    >>> get_confusion_count_dataframes(skew)["paid"].values.tolist()
    [['card', 'cash', 1, 1, 2]]
    """
    names = {"base_value": "Base value", "test_value": "Test value", "count": "Pair count"}
    counts = skew.confusions.to_pandas().rename(columns=names)
    found = {}
    for feature, frame in counts.groupby("feature_name", sort=False):
        frame = frame.drop(columns="feature_name")
        for side in ("Base", "Test"):
            in_all = frame.groupby(f"{side} value")["Pair count"].transform("sum")
            frame[f"{side} count"] = in_all
        unequal = frame[frame["Base value"] != frame["Test value"]]
        order = ["Base value", "Pair count", "Test value"]
        found[str(feature)] = unequal.sort_values(order).reset_index(drop=True)
    return found
