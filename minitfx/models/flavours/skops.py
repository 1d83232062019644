"""scikit-learn estimators in skops' format, which runs no code when it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from minitfx.errors import MissingExtraError, ModelError, ModelRefusedError
from minitfx.models.flavours.sklearn import SklearnFlavour

ALLOWED = (
    "numpy.dtype",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.feature_selection._univariate_selection.chi2",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_regression",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
)
"""Types beyond skops' own defaults that a file may name: fixed here, never read from a file."""


class SkopsFlavour(SklearnFlavour):
    """scikit-learn estimators in skops' format; asked for with ``flavour="skops"``.

    Notes
    -----
    Only types of a fixed list are taken, whatever the file asks for. The numbers in a file are
    not vouched for: a crafted tree may still crash the process that predicts with it.
    """

    name = "skops"
    file = "model.skops"
    files = ("model.skops",)
    runs_code = False
    packages = ("scikit-learn", "numpy")

    def claims(self, model: object) -> bool:
        """Never by itself: files are larger and fewer estimators fit; the caller chooses it."""
        return False

    def save(self, model: Any, path: Path) -> None:
        """Write the estimator.

        Raises
        ------
        ModelError
            If it holds a type that could not be loaded again.
        """
        skops = _skops(f"saving {path}")
        skops.dump(model, path)
        unknown = _unknown(skops, path)
        if unknown:
            path.unlink()
            raise ModelError(
                f"the skops format cannot hold this {type(model).__qualname__}: loading would need "
                f"{', '.join(unknown)}, which could run code. Save it without flavour='skops'"
            )

    def load(self, path: Path) -> Any:
        """Return the estimator.

        Raises
        ------
        ModelRefusedError
            If the file names a type that is not on the list; nothing has been made of it then.
        """
        skops = _skops(f"loading {path}")
        unknown = _unknown(skops, path)
        if unknown:
            raise ModelRefusedError(
                f"{path} is refused: it names {', '.join(unknown)}, which no scikit-learn model "
                "needs and which could run code"
            )
        return skops.load(path, trusted=list(ALLOWED))


def _unknown(skops: Any, path: Path) -> list[str]:
    return sorted(set(skops.get_untrusted_types(file=path)) - set(ALLOWED))


def _skops(purpose: str) -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise MissingExtraError("skops", "skops", purpose) from error
    return skops.io


FLAVOUR = SkopsFlavour()
"""The flavour object."""
