"""Leave the compiled kernel out for a while, in the process that runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from leastwise.moments.kernel import library

SWITCH = "LEASTWISE_KERNEL"


@contextmanager
def numpy_alone() -> Iterator[None]:
    """Do as `LEASTWISE_KERNEL=numpy` does, which is read once a process."""
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = "numpy"
    _read_again()
    try:
        yield
    finally:
        if before is None:
            del os.environ[SWITCH]
        else:
            os.environ[SWITCH] = before
        _read_again()


def _read_again() -> None:
    """Forget which kernel there is, and look now: the loading is in nobody's time."""
    library.cache_clear()
    library()
