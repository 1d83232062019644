"""The columns of the taxi trips, by how they are turned into features."""

DENSE_FLOAT_FEATURE_KEYS = ["trip_miles", "fare", "trip_seconds"]
"""Numbers that are scaled to mean 0 and variance 1; a missing one becomes the mean."""

BUCKET_FEATURE_KEYS = [
    "pickup_latitude",
    "pickup_longitude",
    "dropoff_latitude",
    "dropoff_longitude",
]
"""Numbers that are cut into buckets of equal counts."""

BUCKET_COUNT = 10

CATEGORICAL_FEATURE_KEYS = ["trip_start_hour", "trip_start_day", "trip_start_month"]
"""Small integers that are used as they are."""

VOCAB_FEATURE_KEYS = ["payment_type", "company"]
"""Texts that are numbered by how frequent they are."""

VOCAB_SIZE = 1000
OOV_SIZE = 10
"""Numbers for texts that were not seen in training, by hash."""

FARE_KEY = "fare"
TIPS_KEY = "tips"
LABEL_KEY = "big_tipper"
"""What is predicted: 1 if the tip is more than a fifth of the fare."""


def transformed_name(key: str) -> str:
    """Return the name of the feature that is made of a column."""
    return f"{key}_xf"


FEATURE_KEYS = [
    *DENSE_FLOAT_FEATURE_KEYS,
    *BUCKET_FEATURE_KEYS,
    *CATEGORICAL_FEATURE_KEYS,
    *VOCAB_FEATURE_KEYS,
]
TRANSFORMED_FEATURES = [transformed_name(key) for key in FEATURE_KEYS]
"""What the model takes, in order."""
