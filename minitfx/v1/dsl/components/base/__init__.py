"""TFX's ``dsl.components.base``: components with a spec and an executor."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "base_component": "",
        "base_executor": "",
        "executor_spec": "",
    },
)
