"""What is asked of leastwise's moments, and what it takes, beside its peers.

    python -m benchmarks.moments [--rounds 7] [--only 3,4] [--write]

Every row of the table is one interleaved run: all candidates take turns on the same
arrays, with a rest between them, garbage collection off, and one round that is not
counted. With --write the tables go into docs/performance.md.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.candidates import (
    CLASSICAL,
    COEFFICIENTS,
    HC3,
    INFERENCE,
    TIER_2,
    TIER_3,
    Candidate,
    who_answers,
)
from benchmarks.document import give
from benchmarks.kernel_switch import numpy_alone
from benchmarks.machine import busy, facts
from benchmarks.turns import Task, Times, Turns, take_turns

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Ask:
    """A question on data of one size, and the milliseconds it should take.

    Attributes
    ----------
    question : str
        One of `benchmarks.candidates`.
    n, p : int
        Rows and inputs.
    compiled : float
        Milliseconds asked of the compiled kernel and of the public door.
    numpy : float or None
        Milliseconds asked where NumPy does the work; None where nothing is.
    parts : bool
        Whether a fold alone is what is asked for.
    """

    question: str
    n: int
    p: int
    compiled: float
    numpy: float | None = None
    parts: bool = False

    @property
    def title(self) -> str:
        """Name the question and the size."""
        return f"{self.n:,} x {self.p}, {self.question}"

    def limit(self, who: Candidate) -> float | None:
        """Return the milliseconds asked of a candidate, None where it is not held."""
        if not who.ours or (who.part and not self.parts):
            return None
        return self.numpy if who.numpy_alone else self.compiled


ASKS = (
    Ask(INFERENCE, 400, 1, 0.05),
    Ask(INFERENCE, 10_000, 10, 0.5),
    Ask(COEFFICIENTS, 1_000_000, 10, 25, 60),
    Ask(COEFFICIENTS, 1_000_000, 50, 70, 150),
    Ask(COEFFICIENTS, 100_000, 200, 100, 150),
    Ask(COEFFICIENTS, 20_000, 1000, 360),
    Ask(CLASSICAL, 1_000_000, 50, 150),
    Ask(HC3, 1_000_000, 50, 250),
    Ask(TIER_2, 50_000, 100, 130, parts=True),
    Ask(TIER_3, 50_000, 100, 260, parts=True),
)


@dataclass(frozen=True)
class Line:
    """A candidate and its times in one run."""

    who: Candidate
    times: Times
    asked: float | None


@dataclass(frozen=True)
class Result:
    """One row of the table: an ask and all that took turns on it."""

    ask: Ask
    lines: tuple[Line, ...]

    @property
    def best_peer(self) -> Line | None:
        """Return the peer of the smallest median."""
        peers = [x for x in self.lines if not (x.who.ours or x.who.part)]
        return min(peers, key=lambda line: line.times.median, default=None)

    @property
    def answered(self) -> bool:
        """Say whether leastwise has a whole answer."""
        return any(x.who.ours and not x.who.part for x in self.lines)

    @property
    def judged(self) -> tuple[Line, ...]:
        """Return what is held to the ask, in the order of the candidates."""
        return tuple(line for line in self.lines if line.asked is not None)


def make_data(n: int, p: int) -> tuple[Array, Array]:
    """Make well-conditioned rows away from zero, the same each time."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(n, p))
    X += 3.0
    return X, X @ np.full(p, 0.1) + generator.normal(size=n)


def run(ask: Ask, turns: Turns) -> Result:
    """Let everybody who can answer take turns."""
    X, y = make_data(ask.n, ask.p)
    here = who_answers(ask.question, ask.n, ask.p)
    tasks = {}
    for name, who in here.items():
        task = Task(partial(who.run, X, y))
        tasks[name] = replace(task, around=numpy_alone) if who.numpy_alone else task
    times = take_turns(tasks, turns)
    lines = (Line(who, times[name], ask.limit(who)) for name, who in here.items())
    return Result(ask, tuple(lines))


