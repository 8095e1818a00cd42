"""Time several things in turn, so that a slow moment of the machine falls on all."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Task:
    """What is timed, and what has to hold around it without being timed."""

    run: Callable[[], Any]
    around: Callable[[], AbstractContextManager[Any]] = nullcontext


@dataclass(frozen=True)
class Turns:
    """How often, and for how long.

    Attributes
    ----------
    rounds : int
        Measured rounds; one more, unmeasured, comes before them.
    enough : float
        Seconds that one measurement should last: short calls are repeated.
    slow : float
        A call that takes longer, in seconds, gets two rounds.
    rest : float
        Seconds between measurements: the threads of OpenBLAS and TBB spin for a
        while after their work, and would be counted against whoever comes next.
    """

    rounds: int = 7
    enough: float = 0.03
    slow: float = 3.0
    rest: float = 0.1


@dataclass(frozen=True)
class Times:
    """Milliseconds of one call, one number a round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the median."""
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        """Return the fastest round."""
        return min(self.values)


def take_turns(tasks: Mapping[str, Task], turns: Turns) -> dict[str, Times]:
    """Call every task once a round and return the times; each round starts elsewhere.

    Examples
    --------
    >>> quick = Turns(rounds=2, enough=0, rest=0)
    >>> len(take_turns({"nothing": Task(lambda: None)}, quick)["nothing"].values)
    2
    """
    names = list(tasks)
    with _no_collection():
        warm = {name: _warm_up(tasks[name], turns) for name in names}
        found: dict[str, list[float]] = {name: [] for name in names}
        for turn in range(turns.rounds):
            first = turn % max(1, len(names))
            for name in (*names[first:], *names[:first]):
                if warm[name] > turns.slow and turn >= 2:
                    continue
                repeats = max(1, int(turns.enough / max(warm[name], 1e-7)))
                time.sleep(turns.rest)
                found[name].append(1e3 * _seconds(tasks[name], repeats))
    return {name: Times(tuple(values)) for name, values in found.items()}


def _warm_up(task: Task, turns: Turns) -> float:
    """Import, fill caches, start threads; then see how long a call takes."""
    first = _seconds(task, 1)
    return first if first > turns.slow else min(first, _seconds(task, 1))


def _seconds(task: Task, repeats: int) -> float:
    run = task.run
    with task.around():
        begin = time.perf_counter()
        for _ in range(repeats):
            run()
        return (time.perf_counter() - begin) / repeats


@contextmanager
def _no_collection() -> Iterator[None]:
    was = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
