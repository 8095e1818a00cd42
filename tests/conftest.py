"""Fixtures and settings that the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: the first example may wait for a compiler, and machines differ.
settings.register_profile("local", deadline=None)
# The same examples every time, so that a change is judged and not the day's luck.
settings.register_profile("ci", deadline=None, derandomize=True)
# A search for new examples, for a person who has time.
settings.register_profile("search", deadline=None, max_examples=2000)

# Two processes of tests are told how wide the terminal of their parent is: no file is
# to be written narrower for that.
os.environ.pop("COLUMNS", None)

_IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if _IN_CI else "local"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of reference data that the repository carries."""
    return Path(__file__).parent / "data"
