"""A plugin for pytest: load the kernel that is named in the environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leastwise.moments import kernel


def load_watched() -> None:
    """Have leastwise load the watched kernel in place of its own."""
    kernel.LIBRARY = Path(os.environ["LEASTWISE_WATCHED_KERNEL"])


def pytest_configure(config: pytest.Config) -> None:
    """Do so before any test is collected."""
    load_watched()
