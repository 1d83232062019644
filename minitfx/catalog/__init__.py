"""What happened and what exists: executions, artifacts and their lineage, by SQL."""
