"""Odd shapes, types, strides and threads through every function of the kernel.

Whole numbers have exact sums. Under `make test-sanitize` the kernel is compiled with
sanitizers for addresses and undefined behaviour, and driven with this.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leastwise.moments.blocks import Rows
from leastwise.moments.fitted import Want
from leastwise.moments.fold import fold_rows
from leastwise.moments.kernel import fold_compiled, has_kernel
from leastwise.moments.second_pass import second_pass
from leastwise.solve.again import fitted_of
from leastwise.solve.fit import solve

Array = np.ndarray
ROWS = (1, 2, 3, 7, 15, 16, 17, 127, 128, 129, 255, 257, 300, 4095, 4096, 4097)
COLUMNS = (0, 1, 2, 6, 7, 8, 9, 14, 15, 16, 17, 23, 24, 25, 40, 63)
TYPES = ("f8", "f4", "i1", "i2", "i4", "u1", "u2", "u4", "?")
WANTED = (Want(), Want(True, True, 2, True), Want(power=1), Want(power=0))


@dataclass(frozen=True)
class Case:
    """Rows of whole numbers, however they lie."""

    rows: Rows
    intercept: bool

    def __str__(self) -> str:
        X = self.rows.X
        return f"{X.shape} {X.dtype} {X.strides} x {self.rows.Y.shape}"


def cases(number: int, seed: int = 0) -> Iterator[Case]:
    """Make cases."""
    rng = np.random.default_rng(seed)
    for _ in range(number):
        n, p = int(rng.choice(ROWS)), int(rng.choice(COLUMNS))
        dtype = str(rng.choice(TYPES))
        top = 2 if dtype == "?" else 100
        wide = rng.integers(0, top, size=(2 * n, 2 * p)).astype(dtype)
        X = (
            np.ascontiguousarray(wide[:n, :p]),
            np.asfortranarray(wide[:n, :p]),
            wide[::2, ::2],
            wide[:n, :p][::-1, ::-1],
            np.broadcast_to(wide[:1, :p], (n, p)),
        )[int(rng.integers(5))]
        Y = rng.integers(0, 50, size=(n, int(rng.integers(1, 4)))).astype(float)
        w = rng.integers(1, 9, n) / 8.0 if rng.random() < 0.4 else None
        low = rng.normal(size=X.shape) * 2.0**-60 if rng.random() < 0.2 else None
        yield Case(Rows(X, Y, w, X_low=low), bool(p == 0 or rng.random() < 0.7))


def wrong_sums(case: Case) -> list[str]:
    """Fold at every tier on some threads and compare with exact sums."""
    rows, found = case.rows, []
    first = np.concatenate([rows.X[0].astype(float), rows.Y[0]])
    Z = np.hstack([rows.X.astype(float), rows.Y]) - first
    U = np.hstack([np.ones((len(Z), 1)), Z])
    exact = U.T @ (U if rows.weights is None else rows.weights[:, None] * U)
    for slices in (1, 2, 3):
        for threads in (1, 2, 5):
            sums = fold_compiled(
                rows.X, rows.Y, rows.weights, first, slices, threads=threads
            )
            if sums is None:
                found.append(f"{case}: declined")
                continue
            unit = np.ldexp(1.0, np.concatenate([[0], sums.exponent]))
            if not np.array_equal(sums.gram.hi * np.outer(unit, unit), exact):
                found.append(f"{case}: tier {slices} on {threads} threads")
    return found


def drive(case: Case) -> None:
    """Solve and look at the rows again, whatever comes out."""
    for slices in (1, 3):
        m = fold_rows(case.rows, slices=slices)
        fit = solve(m, intercept=case.intercept)
        solve(m, intercept=case.intercept, residuals=np.ones(m.n_targets))
        for want in WANTED:
            # A row that is fitted whatever it holds has 1 - leverage of 0.
            with np.errstate(divide="ignore", invalid="ignore"):
                second_pass(case.rows, m, fitted_of(m, fit), want)


def main() -> int:
    """Run 400 cases."""
    if not has_kernel():
        print("there is no kernel to drive")
        return 1
    wrong = []
    for case in cases(400):
        wrong += wrong_sums(case)
        drive(case)
    print(*wrong, f"400 cases, {len(wrong)} wrong", sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
