"""Executors: what a component with a spec runs, as TFX users write it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minitfx.artifact import Artifact
from minitfx.errors import ExecutionError, ParameterError


class BaseExecutor:
    """The work of a component: subclass it and write `Do`.

    Parameters
    ----------
    context : BaseExecutor.Context, optional
        Where it may keep what it needs while it runs.
    """

    @dataclass(frozen=True)
    class Context:
        """Where an executor may keep what it needs while it runs.

        Attributes
        ----------
        tmp_dir : str
            A folder that is removed when it ends.
        unique_id : str
            Names its own part of it.
        """

        tmp_dir: str = ""
        unique_id: str = ""

        def get_tmp_path(self) -> str:
            """Return the folder, whether or not it has been made yet."""
            if not self.tmp_dir:
                raise ExecutionError("this executor runs outside a component; give it a Context")
            return str(Path(self.tmp_dir) / self.unique_id)

    def __init__(self, context: BaseExecutor.Context | None = None) -> None:
        self._context = context

    def Do(  # noqa: N802
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Read the inputs and fill the outputs.

        Parameters
        ----------
        input_dict : dict of str to list of Artifact
            By input key; one that was left open is not in it.
        output_dict : dict of str to list of Artifact
            By output key one artifact, whose folder is fresh and empty.
        exec_properties : dict of str to object
            The parameters; a message is its JSON text unless the spec says ``use_proto``.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what it does")

    def _get_tmp_dir(self) -> str:
        """Return a folder for what is needed while it runs."""
        if self._context is None:
            raise ExecutionError("this executor runs outside a component; give it a Context")
        folder = self._context.get_tmp_path()
        Path(folder).mkdir(parents=True, exist_ok=True)
        return folder


class EmptyExecutor(BaseExecutor):
    """An executor that leaves its outputs empty."""

    def Do(  # noqa: N802
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Do nothing."""


class ExecutorSpec:
    """How the work of a component is carried out."""


class ExecutorClassSpec(ExecutorSpec):
    """It is carried out by a class.

    Parameters
    ----------
    executor_class : type of BaseExecutor
        The class.

    Raises
    ------
    ParameterError
        If it has no ``Do``.
    """

    def __init__(self, executor_class: type[BaseExecutor]) -> None:
        if not isinstance(executor_class, type) or not callable(
            getattr(executor_class, "Do", None)
        ):
            raise ParameterError(
                f"ExecutorClassSpec({executor_class!r}): expected a subclass of BaseExecutor"
            )
        self.executor_class = executor_class


def do(
    executor_class: type[BaseExecutor],
    inputs: Mapping[str, list[Artifact]],
    outputs: Mapping[str, list[Artifact]],
    exec_properties: Mapping[str, Any],
) -> None:
    """Let an executor do its work, with a folder of its own while it does.

    Raises
    ------
    ExecutionError
        If it returns something: artifacts and properties are set in place.
    """
    with tempfile.TemporaryDirectory(prefix="minitfx-executor-") as folder:
        executor = executor_class(BaseExecutor.Context(folder, "work"))
        returned: Any = executor.Do(  # type: ignore[func-returns-value]  # users' may return
            dict(inputs), dict(outputs), dict(exec_properties)
        )
    if returned is not None:
        raise ExecutionError(
            f"{executor_class.__name__}.Do returned a {type(returned).__name__}; write into the "
            "artifacts of output_dict, set their properties, and return nothing"
        )
