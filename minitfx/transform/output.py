"""What a transform left on disk, under the names that TFT's users know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.errors import StorageError, TransformError, did_you_mean
from minitfx.transform.feature_spec import (
    DatasetMetadata,
    Domain,
    FeatureSpec,
    domains_of_schema,
    spec_of_schema,
)
from minitfx.transform.graph import TransformGraph, load
from minitfx.transform.graphfile import (
    ASSETS,
    FUNCTION,
    RAW,
    TRANSFORMED,
    read_annotations,
    read_schema,
)
from minitfx.transform.layer import TransformFeaturesLayer


class TFTransformOutput:
    """The output of a transform: its graph, vocabularies, schemas and statistics.

    Parameters
    ----------
    transform_output_dir : str or Path
        The folder that `TransformGraph.save` wrote: a TransformGraph artifact.
    trust : bool or str
        Who vouches for a graph that can run code; see `load`.

    Examples
    --------
    >>> import pyarrow as pa, tempfile, minitfx.transform as tft
    >>> data = pa.table({"c": ["a", "b", "b"]})
    >>> def preprocessing_fn(inputs):
    ...     return {"id": tft.compute_and_apply_vocabulary(inputs["c"], vocab_filename="letters")}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tft.analyze(data, preprocessing_fn).save(folder)
    ...     output = tft.TFTransformOutput(folder)
    ...     output.vocabulary_size_by_name("letters"), output.vocabulary_by_name("letters")
    (2, [b'b', b'a'])
    """

    TRANSFORMED_METADATA_DIR = TRANSFORMED
    TRANSFORM_FN_DIR = FUNCTION
    RAW_METADATA_DIR = RAW
    PRE_TRANSFORM_FEATURE_STATS_PATH = "pre_transform_feature_stats/FeatureStats.pb"
    POST_TRANSFORM_FEATURE_STATS_PATH = "post_transform_feature_stats/FeatureStats.pb"

    def __init__(self, transform_output_dir: str | Path, *, trust: bool | str = False) -> None:
        self._folder = Path(transform_output_dir)
        self._trust = trust

    @cached_property
    def graph(self) -> TransformGraph:
        """The fitted graph."""
        return load(self._folder, trust=self._trust)

    def load_transform_graph(self) -> TransformGraph:
        """Return the fitted graph, which is read once."""
        return self.graph

    @property
    def transform_savedmodel_dir(self) -> str:
        """The folder of the graph."""
        return str(self._folder / FUNCTION)

    @cached_property
    def transformed_metadata(self) -> DatasetMetadata:
        """The schema of the transformed columns."""
        return DatasetMetadata(self._schema(TRANSFORMED))

    @cached_property
    def raw_metadata(self) -> DatasetMetadata:
        """The schema of the raw columns that the graph reads."""
        return DatasetMetadata(self._schema(RAW))

    def _schema(self, folder: str) -> schema_pb2.Schema:
        path = self._folder / folder / "schema.pbtxt"
        schema = read_schema(path)
        if schema is None:
            raise StorageError(f"there is no {path}; expected the output folder of a transform")
        return schema

    def transformed_feature_spec(self) -> FeatureSpec:
        """Return shape and type of every transformed column."""
        return spec_of_schema(self.transformed_metadata.schema)

    def raw_feature_spec(self) -> FeatureSpec:
        """Return shape and type of every raw column that the graph reads."""
        return spec_of_schema(self.raw_metadata.schema)

    def transformed_domains(self) -> dict[str, Domain]:
        """Return the domains of the transformed columns that have one."""
        return domains_of_schema(self.transformed_metadata.schema)

    def raw_domains(self) -> dict[str, Domain]:
        """Return the domains of the raw columns that have one."""
        return domains_of_schema(self.raw_metadata.schema)

    @cached_property
    def _annotations(self) -> dict[str, str]:
        return read_annotations(self._folder)

    def vocabulary_file_by_name(self, vocab_filename: str) -> str | None:
        """Return the path of a vocabulary's file, None when there is none of that name.

        Parameters
        ----------
        vocab_filename : str
            The name that `vocabulary` was given, or one that `annotate_asset` gave the file.
        """
        name = self._annotations.get(vocab_filename, vocab_filename)
        path = self._folder / FUNCTION / ASSETS / name
        return str(path) if path.is_file() else None

    def vocabulary_by_name(self, vocab_filename: str) -> list[bytes]:
        """Return the lines of a vocabulary's file as bytes; `TransformGraph.vocabulary` has text.

        Raises
        ------
        TransformError
            If there is none of that name.
        """
        path = self.vocabulary_file_by_name(vocab_filename)
        if path is None:
            known = [*self.graph.vocabularies, *self._annotations]
            raise TransformError(
                f"there is no vocabulary {vocab_filename!r}. {did_you_mean(vocab_filename, known)}"
            )
        return Path(path).read_bytes().split(b"\n")[:-1]

    def vocabulary_size_by_name(self, vocab_filename: str) -> int:
        """Return how many tokens a vocabulary has.

        Raises
        ------
        TransformError
            If there is none of that name.
        """
        return len(self.vocabulary_by_name(vocab_filename))

    def num_buckets_for_transformed_feature(self, name: str) -> int:
        """Return how many integers, from 0, a transformed column can hold.

        Raises
        ------
        TransformError
            If it is no vocabulary index or bucket, or can be negative.
        """
        domains = self.transformed_domains()
        domain = domains.get(name)
        if not isinstance(domain, schema_pb2.IntDomain) or domain.min != 0:
            found = "no domain of integers" if domain is None else f"values from {domain.min}"
            raise TransformError(
                f"the transformed column {name!r} has {found}; expected integers from 0, such as "
                "vocabulary indices with num_oov_buckets"
            )
        return int(domain.max) + 1

    def transform_raw_features(
        self,
        raw_features: Mapping[str, Sequence[Any]] | pa.Table,
        drop_unused_features: bool = True,
    ) -> dict[str, NDArray[Any]]:
        """Return the transformed columns of raw ones, as numpy arrays.

        Parameters
        ----------
        raw_features : mapping of str to sequence, or pyarrow.Table
            Columns by name. Those that serving does not have, such as the label, may be left
            out.
        drop_unused_features : bool
            True leaves out what needs a column that is not there; False makes that an error.

        Returns
        -------
        dict of str to ndarray
            Two axes for lists of one length, objects for text and lists of any length. A
            missing number is NaN.
        """
        table = raw_features if isinstance(raw_features, pa.Table) else pa.table(dict(raw_features))
        known = set(table.schema.names)
        outputs = [
            name
            for name in self.graph.outputs
            if not drop_unused_features or known.issuperset(self.graph.inputs_of([name]))
        ]
        made = self.graph.transform(table, outputs)
        return {name: _array(made.column(name)) for name in outputs}

    def transform_features_layer(self) -> TransformFeaturesLayer:
        """Return the transform as something to call with rows; see `TransformFeaturesLayer`."""
        return TransformFeaturesLayer(self)

    @property
    def pre_transform_statistics_path(self) -> str:
        """Where TFT has the statistics of the raw columns; Transform has its own artifact."""
        return str(self._folder / self.PRE_TRANSFORM_FEATURE_STATS_PATH)

    @property
    def post_transform_statistics_path(self) -> str:
        """Where TFT has the statistics of the results; Transform has its own artifact."""
        return str(self._folder / self.POST_TRANSFORM_FEATURE_STATS_PATH)


def _array(column: pa.ChunkedArray) -> NDArray[Any]:
    array = column.combine_chunks()
    if pa.types.is_fixed_size_list(array.type):
        flat: NDArray[Any] = array.values.to_numpy(zero_copy_only=False)
        return flat.reshape(len(array), array.type.list_size)
    if pa.types.is_list(array.type):
        lists = np.empty(len(array), object)
        lists[:] = array.to_pylist()
        return lists
    values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return values
