"""HC3 at the public door: time and memory beside statsmodels.

    python -m benchmarks.robust [--rows 1000000] [--inputs 10] [--rounds 5] [--write]

From arrays to standard errors, the fit included. Asked: at least 5 times as fast as
statsmodels, and a peak above the data that is no larger than the data again: data and
peak together no more than twice the data.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.candidates import HC3, who_answers
from benchmarks.document import give
from benchmarks.kernel_switch import numpy_alone
from benchmarks.machine import busy, facts
from benchmarks.memory import in_a_process
from benchmarks.moments import digits3, make_data
from benchmarks.turns import Task, Times, Turns, take_turns

Array = np.ndarray[Any, Any]
PEER = "statsmodels"
ASKED = 5.0


def measure(n: int, p: int, turns: Turns) -> dict[str, Times]:
    """Time everybody on the same arrays, in turns."""
    X, y = make_data(n, p)
    tasks = {}
    for name, who in who_answers(HC3, n, p).items():
        run = partial(who.run, X, y)
        tasks[name] = Task(run, numpy_alone) if who.numpy_alone else Task(run)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return take_turns(tasks, turns)


def table(
    n: int, p: int, times: Mapping[str, Times], peaks: Mapping[str, float]
) -> list[str]:
    """Write who took how long and how much, and how that is beside what is asked."""
    data = n * (p + 1) * 8 / 2**20
    lines = [
        f"{n:,} x {p} float64 ({data:,.0f} MiB of data); asked: {ASKED:g} times as "
        f"fast as {PEER}, and at most {data:,.0f} MiB above the data.",
        "",
        "| who | median, ms | least | peak above the data, MiB | beside the peer | |",
        "|---|--:|--:|--:|--:|---|",
    ]
    peer = times.get(PEER)
    for name, found in sorted(times.items(), key=lambda item: item[1].median):
        ratio = None if peer is None else peer.median / found.median
        judged = "peer"
        if who_answers(HC3, n, p)[name].ours:
            fast = ratio is None or ratio >= ASKED
            judged = "met" if fast and peaks[name] <= data else "**not met**"
        beside = "" if ratio is None else f"{ratio:.1f} times as fast"
        lines.append(
            f"| {name} | {digits3(found.median)} | {digits3(found.least)} | "
            f"{peaks[name]:,.1f} | {beside} | {judged} |"
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--inputs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args(arguments)
    n, p, before = options.rows, options.inputs, busy()
    print(before, flush=True)
    # First, while this process holds nothing.
    peaks = {name: in_a_process(HC3, name, n, p) for name in who_answers(HC3, n, p)}
    times = measure(n, p, Turns(rounds=options.rounds))
    lines = [*(f"- {fact}" for fact in (*facts(), before)), ""]
    lines += table(n, p, times, peaks)
    give("robust", "\n".join(lines), write=options.write)


if __name__ == "__main__":
    main()
