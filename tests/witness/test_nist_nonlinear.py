"""The 27 NIST nonlinear problems, from both starts, against their exact solutions.

Digits are counted against the solutions for the decimals as published; what a fit
claims is held against those for the float64 numbers it was given, which
`make_nist_nonlinear` computed with 80 digits.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

import leastwise as lw
from tests.witness.nist_nonlinear_models import MODELS, digits, load

# Lanczos1 has residuals of 1e-13: of the decimals as published, its float64 data say
# only 3 digits of them, and of standard errors. With decimal=True it has all of them.
# The published values of the others' estimates and errors are met to 10 digits.
ERROR_DIGITS = {"Lanczos1": 3.0}
# All bits: an estimate is the float64 nearest to the truth.
NEAREST = 2.0**-53


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


@pytest.mark.parametrize("name", MODELS)
def test_digits_reach_the_float64_that_is_nearest(name: str) -> None:
    """Of the numbers as stored, and of the decimals as published."""
    problem = load(name)
    kinds = (
        ({"digits": 15}, problem.exact, problem.exact_errors),
        ({"decimal": True}, problem.decimal, problem.decimal_errors),
    )
    for options, estimates, errors in kinds:
        m = lw.nonlinear(
            problem.model, problem.data, y="y", start=problem.starts[1], **options
        )
        for found, truth in zip(m.estimates, estimates, strict=True):
            assert abs(Decimal(float(found)) - truth) <= Decimal(NEAREST) * abs(truth)
        assert digits(m.standard_errors, errors) >= 15.3
        assert (m.certified >= 15.9).all()


@pytest.mark.parametrize("start", [0, 1], ids=["start 1", "start 2"])
def test_lanczos1_has_its_standard_errors_when_decimals_are_kept(start: int) -> None:
    """The one of the 27 whose float64 data do not say what is published."""
    problem = load("Lanczos1")
    m = lw.nonlinear(
        problem.model, problem.data, y="y", start=problem.starts[start], decimal=True
    )
    assert digits(m.estimates, problem.estimates) >= 10
    assert digits(m.standard_errors, problem.errors) >= 6
    assert m.convergence.method == "Levenberg-Marquardt, in pairs at the end"


def test_standard_errors_of_lanczos1_are_those_of_its_float64_data() -> None:
    """Residuals are rounding in float64, so pairs are used without being asked for."""
    problem = load("Lanczos1")
    m = lw.nonlinear(problem.model, problem.data, y="y", start=problem.starts[1])
    assert digits(m.standard_errors, problem.exact_errors) >= 15
    # Which are not those of the decimals.
    assert digits(m.standard_errors, problem.decimal_errors) < 4
