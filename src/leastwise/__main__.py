"""``python -m leastwise``."""

from leastwise.cli.app import main

if __name__ == "__main__":
    raise SystemExit(main())
