"""`ExactMoments`: the sums of rows without any rounding.

Every float64 is a whole number times a power of two, and so are sums of their
products. Held as such, they do not depend on how the rows were split, ordered or
summed: all laws of moments hold to the last bit, and what was put in can be taken
out again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array, Double
from leastwise.moments.exact_fold import exact_gram, exact_sum
from leastwise.moments.state import Moments

# Rounding an entry to a pair, and the roots on the diagonal: 2^-106 and room.
ROUNDED_ROUNDOFF = 2.0**-105
# Bits of a quotient or shifted whole number that two float64 are read from.
PAIR_BITS = 128

Dyadic = tuple[int, int]
"""``a * 2**b`` with a odd, or (0, 0): one way to write each number."""


@dataclass(frozen=True)
class ExactMoments:
    """Sums of [1, X, Y]'W[1, X, Y] without any rounding.

    Two of these are equal when all sums are; equal sums have equal bits, however they
    came about.

    Attributes
    ----------
    count : int
        Rows folded.
    entries : tuple of tuple of (int, int) or None, 1 + q by 1 + q
        The sums, each a whole number and a power of two. None for products of
        targets that were never folded together.
    n_inputs : int
        p; the remaining columns are targets.
    log_weight : (int, int)
        Sum of the logarithms of the weights, each rounded to float64.
    grain : ndarray, shape (q,)
        Largest error that rounding can have put into a value of the column before it
        came here. No sum, and not compared.

    Examples
    --------
    >>> a = fold_exact(Rows(np.array([[0.1], [0.2]]), np.array([[3.0], [5.0]])))
    >>> b = fold_exact(Rows(np.array([[1e30]]), np.array([[7.0]])))
    >>> (a + b) - b == a
    True
    """

    count: int
    entries: tuple[tuple[Dyadic | None, ...], ...]
    n_inputs: int
    log_weight: Dyadic = (0, 0)
    grain: Array = field(default_factory=lambda: np.zeros(0), compare=False)

    @property
    def n_targets(self) -> int:
        """Number of target columns, k."""
        return len(self.entries) - 1 - self.n_inputs

    def __add__(self, other: ExactMoments) -> ExactMoments:
        """Moments of both sets of rows."""
        return merge(self, other)

    def __sub__(self, other: ExactMoments) -> ExactMoments:
        """Moments of the rows of this one that are not in the other."""
        return subtract(self, other)


def fold_exact(rows: Rows) -> ExactMoments:
    """Fold rows into exact moments; low parts and the origin of columns count.

    Parameters
    ----------
    rows : Rows
        At least one row; finite values; positive weights.

    Returns
    -------
    ExactMoments
        The same to the last bit for the same rows in any order, on any machine
        that computes in IEEE 754, on any number of threads.

    Examples
    --------
    >>> m = fold_exact(Rows(np.array([[0.5], [2.0]]), np.array([[3.0], [5.0]])))
    >>> m.count, m.entries[0][1]
    (2, (5, -1))
    """
    whole, power = exact_gram(rows)
    parts = (rows.X, rows.Y)
    low = np.concatenate([a.min(axis=0).astype(np.float64) for a in parts])
    high = np.concatenate([a.max(axis=0).astype(np.float64) for a in parts])
    unit = np.full(len(low), 2.0**-53) if rows.roundoff is None else rows.roundoff
    made = ExactMoments(
        count=len(rows.X),
        entries=tuple(tuple(_dyadic(v, power) for v in row) for row in whole.tolist()),
        n_inputs=rows.X.shape[1],
        log_weight=_log_weight(rows.weights),
        grain=unit * np.maximum(np.abs(low), np.abs(high)),
    )
    for origin in (rows.origin, rows.origin_low):
        if origin is not None:
            made = shifted(made, np.broadcast_to(origin, low.shape))
    return made


def _log_weight(weights: Array | None) -> Dyadic:
    if weights is None:
        return (0, 0)
    return _dyadic(*exact_sum(np.log(weights.astype(np.float64))))


def merge(a: ExactMoments, b: ExactMoments) -> ExactMoments:
    """Return the moments of the rows of both.

    Raises
    ------
    ValueError
        When the two do not have the same columns.
    """
    _require_same_columns(a, b)
    return _combined(a, b, 1, np.maximum(a.grain, b.grain))


def subtract(whole: ExactMoments, part: ExactMoments) -> ExactMoments:
    """Return the moments of the rows of `whole` that are not in `part`, exactly.

    Raises
    ------
    ValueError
        When `part` has more rows, or other columns.
    """
    if part.count > whole.count:
        raise ValueError(f"{part.count} rows cannot be taken out of {whole.count}")
    _require_same_columns(whole, part)
    # Largest values of the rows that are left are not known: those of all stand.
    return _combined(whole, part, -1, whole.grain)


def _combined(
    a: ExactMoments, b: ExactMoments, sign: int, grain: Array
) -> ExactMoments:
    entries = tuple(
        tuple(
            None if x is None or y is None else _sum((x, (sign * y[0], y[1])))
            for x, y in zip(one, other, strict=True)
        )
        for one, other in zip(a.entries, b.entries, strict=True)
    )
    of_weights = (sign * b.log_weight[0], b.log_weight[1])
    return replace(
        a,
        count=a.count + sign * b.count,
        entries=entries,
        log_weight=_sum((a.log_weight, of_weights)),
        grain=grain,
    )


def _require_same_columns(a: ExactMoments, b: ExactMoments) -> None:
    if a.n_inputs != b.n_inputs or a.n_targets != b.n_targets:
        raise ValueError(
            f"moments of {a.n_inputs} inputs and {a.n_targets} targets cannot be "
            f"merged with moments of {b.n_inputs} and {b.n_targets}"
        )


def select(m: ExactMoments, inputs: Any, targets: Any) -> ExactMoments:
    """Keep some inputs and targets, in the order given."""
    chosen = [int(j) for j in inputs] + [m.n_inputs + int(t) for t in targets]
    at = [0, *(1 + j for j in chosen)]
    return replace(
        m,
        entries=tuple(tuple(m.entries[i][j] for j in at) for i in at),
        n_inputs=len(chosen) - len(list(targets)),
        grain=m.grain[chosen],
    )


def beside(a: ExactMoments, b: ExactMoments) -> ExactMoments:
    """Return the moments of the same rows with the targets of both.

    Products of targets of `a` with targets of `b` were summed in neither: None.

    Raises
    ------
    ValueError
        When the inputs or weights are not the same: they are compared exactly.
    """
    p = a.n_inputs
    head = range(p + 1)
    same = a.count == b.count and p == b.n_inputs and a.log_weight == b.log_weight
    if not same or any(a.entries[i][: p + 1] != b.entries[i][: p + 1] for i in head):
        raise ValueError(
            "the moments are not of the same rows. Fold the same inputs and weights "
            "again, with the new targets"
        )
    old, new = a.n_targets, b.n_targets
    top = [a.entries[i] + b.entries[i][p + 1 :] for i in head]
    middle = [a.entries[p + 1 + t] + (None,) * new for t in range(old)]
    low = [row[: p + 1] + (None,) * old + row[p + 1 :] for row in b.entries[p + 1 :]]
    return replace(
        a,
        entries=tuple([*top, *middle, *low]),
        grain=np.concatenate([a.grain, b.grain[p:]]),
    )


def rescaled(m: ExactMoments, power: Any, weight_power: int = 0) -> ExactMoments:
    """Multiply each column by ``2**power`` and the weights by ``2**weight_power``."""
    by = [0, *(int(v) for v in power)]
    with np.errstate(over="ignore"):
        grain = np.ldexp(m.grain, by[1:])
    return replace(
        m,
        entries=tuple(
            tuple(
                None
                if e is None
                else _dyadic(e[0], e[1] + by[i] + by[j] + weight_power)
                for j, e in enumerate(row)
            )
            for i, row in enumerate(m.entries)
        ),
        grain=grain,
    )


def shifted(m: ExactMoments, offset: Any) -> ExactMoments:
    """Add a float64 to each column: z + c has the sums Z'WZ + s c' + c s' + w c c'."""
    c = [(1, 0), *(_of_float(v) for v in np.asarray(offset, np.float64).tolist())]
    if not any(v for v, _ in c[1:]):
        return m
    # The column of ones is not shifted.
    c[0] = (0, 0)
    weight, sums = m.entries[0][0], m.entries[0]
    entries = []
    for i, row in enumerate(m.entries):
        entries.append(
            tuple(
                None
                if e is None
                else _sum(
                    (
                        e,
                        _product(sums[i], c[j]),
                        _product(sums[j], c[i]),
                        _product(_product(weight, c[i]), c[j]),
                    )
                )
                for j, e in enumerate(row)
            )
        )
    return replace(m, entries=tuple(entries))


def to_moments(
    m: ExactMoments, shift: Double, exponent: Array, weight_exponent: int
) -> Moments:
    """Round exact moments, taken about a point, to pairs: 32 digits of each sum.

    Parameters
    ----------
    m : ExactMoments
    shift : Double, shape (q,)
        The fixed point.
    exponent : ndarray of int, shape (q,)
        Columns are held in units of ``2**exponent``.
    weight_exponent : int
        Weights in units of ``2**weight_exponent``.
    """
    about = shifted(shifted(m, -shift.hi), -shift.lo)
    about = rescaled(about, -np.asarray(exponent), -weight_exponent)
    pairs = [
        [(math.nan, 0.0) if e is None else pair_of(e[0], 1, e[1]) for e in row]
        for row in about.entries
    ]
    both = np.array(pairs, dtype=np.float64)
    gram = Double(both[..., 0], both[..., 1])
    diagonal = np.sqrt(np.maximum(np.diagonal(gram.hi), 0.0))
    log_weight, power = m.log_weight
    return Moments(
        count=m.count,
        gram=gram,
        shift=shift,
        exponent=np.asarray(exponent),
        weight_exponent=weight_exponent,
        grain=m.grain,
        extent=diagonal,
        log_weight=pair_of(log_weight, 1, power)[0],
        roundoff=ROUNDED_ROUNDOFF,
        n_inputs=m.n_inputs,
    )


def pair_of(numerator: int, denominator: int, power: int) -> tuple[float, float]:
    """Round ``numerator / denominator * 2**power`` to a pair of float64.

    Examples
    --------
    >>> pair_of(1, 3, 1)
    (0.6666666666666666, 3.700743415417188e-17)
    """
    if numerator == 0:
        return 0.0, 0.0
    up = PAIR_BITS - (numerator.bit_length() - denominator.bit_length())
    if up > 0:
        quotient = (numerator << up) // denominator
    else:
        quotient = numerator // (denominator << -up)
    high = float(quotient)
    low = float(quotient - int(high))
    try:
        return math.ldexp(high, power - up), math.ldexp(low, power - up)
    except OverflowError:
        return math.copysign(math.inf, high), 0.0


def _dyadic(whole: int, power: int) -> Dyadic:
    if whole == 0:
        return (0, 0)
    zeros = (whole & -whole).bit_length() - 1
    return (whole >> zeros, power + zeros)


def _of_float(value: float) -> Dyadic:
    numerator, denominator = value.as_integer_ratio()
    return _dyadic(numerator, 1 - denominator.bit_length())


def _sum(terms: Iterable[Dyadic | None]) -> Dyadic:
    there = [t for t in terms if t is not None and t[0]]
    if not there:
        return (0, 0)
    least = min(power for _, power in there)
    return _dyadic(sum(whole << (power - least) for whole, power in there), least)


def _product(a: Dyadic | None, b: Dyadic | None) -> Dyadic:
    # A product with nothing is nothing: a sum that is not known has no part here.
    if a is None or b is None or a[0] == 0 or b[0] == 0:
        return (0, 0)
    return (a[0] * b[0], a[1] + b[1])
