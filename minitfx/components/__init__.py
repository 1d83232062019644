"""The eleven components: the bridge between the engine and the libraries."""
