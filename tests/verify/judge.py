"""Fit a problem and put each claim of digits beside the digits there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

import leastwise.moments.fold as fold_module
from leastwise.engine.plan import TARGET_DIGITS
from leastwise.moments.fitted import Want
from leastwise.moments.fold import Rows, fold_rows
from leastwise.moments.second_pass import second_pass
from leastwise.solve.again import fitted_of
from leastwise.solve.fit import Fit, solve
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
    """Fold with one kernel, "compiled" or "numpy"."""
    there = fold_module.has_kernel
    fold_module.has_kernel = lambda: name == "compiled" and there()
    try:
        yield
    finally:
        fold_module.has_kernel = there


def fit_at(made: Problem, slices: int) -> Fit:
    """Fit at one tier, with the second pass where a fit would take it."""
    rows = Rows(made.X, made.Y, made.weights)
    m = fold_rows(rows, slices=slices)
    fit = solve(m, intercept=made.intercept)
    if (fit.rss_digits < TARGET_DIGITS).any() and fit.kept.all():
        again = second_pass(rows, m, fitted_of(m, fit), Want(pairs=True))
        fit = solve(m, intercept=made.intercept, residuals=again.sums.rounded())
    return fit


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
