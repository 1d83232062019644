"""TFX's ``Pipeline``: minitfx's, with the arguments that only other orchestrators need."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from minitfx import pipeline
from minitfx.errors import PipelineError
from minitfx.node import Node


class ExecutionMode(Enum):
    """How a pipeline runs; there is only one way."""

    SYNC = 1
    ASYNC = 2


class Pipeline(pipeline.Pipeline):
    """A pipeline; see `minitfx.pipeline.Pipeline`.

    Parameters
    ----------
    execution_mode : ExecutionMode
        ``SYNC``; no runner runs the other.
    platform_config : object, optional
        Accepted, without effect: it is for other orchestrators.
    **unsupported
        ``inputs`` and ``outputs`` of a pipeline inside a pipeline are refused.

    Raises
    ------
    PipelineError
        If ``execution_mode`` is ``ASYNC``, or an argument is not supported.
    """

    def __init__(
        self,
        pipeline_name: str,
        pipeline_root: str | Path = "",
        metadata_connection_config: str | Path | None = None,
        components: Sequence[Node] | None = None,
        enable_cache: bool = False,
        beam_pipeline_args: Sequence[str] | None = None,
        platform_config: Any = None,
        execution_mode: ExecutionMode = ExecutionMode.SYNC,
        **unsupported: Any,
    ) -> None:
        given = sorted(name for name, value in unsupported.items() if value is not None)
        if given:
            raise PipelineError(f"Pipeline(…) does not support {', '.join(given)}")
        if execution_mode is not ExecutionMode.SYNC:
            raise PipelineError("a pipeline runs with ExecutionMode.SYNC only")
        super().__init__(
            pipeline_name,
            pipeline_root,
            components or (),
            enable_cache,
            metadata_connection_config,
            beam_pipeline_args,
        )
