"""TFX's face: the names of ``tfx.v1``, for pipelines that were written for it.

::

    from minitfx import v1 as tfx

Everything is minitfx's own under TFX's name, loaded when it is first used; what
``tfx.X`` was is ``minitfx.v1.X`` here, below ``tfx.v1`` too where pipelines need it.
"""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "__version__": "minitfx.version",
        "components": "",
        "dsl": "",
        "orchestration": "",
        "proto": "",
        "testing": "",
        "types": "",
        "utils": "",
    },
)
