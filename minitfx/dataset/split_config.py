"""Which splits go in and which come out: names, patterns, buckets, checked before any row.

Loads neither numpy nor pyarrow, so that a pipeline is built without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minitfx.errors import ParameterError, did_you_mean
from minitfx.proto.example_gen_pb2 import Input, Output

SPLIT_HASHES = ("content", "tfx")
"""Ways to hash a row: `minitfx.dataset.row_hash`, or SHA-256 of a ``tf.train.Example``."""

SINGLE_SPLIT = "single_split"
"""The input split when none is configured."""

DEFAULT_SPLITS = (("train", 2), ("eval", 1))
"""The output splits, with their buckets, when there is one input split and no configuration."""


@dataclass(frozen=True)
class SplitRule:
    """Splits that own consecutive ranges of hash buckets; `minitfx.dataset.assign` applies it.

    Parameters
    ----------
    names : tuple of str
        The splits, in the order in which they own the buckets.
    buckets : tuple of int
        How many buckets each owns; a row's hash modulo their sum is its bucket.
    partition_feature : str, optional
        Hash this column alone: rows that share its value share a split, and so do rows where
        it is missing. An integer or text, with at least one value.
    split_hash : {"content", "tfx"}
        ``"tfx"`` puts every row where TFX's ExampleGen puts it, bit for bit, at the price of
        Python's speed; ``"content"`` is this project's own contract.

    Raises
    ------
    ParameterError
        If there is no split, a name is empty or stands twice, a split has no bucket, or the
        hash is unknown.

    Examples
    --------
    >>> SplitRule(("train", "eval"), (2, 0))
    Traceback (most recent call last):
    ...
    minitfx.errors.ParameterError: output split 'eval' has 0 hash_buckets; expected at least 1
    """

    names: tuple[str, ...]
    buckets: tuple[int, ...]
    partition_feature: str | None = None
    split_hash: str = "content"

    def __post_init__(self) -> None:
        _check_names(self.names, "output")
        if not self.names:
            raise ParameterError("the output has no splits; expected at least one")
        for name, buckets in zip(self.names, self.buckets, strict=True):
            if buckets < 1:
                raise ParameterError(
                    f"output split {name!r} has {buckets} hash_buckets; expected at least 1"
                )
        if self.split_hash not in SPLIT_HASHES:
            hint = did_you_mean(self.split_hash, SPLIT_HASHES)
            raise ParameterError(f"split_hash is {self.split_hash!r}. {hint}")


def input_splits(config: Input | None, pattern: str = "*") -> list[tuple[str, str]]:
    """Return (name, pattern) of the input splits.

    Parameters
    ----------
    config : Input or None
        None or without splits: one split, `SINGLE_SPLIT`, with ``pattern``.
    pattern : str
        A glob or a query.

    Raises
    ------
    ParameterError
        If a name is empty, stands twice or cannot name a folder, or a pattern is empty.
    """
    if config is None or not config.splits:
        return [(SINGLE_SPLIT, pattern)]
    _check_names([split.name for split in config.splits], "input")
    for split in config.splits:
        if not split.pattern:
            raise ParameterError(f"input split {split.name!r} has no pattern; expected one")
    return [(split.name, split.pattern) for split in config.splits]


def split_rule(
    config: Output | None, inputs: Sequence[str], split_hash: str = "content"
) -> SplitRule | None:
    """Return how rows are split, None if every input split is an output split.

    Parameters
    ----------
    config : Output or None
        None or without splits: `DEFAULT_SPLITS` for one input split, none for several.
    inputs : sequence of str
        Names of the input splits.
    split_hash : {"content", "tfx"}
        See `SplitRule`.

    Raises
    ------
    ParameterError
        If several input splits are to be split again, or the configuration is wrong.
    """
    splits = [] if config is None else config.split_config.splits
    feature = None if config is None else config.split_config.partition_feature_name or None
    named = [(split.name, split.hash_buckets) for split in splits]
    if named and len(inputs) > 1:
        raise ParameterError(
            f"the output names splits ({', '.join(name for name, _ in named)}) though there are "
            f"{len(inputs)} input splits ({', '.join(inputs)}); configure one side only"
        )
    if not named and len(inputs) > 1:
        if feature:
            raise ParameterError(
                f"partition_feature_name is {feature!r} though several input splits are kept as "
                "they are; configure one input split to split it"
            )
        return None
    names, buckets = zip(*(named or DEFAULT_SPLITS), strict=True)
    return SplitRule(names, buckets, feature, split_hash)


def _check_names(names: Sequence[str], side: str) -> None:
    for position, name in enumerate(names, 1):
        if not name:
            raise ParameterError(f"{side} split {position} has no name; expected one")
        if "/" in name or "\\" in name or name in (".", ".."):
            raise ParameterError(f"{side} split {name!r} cannot name a folder")
        if names.index(name) != position - 1:
            raise ParameterError(f"two {side} splits are named {name!r}; expected each name once")
