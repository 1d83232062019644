"""What a ``preprocessing_fn`` can say and ask of the graph that is being made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from minitfx.errors import did_you_mean
from minitfx.transform.column import Column, apply
from minitfx.transform.origin import calling_line, located
from minitfx.transform.tape import Tape, current_tape

ObjectT = TypeVar("ObjectT")


def annotate_asset(asset_key: str, asset_filename: str) -> None:
    """Give an asset of the graph another name, under which it can be found as well.

    Parameters
    ----------
    asset_key : str
        The name. Annotating it again replaces what it stood for.
    asset_filename : str
        The asset, such as the ``vocab_filename`` of a vocabulary; it may be made later in the
        function.

    Raises
    ------
    TransformError
        If it is called outside a ``preprocessing_fn``, or the finished graph has no such asset.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> def preprocessing_fn(inputs):
    ...     tft.annotate_asset("labels", "letters")
    ...     return {"id": tft.compute_and_apply_vocabulary(inputs["c"], vocab_filename="letters")}
    >>> tft.analyze(pa.table({"c": ["a", "b", "b"]}), preprocessing_fn).vocabulary("labels")
    ['b', 'a']
    """
    for given, what in ((asset_key, "asset_key"), (asset_filename, "asset_filename")):
        if not isinstance(given, str) or not given:
            raise located(f"{what} is {given!r}; expected a text", calling_line())
    current_tape("annotate_asset").annotations[asset_key] = asset_filename


def make_and_track_object(
    trackable_factory_callable: Callable[[], ObjectT], name: str | None = None
) -> ObjectT:
    """Return what a function makes, made once for each name.

    Parameters
    ----------
    trackable_factory_callable : callable
        Takes nothing; makes what the ``preprocessing_fn`` computes with, such as a table that
        is read from a file.
    name : str, optional
        Asked for again under this name, the object is not made again.

    Returns
    -------
    object
        The object. What the function does with it is recorded as values: the graph does not
        keep the object itself.

    Raises
    ------
    TransformError
        If it is called outside a ``preprocessing_fn``.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> def preprocessing_fn(inputs):
    ...     offsets = tft.make_and_track_object(lambda: [1, 2, 3], name="offsets")
    ...     return {"x": inputs["x"] + offsets[0]}
    >>> data = pa.table({"x": [1, 2]})
    >>> tft.analyze(data, preprocessing_fn).transform(data)["x"].to_pylist()
    [2, 3]
    """
    objects = current_tape("make_and_track_object").objects
    if not callable(trackable_factory_callable):
        raise located(
            f"make_and_track_object takes a function that makes the object; found "
            f"{trackable_factory_callable!r}",
            calling_line(),
        )
    if name is None:
        return trackable_factory_callable()
    if name not in objects:
        objects[name] = trackable_factory_callable()
    found: ObjectT = objects[name]
    return found


def get_vocabulary_size_by_name(vocab_filename: str) -> Column:
    """Return how many tokens a vocabulary of this function has, without buckets for others.

    Parameters
    ----------
    vocab_filename : str
        The ``vocab_filename`` that an earlier line gave it.

    Returns
    -------
    Column
        A constant integer.

    Raises
    ------
    TransformError
        If no earlier line made such a vocabulary.

    Examples
    --------
    >>> import pyarrow as pa, minitfx.transform as tft
    >>> def preprocessing_fn(inputs):
    ...     ids = tft.compute_and_apply_vocabulary(
    ...         inputs["x"], vocab_filename="words", num_oov_buckets=1
    ...     )
    ...     depth = tft.experimental.get_vocabulary_size_by_name("words") + 1
    ...     return {"hot": tft.one_hot(ids, depth, int)}
    >>> data = pa.table({"x": ["foo", "foo", "bar"]})
    >>> tft.analyze(data, preprocessing_fn).transform(data)["hot"].to_pylist()
    [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
    """
    tape = current_tape("experimental.get_vocabulary_size_by_name")
    known = _vocabularies(tape)
    name = tape.annotations.get(vocab_filename, vocab_filename)
    if name not in known:
        raise located(
            f"no vocabulary {vocab_filename!r} has been made before this line. "
            f"{did_you_mean(vocab_filename, known)}",
            calling_line(),
        )
    vocabulary = Column(tape, known[name])
    return apply("vocabulary_size", [vocabulary], {"default_value": -1, "num_oov_buckets": 0})


def _vocabularies(tape: Tape) -> dict[str, int]:
    return {
        node.parameters["name"]: place
        for place, node in enumerate(tape.nodes)
        if node.type.kind == "vocabulary"
    }
