"""How a function says what it takes and gives when ``@component`` makes a component of it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

T = TypeVar("T")


class InputArtifact(Generic[T]):
    """``name: InputArtifact[Examples]``: an input artifact; ``= None`` lets it be left open.

    ``InputArtifact[Examples] | None`` may be left open too.

    ``InputArtifact[list[Examples]]`` takes all artifacts of a channel.
    """


class OutputArtifact(Generic[T]):
    """``name: OutputArtifact[Model]``: an output artifact, its folder fresh and empty.

    A function may leave out an ``OutputArtifact[Model] | None``, by deleting its folder.
    """


class AsyncOutputArtifact(OutputArtifact[T]):
    """``name: AsyncOutputArtifact[Model]``: an output artifact; seen, as any, once it is whole."""


class Parameter(Generic[T]):
    """``name: Parameter[int] = 3``: a parameter; a channel may not be given for it."""


class OutputDict:
    """``-> OutputDict(accuracy=float)``: values that come out, each as a value artifact.

    A ``TypedDict`` says the same, and type checkers understand it.

    Parameters
    ----------
    **kwargs : type
        Name to type: int, float, str, bytes, bool, list or dict; ``Optional`` of one may be None.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.kwargs = kwargs
