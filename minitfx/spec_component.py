"""Components with a spec and an executor, as TFX users write them.

::

    class Hello(SpecComponent):
        SPEC_CLASS = HelloSpec
        EXECUTOR_SPEC = ExecutorClassSpec(HelloExecutor)

        def __init__(self, examples, name=None):
            super().__init__(spec=HelloSpec(examples=examples, name=name))

Both are part of its code: when either is edited, it runs again. What TFX leaves to a driver, a
static ``resolve(inputs, parameters)`` of the component does (see `minitfx.component`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from minitfx.component import Component
from minitfx.component_spec import ComponentSpec
from minitfx.declaration import Declaration, Parameter
from minitfx.errors import ParameterError
from minitfx.executor import ExecutorClassSpec, do
from minitfx.parameter import Code

_CUSTOM = "custom_executor_spec"


class SpecComponent(Component):
    """A component with a spec and an executor: subclass it and set two attributes.

    Parameters
    ----------
    spec : ComponentSpec
        An instance of `SPEC_CLASS`.
    custom_executor_spec : ExecutorClassSpec, optional
        In the stead of `EXECUTOR_SPEC`.

    Attributes
    ----------
    SPEC_CLASS : type of ComponentSpec
        What it takes and makes.
    EXECUTOR_SPEC : ExecutorClassSpec
        What it runs.
    DRIVER_CLASS
        Refused: write a static ``resolve`` in its stead.

    Raises
    ------
    TypeError
        When the class is made, if an attribute is of another kind.
    ParameterError, ChannelTypeError
        When it is constructed with values of other types than its spec declares.
    """

    SPEC_CLASS: ClassVar[Any] = None
    EXECUTOR_SPEC: ClassVar[Any] = None
    DRIVER_CLASS: ClassVar[Any] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if cls.DRIVER_CLASS is not None:
            raise TypeError(
                f"{cls.__name__}.DRIVER_CLASS is not supported; what a driver does before the "
                "cache is asked, a static method resolve(inputs, parameters) of the component does"
            )
        cls.declaration = Declaration({}, {}, {})
        if cls.SPEC_CLASS is not None:
            _check_kind(cls, "SPEC_CLASS", cls.SPEC_CLASS, ComponentSpec)
            custom = Parameter(_CUSTOM, None, None, Code())
            cls.declaration = cls.SPEC_CLASS.declare(custom)
            cls.execute = staticmethod(_executing(cls))  # type: ignore[attr-defined]
        if cls.EXECUTOR_SPEC is not None:
            if not isinstance(cls.EXECUTOR_SPEC, ExecutorClassSpec):
                raise TypeError(
                    f"{cls.__name__}.EXECUTOR_SPEC is {cls.EXECUTOR_SPEC!r}; expected "
                    "ExecutorClassSpec(TheExecutor)"
                )
            cls.CODE = (cls.EXECUTOR_SPEC.executor_class,)
        super().__init_subclass__(**kwargs)

    def __init__(
        self, spec: ComponentSpec, custom_executor_spec: ExecutorClassSpec | None = None
    ) -> None:
        name = type(self).__name__
        if self.SPEC_CLASS is None or not isinstance(spec, self.SPEC_CLASS):
            wanted = getattr(self.SPEC_CLASS, "__name__", "its SPEC_CLASS, which is not set")
            raise ParameterError(f"{name} was given the spec {spec!r}; expected a {wanted}")
        executor = custom_executor_spec or self.EXECUTOR_SPEC
        if not isinstance(executor, ExecutorClassSpec):
            raise ParameterError(
                f"{name} has the executor {executor!r}; expected ExecutorClassSpec(TheExecutor)"
            )
        custom = {_CUSTOM: executor.executor_class} if custom_executor_spec else {}
        super().__init__(**spec.inputs, **spec.exec_properties, **custom)
        self.spec = spec


def _check_kind(cls: type, name: str, value: Any, kind: type) -> None:
    if not isinstance(value, type) or not issubclass(value, kind):
        raise TypeError(
            f"{cls.__name__}.{name} is {value!r}; expected a subclass of {kind.__name__}"
        )


def _executing(cls: type[SpecComponent]) -> Callable[..., None]:
    """Return an ``execute`` that hands everything to the executor."""

    def execute(**arguments: Any) -> None:
        spec = cls.SPEC_CLASS
        custom = arguments[_CUSTOM]
        executor = custom.load() if custom else cls.EXECUTOR_SPEC.executor_class
        inputs = {
            name: arguments[name]
            for name, each in spec.INPUTS.items()
            if arguments[name] or each.allow_empty
        }
        outputs = {name: [arguments[name]] for name in spec.OUTPUTS}
        values = {
            name: arguments[name] if each.use_proto else _plain(arguments[name])
            for name, each in spec.PARAMETERS.items()
        }
        do(executor, inputs, outputs, values)

    return execute


def _plain(value: Any) -> Any:
    """Return a message as its JSON text, and anything else as it is."""
    if not hasattr(value, "DESCRIPTOR"):
        return value
    from google.protobuf.json_format import MessageToJson

    return MessageToJson(value, preserving_proto_field_name=True, sort_keys=True)
