"""Time and peak memory of one call, in a process that does nothing else."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable

LEAST_REPEATS = 3
MOST_REPEATS = 1000
ENOUGH_SECONDS = 0.3
# A route this slow has been timed well enough by the runs it has had.
TOO_LONG_SECONDS = 60.0

_STATUS = "/proc/self/status"
_RESET = "/proc/self/clear_refs"


def median_seconds(run: Callable[[], object]) -> float:
    """Time `run` at least 3 times, for about 0.3 s together; return the median.

    Examples
    --------
    >>> 0.0 <= median_seconds(lambda: None) < 1.0
    True
    """
    times: list[float] = []
    while len(times) < MOST_REPEATS:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
        total = sum(times)
        enough = len(times) >= LEAST_REPEATS and total >= ENOUGH_SECONDS
        if enough or total > TOO_LONG_SECONDS:
            break
    return statistics.median(times)


def peak_mib(run: Callable[[], object]) -> float | None:
    """Call `run` once; return its peak memory above the state before, in MiB.

    On Linux the high-water mark of the process is reset first, so only this call
    counts. Elsewhere the mark holds for the life of the process: when this call
    did not raise it, how much it took is not known, and None is returned.
    """
    gc.collect()
    before = _reset_peak()
    if before is not None:
        run()
        after = _status_kib("VmHWM")
        return None if after is None else max(after - before, 0) / 1024
    mark = _life_peak_mib()
    run()
    raised = _life_peak_mib()
    if mark is None or raised is None or raised <= mark:
        return None
    return raised - mark


def _reset_peak() -> int | None:
    """Reset VmHWM and return what is resident now, in KiB; None if impossible."""
    try:
        with open(_RESET, "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        return None
    return _status_kib("VmRSS")


def _status_kib(field: str) -> int | None:
    try:
        with open(_STATUS, encoding="ascii") as file:
            for line in file:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
    except OSError:
        return None
    return None


def _life_peak_mib() -> float | None:
    try:
        import resource
    except ImportError:  # Windows has none
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, the others KiB.
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
