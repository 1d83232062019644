"""Configuration messages with the field names and numbers that TFX users know."""
