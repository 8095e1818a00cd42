"""Gradient descent on a quadratic in closed form: any step, without those before it.

Along an eigenvector of the half Hessian A, of eigenvalue l, one step of rate r turns
the distance c to the optimum into ``(1 - 2 r l) c``, so step k is

    t_k = best + V diag((1 - 2 r l)^k) V'(t_0 - best),

and everything a loop would write down is a sum over eigenvectors: the norm of the
gradient ``2 |l c_k|``, the loss above the least one ``sum l c_k^2``. Where no factor is
above 1 in size the norm never rises, else it is convex in k: it may fall, and then
rises for ever. So the first step at which a loop would stop is found by search.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# In the place of the logarithm of 0: times 0 it is 0.
NOTHING = -1e300
# The exponential of more is beyond what may be added up.
MOST_EXPONENT = 690.0


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A descent with a fixed rate, along the eigenvectors in which it moves.

    Attributes
    ----------
    best : ndarray, shape (m, k)
        The optimum that is nearest to the start.
    vectors : ndarray, shape (m, r)
        Eigenvectors of the half Hessian.
    away : ndarray, shape (r, k)
        The start less the optimum, in their basis.
    values : ndarray, shape (r,)
        Their eigenvalues.
    log_size : ndarray, shape (r,)
        Logarithms of ``|1 - 2 r l|``.
    flips : ndarray of bool, shape (r,)
        Where ``1 - 2 r l`` is below 0.
    square : ndarray, shape (r,)
        Squares of `away`, summed over targets.
    """

    best: Array
    vectors: Array
    away: Array
    values: Array
    log_size: Array
    flips: Array
    square: Array

    def after(self, step: int) -> Array:
        """Return coefficients after one number of steps, shape (m, k)."""
        odd = step % 2 == 1
        factors = [
            math.exp(min(step * log, MOST_EXPONENT)) * (-1.0 if odd and flips else 1.0)
            for log, flips in zip(
                self.log_size.tolist(), self.flips.tolist(), strict=True
            )
        ]
        return np.asarray(self.best + (self.vectors * factors) @ self.away)

    def at(self, steps: Array) -> Array:
        """Return coefficients after some steps, shape (t, m, k)."""
        with np.errstate(over="ignore", invalid="ignore"):
            factors = np.exp(np.multiply.outer(steps, self.log_size))
            odd = np.logical_and.outer(steps % 2 == 1, self.flips)
            factors = np.where(odd, -factors, factors)
            left = factors[:, :, None] * self.away
            return np.asarray(self.best + self.vectors @ left)

    def gradient_norm(self, steps: Array) -> Array:
        """Return norms of the gradient after some steps, shape (t,)."""
        return np.asarray(2.0 * np.sqrt(self._sum(steps, self.values**2 * self.square)))

    def excess(self, steps: Array) -> Array:
        """Return the loss above the least one, shape (t,)."""
        return self._sum(steps, self.values * self.square)

    def distance(self, steps: Array) -> Array:
        """Return the distance to the optimum, shape (t,)."""
        return np.asarray(np.sqrt(self._sum(steps, self.square)))

    def _sum(self, steps: Array, each: Array) -> Array:
        with np.errstate(over="ignore"):
            powers = np.exp(np.multiply.outer(2.0 * steps, self.log_size))
            return np.asarray(powers @ each)

    def first_stop(self, floor: float | None, ceiling: float, steps: int) -> int:
        """Return the step at which a loop of at most `steps` steps stops.

        Parameters
        ----------
        floor, ceiling : float
            It stops when the norm of the gradient is no more than the one (if there is
            one), or more than the other.
        steps : int
            Most steps.

        Examples
        --------
        >>> one = np.ones((1, 1))
        >>> s = spectrum_of(np.ones(1), one, -one, one, 0.25)
        >>> s.first_stop(0.3, 1e12, 100)
        3
        """
        # Plain numbers: arrays of a few cost more than what is in them.
        rates = [2.0 * log for log in self.log_size.tolist()]
        terms = (self.values * self.values * self.square).tolist()
        least = -1.0 if floor is None else (0.5 * floor) ** 2
        most = (0.5 * ceiling) ** 2
        turn = steps
        if max(rates, default=0.0) > 0:
            change = [
                w * math.expm1(min(rate, MOST_EXPONENT))
                for w, rate in zip(terms, rates, strict=True)
            ]
            turn = first_true(lambda k: _total(change, rates, k) >= 0, 0, steps)
        if _total(terms, rates, turn) <= least:
            # Before that not even the largest term is low enough.
            alone = _alone(terms, rates, least)
            return first_true(
                lambda k: _total(terms, rates, k) <= least, min(alone, turn), turn
            )
        if turn < steps and not _total(terms, rates, steps) <= most:
            return first_true(
                lambda k: not _total(terms, rates, k) <= most, turn, steps
            )
        return steps


def _total(terms: list[float], rates: list[float], k: int) -> float:
    """Return ``sum of term exp(k rate)``: of the gradient, a quarter of its square."""
    exp = math.exp
    return sum(
        [w * exp(min(k * r, MOST_EXPONENT)) for w, r in zip(terms, rates, strict=True)]
    )


def _alone(terms: list[float], rates: list[float], least: float) -> int:
    """Return a step before which some term alone is above the least."""
    if least <= 0:
        return 0
    needed = [
        math.log(least / w) / rate
        for w, rate in zip(terms, rates, strict=True)
        if w > least and NOTHING < rate < 0
    ]
    return max(0, int(max(needed, default=0.0) * (1.0 - 1e-9)) - 1)


def spectrum_of(
    values: Array, vectors: Array, away: Array, best: Array, rate: float
) -> Spectrum:
    """Return the spectrum of a descent.

    Parameters
    ----------
    values, vectors : ndarray, shapes (m,) and (m, m)
        Eigenvalues, none below 0, and eigenvectors of the half Hessian.
    away, best : ndarray, shape (m, k)
        See `Spectrum`; in the basis of all vectors.
    rate : float
        Step length.
    """
    square = (away * away).sum(axis=1)
    moves = (values > 0) & (square > 0)
    if not moves.all():
        values, vectors = values[moves], vectors[:, moves]
        away, square = away[moves], square[moves]
    x = 2.0 * rate * values
    log = np.array([_log_size(one) for one in x.tolist()])
    return Spectrum(best, vectors, away, values, log, x > 1.0, square)


def _log_size(x: float) -> float:
    """Return the logarithm of ``|1 - x|``.

    Not of the rounded value of 1 - x: a million steps would raise that rounding to the
    millionth power.
    """
    return NOTHING if x == 1.0 else math.log1p(x - 2.0 if x > 1.0 else -x)


def first_true(test: Callable[[int], bool], start: int, end: int) -> int:
    """Return the first whole number at which a test holds that then holds for ever.

    Parameters
    ----------
    test : callable
        Takes a whole number.
    start, end : int
        The first number, and the last, which is returned unasked.

    Examples
    --------
    >>> first_true(lambda k: k * k >= 200, 0, 1000)
    15
    """
    reach = 1
    while start + reach < end and not test(start + reach):
        start, reach = start + reach + 1, 2 * reach
    end = min(end, start + reach)
    while start < end:
        middle = (start + end) // 2
        start, end = (start, middle) if test(middle) else (middle + 1, end)
    return end
