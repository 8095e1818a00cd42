"""The certificate never claims what is not there: against exact rationals."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import leastwise.moments.fold as fold_module
from leastwise.moments.fold import Rows, fold_rows
from leastwise.moments.kernel import has_kernel
from leastwise.solve.exact import exact_least_squares
from leastwise.solve.fit import solve
from tests.helpers.hard import KINDS, problem

SEEDS = range(12)
# The bound is first order: this much more may be claimed, where 8 or more are.
OVER = 0.3


def real_digits(value: float, truth: Fraction) -> float:
    if truth == 0 or not math.isfinite(value):
        return 0.0
    error = abs((Fraction(value) - truth) / truth)
    return 17.0 if error == 0 else min(17.0, -math.log10(error))


def claims_and_truths(kind: str, slices: int) -> tuple[np.ndarray, np.ndarray]:
    claims, truths = [], []
    for seed in SEEDS:
        made = problem(kind, seed)
        rows = Rows(made.X, made.y[:, None], made.weights)
        fit = solve(fold_rows(rows, slices=slices), intercept=made.intercept)
        if not fit.kept.all():
            # Nothing is claimed for what is left of a rank that was not settled.
            continue
        right = exact_least_squares(
            made.X, made.y[:, None], weights=made.weights, intercept=made.intercept
        )
        errors = right.standard_errors()
        for i, row in enumerate(right.coefficients):
            coefficient, error = row[0], errors[i][0]
            assert coefficient is not None and error is not None
            claims += [fit.digits[i, 0], fit.se_digits[i, 0]]
            truths += [
                real_digits(float(fit.coefficients[i, 0]), coefficient),
                real_digits(float(fit.standard_errors[i, 0]), Fraction(str(error))),
            ]
    return np.array(claims), np.array(truths)


@pytest.mark.parametrize("kernel", ["compiled", "numpy"])
@pytest.mark.parametrize("slices", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_no_claim_is_false(
    kind: str, slices: int, kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = kernel == "compiled" and has_kernel()
    monkeypatch.setattr(fold_module, "has_kernel", lambda: wanted)
    claims, truths = claims_and_truths(kind, slices)
    assert len(claims) > 20 or slices < 3
    big = claims >= 8
    assert np.all(claims[big] <= truths[big] + OVER)
    assert np.all(truths[claims >= 13] >= 13)


def test_the_finest_tier_claims_much_and_not_too_little() -> None:
    claims, truths = map(
        np.concatenate, zip(*(claims_and_truths(k, 3) for k in KINDS), strict=True)
    )
    assert np.mean(claims >= 13) > 0.7
    open_ended = (claims > 0) & (claims < 15.5)
    # Measured 2.2 over thousands; what a claim gives away is part of the promise.
    assert np.median(truths[open_ended] - claims[open_ended]) < 3
