"""Checks and criteria of a family, against R by their definitions."""

from __future__ import annotations

import numpy as np
import pytest

import leastwise as lw
from tests.helpers.glm_cases import REFERENCES, fitted, table

WANTED = REFERENCES["checks"]
CARS, WARP = table("mtcars"), table("warpbreaks")


def test_the_square_of_the_predictor() -> None:
    m = lw.glm("breaks ~ wool * tension + exposure", WARP, family="poisson")
    found = m.check()["link"]
    np.testing.assert_allclose(found.statistic, WANTED["link_poisson"], rtol=1e-8)
    found = fitted("gamma_log").check()["link"]
    np.testing.assert_allclose(found.statistic, WANTED["link_gamma"], rtol=1e-8)
    assert fitted("poisson_log").check()["link"].status in ("ok", "none", "unclear")


def test_dispersion() -> None:
    m = fitted("poisson_log")
    found = m.check()["dispersion"]
    assert found.statistic == pytest.approx(m.measures.pearson)
    assert found.status == "fails"
    assert fitted("quasipoisson_log").check()["dispersion"].status == "none"
    assert fitted("binomial_logit").check()["dispersion"].status == "none"


def test_zeros() -> None:
    data = {**CARS, "carb": np.maximum(CARS["carb"] - 2, 0)}
    m = lw.glm("carb ~ wt + hp", data, family="poisson")
    np.testing.assert_allclose(m.check()["zeros"].statistic, WANTED["zeros"], rtol=1e-8)
    many = {"y": [0] * 60 + [3, 4, 5, 6] * 10}
    assert lw.glm("y ~ 1", many, family="poisson").check()["zeros"].status == "fails"


def test_probabilities() -> None:
    m = fitted("binomial_logit")
    found = m.check()["calibration"]
    np.testing.assert_allclose(found.statistic, WANTED["calibration"], rtol=1e-8)
    criteria = m.criteria()
    np.testing.assert_allclose(criteria.auc, WANTED["auc"], rtol=1e-12)
    np.testing.assert_allclose(criteria.brier, WANTED["brier"], rtol=1e-8)
    # One step a row instead of a fit a row, in 32 rows with 3 coefficients.
    np.testing.assert_allclose(
        criteria.left_out_deviance, WANTED["left_out"], rtol=0.25
    )
    np.testing.assert_allclose(criteria.log_loss, criteria.left_out_deviance / 64)


def test_inputs_that_go_together() -> None:
    # In the working rows: the inflation that weighted least squares has there.
    found = fitted("binomial_logit").check()["variance inflation"]
    values = [row[1] for row in found.table]
    np.testing.assert_allclose(values, WANTED["vif"], rtol=1e-8)


def test_the_approximate_error_is_near_with_many_rows() -> None:
    make = np.random.default_rng(5)
    x = make.normal(size=(150, 2))
    y = (x @ [1.0, -0.5] + make.logistic(size=150) > 0).astype(float)
    m = lw.glm(y=y, X=x, family="binomial")
    exact = 0.0
    for i in range(150):
        keep = np.arange(150) != i
        p = lw.glm(y=y[keep], X=x[keep], family="binomial").predict(x[i : i + 1])[0]
        exact -= 2.0 * np.log(p if y[i] else 1.0 - p)
    # One step for each row leaves a part of order 1/n^2 a row.
    np.testing.assert_allclose(m.criteria().left_out_deviance, exact, rtol=1e-3)


def test_who_has_no_checks() -> None:
    robust = lw.robust("y ~ 1", {"y": [1.0, 2.0, 3.0, 90.0]}, scale=1.0)
    with pytest.raises(lw.RequestError, match="no fit of a family"):
        robust.check()
