"""Statistics, schemas and anomalies of tables: the role of TFDV."""
