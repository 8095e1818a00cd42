"""Thousands of hard problems against exact arithmetic: `make verify`.

    python -m tests.verify.run                    prints the table
    python -m tests.verify.run docs/accuracy.md   and puts it between its marks there

Fails when 13 digits or more are claimed where 13 are not, or when a claim of 8 or
more is half a digit too high.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leastwise.moments.kernel import has_kernel
from tests.verify.judge import QUANTITIES, Claim, claims_of, fit_at, kernel
from tests.verify.problems import KINDS, problem
from tests.verify.truth import truth_of

EACH = 500
# Exact elimination of fifty columns takes seconds.
EACH_WIDE = 20
LARGE = {20_000: 10, 200_000: 2, 1_000_000: 1}
TIERS = (1, 2, 3)
# The last: merged from parts, with rows added and taken out again.
FOLDS = ("compiled", "numpy", "in parts")
MARKS = ("<!-- verify: written by `make verify` -->", "<!-- /verify -->")
# A claim this high says nothing about slack: no more can be claimed.
FULL = 15.3
# What a user acts on, and how much too high such a claim may be.
MATTERS, TOO_HIGH = 8.0, 0.5
# A claim of so many digits stands for all there are, and must never be wrong.
SURE = 13.0


@dataclass(frozen=True)
class Judged:
    """One problem at one tier with one kernel; no claims where rank was not settled."""

    kind: str
    number: int
    rows: int
    tier: int
    kernel: str
    claims: tuple[Claim, ...]

    @property
    def false(self) -> list[Claim]:
        """Claims that must not be."""
        return [
            c
            for c in self.claims
            if c.claimed >= SURE > c.actual
            or (c.claimed >= MATTERS and c.claimed - c.actual > TOO_HIGH)
        ]


def judge(kind: str, number: int, n: int | None) -> list[Judged]:
    """Fit one problem in all ways; nothing where it has no unique solution."""
    made = problem(kind, number, n=n)
    right = truth_of(made.X, made.Y, made.weights, intercept=made.intercept)
    if right is None:
        return []
    out = []
    for name in FOLDS if has_kernel() else FOLDS[1:]:
        with kernel(name):
            for tier in TIERS:
                fit = fit_at(made, tier, in_parts=name == "in parts")
                claims = tuple(claims_of(fit, right))
                out.append(Judged(kind, number, len(made.X), tier, name, claims))
    return out


def tasks() -> list[tuple[str, int, int | None]]:
    """All problems, the long ones first."""
    small = [k for k in KINDS if k != "wide"]
    large = [
        (kind, 10_000 + i, n)
        for n, count in sorted(LARGE.items(), reverse=True)
        for kind in small
        for i in range(count)
    ]
    wide = [("wide", i, None) for i in range(EACH_WIDE)]
    return [*large, *wide, *((kind, i, None) for kind in small for i in range(EACH))]


def judge_task(task: tuple[str, int, int | None]) -> list[Judged]:
    return judge(*task)


def table(results: list[Judged]) -> Iterator[str]:
    """Write the results as Markdown."""
    problems = len({(r.kind, r.number) for r in results})
    claims = sum(len(r.claims) for r in results)
    most = max(r.rows for r in results)
    false = sum(len(r.false) for r in results)
    yield (
        f"{problems:,} problems of 2 to {most:,} rows, {claims:,} claims, "
        f"{false} false."
    )
    yield ""
    yield "| tier | fold | number | claims | 13 or more | slack | least |"
    yield "|--:|---|---|--:|--:|--:|--:|"
    for tier in TIERS:
        for name in FOLDS:
            chosen = [r for r in results if (r.tier, r.kernel) == (tier, name)]
            for quantity in QUANTITIES:
                here = [c for r in chosen for c in r.claims if c.quantity == quantity]
                if here:
                    yield f"| {tier} | {name} | {quantity} | {_columns(here)} |"
    yield ""
    yield (
        "| kind | problems | "
        + " | ".join(f"tier {t}: solved | slack | least" for t in TIERS)
        + " |"
    )
    yield "|---|--:|" + "--:|--:|--:|" * len(TIERS)
    for kind, meaning in KINDS.items():
        of_kind = [r for r in results if r.kind == kind]
        count = len({r.number for r in of_kind})
        cells = [_of_kind([r for r in of_kind if r.tier == t]) for t in TIERS]
        yield f"| {meaning} | {count} | {' | '.join(cells)} |"


def _columns(claims: list[Claim]) -> str:
    share = np.mean([c.claimed >= SURE for c in claims])
    return f"{len(claims):,} | {share:.0%} | {slack(claims)} | {least(claims)}"


def _of_kind(results: list[Judged]) -> str:
    claims = [c for r in results for c in r.claims]
    solved = np.mean([bool(r.claims) for r in results]) if results else 0.0
    return f"{solved:.0%} | {slack(claims)} | {least(claims)}"


def slack(claims: Iterable[Claim]) -> str:
    """Median of what a claim gives away, of those that could be higher."""
    gaps = [c.actual - c.claimed for c in claims if 0 < c.claimed < FULL]
    return f"{np.median(gaps):.1f}" if gaps else "-"


def least(claims: Iterable[Claim]) -> str:
    """Digits there are less digits claimed, where that is least; below 0 is false."""
    gaps = [c.actual - c.claimed for c in claims if c.claimed >= MATTERS]
    return f"{min(gaps):.2f}" if gaps else "-"


def put_between_marks(path: Path, text: str) -> None:
    before, _, rest = path.read_text(encoding="utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    path.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}", encoding="utf-8")


def main() -> int:
    # One process a core: threads of a BLAS would stand in each other's way.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    start = time.monotonic()
    with ProcessPoolExecutor() as pool:
        results = [
            r for made in pool.map(judge_task, tasks(), chunksize=4) for r in made
        ]
    text = "\n".join(table(results))
    print(text)
    print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)
    for path in sys.argv[1:]:
        put_between_marks(Path(path), text)
    wrong = [(r, r.false) for r in results if r.false]
    closest = sorted(
        (c.actual - c.claimed, r.kind, r.number, r.rows, r.tier, r.kernel, c)
        for r in results
        for c in r.claims
        if c.claimed >= MATTERS and c.claimed > c.actual
    )
    for place in closest[:10]:
        print("too high:", *place, file=sys.stderr)
    for r, claims in wrong:
        print(f"FALSE {r.kind} {r.number} n={r.rows} tier {r.tier} {r.kernel}", claims)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
