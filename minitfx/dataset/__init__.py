"""Tables in: CSV, Parquet and data frames, typed, split and read in chunks."""

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
        "TableChunk": "source",
        "cell_type": "cell",
        "find_files": "files",
        "open_source": "source",
        "read_batches": "source",
        "read_csv": "csv_source",
        "scan_csv": "csv_source",
        "with_exact_types": "csv_source",
    },
)
