"""The eleven NIST StRD linear problems, scored against 40-digit truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import leastwise as lw
from tests.helpers.exactly import assert_exact
from tests.witness.scoring import digits

NIST = Path(__file__).parents[1] / "data" / "nist"

# What float64 data allow (exact arithmetic on the rounded data reaches no more),
# coefficients and standard errors, rounded down to half a digit. Powers are computed
# in pairs of float64, so that Filip has what its x holds.
FLOOR = {
    "Norris": (13.9, 13.9),
    "Pontius": (13.4, 13.7),
    "NoInt1": (15.5, 15.5),
    "NoInt2": (15.5, 15.5),
    "Filip": (14.2, 15.2),
    "Longley": (14.6, 15.0),
    "Wampler1": (15.5, 15.5),
    "Wampler2": (13.1, 15.0),
    "Wampler3": (15.5, 15.5),
    "Wampler4": (15.5, 15.5),
    "Wampler5": (15.5, 15.5),
}


def load(name: str) -> tuple[dict, dict[str, np.ndarray], str]:
    problem = json.loads((NIST / f"{name}.json").read_text())
    table = np.array([[float(v) for v in row] for row in problem["data"]])
    data = dict(zip(problem["columns"], table.T, strict=True))
    if problem["poly_degree"]:
        powers = range(2, problem["poly_degree"] + 1)
        right = " + ".join(["x", *(f"I(x**{k})" for k in powers)])
    else:
        right = " + ".join(problem["columns"][1:])
    return problem, data, f"y ~ {right}" + ("" if problem["intercept"] else " - 1")


@pytest.mark.parametrize("name", sorted(FLOOR))
def test_digits_against_exact_truth(name: str) -> None:
    problem, data, formula = load(name)
    model = lw.ols(formula, data)
    truth = problem["exact40"]
    coefficients = [
        digits(b, t) for b, t in zip(model.coef.values(), truth["B"], strict=True)
    ]
    errors = [digits(s, t) for s, t in zip(model.se.values(), truth["SE"], strict=True)]
    assert min(coefficients) >= FLOOR[name][0]
    assert min(errors) >= FLOOR[name][1]


@pytest.mark.parametrize("name", sorted(set(FLOOR) - {"Wampler1", "Wampler2"}))
def test_certified_table(name: str) -> None:
    problem, data, formula = load(name)
    model = lw.ols(formula, data)
    certified = problem["certified"]
    # Certified values have 15 digits.
    assert digits(model.sigma, certified["resid_sd"]) >= 12.9
    assert digits(model.r_squared, certified["r2"]) >= 12.9
    assert digits(model.f, certified["F"]) >= 12.9


def test_powers_that_were_rounded_before_hold_no_more() -> None:
    """Filip's powers as columns of float64: exact arithmetic reaches 7.6 digits."""
    problem, data, _ = load("Filip")
    X = np.column_stack([data["x"] ** k for k in range(1, 11)])
    with pytest.warns(lw.AccuracyWarning, match="are in the data"):
        model = lw.ols(y=data["y"], X=X)
    truth = problem["exact40"]
    reached = min(
        digits(b, t) for b, t in zip(model.coef.values(), truth["B"], strict=True)
    )
    assert 7.5 <= reached < 9
    # The answer to the question as it was put has all its digits.
    assert_exact(model, X, data["y"])


@pytest.mark.parametrize("name", ["Wampler1", "Wampler2"])
def test_exact_fits_are_said_to_be_exact(name: str) -> None:
    _, data, formula = load(name)
    model = lw.ols(formula, data)
    assert model.se.array.tolist() == [0.0] * 6
    assert model.r_squared == 1.0
    assert np.isinf(model.f)
    assert any("exact to the rounding" in note for note in model.notes)


@pytest.mark.parametrize("name", sorted(FLOOR))
def test_certificate_claims_no_more_than_float64_data_hold(name: str) -> None:
    """The certificate is about the float64 data; decimals lost before cap it."""
    problem, data, formula = load(name)
    model = lw.ols(formula, data)
    limit = FLOOR[name][0]
    for b, truth, claim in zip(
        model.coef.values(), problem["exact40"]["B"], model.digits.values(), strict=True
    ):
        assert digits(b, truth) >= min(claim, limit) - 0.5
