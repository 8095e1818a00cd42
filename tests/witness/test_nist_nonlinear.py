"""The 27 NIST nonlinear problems, from both starts, against their exact solutions.

Digits are counted against the solutions for the decimals as published; what a fit
claims is held against those for the float64 numbers it was given, which
`make_nist_nonlinear` computed with 80 digits.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

import leastwise as lw
from tests.witness.nist_nonlinear_models import MODELS, digits, load

# Lanczos1 has residuals of 1e-13: float64 data hold 13 digits of its target beyond
# them, so its residuals have 3 digits, and so have standard errors. The estimates have
# 12. Every other standard error has 10 or more.
ERROR_DIGITS = {"Lanczos1": 3.0}


@pytest.mark.parametrize("start", [0, 1], ids=["start 1", "start 2"])
@pytest.mark.parametrize("name", MODELS)
def test_every_start_arrives(name: str, start: int) -> None:
    problem = load(name)
    m = lw.nonlinear(problem.model, problem.data, y="y", start=problem.starts[start])
    assert m.convergence.status.is_success
    assert digits(m.estimates, problem.estimates) >= 10
    assert digits(m.standard_errors, problem.errors) >= ERROR_DIGITS.get(name, 6.0)
    # What it claims of itself is never more than what is true of the stored numbers.
    for estimate, truth, claimed in zip(
        m.estimates, problem.exact, m.certified, strict=True
    ):
        off = abs((Decimal(float(estimate)) - truth) / truth)
        assert float(off) <= 10.0**-claimed


def test_standard_errors_of_lanczos1_are_those_of_its_float64_data() -> None:
    """The sum of squares of residuals that 40 digits give for the stored numbers."""
    from mpmath import exp, mp, mpf

    problem = load("Lanczos1")
    m = lw.nonlinear(problem.model, problem.data, y="y", start=problem.starts[1])
    with mp.workdps(40):
        b = [mpf(float(v)) for v in m.estimates]
        total = mpf(0)
        for x, y in zip(problem.data["x"], problem.data["y"], strict=True):
            falls = (b[i] * exp(-b[i + 1] * mpf(float(x))) for i in (0, 2, 4))
            total += (mpf(float(y)) - sum(falls)) ** 2
    # The true sum of squares of the decimals is beyond what the float64 data say.
    exact = float(total)
    assert abs(exact / float(problem.rss) - 1) > 1e-4
    assert m.measures.deviance == pytest.approx(exact, rel=2e-2)
    assert np.isfinite(m.standard_errors).all()
