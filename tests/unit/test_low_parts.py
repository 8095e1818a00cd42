"""Rows with low parts: every fold and the second pass, against exact sums."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from leastwise.moments.blocks import Rows, first_low, first_row, shift_of
from leastwise.moments.double import Double
from leastwise.moments.fitted import Fitted, Want
from leastwise.moments.fold import fold_rows
from leastwise.moments.fold_numpy import fold_numpy as numpy_sums
from leastwise.moments.kernel import Sums, fold_compiled, has_kernel
from leastwise.moments.second_pass import second_pass
from tests.unit.test_kernel import EDGES, extents

GENERATOR = np.random.default_rng(1)


def decimals(n: int, p: int = 3, k: int = 2) -> Rows:
    """Values beside 1e9, 1 and 1e-7, with as much below the last place of each."""
    Z = GENERATOR.normal(size=(n, p + k)) + [1e9, 1e5, 0.0, 1e12, 0.0][: p + k]
    Z[:, 2] *= 1e-7
    low = GENERATOR.uniform(-0.5, 0.5, Z.shape) * np.spacing(Z)
    return Rows(Z[:, :p], Z[:, p:], X_low=low[:, :p], Y_low=low[:, p:])


def exact_rows(rows: Rows) -> list[list[Fraction]]:
    parts = []
    for a, low in ((rows.X, rows.X_low), (rows.Y, rows.Y_low)):
        low = np.zeros(a.shape) if low is None else low
        parts.append((a, low))
    return [
        [
            Fraction(float(v)) + Fraction(float(e))
            for a, low in parts
            for v, e in zip(a[i], low[i], strict=True)
        ]
        for i in range(len(rows.X))
    ]


def in_numpy(rows: Rows, slices: int, threads: int | None = None) -> Sums:
    return numpy_sums(rows, slices)


def compiled(rows: Rows, slices: int, threads: int | None = None) -> Sums | None:
    low = (rows.X_low, rows.Y_low, first_low(rows))
    first = first_row(rows)
    return fold_compiled(
        rows.X, rows.Y, rows.weights, first, slices, low=low, threads=threads
    )


FOLDS = [in_numpy, *([compiled] if has_kernel() else [])]


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("slices", [1, 2, 3])
@pytest.mark.parametrize("n", EDGES)
def test_sums_are_within_the_stated_error(
    n: int, slices: int, weighted: bool, fold
) -> None:
    given = decimals(n)
    w = None
    if weighted:
        w = GENERATOR.uniform(0.01, 1.0, n)
        w[0] = 0.99  # the unit of weights is 1 in both folds
    for X_low, Y_low in (
        (given.X_low, given.Y_low),
        (None, given.Y_low),
        (given.X_low, None),
    ):
        rows = Rows(given.X, given.Y, w, X_low=X_low, Y_low=Y_low)
        sums = fold(rows, slices)
        assert sums is not None
        exact = exact_rows(rows)
        U = [[Fraction(1), *(v - c for v, c in zip(r, exact[0], strict=True))]
             for r in exact]  # fmt: skip
        weights = [1] * n if w is None else [Fraction(float(v)) for v in w]
        power = np.concatenate([[0], sums.exponent])
        extent = extents(sums.gram.hi, n, slices)
        for i in range(len(power)):
            for j in range(i, len(power)):
                truth = sum(v * r[i] * r[j] for v, r in zip(weights, U, strict=True))
                got = Fraction(sums.gram.hi[i, j]) + Fraction(sums.gram.lo[i, j])
                off = abs(got - truth / Fraction(2) ** int(power[i] + power[j]))
                assert float(off) <= sums.roundoff * extent[i] * extent[j]


@pytest.mark.parametrize("slices", [1, 2, 3])
def test_threads_layouts_and_folds_agree(slices: int) -> None:
    rows = decimals(5000)
    assert rows.X_low is not None
    columns = Rows(
        np.asfortranarray(rows.X),
        rows.Y,
        X_low=np.asfortranarray(rows.X_low),
        Y_low=rows.Y_low,
    )
    first = in_numpy(rows, slices)
    extent = extents(first.gram.hi, 5000, slices)
    for fold in FOLDS:
        for given in (rows, columns):
            for threads in (1, 3):
                other = fold(given, slices, threads)
                assert other is not None
                power = np.concatenate([[0], other.exponent - first.exponent])
                moved = other.gram.scaled(power[:, None] + power)
                bound = (first.roundoff + other.roundoff) * np.outer(extent, extent)
                assert np.all(np.abs((moved - first.gram).hi) <= bound)


def test_what_varies_only_in_the_low_parts_is_seen() -> None:
    """A tenth and the float64 that is nearest to it are not the same number."""
    x = np.full((4, 1), 0.1)
    low = np.array([[0.0], [-5.55e-18], [1e-18], [3e-18]])
    for fold in FOLDS:
        for slices in (1, 2, 3):
            sums = fold(Rows(x, x, X_low=low, Y_low=2 * low), slices)
            assert sums is not None
            unit = np.ldexp(1.0, sums.exponent[0])
            truth = float((low**2).sum())
            assert sums.gram.hi[1, 1] * unit * unit == pytest.approx(truth, rel=1e-9)
            assert sums.gram.hi[1, 2] * unit * unit == pytest.approx(
                2 * truth, rel=1e-9
            )


def test_the_shift_is_the_whole_first_row() -> None:
    rows = decimals(3)
    rows = Rows(
        rows.X, rows.Y, X_low=rows.X_low, Y_low=rows.Y_low,
        origin=np.array([2.0**70, 0, 0, 0, 0]), origin_low=np.array([3.0, 0, 0, 0, 0]),
    )  # fmt: skip
    shift = shift_of(rows)
    truth = exact_rows(rows)[0]
    truth[0] += 2**70 + 3
    for hi, lo, exact in zip(shift.hi, shift.lo, truth, strict=True):
        off = Fraction(float(hi)) + Fraction(float(lo)) - exact
        assert abs(off) <= abs(exact) * Fraction(2) ** -104


@pytest.mark.parametrize("weighted", [False, True])
def test_residuals_are_those_of_the_whole_values(weighted: bool) -> None:
    rows = decimals(300, 2, 1)
    w = GENERATOR.uniform(0.1, 1.0, 300) if weighted else None
    rows = Rows(rows.X, rows.Y, w, X_low=rows.X_low, Y_low=rows.Y_low)
    m = fold_rows(rows)
    slopes, level = Double.of(np.array([[0.5], [-0.25]])), Double.of(np.array([0.125]))
    fitted = Fitted(slopes, level, np.zeros(2), np.eye(2), 0.0)
    found = second_pass(rows, m, fitted, Want(pairs=True))
    sums, largest = found.sums, found.largest
    exact = exact_rows(rows)
    scale = [Fraction(2) ** int(e) for e in m.exponent]
    residuals = []
    for row in exact:
        u = [(v - c) / s for v, c, s in zip(row, exact[0], scale, strict=True)]
        residuals.append(u[2] - Fraction(1, 8) - u[0] / 2 + u[1] / 4)
    weights = [1] * 300 if w is None else [Fraction(float(v)) for v in w]
    truth = sum(v * r * r for v, r in zip(weights, residuals, strict=True))
    truth /= Fraction(2) ** m.weight_exponent
    got = Fraction(float(sums.hi[0])) + Fraction(float(sums.lo[0]))
    assert abs(got - truth) <= truth * Fraction(2) ** -95
    assert largest[0] == pytest.approx(float(max(map(abs, residuals))), rel=1e-15)
