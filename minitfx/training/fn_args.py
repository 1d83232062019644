"""What a user's ``run_fn`` or ``tuner_fn`` is called with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import Any, Protocol

from minitfx.errors import ParameterError
from minitfx.training.data import DataAccessor


class SplitArgs(Protocol):
    """What is needed of ``TrainArgs`` and ``EvalArgs``."""

    @property
    def splits(self) -> Sequence[str]:
        """Names of splits; none means the default."""
        ...

    @property
    def num_steps(self) -> int:
        """Steps; 0 means that nobody says."""
        ...


@dataclass(frozen=True, kw_only=True)
class FnArgs:
    """The arguments of a training or tuning function, with TFX's names.

    Attributes
    ----------
    working_dir : str or None
        A folder for anything that need not be kept; the Tuner's survives a killed run.
    train_files, eval_files : list of str
        Patterns, ending in ``/*``, of the Parquet files of the training and evaluation splits.
    train_steps, eval_steps : int or None
        Steps that the pipeline asks for; None leaves them to the function.
    schema_path, schema_file : str or None
        The schema's file (``schema.pbtxt``); two names of one value.
    transform_graph_path, transform_output : str or None
        The fitted transform's folder; two names of one value.
    data_accessor : DataAccessor
        Reads the files.
    serving_model_dir : str or None
        The folder to save the model in; None in a Tuner.
    eval_model_dir : str or None
        A folder for a second export, which nothing in minitfx reads.
    model_run_dir : str or None
        A folder for logs and curves (see `minitfx.training.RunLog`).
    base_model : str or None
        Folder of the saved model to start from.
    hyperparameters : dict or None
        The best hyperparameters that a Tuner found, by name.
    custom_config : dict or None
        What the pipeline's author wants the function to know.
    num_examples : dict of str to int or None
        Rows of every split, when statistics are wired to the Trainer.

    Notes
    -----
    Each may be given under either of its names; if it is given under both, they must agree.

    Examples
    --------
    >>> args = FnArgs(train_files=["Split-train/*"], transform_output="graph")
    >>> args.transform_graph_path
    'graph'
    """

    working_dir: str | None = None
    train_files: list[str] = field(default_factory=list)
    eval_files: list[str] = field(default_factory=list)
    train_steps: int | None = None
    eval_steps: int | None = None
    schema_path: str | None = None
    schema_file: str | None = None
    transform_graph_path: str | None = None
    transform_output: str | None = None
    data_accessor: DataAccessor = field(default_factory=DataAccessor)
    serving_model_dir: str | None = None
    eval_model_dir: str | None = None
    model_run_dir: str | None = None
    base_model: str | None = None
    hyperparameters: Mapping[str, Any] | None = None
    custom_config: Mapping[str, Any] | None = None
    num_examples: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        for name, alias in _ALIASES.items():
            first, second = getattr(self, name), getattr(self, alias)
            if first is not None and second is not None and first != second:
                raise ValueError(
                    f"{name} is {first!r} but {alias}, another name of it, is {second!r}"
                )
            object.__setattr__(self, name, second if first is None else first)
            object.__setattr__(self, alias, second if first is None else first)

    @classmethod
    def of(
        cls,
        split_folders: Iterable[Callable[[str], Path]],
        train_args: SplitArgs | None,
        eval_args: SplitArgs | None,
        **rest: Any,
    ) -> FnArgs:
        """Return the arguments for examples, whose splits the two messages choose.

        Parameters
        ----------
        split_folders : iterable of callable
            For each set of examples, a function from a split's name to its folder.
        train_args, eval_args : TrainArgs, EvalArgs or None
            Splits and steps; by default the splits ``train`` and ``eval``.
        **rest
            Other fields; a path may be a `pathlib.Path`.

        Raises
        ------
        ParameterError
            If a number of steps is less than zero.
        Exception
            Whatever a function of ``split_folders`` raises for a split that is not there.
        """
        folders = list(split_folders)
        written: dict[str, Any] = {
            name: str(value) if isinstance(value, Path) else value for name, value in rest.items()
        }
        return cls(
            train_files=_patterns(folders, train_args, "train"),
            eval_files=_patterns(folders, eval_args, "eval"),
            train_steps=_steps(train_args, "train_args"),
            eval_steps=_steps(eval_args, "eval_args"),
            **written,
        )


def _patterns(
    folders: Sequence[Callable[[str], Path]], args: SplitArgs | None, default: str
) -> list[str]:
    splits = list(args.splits) if args and args.splits else [default]
    return [f"{escape(str(folder(split)))}/*" for split in splits for folder in folders]


def _steps(args: SplitArgs | None, name: str) -> int | None:
    """Return a number of steps; None where the message leaves it to the user's function."""
    if args is None or not args.num_steps:
        return None
    if args.num_steps < 0:
        raise ParameterError(f"{name}.num_steps is {args.num_steps}; expected 0 or more")
    return args.num_steps


_ALIASES = {"schema_path": "schema_file", "transform_graph_path": "transform_output"}
