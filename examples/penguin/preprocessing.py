"""How raw columns become features."""

from features import (
    CATEGORICAL_FEATURE_KEYS,
    LABEL_KEY,
    NUMERIC_FEATURE_KEYS,
    transformed_name,
)

import minitfx.transform as tft


def preprocessing_fn(inputs):
    """Turn raw columns into features; called once, on columns that stand for the data."""
    outputs = {}
    for key in NUMERIC_FEATURE_KEYS:
        scaled = tft.scale_to_z_score(tft.cast(inputs[key], float))
        outputs[transformed_name(key)] = tft.fill_missing(scaled, 0.0)
    for key, depth in CATEGORICAL_FEATURE_KEYS.items():
        place = tft.fill_missing(tft.compute_and_apply_vocabulary(inputs[key], top_k=depth), -1)
        outputs[transformed_name(key)] = tft.one_hot(place, depth)
    outputs[LABEL_KEY] = inputs[LABEL_KEY]
    return outputs
