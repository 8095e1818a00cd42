"""Leave the compiled kernel out for a while, in the process that runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from leastwise.moments.kernel import has_kernel

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
    """Forget whatever `leastwise.moments` remembers about the kernel."""
    for name, module in list(sys.modules.items()):
        if name.startswith("leastwise.moments."):
            for value in list(vars(module).values()):
                clear = getattr(value, "cache_clear", None)
                if callable(clear):
                    clear()
    # Loaded now, so that the loading is in nobody's time.
    has_kernel()
