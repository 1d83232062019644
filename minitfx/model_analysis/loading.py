"""What an analysis wrote, read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from minitfx.model_analysis.config import read_run
from minitfx.model_analysis.results import EvalResult, EvalResults, make_eval_results, result_of
from minitfx.model_analysis.slice_records import (
    attributions_for_slices,
    metrics_for_slices,
    plots_for_slices,
)
from minitfx.model_analysis.store import CONFIG, read_findings, read_validation
from minitfx.proto import eval_config_pb2 as pb


def load_eval_result(output_path: str | Path, model_name: str | None = None) -> EvalResult:
    """Return the metrics that an analysis wrote.

    Parameters
    ----------
    output_path : path
        The folder: of `analyze_raw_data`, or of an Evaluator's ModelEvaluation artifact.
    model_name : str, optional
        Which model; by default the one that is no baseline.

    Raises
    ------
    StorageError
        If there is no evaluation.
    EvaluationError
        If there is no such model.
    """
    run = read_run(Path(output_path) / CONFIG) if (Path(output_path) / CONFIG).is_file() else None
    findings = read_findings(output_path)
    where: dict[str, str] = {}
    if run is not None:
        names = [spec.name for spec in run.eval_config.model_specs]
        name = model_name if model_name is not None else (names or [""])[0]
        where = {
            "data_location": run.data_location,
            "file_format": run.file_format,
            "model_location": run.model_locations.get(name, ""),
        }
    return result_of(findings, model_name, **where)


def load_eval_results(
    output_paths: str | Path | Sequence[str | Path],
    mode: str = "model_centric_mode",
    model_name: str | None = None,
) -> EvalResults:
    """Return the metrics that several analyses wrote, side by side.

    Parameters
    ----------
    output_paths : path or sequence of paths
        Their folders.
    mode : str
        ``model_centric_mode`` or ``data_centric_mode``.
    model_name : str, optional
        Which model of each.
    """
    several = [output_paths] if isinstance(output_paths, (str, Path)) else list(output_paths)
    return make_eval_results([load_eval_result(each, model_name) for each in several], mode)


def load_validation_result(output_path: str | Path) -> pb.ValidationResult:
    """Return the verdict that an analysis wrote: which thresholds failed where.

    Raises
    ------
    StorageError
        If there is none.
    """
    return read_validation(output_path)


def load_metrics(output_path: str | Path) -> Iterator[pb.MetricsForSlice]:
    """Yield the metrics that an analysis wrote, a message for each slice.

    Raises
    ------
    StorageError
        If there is no evaluation.
    """
    return metrics_for_slices(read_findings(output_path))


def load_plots(output_path: str | Path) -> Iterator[pb.PlotsForSlice]:
    """Yield the plots that an analysis wrote, a message for each slice that has one.

    Raises
    ------
    StorageError
        If there is no evaluation.
    """
    return plots_for_slices(read_findings(output_path))


def load_attributions(output_path: str | Path) -> Iterator[pb.AttributionsForSlice]:
    """Yield the attributions that an analysis wrote, a message for each slice that has some.

    Raises
    ------
    StorageError
        If there is no evaluation.
    """
    return attributions_for_slices(read_findings(output_path))
