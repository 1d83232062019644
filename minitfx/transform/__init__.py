"""Feature transforms, fitted once and served the same: the role of TFT."""
