"""Elimination on whole numbers: exact moments in, everything that is solved out.

Exact moments are whole numbers once each column is counted in its own power of two.
Elimination without fractions keeps them whole: every entry stays a minor of the
matrix, so that the division by the pivot before leaves no remainder.

E. H. Bareiss (1968), doi:10.1090/S0025-5718-1968-0226829-0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from leastwise.moments.exact import ExactMoments

# Bits to which a sum of positive fractions is carried: far more than are rounded to.
SUM_BITS = 256


@dataclass(frozen=True)
class Lattice:
    """Exact moments as whole numbers: entry (i, j) counts ``2**(unit_i + unit_j)``.

    Attributes
    ----------
    entries : list of list of int
        Of [1, X, Y]. Products of two different targets are left at 0.
    units : list of int
        The power of two of each column; weights are in them.
    """

    entries: list[list[int]]
    units: list[int]


@dataclass(frozen=True)
class Step:
    """What is known of a column once those before it are taken out.

    Attributes
    ----------
    pivot, before : int
        What is left of the column's sum of squares is ``pivot / before``.
    combination : dict of int to int
        Residual combination: ``sum_k combination[k] / before`` of the columns k that
        were kept, beside 1 of its own.
    """

    pivot: int
    before: int
    combination: dict[int, int]


@dataclass(frozen=True)
class Eliminated:
    """An exact solution, in units of the lattice.

    Attributes
    ----------
    steps : dict of int to Step
        Of each column of the model, 0 being the one of the intercept.
    kept : list of int
        Columns that were kept, in order.
    determinant : int
        Of the kept columns' moments.
    numerators : list of dict of int to int
        For each target, coefficients of the kept columns times the determinant.
    rss, tss : list of Fraction
        Residual and total sums of squares of the targets.
    """

    steps: dict[int, Step]
    kept: list[int]
    determinant: int
    numerators: list[dict[int, int]]
    rss: list[Fraction]
    tss: list[Fraction]

    def inverse_diagonal(self, column: int) -> tuple[int, int]:
        """Return an entry of the inverse's diagonal as a whole number and a power.

        It is a sum of squares, carried to 256 bits.
        """
        terms = []
        for j in self.kept:
            step = self.steps[j]
            own = step.before if j == column else step.combination.get(column, 0)
            if own:
                terms.append((own * own, step.pivot * step.before))
        up = SUM_BITS + min(d.bit_length() - n.bit_length() for n, d in terms)
        return sum(_quotient(n, d, up) for n, d in terms), -up


Judge = Callable[[int, Step], bool]
"""Says whether a column is kept, from what is left of it."""


def lattice_of(m: ExactMoments) -> Lattice:
    """Find a power of two for each column in which all sums are whole."""
    known = [
        (i, j, e)
        for i, row in enumerate(m.entries)
        for j, e in enumerate(row)
        if e is not None and e[0]
    ]
    units = [0] * len(m.entries)
    for i, j, (_, power) in known:
        if i == j:
            units[i] = power // 2
    least = min((power - units[i] - units[j] for i, j, (_, power) in known), default=0)
    if least < 0:
        units = [unit + least // 2 for unit in units]
    entries = [[0] * len(units) for _ in units]
    for i, j, (whole, power) in known:
        entries[i][j] = whole << (power - units[i] - units[j])
    return Lattice(entries, units)


def eliminate(
    lattice: Lattice, n_inputs: int, judge: Judge, *, intercept: bool
) -> Eliminated:
    """Solve least squares exactly, column by column in the order of the formula.

    Parameters
    ----------
    lattice : Lattice
        Of [1, X, Y].
    n_inputs : int
        Columns of X.
    judge : callable
        Asked of each input whether it is kept; never of one of which nothing is left.
    intercept : bool
        Whether the column of ones is in the model.
    """
    a = [row[:] for row in lattice.entries]
    inputs = range(1, n_inputs + 1)
    targets = range(n_inputs + 1, len(a))
    combinations: dict[int, dict[int, int]] = {j: {} for j in (0, *inputs)}
    steps: dict[int, Step] = {}
    kept: list[int] = []
    before = 1
    totals = [Fraction(a[t][t]) for t in targets]
    for j in (0, *inputs) if intercept else inputs:
        step = steps[j] = Step(a[j][j], before, combinations[j])
        # The weight of all rows is not judged; a column without a rest never stays.
        if j > 0 and (step.pivot == 0 or not judge(j, step)):
            continue
        kept.append(j)
        _take_out(a, combinations, step, j, targets)
        before = step.pivot
        if j == 0:
            totals = [Fraction(a[t][t], before) for t in targets]
    return Eliminated(
        steps=steps,
        kept=kept,
        determinant=before,
        numerators=[_solve_back(a, kept, t, before) for t in targets],
        rss=[Fraction(a[t][t], before) for t in targets],
        tss=totals,
    )


def _take_out(
    a: list[list[int]],
    combinations: dict[int, dict[int, int]],
    step: Step,
    j: int,
    targets: range,
) -> None:
    """Take column j out of those after it; only the upper triangle is kept."""
    pivot, before, source = step.pivot, step.before, a[j]
    size = len(a)
    for i in range(j + 1, size):
        factor, row = source[i], a[i]
        # Of the products of targets, those of each with itself are wanted alone.
        for c in (i,) if i in targets else range(i, size):
            row[c] = (pivot * row[c] - factor * source[c]) // before
        if i in targets:
            continue
        own = combinations[i]
        for c, value in step.combination.items():
            own[c] = (pivot * own[c] - factor * value) // before
        own[j] = -factor


def _solve_back(
    a: list[list[int]], kept: list[int], target: int, determinant: int
) -> dict[int, int]:
    found: dict[int, int] = {}
    for j in reversed(kept):
        row = a[j]
        rest = determinant * row[target] - sum(row[c] * v for c, v in found.items())
        found[j] = rest // row[j]
    return found


def _quotient(numerator: int, denominator: int, up: int) -> int:
    if up >= 0:
        return (numerator << up) // denominator
    return numerator // (denominator << -up)
