"""The transform of a saved graph, as something to call with rows of any origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from minitfx.errors import ColumnError, TransformError

if TYPE_CHECKING:
    from minitfx.transform.output import TFTransformOutput


class TransformFeaturesLayer:
    """Raw rows in, transformed rows out, in the same shape.

    Outputs that need a column which is not there, such as the label when serving, are left out.

    Parameters
    ----------
    tft_output : TFTransformOutput
        What to apply.
    exported_as_v1 : bool, optional
        Taken as in TFT, without effect.

    Examples
    --------
    >>> import pyarrow as pa, tempfile, minitfx.transform as tft
    >>> data = pa.table({"x": [1.0, 3.0], "label": [0, 1]})
    >>> def preprocessing_fn(inputs):
    ...     return {"z": tft.scale_to_z_score(inputs["x"]), "label": inputs["label"]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tft.analyze(data, preprocessing_fn).save(folder)
    ...     layer = tft.TFTransformOutput(folder).transform_features_layer()
    ...     layer({"x": [5.0]}), layer(data.select(["x"]))["z"].to_pylist()
    ({'z': array([3.])}, [-1.0, 1.0])
    """

    def __init__(self, tft_output: TFTransformOutput, exported_as_v1: bool | None = None) -> None:
        self._output = tft_output

    def __call__(self, inputs: Mapping[str, Sequence[Any]] | pa.Table | Any) -> Any:
        """Return the transformed rows.

        Parameters
        ----------
        inputs : mapping of str to sequence, pyarrow.Table or RecordBatch, or a data frame
            Raw columns.

        Returns
        -------
        dict of str to ndarray, pyarrow.Table or pandas.DataFrame
            As `TFTransformOutput.transform_raw_features` gives for a mapping; for Arrow a
            table; for a frame a frame with the same index.

        Raises
        ------
        ColumnError
            If no output can be computed from these columns.
        """
        if isinstance(inputs, Mapping):
            self._outputs(set(inputs))
            return self._output.transform_raw_features(inputs)
        table = _table(inputs)
        made = self._output.graph.transform(table, self._outputs(set(table.schema.names)))
        if isinstance(inputs, (pa.Table, pa.RecordBatch)):
            return made
        frame = made.to_pandas()
        index = getattr(inputs, "index", None)
        return frame if index is None else frame.set_axis(index, axis=0)

    def _outputs(self, known: set[str]) -> list[str]:
        """Return the outputs for which all columns are there."""
        graph = self._output.graph
        found = [name for name in graph.outputs if known.issuperset(graph.inputs_of([name]))]
        if not found:
            raise ColumnError(
                f"no output can be computed from {', '.join(sorted(known)) or 'no column'}; the "
                f"transform reads {', '.join(graph.input_columns)}"
            )
        return found


def _table(inputs: Any) -> pa.Table:
    try:
        if isinstance(inputs, pa.RecordBatch):
            return pa.Table.from_batches([inputs])
        if isinstance(inputs, pa.Table):
            return inputs
        if hasattr(inputs, "index"):
            return pa.Table.from_pandas(inputs, preserve_index=False)
        return pa.table(inputs)
    except (AttributeError, TypeError, ValueError, pa.ArrowException) as error:
        raise TransformError(
            f"cannot transform {type(inputs).__qualname__}; expected a mapping of columns, a "
            f"pyarrow.Table or a data frame: {error}"
        ) from None
