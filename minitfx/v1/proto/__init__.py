"""TFX's ``proto``: configuration messages, by name and by module."""

from minitfx import proto
from minitfx.lazy import exports

_MODULES = (
    "bulk_inferrer_pb2",
    "custom_validation_config_pb2",
    "distribution_validator_pb2",
    "eval_config_pb2",
    "example_diff_pb2",
    "example_gen_pb2",
    "infra_validator_pb2",
    "pusher_pb2",
    "range_config_pb2",
    "trainer_pb2",
    "transform_pb2",
    "tuner_pb2",
)

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Filesystem": "filesystem",
        **dict.fromkeys(proto.__all__, "minitfx.proto"),
        **{name: f"minitfx.proto.{name}:" for name in _MODULES},
    },
)
