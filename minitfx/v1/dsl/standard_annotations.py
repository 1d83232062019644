"""TFX's labels for kinds of artifacts and components; accepted, without effect."""


class Dataset:
    """A data set."""


class Model:
    """A model."""


class Statistics:
    """Statistics of a data set."""


class Metrics:
    """Measurements of a model."""


class Train:
    """A component that trains."""


class Transform:
    """A component that transforms."""


class Process:
    """A component that processes."""


class Evaluate:
    """A component that evaluates."""


class Deploy:
    """A component that deploys."""
