"""R's quantreg: coefficients to the last digits, and summary's standard errors."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from tests.witness.test_r import R

REFERENCES = json.loads((R / "quantile.json").read_text("utf-8"))
FORMULAS = {
    "stackloss": ("stackloss ~ airflow + watertemp + acidconc", "stackloss", None),
    "mtcars": ("mpg ~ wt + hp", "mtcars", None),
    "engel": ("foodexp ~ income", "engel", None),
    "weighted": ("mpg ~ wt + hp", "mtcars", "w1"),
    "through": ("mpg ~ 0 + wt + hp", "mtcars", None),
}
CASES = [
    pytest.param(name, case, id=f"{name}-{case['tau']}")
    for name in FORMULAS
    for case in REFERENCES[name]
]
# quantreg solves the plane in float64.
SAME = {"rtol": 1e-11, "atol": 1e-12}
# And standard errors from the densities of two such planes.
ERRORS = 1e-8


def fit(name: str, **more: Any) -> Any:
    formula, table, weights = FORMULAS[name]
    return lw.quantile(formula, R / f"{table}.csv", weights=weights, **more)


@pytest.mark.parametrize(("name", "wanted"), CASES)
def test_coefficients_and_loss(name: str, wanted: dict[str, Any]) -> None:
    m = fit(name, q=wanted["tau"])
    np.testing.assert_allclose(m.deviance / 2.0, wanted["loss"], rtol=1e-12)
    if not any("the same loss" in note for note in m.notes):
        np.testing.assert_allclose(m.coef.array, wanted["coef"], **SAME)
    assert m.digits.array.min() > 15


@pytest.mark.parametrize("se", ["nid", "ker"])
@pytest.mark.parametrize(("name", "wanted"), CASES)
def test_standard_errors(name: str, wanted: dict[str, Any], se: Any) -> None:
    m = fit(name, q=wanted["tau"], se=se)
    np.testing.assert_allclose(m.se.array, wanted[se], rtol=ERRORS)


@pytest.mark.parametrize(("name", "wanted"), CASES)
def test_one_density(name: str, wanted: dict[str, Any]) -> None:
    """The sparsity is a median regression of few rows, and may have many solutions."""
    m = fit(name, q=wanted["tau"], se="iid")
    ratio = m.se.array / wanted["iid"]
    if np.allclose(ratio, 1.0, rtol=ERRORS, atol=0.0):
        return
    # Another solution of that regression, with the same loss to the rounding of its
    # rows: all standard errors are off by the same factor.
    np.testing.assert_allclose(ratio, ratio[0], rtol=ERRORS)
    near, place = np.array(wanted["near"]), np.array(wanted["place"])
    line = lw.quantile("r ~ place", {"r": near, "place": place}, se="ker")
    rest = near - line.coef["place"] / ratio[0] * place
    loss = np.abs(rest - np.median(rest)).sum() / 2.0
    np.testing.assert_allclose(loss, line.deviance / 2.0, rtol=1e-13)
    assert name != "engel"  # no ties there
