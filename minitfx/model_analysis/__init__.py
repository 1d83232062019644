"""Metrics over slices, thresholds and verdicts: the role of TFMA."""
