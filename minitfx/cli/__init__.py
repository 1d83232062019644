"""The `minitfx` command."""
