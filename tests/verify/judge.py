"""Fit a problem and put each claim of digits beside the digits there are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from unittest.mock import patch

import numpy as np

import leastwise.moments.kernel as of_fold
import leastwise.moments.kernel_again as of_second_pass
import leastwise.solve.compiled as of_solve
from leastwise.engine.plan import TARGET_DIGITS
from leastwise.moments.blocks import Rows
from leastwise.moments.fitted import Want
from leastwise.moments.fold import fold_rows
from leastwise.moments.second_pass import second_pass
from leastwise.moments.state import Moments
from leastwise.solve.again import fitted_of
from leastwise.solve.fit import solve
from leastwise.solve.result import Fit
from tests.verify.problems import Problem
from tests.verify.truth import Truth

Array = np.ndarray

QUANTITIES = ("coefficients", "standard errors", "RSS", "R-squared")
MOST = 15.95  # a float64 holds no more, and no more is claimed


@dataclass(frozen=True)
class Claim:
    """What was claimed for one number, and what is so."""

    quantity: str
    claimed: float
    actual: float


@contextmanager
def kernel(name: str) -> Iterator[None]:
    """Fold, solve and look again with one kernel, "compiled" or "numpy"."""
    with ExitStack() as stack:
        for module in (of_fold, of_second_pass, of_solve):
            if name == "numpy":
                stack.enter_context(patch.object(module, "library", lambda: None))
        yield


def fit_at(made: Problem, slices: int, *, in_parts: bool = False) -> Fit:
    """Fit at one tier, with the second pass where a fit would take it."""
    rows = Rows(made.X, made.Y, made.weights)
    m = _in_parts(rows, slices) if in_parts else fold_rows(rows, slices=slices)
    fit = solve(m, intercept=made.intercept)
    if (fit.rss_digits < TARGET_DIGITS).any() and fit.kept.all():
        again = second_pass(rows, m, fitted_of(m, fit), Want(pairs=True))
        fit = solve(m, intercept=made.intercept, residuals=again.sums.rounded())
    return fit


def _in_parts(rows: Rows, slices: int) -> Moments:
    """Merge parts with fixed points of their own; add rows and take them out again."""
    n = len(rows.X)
    places = [part for part in np.array_split(np.arange(n), 3) if len(part)]
    more = Rows(2.0 * rows.X[-2:] + 1.0, rows.Y[-2:], _at(rows, slice(n - 2, n)))
    parts = [Rows(rows.X[i], rows.Y[i], _at(rows, i)) for i in places]
    first, *rest = [fold_rows(r, slices=slices) for r in (*parts, more)]
    for other in rest:
        first = first + other
    return first - rest[-1]


def _at(rows: Rows, where: Array | slice) -> Array | None:
    return None if rows.weights is None else rows.weights[where]


def claims_of(fit: Fit, right: Truth) -> list[Claim]:
    """Compare every number of a fit with the truth; none where a column is dropped."""
    if not fit.kept.all():
        # Nothing is claimed for what is left of a rank that was not settled.
        return []
    unit = 2.0 ** (2.0 * fit.target_exponent + fit.weight_exponent)
    r_squared = np.where(fit.rss == 0.0, 1.0, fit.explained / fit.tss)
    claims = []
    for quantity, value, digits, truth in zip(
        QUANTITIES,
        (fit.coefficients, fit.standard_errors, fit.rss * unit, r_squared),
        (fit.digits, fit.se_digits, fit.rss_digits, fit.r_squared_digits),
        (right.coefficients, right.standard_errors, right.rss, right.r_squared),
        strict=True,
    ):
        actual = digits_of(value, truth)
        known = np.isfinite(digits) & np.isfinite(truth[..., 0])
        claims += [
            Claim(quantity, float(c), float(a))
            for c, a in zip(digits[known], actual[known], strict=True)
        ]
    return claims


def digits_of(value: Array, truth: Array) -> Array:
    """Count correct decimal digits, 0 to 17, against pairs of float64."""
    hi, lo = truth[..., 0], truth[..., 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs((value - hi) - lo) / np.abs(hi)
        digits = np.where(value == hi, 17.0, -np.log10(error))
    return np.clip(np.nan_to_num(digits, nan=0.0), 0.0, 17.0)


def real_digits(value: float, truth: Fraction) -> float:
    """Count correct decimal digits, 0 to 17, against a fraction."""
    if truth == 0 or not math.isfinite(value):
        return 0.0
    error = abs((Fraction(value) - truth) / truth)
    return 17.0 if error == 0 else min(17.0, -math.log10(error))
