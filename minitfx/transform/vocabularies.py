"""Analyzers and mappers that turn text into integers."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from minitfx.errors import TransformError, did_you_mean
from minitfx.transform.column import Column, apply, literal
from minitfx.transform.operand import as_text, column_of, whole
from minitfx.transform.origin import calling_line, located
from minitfx.transform.tape import Tape


def vocabulary(
    x: Column,
    *,
    top_k: int | None = None,
    frequency_threshold: float | None = None,
    vocab_filename: str | None = None,
    store_frequency: bool = False,
    weights: Column | None = None,
    labels: Column | None = None,
    use_adjusted_mutual_info: bool = False,
    min_diff_from_avg: float | None = None,
    coverage_top_k: int | None = None,
    coverage_frequency_threshold: float | None = None,
    key_fn: Callable[[str], Any] | None = None,
    fingerprint_shuffle: bool = False,
    file_format: str = "text",
    reserved_tokens: Sequence[str] | None = None,
    name: str | None = None,
) -> Column:
    """Return the different texts of a column as a vocabulary, the most frequent first.

    Parameters
    ----------
    x : Column of str or int
        Also lists of them; integers are written as text. Missing cells, empty texts and texts
        with line breaks are left out.
    top_k : int, optional
        Keep so many; all when not given.
    frequency_threshold : float, optional
        Keep what occurs (or weighs) at least so much.
    vocab_filename : str, optional
        The name of its file among the assets of the graph; made from the column's when not
        given.
    store_frequency : bool
        Whether the file gives the count before each token.
    weights : Column of numbers, optional
        Rank by sums of weights instead of by counts.
    labels : Column of int, optional
        Rank by what a token tells of the row's label (0, 1, 2, …), its mutual information; the
        file gives that before each token if ``store_frequency``. A row should hold a token
        once.
    use_adjusted_mutual_info : bool
        Subtract the information that is to be expected by chance.
    min_diff_from_avg : float, optional
        A label counts as unrelated when it occurs with a token less than this more, or less,
        often than by chance. 2 to 25 by the number of rows when not given.
    coverage_top_k, coverage_frequency_threshold : int, float, optional
        With ``key_fn``: the most tokens of each key that come in, and their least count.
    key_fn : callable, optional
        From a token to its key. The best tokens of every key come in, besides the best of all.
    fingerprint_shuffle : bool
        Order the tokens by a hash, so that integers tell nothing of counts.
    file_format : str
        ``text``; TFT's other format needs TensorFlow.
    reserved_tokens : sequence of str, optional
        Tokens that come first, in this order, seen or not.
    name : optional
        Taken as in TFT, without effect.

    Returns
    -------
    Column
        A vocabulary, for `apply_vocabulary`. Equal counts are ordered by text, descending. A
        vocabulary of nothing has one token that no text has.

    Raises
    ------
    TransformError
        If a setting cannot be meant, or two vocabularies have one file.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"c": ["a", "b", "b", None]})
    >>> def preprocessing_fn(inputs):
    ...     tokens = tft.vocabulary(inputs["c"], vocab_filename="letters")
    ...     return {"c": tft.apply_vocabulary(inputs["c"], tokens)}
    >>> graph = tft.analyze(data, preprocessing_fn)
    >>> graph.vocabulary("letters"), graph.transform(data)["c"].to_pylist()
    (['b', 'a'], [1, 0, 0, None])
    """
    if key_fn is None and (coverage_top_k is not None or coverage_frequency_threshold is not None):
        raise located(
            "coverage_top_k and coverage_frequency_threshold need key_fn, which gives the key of a "
            "token",
            calling_line(),
        )
    if file_format != "text":
        raise located(f"file_format is {file_format!r}; expected 'text'", calling_line())
    settings: dict[str, Any] = {
        "top_k": None if top_k is None else whole(top_k, "top_k", 1),
        "frequency_threshold": _threshold("frequency_threshold", frequency_threshold),
        "store_frequency": store_frequency,
        "reserved_tokens": _reserved(reserved_tokens),
        "fingerprint_shuffle": fingerprint_shuffle,
        "order": "frequency",
    }
    if labels is not None:
        settings["use_adjusted_mutual_info"] = use_adjusted_mutual_info
        settings["min_diff_from_avg"] = min_diff_from_avg
    if key_fn is not None:
        most = None if coverage_top_k is None else whole(coverage_top_k, "coverage_top_k", 1)
        least = _threshold("coverage_frequency_threshold", coverage_frequency_threshold)
        settings["coverage_top_k"], settings["coverage_frequency_threshold"] = most, least
    return build_vocabulary(x, settings, vocab_filename, weights, labels, key_fn)


def build_vocabulary(
    x: Column,
    settings: dict[str, Any],
    vocab_filename: str | None = None,
    weights: Column | None = None,
    labels: Column | None = None,
    key_fn: Callable[[str], Any] | None = None,
) -> Column:
    """Record the analyzer of a vocabulary and the selection of its tokens."""
    texts = as_text(x)
    operands = [each for each in (texts, labels, weights) if each is not None]
    counts = apply("counts" if labels is None else "label_counts", operands)
    settings = {**settings, "of_numbers": texts is not x}
    settings["name"] = _file_name(x, counts, vocab_filename, settings)
    op = "vocabulary" if labels is None else "informed_vocabulary"
    return apply(op, [counts], settings, payload=key_fn)


def _threshold(name: str, given: float | None) -> float | None:
    """Return a least frequency, a number of Python."""
    if given is None or (isinstance(given, (int, float, np.number)) and given >= 0):
        return given.item() if isinstance(given, np.number) else given
    raise located(f"{name} is {given!r}; expected 0 or more", calling_line())


def _reserved(given: Sequence[str] | None) -> list[str]:
    """Return tokens that come first, if the file of a vocabulary can hold them."""
    tokens = [given] if isinstance(given, str) else list(given or ())
    for token in tokens:
        if not isinstance(token, str) or "\n" in token or "\r" in token or isinstance(given, str):
            raise located(
                f"reserved_tokens are {given!r}; expected a list of texts without line breaks",
                calling_line(),
            )
    return tokens


def _file_name(x: Column, counts: Column, given: str | None, settings: dict[str, Any]) -> str:
    """Return the vocabulary's file name, and remember what it holds."""
    content = f"{counts.place} {json.dumps(settings, sort_keys=True)}"
    names = counts.tape.names
    if given is not None:
        if not given or given in (".", "..") or PurePath(given).name != given or "\\" in given:
            raise located(
                f"vocab_filename is {given!r}; expected a plain file name", calling_line()
            )
        if names.setdefault(given, content) != content:
            raise located(f"two different vocabularies are named {given!r}", calling_line())
        return given
    base = "vocab_" + re.sub(r"[^A-Za-z0-9_.-]", "_", _source_of(x.tape, x.place))
    number = 0
    while True:
        name = f"{base}_{number}" if number else base
        if names.setdefault(name, content) == content:
            return name
        number += 1


