"""``python -m minitfx.cli``."""

from minitfx.cli.main import main

main()
