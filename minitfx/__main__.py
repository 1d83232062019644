"""``python -m minitfx``."""

from minitfx.cli.main import main

if __name__ == "__main__":
    main()
