"""Saved models: a folder with a manifest, a signature and a way to predict."""
