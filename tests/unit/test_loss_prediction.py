"""Intervals of predictions of a family: least squares, scipy and simulation decide."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import leastwise as lw
from tests.helpers.glm_cases import fitted, table

CARS = table("mtcars")


def test_a_gaussian_predicts_as_least_squares_does() -> None:
    m, plain = fitted("gaussian_identity"), lw.ols("mpg ~ wt + hp", CARS)
    for interval in ("confidence", "prediction"):
        one = m.predict(CARS, interval=interval, level=0.9)
        two = plain.predict(CARS, interval=interval, level=0.9)
        np.testing.assert_allclose(one.low, two.low, rtol=1e-10)
        np.testing.assert_allclose(one.high, two.high, rtol=1e-10)
    for adjust in ("bonferroni", "scheffe"):
        one = m.predict(CARS, interval="confidence", adjust=adjust)
        two = plain.predict(CARS, interval="confidence", adjust=adjust)
        np.testing.assert_allclose(one.high, two.high, rtol=1e-10)


def test_rows_far_from_the_fit_are_marked() -> None:
    m = fitted("gamma_log")
    found = m.predict(CARS, interval="confidence")
    assert not found.extrapolates.any()
    far = {"wt": [3.0, 30.0, np.nan], "hp": [150.0, 150.0, 100.0]}
    found = m.predict(far, interval="confidence")
    assert found.extrapolates.tolist() == [False, True, False]


@pytest.mark.parametrize("name", ["poisson_offset", "gamma_log", "negative_binomial"])
def test_new_observations_by_simulation(name: str) -> None:
    m = fitted(name)
    data = CARS if name == "gamma_log" else table("warpbreaks")
    row = {key: [values[4]] for key, values in data.items()}
    where = m.predict(row, kind="link", interval="confidence")
    make = np.random.default_rng(11)
    eta = make.normal(where.fit, where.std_error, 400_000)
    mean = np.exp(eta)
    if name == "gamma_log":
        drawn = make.gamma(1 / m.measures.dispersion, mean * m.measures.dispersion)
    elif name == "poisson_offset":
        drawn = make.poisson(mean)
    else:
        drawn = make.negative_binomial(3, 3 / (3 + mean))
    found = m.predict(row, interval="prediction", level=0.8)
    wanted = np.quantile(drawn, [0.1, 0.9], method="inverted_cdf")
    np.testing.assert_allclose([found.low[0], found.high[0]], wanted, rtol=0.01)


def test_a_certain_predictor_has_the_quantiles_of_the_family() -> None:
    # So many rows that the coefficients are known: scipy's quantiles of the family.
    data = {"y": [3, 4, 5, 6, 7] * 10_000}
    m = lw.glm("y ~ 1", data, family="poisson")
    found = m.predict({"y": [0]}, interval="prediction")
    assert [found.low[0], found.high[0]] == list(stats.poisson.ppf([0.025, 0.975], 5))


def test_what_there_is_not() -> None:
    m = fitted("binomial_logit")
    with pytest.raises(lw.RequestError, match="0 or 1"):
        m.predict(CARS, interval="prediction")
    with pytest.raises(lw.RequestError, match="no distribution"):
        fitted("tweedie").predict(CARS, interval="prediction")
    with pytest.raises(lw.RequestError, match="no predictor"):
        fitted("gamma_log").predict(CARS, interval="prediction", kind="link")
    with pytest.raises(lw.RequestError, match="of means"):
        fitted("gamma_log").predict(CARS, interval="prediction", adjust="scheffe")
    with pytest.raises(lw.RequestError, match="adjust"):
        fitted("gamma_log").predict(CARS, interval="confidence", adjust="holm")
