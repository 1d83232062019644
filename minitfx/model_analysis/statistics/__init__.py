"""What metrics are computed from: additive statistics of slices, collected in one pass."""

from minitfx.model_analysis.statistics.attributions import AttributionSum
from minitfx.model_analysis.statistics.classwise import ClassSum, CosineSum
from minitfx.model_analysis.statistics.comoments import Comoments
from minitfx.model_analysis.statistics.confusion import ClassMatrix, LabelMatrix
from minitfx.model_analysis.statistics.histogram import Calibration, Histogram
from minitfx.model_analysis.statistics.queries import QueryStatistic
from minitfx.model_analysis.statistics.residuals import Residuals
from minitfx.model_analysis.statistics.samples import Accumulated, Sample, Samples
from minitfx.model_analysis.statistics.statistic import Rows, Slots, State, Statistic
from minitfx.model_analysis.statistics.sums import Counts, FeatureSum, RowCount, RowWeight, Sum
from minitfx.model_analysis.statistics.texts import TextSum

__all__ = [
    "Accumulated",
    "AttributionSum",
    "Calibration",
    "ClassMatrix",
    "ClassSum",
    "Comoments",
    "CosineSum",
    "Counts",
    "FeatureSum",
    "Histogram",
    "LabelMatrix",
    "QueryStatistic",
    "Residuals",
    "RowCount",
    "RowWeight",
    "Rows",
    "Sample",
    "Samples",
    "Slots",
    "State",
    "Statistic",
    "Sum",
    "TextSum",
    "is_light",
]


def is_light(statistic: Statistic) -> bool:
    """Return whether a state takes a few numbers a slice, so that twenty of it are no burden."""
    return not isinstance(
        statistic,
        (Accumulated, Calibration, ClassMatrix, Histogram, LabelMatrix, Residuals, Samples),
    )
