"""Pusher: a blessed model goes where servers find it."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from minitfx.channel import Channel
from minitfx.component import Code, Component, Output
from minitfx.errors import ExecutionError, MinitfxError, ParameterError
from minitfx.proto.pusher_pb2 import PushDestination, Versioning
from minitfx.types import InfraBlessing, Model, ModelBlessing, PushedModel

if TYPE_CHECKING:
    from minitfx.models.destination import Destination


class Pusher(Component):
    """Push a model if every blessing that is wired lets it pass.

    Inputs
    ------
    model : Model, optional
        What to push. Without it, the model with warm-up rows of ``infra_blessing`` is.
    model_blessing : ModelBlessing, optional
        Of an Evaluator.
    infra_blessing : InfraBlessing, optional
        Of an InfraValidator.

    Parameters
    ----------
    push_destination : PushDestination
        A folder or URI, and how versions are named. Not needed with ``custom_executor_spec``.
    custom_config : dict, optional
        Handed to ``custom_executor_spec``.
    custom_executor_spec : str or callable, optional
        ``push(model_folder, custom_config) -> (destination, version)`` in place of the copy, for
        other targets.

    Outputs
    -------
    pushed_model : PushedModel
        A copy of what was pushed, and the custom properties ``pushed`` (1 or 0),
        ``pushed_destination`` and ``pushed_version``, or ``reason`` when it was held back.

    Raises
    ------
    ParameterError
        At construction, if there is nothing to push or nowhere to push it to.
    ModelError
        At run, if a file of the model has changed since it was recorded.
    StorageError
        At run, if the destination cannot be written.

    Notes
    -----
    A version appears whole or not at all, and the pointer ``latest`` follows it. A model that is
    held back does not fail the node; one without any blessing is pushed with a warning. A push
    whose version is no longer at its destination is done again, though nothing else has changed.
    """

    model: Channel[Model] | None = None
    model_blessing: Channel[ModelBlessing] | None = None
    infra_blessing: Channel[InfraBlessing] | None = None
    push_destination: PushDestination | None = None
    custom_config: dict[str, Any] | None = None
    custom_executor_spec: Annotated[str | None, Code()] = None
    pushed_model = Output(PushedModel)

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse a Pusher with nothing to push, or nowhere to push it to."""
        if "model" not in inputs and "infra_blessing" not in inputs:
            raise ParameterError("Pusher needs model, or the infra_blessing of a warmed-up model")
        target = parameters["push_destination"]
        if parameters["custom_executor_spec"] is None and target is None:
            raise ParameterError(
                "Pusher needs push_destination, such as PushDestination(filesystem="
                "PushDestination.Filesystem(base_directory='serving_model'))"
            )
        if isinstance(target, PushDestination):
            folder = target.filesystem
            if parameters["custom_executor_spec"] is None and not folder.base_directory:
                raise ParameterError("Pusher.push_destination.filesystem has no base_directory")
            if (folder.versioning == Versioning.NAME) != bool(folder.version_name):
                raise ParameterError(
                    "Pusher.push_destination.filesystem: version_name goes with versioning NAME, "
                    "and NAME needs it"
                )

    @staticmethod
    def recheck(parameters: Mapping[str, Any], outputs: Mapping[str, list[Any]]) -> str | None:
        """Say so if what was pushed is no longer where it was pushed to."""
        (pushed,) = outputs["pushed_model"]
        if not pushed.get_int_custom_property("pushed") or parameters["custom_executor_spec"]:
            return None
        base = parameters["push_destination"].filesystem.base_directory
        version = pushed.get_string_custom_property("pushed_version")
        try:
            destination = destination_at(base)
            record = destination.record(version)
            if record is not None and destination.is_whole(record):
                return None
        except MinitfxError as error:
            return f"the destination cannot be looked at: {error}"
        return f"version {version} is no longer whole at {base}"

    @staticmethod
    def execute(
        model: Model | None,
        model_blessing: ModelBlessing | None,
        infra_blessing: InfraBlessing | None,
        push_destination: PushDestination | None,
        custom_config: dict[str, Any] | None,
        custom_executor_spec: Any,
        pushed_model: PushedModel,
    ) -> None:
        """Look at the blessings, copy, and write down where to."""
        from minitfx.models.vouching import check_intact, refusal, serving_folder

        if model_blessing is None and infra_blessing is None:
            logging.getLogger("minitfx").warning(
                "Pusher pushes a model that nobody has looked at: neither model_blessing nor "
                "infra_blessing is wired"
            )
        reason = refusal(model_blessing, infra_blessing)
        pushed_model.set_int_custom_property("pushed", int(not reason))
        if reason:
            pushed_model.set_string_custom_property("reason", reason)
            return
        if model is not None:
            folder = serving_folder(model)
            check_intact(model)
        else:
            assert infra_blessing is not None
            folder = infra_blessing.path / "stamped_model"
            if not infra_blessing.get_int_custom_property("has_model"):
                raise ExecutionError(
                    "Pusher has no model: none is wired, and the infra_blessing holds none; wire "
                    "model, or set make_warmup in InfraValidator's request_spec"
                )
        if custom_executor_spec is not None:
            pushed = custom_executor_spec.load()(folder, custom_config or {})
            if not isinstance(pushed, tuple | list) or len(pushed) != 2:
                raise ExecutionError(
                    f"Pusher.custom_executor_spec returned {pushed!r}; expected the destination "
                    "and the version"
                )
            where, version = pushed
        else:
            assert push_destination is not None
            execution = pushed_model.path.parent.name
            where, version = push(folder, push_destination.filesystem, execution)
        pushed_model.set_string_custom_property("pushed_destination", str(where))
        pushed_model.set_string_custom_property("pushed_version", str(version))
        shutil.copytree(folder, pushed_model.path, dirs_exist_ok=True)


def destination_at(base: str) -> Destination:
    """Return the destination of a base directory; ``~`` is the home folder."""
    from minitfx.models.destination import Destination

    return Destination(base if "://" in base else Path(base).expanduser().absolute())


def push(folder: Path, target: PushDestination.Filesystem, execution: str) -> tuple[str, str]:
    """Push a model's folder and return the version's address and name."""
    names = {Versioning.EXECUTION_ID: execution, Versioning.NAME: target.version_name}
    destination = destination_at(target.base_directory)
    made = destination.push(folder, names.get(target.versioning))
    return destination.uri(made.version), made.version