def _source_of(tape: Tape, place: int) -> str:
    """Return the name of the first column that something is computed from."""
    node = tape.nodes[place]
    while node.of:
        node = tape.nodes[node.of[0]]
    return str(node.parameters.get("name", "constant"))


def apply_vocabulary(
    x: Column,
    deferred_vocab_filename_tensor: Column,
    *,
    default_value: int = -1,
    num_oov_buckets: int = 0,
    lookup_fn: Callable[[Column, Column], tuple[Column, Column | int]] | None = None,
    file_format: str = "text",
    store_frequency: bool = False,
    name: str | None = None,
) -> Column:
    """Return the place of each text in a vocabulary.

    Parameters
    ----------
    x : Column of str or int
        Also lists of them. Missing stays missing.
    deferred_vocab_filename_tensor : Column
        What `vocabulary` returned.
    default_value : int
        For what is not in it, when there are no ``num_oov_buckets``.
    num_oov_buckets : int
        How many integers after the last place the texts share that are not in it: each always
        has the same one, ``size + Fingerprint64(text) % num_oov_buckets``.
    lookup_fn : callable, optional
        A look-up of one's own: takes ``x`` as text and the vocabulary, and returns a column of
        integers and how many there are, from 0. It decides what becomes of other texts;
        ``default_value`` then only says what may stand for them.
    file_format, store_frequency, name : optional
        Taken as in TFT, without effect: a vocabulary knows what its file is like.

    Returns
    -------
    Column
        Integers.

    Raises
    ------
    TransformError
        If ``lookup_fn`` returns anything else.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"c": ["a", "b", "b"]})
    >>> def preprocessing_fn(inputs):
    ...     tokens = tft.vocabulary(inputs["c"])
    ...     return {"c": tft.apply_vocabulary(inputs["c"], tokens, num_oov_buckets=1)}
    >>> tft.analyze(data, preprocessing_fn).transform(pa.table({"c": ["a", "?"]}))["c"].to_pylist()
    [1, 2]
    """
    settings = {
        "default_value": whole(default_value, "default_value"),
        "num_oov_buckets": whole(num_oov_buckets, "num_oov_buckets", 0),
    }
    if lookup_fn is not None:
        return _looked_up(lookup_fn, as_text(x), deferred_vocab_filename_tensor, settings)
    return apply("apply_vocabulary", [as_text(x), deferred_vocab_filename_tensor], settings)


