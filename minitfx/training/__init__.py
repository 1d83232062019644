"""What a run_fn and a tuner_fn are given, and ready-made ones."""
