"""Every failure that minitfx raises, as one tree.

::

    MinitfxError
    ├── PipelineError (ValueError)          the pipeline cannot be built
    │   ├── ChannelTypeError (TypeError)    an input is wired to the wrong artifact type
    │   ├── CycleError                      nodes wait for each other
    │   ├── DuplicateNodeError              two nodes share an id
    │   ├── UnknownNodeError                a node id that is not in the pipeline
    │   └── ParameterError                  a parameter of a component, run or function is wrong
    │       └── ParameterTypeError (TypeError)  it is of another type
    ├── ResolutionError (LookupError)       an input has no artifact
    ├── CodeError (ImportError)             user code cannot be found or loaded
    ├── ExecutionError (RuntimeError)       a component failed while it ran
    ├── RunError (RuntimeError)             a run ended with failed nodes; carries the result
    ├── CatalogError (RuntimeError)         the catalog cannot be used
    │   ├── CatalogCorruptError             the file is not a catalog, or is damaged
    │   └── CatalogLockedError              another process holds it
    ├── StorageError (OSError)              a folder or file cannot be read or written
    ├── DataError (ValueError)              input data are malformed
    │   ├── AnomaliesError                  data do not fit their schema
    │   └── ColumnError (KeyError)          a column is not there, or has the wrong type
    ├── SchemaError (ValueError)            a schema or statistics file is malformed
    ├── TransformError (ValueError)         a preprocessing_fn cannot be traced or applied
    ├── EvaluationError (ValueError)        an evaluation is configured wrongly
    ├── ModelError (RuntimeError)           a model cannot be saved, loaded or called
    │   ├── ModelRefusedError               loading it would run code that nobody vouched for
    │   └── SignatureError (ValueError)     a request does not fit the model's signature
    ├── TuningError (RuntimeError)          a study cannot be run, or has no result
    └── MissingExtraError (ImportError)     an optional package is not installed

Each message says what was found, where, what was expected, and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class MinitfxError(Exception):
    """Any failure that minitfx raises on purpose."""


class PipelineError(MinitfxError, ValueError):
    """The pipeline cannot be built."""


class ChannelTypeError(PipelineError, TypeError):
    """An input is wired to an artifact of the wrong type."""


class CycleError(PipelineError):
    """Nodes wait for each other."""


class DuplicateNodeError(PipelineError):
    """Two nodes of a pipeline share an id."""


class UnknownNodeError(PipelineError):
    """A node id is not in the pipeline."""


class ParameterError(PipelineError):
    """A component's or a run's parameter is missing, unknown or of the wrong type."""


class ParameterTypeError(ParameterError, TypeError):
    """A parameter is of another type than expected."""


class ResolutionError(MinitfxError, LookupError):
    """A node's input has no artifact."""


class CodeError(MinitfxError, ImportError):
    """User code cannot be found or loaded."""


class ExecutionError(MinitfxError, RuntimeError):
    """A component failed while it ran."""


class RunError(MinitfxError, RuntimeError):
    """A run ended with failed nodes.

    Attributes
    ----------
    result : RunResult
        What became of every node.
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result


class CatalogError(MinitfxError, RuntimeError):
    """The catalog cannot be used."""


class CatalogCorruptError(CatalogError):
    """The catalog file is not a catalog, or is damaged."""


class CatalogLockedError(CatalogError):
    """Another process holds the catalog."""


class StorageError(MinitfxError, OSError):
    """A folder or file cannot be read or written."""


class DataError(MinitfxError, ValueError):
    """Input data are malformed."""


class AnomaliesError(DataError):
    """Data do not fit their schema, and whoever checked them was told to fail then."""


class ColumnError(DataError, KeyError):
    """A column is not there, or has the wrong type."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class SchemaError(MinitfxError, ValueError):
    """A schema or statistics file is malformed."""


class TransformError(MinitfxError, ValueError):
    """A ``preprocessing_fn`` cannot be traced, or its graph cannot be applied."""


class EvaluationError(MinitfxError, ValueError):
    """An evaluation is configured wrongly."""


class ModelError(MinitfxError, RuntimeError):
    """A model cannot be saved, loaded or called."""


class ModelRefusedError(ModelError):
    """Loading the model would run code that nobody vouched for."""


class SignatureError(ModelError, ValueError):
    """A request does not fit the model's signature."""


class TuningError(MinitfxError, RuntimeError):
    """A study of hyperparameters cannot be run, or has no result."""


class MissingExtraError(MinitfxError, ImportError):
    """An optional package is not installed.

    Parameters
    ----------
    package : str
        The package.
    extra : str
        The extra of minitfx that installs it; empty if none does.
    purpose : str
        What it is needed for.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        wanted = f"'minitfx[{extra}]'" if extra else package
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed. "
            f"Install it with: pip install {wanted}"
        )
        self.package = package
        self.extra = extra


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the closest known names, or lists them all.

    Parameters
    ----------
    name : str
        What was written.
    known : iterable of str
        What would have been right.

    Examples
    --------
    >>> did_you_mean("Trianer", ["Trainer", "Pusher"])
    "Did you mean 'Trainer'?"
    >>> did_you_mean("x", ["Trainer", "Tuner"])
    'Known: Trainer, Tuner.'
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(repr(match) for match in close)}?"
    return f"Known: {', '.join(names)}." if names else "None is known."