def _looked_up(
    lookup_fn: Callable[[Column, Column], Any],
    texts: Column,
    tokens: Column,
    settings: dict[str, int],
) -> Column:
    """Record what a look-up of the user's own gives, and how many integers that can be."""
    found = lookup_fn(texts, tokens)
    if not isinstance(found, tuple) or len(found) != 2 or not isinstance(found[0], Column):
        raise located(
            f"lookup_fn returned {found!r}; expected a column of integers, and how many there are",
            calling_line(),
        )
    return apply("looked_up", list(found), settings)


def compute_and_apply_vocabulary(
    x: Column,
    *,
    default_value: int = -1,
    num_oov_buckets: int = 0,
    min_diff_from_avg: float | None = 0.0,
    **settings: Any,
) -> Column:
    """Return the place of each text in the vocabulary of its column.

    Parameters
    ----------
    x : Column of str or int
        Also lists of them. Missing stays missing.
    default_value, num_oov_buckets
        As for `apply_vocabulary`.
    min_diff_from_avg : float, optional
        As for `vocabulary`, whose own choice None stands for. (TFT's two functions differ in
        this default.)
    **settings
        As for `vocabulary`: ``top_k``, ``frequency_threshold``, ``vocab_filename`` and so on.

    Returns
    -------
    Column
        Integers.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"c": ["a", "b", "b", None]})
    >>> def preprocessing_fn(inputs):
    ...     return {"c": tft.compute_and_apply_vocabulary(inputs["c"], top_k=1)}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["c"].to_pylist()
    [-1, 0, 0, None]
    """
    known = inspect.signature(vocabulary).parameters
    for name in settings:
        if name not in known:
            raise located(
                f"compute_and_apply_vocabulary takes no {name!r}. {did_you_mean(name, known)}",
                calling_line(),
            )
    return apply_vocabulary(
        x,
        vocabulary(x, min_diff_from_avg=min_diff_from_avg, **settings),
        default_value=default_value,
        num_oov_buckets=num_oov_buckets,
    )


def get_num_buckets_for_transformed_feature(transformed_feature: Column) -> Column:
    """Return how many integers, from 0, a bucketized or looked-up column can hold.

    Parameters
    ----------
    transformed_feature : Column
        What `apply_vocabulary`, `bucketize` or one of their relatives returned.

    Returns
    -------
    Column
        A constant integer.

    Raises
    ------
    TransformError
        If it is something else.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> data = pa.table({"c": ["a", "b"]})
    >>> def preprocessing_fn(inputs):
    ...     ids = tft.compute_and_apply_vocabulary(inputs["c"], num_oov_buckets=3)
    ...     return {"n": tft.get_num_buckets_for_transformed_feature(ids)}
    >>> tft.analyze(data, preprocessing_fn).transform(data)["n"].to_pylist()
    [5, 5]
    """
    tape = column_of(transformed_feature).tape
    node = tape.nodes[transformed_feature.place]
    if node.op == "apply_vocabulary":
        return apply("vocabulary_size", [Column(tape, node.of[1])], dict(node.parameters))
    if node.op == "looked_up":
        size, default = Column(tape, node.of[1]), node.parameters["default_value"]
        beyond = default > 0 and not node.parameters["num_oov_buckets"]
        return apply("maximum", [size, default + 1]) if beyond else size
    if node.op == "bucketize_per_key":
        return literal(tape, node.parameters["num_buckets"])
    if node.op == "apply_buckets":
        return literal(tape, (tape.nodes[node.of[1]].type.length or 0) + 1)
    raise located(
        f"{transformed_feature!r} is neither bucketized nor looked up in a vocabulary",
        calling_line(),
        TransformError,
    )