def digits3(value: float) -> str:
    """Write three digits, without an exponent.

    Examples
    --------
    >>> digits3(0.04567), digits3(3.456), digits3(12345.6)
    ('0.0457', '3.46', '12,300')
    """
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:.3g}"


def summary(results: Sequence[Result]) -> list[str]:
    """Write the table of what is asked."""
    lines = [
        "| asked | who | ask, ms | median, ms | least | asked times | best peer, ms "
        "| times the best peer | |",
        "|---|---|--:|--:|--:|--:|---|--:|---|",
    ]
    for result in results:
        peer = result.best_peer
        named = f"{peer.who.name}: {digits3(peer.times.median)}" if peer else "-"
        if not result.answered:
            lines.append(
                f"| {result.ask.title} | leastwise | {result.ask.compiled:g} | - | - "
                f"| - | {named} | - | **no answer yet** |"
            )
        for line in result.judged:
            median, asked = line.times.median, line.asked or np.nan
            ratio = median / asked
            judgement = "met" if ratio <= 1 else f"**short by {digits3(ratio)}x**"
            beside = digits3(median / peer.times.median) if peer else "-"
            lines.append(
                f"| {result.ask.title} | {line.who.name} | {asked:g} "
                f"| {digits3(median)} | {digits3(line.times.least)} "
                f"| {digits3(ratio)} | {named} | {beside} | {judgement} |"
            )
    return lines


def details(result: Result) -> list[str]:
    """Write everybody's times in one run, fastest first."""
    lines = [
        f"### {result.ask.title}",
        "",
        "| who | median, ms | least | rounds | |",
        "|---|--:|--:|--:|---|",
    ]
    for line in sorted(result.lines, key=lambda line: line.times.median):
        role = "leastwise" if line.who.ours else "peer"
        role = f"{role}, a part" if line.who.part else f"**{role}**"
        lines.append(
            f"| {line.who.name} | {digits3(line.times.median)} "
            f"| {digits3(line.times.least)} | {len(line.times.values)} | {role} |"
        )
    return [*lines, ""]


def verdict(results: Sequence[Result]) -> list[str]:
    """Say where it falls short, of what is asked and of the peers."""
    judged = [(r.ask.title, line) for r in results for line in r.judged]
    short = [x for x in judged if x[1].times.median > (x[1].asked or 0)]
    silent = [r.ask.title for r in results if not r.answered]
    asked = len(judged) + len(silent)
    lines = [f"{len(judged) - len(short)} of {asked} asks are met."]
    lines += [f"- leastwise has no answer yet: {title}." for title in silent]
    lines += [
        f"- Short: {title}, {line.who.name}: {digits3(line.times.median)} ms for "
        f"{line.asked:g}."
        for title, line in short
    ]
    behind = []
    for r in results:
        whole = [x.times.median for x in r.lines if x.who.ours and not x.who.part]
        peer = r.best_peer
        if peer and whole and min(whole) > peer.times.median:
            behind.append(
                f"- A peer is faster than the fastest of ours: {r.ask.title}, "
                f"{peer.who.name}, {digits3(min(whole) / peer.times.median)} times."
            )
    lines += behind or ["- No peer is faster than the fastest of ours."]
    return [lines[0], "", *lines[1:]]


def report(results: Sequence[Result], before: str) -> str:
    """Write everything: machine, how busy it was, table, verdict, details."""
    return "\n".join(
        [
            *(f"- {fact}" for fact in (*facts(), before)),
            "",
            *summary(results),
            "",
            *verdict(results),
            "",
            *(line for result in results for line in details(result)),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", help="rows by number, such as 1,2; 1 is the first")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    asks: Sequence[Ask] = ASKS
    if options.only:
        asks = tuple(ASKS[int(number) - 1] for number in options.only.split(","))
    before = busy()
    print(before, flush=True)
    results = []
    for ask in asks:
        print(f"running {ask.title}", flush=True)
        results.append(run(ask, Turns(rounds=options.rounds)))
    give("moments", report(results, before), write=options.write)


if __name__ == "__main__":
    main()
