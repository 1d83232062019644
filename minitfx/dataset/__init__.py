"""Tables in: CSV, Parquet and data frames, typed, split and read in chunks."""
