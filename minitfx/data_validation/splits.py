"""Which splits to look at, and what their anomalies mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensorflow_metadata.proto.v0 import anomalies_pb2

from minitfx.errors import AnomaliesError, ParameterError, did_you_mean

_SHOWN = 10


def remaining_splits(splits: Sequence[str], exclude: Sequence[str] | None) -> list[str]:
    """Return the splits without the excluded ones.

    Parameters
    ----------
    splits : sequence of str
        All names.
    exclude : sequence of str, optional
        Names to leave out; each must be one of them.

    Raises
    ------
    ParameterError
        If an excluded name is not a split, or none is left.

    Examples
    --------
    >>> remaining_splits(["train", "eval"], ["eval"])
    ['train']
    """
    for name in exclude or ():
        if name not in splits:
            raise ParameterError(
                f"exclude_splits names {name!r}, which is no split. {did_you_mean(name, splits)}"
            )
    left = [name for name in splits if name not in (exclude or ())]
    if not left:
        raise ParameterError(
            f"no split is left of {list(splits)} without {list(exclude or ())}; expected at "
            "least one"
        )
    return left


NO_BASELINE = 2
"""The blessing of a split that there was nothing to compare with."""


def split_pairs(
    splits: Sequence[str],
    others: Sequence[str],
    include: Sequence[Sequence[str]] | None,
    same_name: bool = False,
) -> list[tuple[str, str]]:
    """Return the pairs of splits to compare.

    Parameters
    ----------
    splits, others : sequence of str
        The splits of the two sides.
    include : sequence of (str, str), optional
        Only these pairs; each must exist.
    same_name : bool
        Whether without ``include`` only splits of equal names are paired, instead of all.

    Raises
    ------
    ParameterError
        If there is no pair, or one that was asked for does not exist.

    Examples
    --------
    >>> split_pairs(["train", "eval"], ["eval"], None, same_name=True)
    [('eval', 'eval')]
    """
    every = [(one, two) for one in splits for two in others]
    if include:
        for pair in include:
            if tuple(pair) not in every:
                raise ParameterError(
                    f"include_split_pairs names {list(pair)}; expected a split of "
                    f"{list(splits)} and one of {list(others)}"
                )
        wanted = {tuple(pair) for pair in include}
        return [pair for pair in every if pair in wanted]
    pairs = [pair for pair in every if pair[0] == pair[1] or not same_name]
    if not pairs:
        raise ParameterError(
            f"there is no pair of splits: {list(splits)} and {list(others)} have no name in "
            "common; name pairs in include_split_pairs"
        )
    return pairs


def counterpart(split: str, others: Sequence[str]) -> str:
    """Return the split of other data to compare a split with: its namesake, or the only one.

    Parameters
    ----------
    split : str
        The split to check.
    others : sequence of str
        The splits of the other side.

    Raises
    ------
    ParameterError
        If there is no namesake among several.

    Examples
    --------
    >>> counterpart("train", ["train", "eval"]), counterpart("train", ["served"])
    ('train', 'served')
    """
    if split in others:
        return split
    if len(others) == 1:
        return others[0]
    raise ParameterError(
        f"split {split!r} has no counterpart among {list(others)}; expected a split of that name, "
        "or a single one. Leave it out with exclude_splits"
    )


def is_clean(anomalies: anomalies_pb2.Anomalies) -> bool:
    """Return whether there is nothing wrong: no anomaly of a feature or of the data set."""
    return not (
        anomalies.anomaly_info
        or anomalies.HasField("dataset_anomaly_info")
        or anomalies.data_missing
    )


def raise_on_anomalies(found: Mapping[str, anomalies_pb2.Anomalies]) -> None:
    """Raise when some split has an anomaly of severity ERROR.

    Parameters
    ----------
    found : mapping of str to Anomalies
        By split.

    Raises
    ------
    AnomaliesError
        With the first few, by split and feature.
    """
    lines = []
    for split, anomalies in found.items():
        if anomalies.data_missing:
            lines.append(f"{split}: no examples")
        if anomalies.HasField("dataset_anomaly_info"):
            lines.append(f"{split}: {anomalies.dataset_anomaly_info.description}")
        for name, info in sorted(anomalies.anomaly_info.items()):
            if info.severity == anomalies_pb2.AnomalyInfo.ERROR:
                lines.append(f"{split}/{name}: {info.description.strip()}")
    if not lines:
        return
    more = f"\n  … and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    listed = "\n  ".join(lines[:_SHOWN])
    places = "one place" if len(lines) == 1 else f"{len(lines)} places"
    raise AnomaliesError(
        f"the data do not fit the schema, in {places}:\n  {listed}{more}\nCorrect the "
        "data, or the schema where the data are right"
    )
