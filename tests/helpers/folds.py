"""Rows of whole numbers, in every dress that the compiled kernel reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise.moments.kernel import Sums, fold_compiled

Array = np.ndarray[Any, Any]

# float64 first: each other type goes with it in half of the cases.
TYPES = ("f8", "f4", "i1", "i2", "i4", "u1", "u2", "u4", "?")
# Blocks are of 128 rows and 4096; panels of 8 columns; tiles of up to 3 panels.
EDGES = (0, 1, 2, 3, 127, 128, 129, 255, 256, 257, 300)
LONG = (4095, 4096, 4097, 16383, 16384, 16385, 32769)
WIDTHS = (1, 2, 5, 6, 7, 8, 9, 14, 15, 16, 22, 23, 24, 25, 31, 33, 46, 47, 48, 62, 70)


@dataclass(frozen=True)
class Case:
    """What is folded, and a name for messages."""

    name: str
    X: Array
    Y: Array
    w: Array | None
    shift: Array
    slices: int
    threads: int


def whole_cases(count: int, seed: int, sizes: tuple[int, ...]) -> Iterator[Case]:
    """Draw cases whose sums are whole numbers that a float64 holds."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        n = int(rng.choice(sizes)) if rng.random() < 0.6 else int(rng.integers(0, 301))
        # Wide and long at once would take the time of everything else.
        widths = [p for p in WIDTHS if p <= (9 if n > 1000 else 70)]
        p, k = int(rng.choice(widths)), int(rng.integers(1, 4))
        kinds = [str(rng.choice(TYPES)) if rng.random() < 0.5 else "f8" for _ in "xy"]
        X, x_dress = dressed(rng, whole(rng, n, p, kinds[0]))
        Y, y_dress = dressed(rng, whole(rng, n, k, kinds[1]))
        # Of 2^-4 with at most 4 bits: sums in sixteenths are whole.
        weighted = bool(rng.random() < 0.4)
        w = rng.integers(1, 17, n) / 16.0 if weighted else None
        first = np.concatenate([X[0], Y[0]]) if n else np.zeros(p + k)
        shift = (first if rng.random() < 0.5 else np.round(first / 2)).astype(float)
        slices, threads = int(rng.integers(1, 4)), int(rng.integers(1, 6))
        name = (
            f"{number}: {n} x {p} + {k}, {kinds[0]} {x_dress}, {kinds[1]} {y_dress}, "
            f"{'weights, ' if weighted else ''}{slices} slices, {threads} threads"
        )
        yield Case(name, X, Y, w, shift, slices, threads)


def whole(rng: np.random.Generator, n: int, width: int, kind: str) -> Array:
    """Whole numbers of a type, some far from zero, some columns without any spread."""
    if kind == "?":
        return rng.random((n, width)) < 0.5
    top = {"i1": 127, "u1": 255}.get(kind, 900)
    low = 0 if kind[0] == "u" else -top
    drawn = rng.integers(low, top + 1, (n, width))
    drawn[:, rng.random(width) < 0.1] = top
    return drawn.astype(kind)


def dressed(rng: np.random.Generator, a: Array) -> tuple[Array, str]:
    """Lay the same numbers out in another way."""
    n, width = a.shape
    dress = str(rng.choice(["C", "F", "reversed", "every third", "inside", "constant"]))
    if dress == "F":
        return np.asfortranarray(a), dress
    if dress == "reversed":
        return np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1], dress
    if dress == "every third":
        wide = np.zeros((3 * n, 2 * width), a.dtype)
        wide[::3, ::2] = a
        return wide[::3, ::2], dress
    if dress == "inside":
        # Nothing on either side belongs to it, and no row begins at a round address.
        wide = np.full((n + 2, width + 3), 77, a.dtype)
        wide[1 : n + 1, 1 : width + 1] = a
        return wide[1 : n + 1, 1 : width + 1], dress
    if dress == "constant" and n:
        # A step of zero bytes from row to row.
        return np.broadcast_to(a[0], a.shape), dress
    return np.ascontiguousarray(a), "C"


def right_sums(case: Case) -> Array:
    """Return sixteen times the Gram about the shift, as Python's whole numbers."""
    n = len(case.X)
    Z = np.hstack([case.X.astype(np.int64), case.Y.astype(np.int64)])
    U = np.hstack([np.ones((n, 1), np.int64), Z - case.shift.astype(np.int64)])
    w = np.full(n, 16) if case.w is None else (16 * case.w).astype(np.int64)
    return np.asarray(U.T @ (w[:, None] * U))


def found_sums(sums: Sums) -> tuple[Array, Array]:
    """Return sixteen times the Gram that was found, in the units of the values."""
    power = np.concatenate([[0], sums.exponent])
    both = power[:, None] + power
    return np.ldexp(sums.gram.hi, both) * 16, np.ldexp(sums.gram.lo, both) * 16


def wrong(case: Case) -> str:
    """Fold a case with the kernel; say what is wrong, or nothing."""
    sums = fold_compiled(
        case.X, case.Y, case.w, case.shift, case.slices, threads=case.threads
    )
    if sums is None:
        return f"{case.name}: not folded"
    hi, lo = found_sums(sums)
    if not np.array_equal(hi, right_sums(case).astype(float)) or lo.any():
        return f"{case.name}: a sum is wrong"
    Z = np.hstack([case.X.astype(float), case.Y.astype(float)])
    # The shift counts as a value.
    most = np.abs(np.vstack([Z, case.shift])).max(axis=0)
    if not np.array_equal(sums.largest, most):
        return f"{case.name}: a largest value is wrong"
    if not (np.abs(Z - case.shift) <= np.ldexp(1.0, sums.exponent)).all():
        return f"{case.name}: a value is beyond its unit"
    return ""
