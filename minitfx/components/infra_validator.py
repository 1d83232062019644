"""InfraValidator: does the model load and answer in a real server?"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from typing import Any

from minitfx.channel import Channel
from minitfx.component import Component, Output
from minitfx.errors import ParameterError
from minitfx.proto.infra_validator_pb2 import RequestSpec, ServingSpec, ValidationSpec
from minitfx.types import Examples, InfraBlessing, Model


class InfraValidator(Component):
    """Try a model in a fresh server before it is pushed.

    Inputs
    ------
    model : Model
        The candidate.
    examples : Examples, optional
        Raw rows to ask about. Without them, or without ``request_spec``, the model only has to
        load.

    Parameters
    ----------
    serving_spec : ServingSpec, optional
        Name of the model in the server, and variables that its process shall see. The server is
        minitfx's own, in a fresh process; Docker and Kubernetes are refused.
    request_spec : RequestSpec, optional
        Which split, how many rows, and whether to keep them beside a copy of the model, for its
        server to warm up with. Of TensorFlow Serving's tags and signatures, ``serve`` and
        ``serving_default`` are taken.
    validation_spec : ValidationSpec, optional
        Limits of loading time, request time, memory and latency, and the number of tries.

    Outputs
    -------
    blessing : InfraBlessing
        A file ``INFRA_BLESSED`` or ``INFRA_NOT_BLESSED``, the custom property ``blessed`` (1 or
        0) and, for a refusal, ``reason`` and the file ``reason.txt``; ``server.log`` and
        ``latency.json`` (measurements). With ``make_warmup``, ``stamped_model/`` and the custom
        property ``has_model``.

    Raises
    ------
    ParameterError
        At construction, if a server is asked for that minitfx cannot start.
    StorageError
        At run, if the examples have no such split.

    Notes
    -----
    A refused model does not fail the node; Pusher holds it back.
    """

    model: Channel[Model]
    serving_spec: ServingSpec | None = None
    examples: Channel[Examples] | None = None
    request_spec: RequestSpec | None = None
    validation_spec: ValidationSpec | None = None
    blessing = Output(InfraBlessing)

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse servers and requests that minitfx has not, and numbers below zero."""
        spec, request = parameters["serving_spec"], parameters["request_spec"]
        if isinstance(spec, ServingSpec):
            asked = [spec.WhichOneof("serving_binary"), spec.WhichOneof("serving_platform")]
            foreign = [each for each in asked if each not in (None, "local_process")]
            if foreign:
                raise ParameterError(
                    f"InfraValidator.serving_spec asks for {' on '.join(foreign)}; minitfx tries "
                    "models in its own server, in a process of this machine. Leave serving_spec "
                    "out, or write ServingSpec(local_process=LocalProcessConfig())"
                )
            if "/" in spec.model_name:
                raise ParameterError(
                    f"serving_spec.model_name is {spec.model_name!r}; expected text without '/'"
                )
        if isinstance(request, RequestSpec):
            _check_known("tag", request.tensorflow_serving.tag_set, "serve")
            signatures = request.tensorflow_serving.signature_names
            _check_known("signature", signatures, "serving_default")
        for name in ("validation_spec", "request_spec"):
            given = parameters[name]
            fields = given.ListFields() if isinstance(given, RequestSpec | ValidationSpec) else []
            for field, value in fields:
                if isinstance(value, int | float) and value < 0:
                    raise ParameterError(f"{name}.{field.name} is {value}; expected 0 or more")

    @staticmethod
    def execute(
        model: Model,
        serving_spec: ServingSpec | None,
        examples: Examples | None,
        request_spec: RequestSpec | None,
        validation_spec: ValidationSpec | None,
        blessing: InfraBlessing,
    ) -> None:
        """Start the server, ask it, and write down the verdict."""
        import pyarrow.parquet as pq

        from minitfx.models.manifest import read_manifest, write_manifest
        from minitfx.models.server import WARMUP
        from minitfx.models.trial import TrialSpec, first_rows, try_model
        from minitfx.models.vouching import serving_folder, trust_of

        limits, serving = validation_spec or ValidationSpec(), serving_spec or ServingSpec()
        folder, rows = serving_folder(model), None
        if examples is not None and request_spec is not None:
            split = request_spec.split_name or examples.splits[0]
            rows = first_rows(examples.existing_split(split), request_spec.num_examples or 1)
        verdict = try_model(
            folder,
            rows,
            TrialSpec(
                loading_seconds=limits.max_loading_time_seconds or TrialSpec.loading_seconds,
                tries=limits.num_tries or TrialSpec.tries,
                memory_mb=limits.max_memory_mb,
                latency_ms=limits.max_latency_ms,
                request_seconds=limits.max_request_seconds or TrialSpec.request_seconds,
                name=serving.model_name or TrialSpec.name,
                environment=dict(serving.local_process.environment),
            ),
            log=blessing.path / "server.log",
            trust=trust_of(model),
        )
        blessing.set_int_custom_property("blessed", int(verdict.is_blessed))
        (blessing.path / ("INFRA_BLESSED" if verdict.is_blessed else "INFRA_NOT_BLESSED")).touch()
        (blessing.path / "latency.json").write_text(verdict.to_json())
        if verdict.reason:
            blessing.set_string_custom_property("reason", verdict.reason)
            (blessing.path / "reason.txt").write_text(verdict.reason + "\n", "utf-8")
        elif rows is not None and request_spec is not None and request_spec.make_warmup:
            stamped = blessing.path / "stamped_model"
            shutil.copytree(folder, stamped)
            pq.write_table(rows, stamped / WARMUP)
            write_manifest(stamped, read_manifest(stamped))
            blessing.set_int_custom_property("has_model", 1)


def _check_known(what: str, names: Iterable[str], known: str) -> None:
    for name in names:
        if name != known:
            raise ParameterError(
                f"InfraValidator.request_spec asks for the {what} {name!r}; saved models have "
                f"{known!r} alone"
            )
