"""The columns of the penguin table, by how they are turned into features."""

NUMERIC_FEATURE_KEYS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
"""Numbers that are scaled to mean 0 and variance 1; a missing one becomes the mean."""

CATEGORICAL_FEATURE_KEYS = {"island": 3, "sex": 2}
"""Texts, and how many there are of each; a missing one becomes a row of zeros."""

LABEL_KEY = "species"


def transformed_name(key: str) -> str:
    """Return the name of the feature that is made of a column."""
    return f"{key}_xf"


TRANSFORMED_FEATURES = [
    transformed_name(key) for key in [*NUMERIC_FEATURE_KEYS, *CATEGORICAL_FEATURE_KEYS]
]
"""What the model takes, in order."""
