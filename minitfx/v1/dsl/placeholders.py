"""TFX's ``dsl.placeholders``: values that only a run knows."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "dirname": "minitfx.placeholder",
        "environment_variable": "minitfx.placeholder",
        "exec_property": "minitfx.placeholder",
        "execution_invocation": "minitfx.placeholder",
        "input": "minitfx.placeholder",
        "join": "minitfx.placeholder",
        "join_path": "minitfx.placeholder",
        "logical_and": "minitfx.placeholder",
        "logical_not": "minitfx.placeholder",
        "logical_or": "minitfx.placeholder",
        "make_dict": "minitfx.placeholder",
        "make_list": "minitfx.placeholder",
        "make_proto": "minitfx.placeholder",
        "output": "minitfx.placeholder",
        "runtime_info": "minitfx.placeholder",
    },
)
