"""Tables in: files, queries and data frames, typed, split by content, read in chunks.

::

    CSV            scan_csv      ─┐
    TFRecord       scan_tfrecord ─┤                                     ┌─ Split-train/
    Parquet, frame open_source   ─┼─► Source.chunks() ─► write_examples ─┤
    SQL            query_source  ─┤    references          SplitRule     └─ Split-eval/
    Avro, any      spooled       ─┘

``README.md`` beside this file says which types columns get, which split a row gets, and what of
it is exact.
"""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "CellType": "cell",
        "CsvOptions": "csv_options",
        "CsvSource": "csv_source",
        "MemorySource": "source",
        "ParquetSource": "source",
        "ROWS_PER_CHUNK": "source",
        "Source": "source",
        "SplitRule": "split_config",
        "TableChunk": "source",
        "TfRecordSource": "tfrecord_source",
        "assign": "assignment",
        "avro_tables": "avro",
        "cell_type": "cell",
        "find_files": "files",
        "find_inputs": "spans",
        "hash_rows": "row_hash",
        "input_splits": "split_config",
        "open_source": "source",
        "opened": "spool",
        "query_source": "query",
        "read_batches": "source",
        "read_csv": "csv_source",
        "scan_csv": "csv_source",
        "scan_tfrecord": "tfrecord_source",
        "split_rule": "split_config",
        "spooled": "spool",
        "with_exact_types": "retyping",
        "write_examples": "examples",
    },
)
