"""Least squares in exact rational arithmetic, for data small enough to wait for.

Every float64 is a whole number times a power of two. Written so, column by
column, the Gram is a matrix of whole numbers, and elimination without fractions
(Bareiss) gives coefficients, residual sum of squares and (X'WX)^-1 with no error
at all. Nothing is rounded until a number is asked for as a float.

E. H. Bareiss (1968), doi:10.1090/S0025-5718-1968-0226829-0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from operator import mul
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError

Array = np.ndarray[Any, Any]

SMALL_COST = 1_000_000
"""Products of whole numbers that take a few tenths of a second in Python."""

_PRECISION = 50  # digits carried for a square root that is read to 40


@dataclass(frozen=True)
class ExactFit:
    """A least squares fit without error.

    Rows of `coefficients` are coefficients, the intercept first when there is
    one; columns are targets. A column that is exactly a combination of the ones
    before it has None.

    Attributes
    ----------
    coefficients : tuple of tuple of Fraction or None, m by k
        Exact coefficients.
    inverse_diagonal : tuple of Fraction or None, m
        Diagonal of (X'WX)^-1.
    rss, tss : tuple of Fraction, k
        Residual and total weighted sum of squares (total about the mean with an
        intercept, about zero without).
    dof : int
        Rows of positive weight less the rank.
    """

    coefficients: tuple[tuple[Fraction | None, ...], ...]
    inverse_diagonal: tuple[Fraction | None, ...]
    rss: tuple[Fraction, ...]
    tss: tuple[Fraction, ...]
    dof: int

    @property
    def rank(self) -> int:
        """Number of coefficients that are determined."""
        return sum(v is not None for v in self.inverse_diagonal)

    def rounded(self) -> Array:
        """Coefficients as float64, correctly rounded; NaN where undetermined."""
        return np.array(
            [
                [math.nan if b is None else float(b) for b in r]
                for r in self.coefficients
            ],
            dtype=np.float64,
        ).reshape(len(self.inverse_diagonal), len(self.rss))

    def standard_errors(self) -> tuple[tuple[Decimal | None, ...], ...]:
        """Classical standard errors to 40 digits, m by k; None where undefined."""
        return tuple(
            tuple(self._standard_error(v, rss) for rss in self.rss)
            for v in self.inverse_diagonal
        )

    def _standard_error(self, v: Fraction | None, rss: Fraction) -> Decimal | None:
        if v is None or self.dof <= 0:
            return None
        variance = v * rss / self.dof
        with localcontext() as context:
            context.prec = _PRECISION
            ratio = Decimal(variance.numerator) / Decimal(variance.denominator)
            return ratio.sqrt()


def is_small(n: int, p: int) -> bool:
    """Say whether exact arithmetic on n rows of p inputs is worth the wait.

    Examples
    --------
    >>> is_small(400, 1), is_small(10**6, 10)
    (True, False)
    """
    return n * (p + 1) ** 2 <= SMALL_COST


def exact_least_squares(
    X: Any, Y: Any, *, weights: Any = None, intercept: bool = True
) -> ExactFit:
    """Solve least squares exactly.

    Parameters
    ----------
    X : ndarray, shape (n, p), or rows of numbers
        Inputs without a column of ones. Arrays of float64 mean exactly the
        numbers they hold. Rows may also hold Fractions, integers, Decimals or
        decimal strings, which mean exactly what is written.
    Y : ndarray, shape (n,) or (n, k), or rows of numbers
        Targets.
    weights : ndarray, shape (n,), optional
        Weights, not negative; rows of weight zero do not count.
    intercept : bool
        Whether the model has an intercept.

    Returns
    -------
    ExactFit

    Raises
    ------
    DataError
        When a number is NaN or infinite, a weight is negative, lengths differ,
        or no row has weight.

    Examples
    --------
    >>> fit = exact_least_squares([["0.1"], ["0.2"], ["0.4"]], ["1.1", "1.2", "1.4"])
    >>> [str(b) for (b,) in fit.coefficients]
    ['1', '1']
    """
    inputs, targets = _columns(X), _columns(Y)
    n = len(Y)
    if len(X) != n:
        raise DataError(
            f"X has {len(X)} rows and y has {n}",
            fix="Give one target for each row",
        )
    w = _weights(weights, n)
    if not any(w[0]):
        raise DataError("no row has weight", fix="Give at least one row")
    if intercept:
        inputs = [([1] * n, Fraction(1)), *inputs]
    return _solve(inputs, targets, w, intercept)


_Column = tuple[list[int], Fraction]
"""Whole numbers and the unit they are counted in."""


def _columns(values: Any) -> list[_Column]:
    if isinstance(values, np.ndarray):
        flat = values[:, None] if values.ndim == 1 else values
        return [_whole(flat[:, j]) for j in range(flat.shape[1])]
    rows = [r if _is_row(r) else (r,) for r in values]
    return [_whole(list(column)) for column in zip(*rows, strict=True)]


def _is_row(value: Any) -> bool:
    return isinstance(value, (list, tuple, np.ndarray))


def _whole(values: Any) -> _Column:
    """Write a column as whole numbers times one unit, exactly."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        numbers, unit = _from_floats(values.astype(np.float64))
    elif isinstance(values, np.ndarray) and values.dtype.kind in "iub":
        numbers, unit = [int(v) for v in values.tolist()], Fraction(1)
    else:
        try:
            exact = [Fraction(v) for v in values]
        except (ValueError, OverflowError, TypeError) as error:
            raise DataError(
                f"not a number: {error}", fix="Give finite numbers"
            ) from None
        denominator = math.lcm(*(v.denominator for v in exact))
        numbers = [v.numerator * (denominator // v.denominator) for v in exact]
        unit = Fraction(1, denominator)
    common = math.gcd(*numbers)
    if common > 1:
        numbers = [v // common for v in numbers]
    return numbers, unit * max(common, 1)


def _from_floats(values: Array) -> tuple[list[int], Fraction]:
    if not np.all(np.isfinite(values)):
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        raise DataError(
            f"{values[bad]} is not a finite number",
            where=f"row {bad + 1}",
            fix="Remove the row",
        )
    mantissa, exponent = np.frexp(values)
    # 53 bits make every mantissa a whole number; exact.
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    power = np.where(whole == 0, 0, exponent - 53)
    lowest = int(power[whole != 0].min()) if np.any(whole) else 0
    up = np.where(whole == 0, 0, power - lowest)
    numbers = [v << e for v, e in zip(whole.tolist(), up.tolist(), strict=True)]
    return numbers, Fraction(2) ** lowest


def _weights(weights: Any, n: int) -> _Column:
    if weights is None:
        return [1] * n, Fraction(1)
    values = weights if isinstance(weights, np.ndarray) else list(weights)
    numbers, unit = _whole(values)
    if len(numbers) != n:
        raise DataError(f"{len(numbers)} weights for {n} rows", fix="Give one a row")
    negative = [i for i, v in enumerate(numbers) if v < 0]
    if negative:
        raise DataError(
            f"weight {float(numbers[negative[0]] * unit)} is negative",
            where=f"row {negative[0] + 1}",
            fix="Weights must be 0 or more",
        )
    return numbers, unit


def _solve(
    inputs: list[_Column], targets: list[_Column], w: _Column, intercept: bool
) -> ExactFit:
    m, k = len(inputs), len(targets)
    weights, weight_unit = w
    weighted = [list(map(mul, weights, column)) for column, _ in inputs + targets]
    columns = [column for column, _ in inputs + targets]
    rows = [
        [_dot(weighted[i], c) for c in columns] + [int(i == j) for j in range(m)]
        for i in range(m)
    ]
    right = [[row[m + t] for row in rows] for t in range(k)]
    squares = [_dot(weighted[m + t], columns[m + t]) for t in range(k)]
    kept, determinant = _eliminate(rows, m)
    units = [unit for _, unit in inputs]
    coefficients: list[tuple[Fraction | None, ...]] = []
    diagonal: list[Fraction | None] = []
    for j in range(m):
        if not kept[j]:
            coefficients.append((None,) * k)
            diagonal.append(None)
            continue
        coefficients.append(
            tuple(
                Fraction(rows[j][m + t], determinant) * targets[t][1] / units[j]
                for t in range(k)
            )
        )
        inverse = Fraction(rows[j][m + k + j], determinant)
        diagonal.append(inverse / (units[j] ** 2 * weight_unit))
    rss = []
    for t in range(k):
        explained = sum(rows[j][m + t] * right[t][j] for j in range(m) if kept[j])
        left = squares[t] - Fraction(explained, determinant)
        rss.append(left * targets[t][1] ** 2 * weight_unit)
    tss = []
    for t in range(k):
        mean = Fraction(right[t][0] ** 2, sum(weights)) if intercept else Fraction(0)
        tss.append((squares[t] - mean) * targets[t][1] ** 2 * weight_unit)
    dof = sum(v > 0 for v in weights) - sum(kept)
    return ExactFit(tuple(coefficients), tuple(diagonal), tuple(rss), tuple(tss), dof)


def _dot(a: list[int], b: list[int]) -> int:
    return sum(map(mul, a, b))


def _eliminate(rows: list[list[int]], m: int) -> tuple[list[bool], int]:
    """Reduce [G | right | I] in place so that G becomes det * I.

    Every entry stays a minor of the matrix it began as, so the division by the
    previous pivot leaves no remainder. A Gram has no negative pivot, and a pivot
    of zero means that the column is a combination of the ones kept before it.
    """
    kept = [True] * m
    previous = 1
    for j in range(m):
        pivot, source = rows[j][j], rows[j]
        if pivot == 0:
            kept[j] = False
            continue
        for i in range(m):
            if i == j or not kept[i]:
                continue
            factor = rows[i][j]
            rows[i] = [
                (pivot * a - factor * b) // previous
                for a, b in zip(rows[i], source, strict=True)
            ]
        previous = pivot
    return kept, previous
