"""ImportSchemaGen: copies a schema, and refuses what is none."""

import pytest

from minitfx import data_validation as dv
from minitfx.components.import_schema_gen import ImportSchemaGen
from minitfx.errors import SchemaError, StorageError
from minitfx.types import Schema


def run(tmp_path, file):
    schema = Schema(tmp_path / "schema")
    schema.path.mkdir()
    ImportSchemaGen.execute(str(file), schema)
    return schema


def test_keywords_and_outputs_are_those_of_tfx():
    node = ImportSchemaGen(schema_file="schema.pbtxt")
    assert (list(node.exec_properties), list(node.outputs)) == (["schema_file"], ["schema"])


def test_the_file_is_copied_byte_by_byte(tmp_path):
    file = tmp_path / "mine.pbtxt"
    file.write_text('# curated\nfeature { name: "fare" type: FLOAT }\n')
    copied = run(tmp_path, file).path / "schema.pbtxt"
    assert copied.read_bytes() == file.read_bytes()
    assert dv.load_schema_text(copied).feature[0].name == "fare"


def test_a_file_that_is_no_schema_is_refused_with_its_place(tmp_path):
    file = tmp_path / "mine.pbtxt"
    file.write_text("feature { nam: 1 }")
    with pytest.raises(SchemaError, match=r"mine\.pbtxt.*1:11"):
        run(tmp_path, file)
    with pytest.raises(StorageError, match="cannot read"):
        run(tmp_path / "schema", tmp_path / "nothing")
