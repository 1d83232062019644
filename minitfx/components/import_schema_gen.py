"""ImportSchemaGen: a schema that somebody wrote."""

from __future__ import annotations

from pathlib import Path

from minitfx.component import Component, InputPath, Output
from minitfx.types import Schema


class ImportSchemaGen(Component):
    """Import a curated schema file.

    Unlike an Importer it reads the file: a file that is no schema is an error, the artifact
    holds a copy, and an edit of the file counts as a change.

    Parameters
    ----------
    schema_file : str
        A schema in protobuf text format.

    Outputs
    -------
    schema : Schema
        ``schema.pbtxt``, the same bytes.

    Raises
    ------
    StorageError
        If the file cannot be read.
    SchemaError
        If it is not a schema, with line and column.
    """

    schema_file: InputPath
    schema = Output(Schema)

    @staticmethod
    def execute(schema_file: str, schema: Schema) -> None:
        """Copy the file, once it has proved to be a schema."""
        from minitfx import data_validation as dv

        dv.load_schema_text(schema_file)
        (schema.path / "schema.pbtxt").write_bytes(Path(schema_file).read_bytes())
