"""Which texts become the tokens of a vocabulary, and in which order."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from minitfx.data_validation.buffers import array_of, values_of
from minitfx.data_validation.counted import Counted, concatenate
from minitfx.transform.accumulators.counts import Counts
from minitfx.transform.arrow import bits_of
from minitfx.transform.vocab import EMPTY, Vocabulary

Settings = Mapping[str, Any]
Pairs = list[tuple[str, float]]


def select(counts: Counts, settings: Settings, key_fn: Callable[[str], Any] | None) -> Vocabulary:
    """Return the vocabulary of counted texts.

    Parameters
    ----------
    counts : Counts
        All texts.
    settings : mapping
        The parameters of the ``vocabulary`` operation.
    key_fn : callable, optional
        The key of a token, for coverage: the best tokens of every key come in too.

    Notes
    -----
    O(texts · log(texts)) at worst; with ``top_k``, memory is O(top_k) beyond what was counted.
    """
    top_k, least = settings["top_k"], settings["frequency_threshold"] or 0
    everything = key_fn is not None or settings["order"] != "frequency"
    kept: Counted | None = None
    for block in counts.blocks():
        block = _tokens_only(block, 0 if everything else least)
        kept = block if kept is None else concatenate(kept, block)
        if not everything and top_k is not None and len(kept.counts) > 4 * top_k + 65_536:
            kept = kept.take(_best(kept)[:top_k])
    if kept is not None and not everything and top_k is not None:
        kept = kept.take(_best(kept)[:top_k])
    pairs: Pairs = [] if kept is None else _pairs(kept)
    return arrange(pairs, settings, key_fn)


def arrange(pairs: Pairs, settings: Settings, key_fn: Callable[[str], Any] | None) -> Vocabulary:
    """Return the vocabulary of (token, weight) pairs, the heaviest first."""
    least = settings["frequency_threshold"] or 0
    chosen = [pair for pair in pairs if pair[1] >= least][: settings["top_k"]]
    if key_fn is not None:
        chosen = _with_coverage(pairs, chosen, settings, key_fn)
    return finish(chosen, settings)


def finish(pairs: Pairs, settings: Settings) -> Vocabulary:
    """Return the vocabulary of chosen tokens, in the order and with the tokens asked for."""
    if settings["order"] == "text":
        pairs = sorted(pairs)
    elif settings["fingerprint_shuffle"]:
        pairs = sorted(pairs, key=lambda pair: hashlib.sha1(pair[0].encode()).digest())
    reserved = list(dict.fromkeys(settings["reserved_tokens"]))
    known = set(reserved)
    pairs = [pair for pair in pairs if pair[0] not in known]
    if not pairs and not reserved:
        pairs = [("-1" if settings["of_numbers"] else EMPTY, 1)]
    tokens = (*reserved, *(token for token, _ in pairs))
    if not settings["store_frequency"]:
        return Vocabulary(settings["name"], tokens)
    return Vocabulary(
        settings["name"], tokens, (*(-1 for _ in reserved), *(weight for _, weight in pairs))
    )


def _tokens_only(block: Counted, least: float) -> Counted:
    """Return what a line of a vocabulary file can hold, and what weighs enough."""
    values = block.values
    usable = values_of(pc.binary_length(values)) > 0
    for forbidden in (b"\n", b"\r"):
        usable &= ~bits_of(pc.match_substring(values, forbidden))
    kept = block if usable.all() else block.take(np.flatnonzero(usable))
    if not least:
        return kept
    return kept.take(np.flatnonzero(_weights(kept) >= least))


def _weights(block: Counted) -> NDArray[Any]:
    return block.counts if block.weights is None else block.weights


def _best(block: Counted) -> NDArray[np.int64]:
    """Return places by weight, then by the bytes of the text, both descending."""
    table = pa.table([array_of(_weights(block)), block.values], names=["weight", "value"])
    order = pc.sort_indices(table, sort_keys=[("weight", "descending"), ("value", "descending")])
    return np.frombuffer(order.buffers()[1], np.uint64, len(order)).astype(np.int64)


def _pairs(block: Counted) -> Pairs:
    ordered = block.take(_best(block))
    texts = (value.decode() for value in ordered.values.to_pylist())
    return list(zip(texts, _weights(ordered).tolist(), strict=True))


def _with_coverage(
    pairs: Pairs, chosen: Pairs, settings: Settings, key_fn: Callable[[str], Any]
) -> Pairs:
    """Return the chosen pairs and the best of every key, in the order of all."""
    most = settings["coverage_top_k"]
    least = settings["coverage_frequency_threshold"] or 0
    taken, found = {token for token, _ in chosen}, dict[Any, int]()
    for token, weight in pairs:
        key = key_fn(token)
        if weight >= least and (most is None or found.get(key, 0) < most):
            found[key] = found.get(key, 0) + 1
            taken.add(token)
    return [pair for pair in pairs if pair[0] in taken]


def is_token(text: str) -> bool:
    """Whether a line of a vocabulary file can hold the text."""
    return bool(text) and "\n" not in text and "\r" not in text


def recommended_min_diff_from_avg(rows: float) -> int:
    """Return how far from its expected number a co-occurrence must be to count at all.

    Examples
    --------
    >>> [recommended_min_diff_from_avg(rows) for rows in (10_000, 100_000, 500_000, 10**8)]
    [2, 4, 13, 25]
    """
    share = (rows - 10_000) / (1_000_000 - 10_000)
    return int(min(max(2 + share * 23, 2), 25))


def rank_by_information(
    texts: Iterable[str],
    joint: NDArray[np.float64],
    labels: NDArray[np.float64],
    settings: Settings,
) -> list[tuple[str, float, float]]:
    """Return (token, information, weight) by information, then by text, both descending.

    Parameters
    ----------
    texts : iterable of str
        The tokens.
    joint : ndarray of float64, shape (tokens, labels)
        The weight of each token together with each label.
    labels : ndarray of float64, shape (labels,)
        The weight of each label over all rows.
    settings : mapping
        ``use_adjusted_mutual_info`` and ``min_diff_from_avg``.

    References
    ----------
    Vinh, Epps and Bailey, "Information theoretic measures for clusterings comparison" (2009).
    TFT sums weights where the textbook has probabilities, and leaves the normalization out.
    """
    total = float(labels.sum())
    least = settings["min_diff_from_avg"]
    least = recommended_min_diff_from_avg(total) if least is None else least
    adjusted = settings["use_adjusted_mutual_info"]
    found = []
    for text, row in zip(texts, joint, strict=True):
        weight = float(row.sum())
        found.append((text, _information(row, weight, labels, total, least, adjusted), weight))
    return sorted(found, key=lambda each: (each[1], each[0]), reverse=True)


def _information(
    row: NDArray[np.float64],
    weight: float,
    labels: NDArray[np.float64],
    total: float,
    least: float,
    adjusted: bool,
) -> float:
    if not total or round(weight) == round(total):
        return 0.0  # a token of every row tells nothing
    information = 0.0
    for together, label in zip(row.tolist(), labels.tolist(), strict=True):
        if not label:
            continue
        share = min(max(together / weight, 1e-6), 1 - 1e-6) if weight else 1e-6
        seen = share * weight
        if abs(weight * label / total - seen) < least:
            continue
        if seen and weight:
            information += seen * math.log2(seen * total / (weight * label))
        if adjusted:
            information -= _expected_information(total, weight, label)
    return information


def _expected_information(total: float, first: float, second: float) -> float:
    """Return the information that two weights share by chance (hypergeometric)."""
    if not first or not second:
        return 0.0
    low, high = round(max(0.0, first + second - total)), round(min(first, second))
    places = np.arange(low, high + 1, dtype=np.float64)
    fixed = _log_factorial(np.array([first, second, total - first, total - second])).sum()
    fixed -= _log_factorial(np.array([total]))[0]
    logs = fixed - sum(
        _log_factorial(each)
        for each in (places, first - places, second - places, total - first - second + places)
    )
    chance = np.exp(logs)
    positive = places > 0
    gain = places[positive] * np.log2(places[positive] * total / (first * second))
    return float((gain * chance[positive]).sum() / chance.sum())


def _log_factorial(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([math.lgamma(max(value, 0.0) + 1) for value in values])
