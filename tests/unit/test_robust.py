"""Robust losses and their fits: definitions, special cases, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import leastwise as lw
from leastwise.loss.base import Loss

LOSSES = (
    lw.loss.Huber(), lw.loss.Bisquare(), lw.loss.StudentT(4), lw.loss.Fair(),
    lw.loss.Cauchy(), lw.loss.Welsch(), lw.loss.LogCosh(), lw.loss.Expectile(0.8),
)  # fmt: skip
X = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
Y = [1.0, 2.2, 2.9, 9.0, 5.1, 5.8, 7.1]
DATA = {"x": X, "y": Y}


@pytest.mark.parametrize("loss", LOSSES, ids=lambda one: one.name)
def test_closed_forms_are_what_jax_derives(loss: Any) -> None:
    u = np.linspace(-9.0, 9.0, 61) + 0.01
    eta = np.zeros_like(u)
    there, derived = loss.local(eta, u), Loss._derived(loss, eta, u)
    np.testing.assert_allclose(there.value, derived[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(there.score, derived[1], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(
        loss.observed(eta, u), derived[2], rtol=1e-10, atol=1e-14
    )


@pytest.mark.parametrize("loss", LOSSES, ids=lambda one: one.name)
@settings(max_examples=40, deadline=None)
@given(some.floats(-50, 50), some.floats(-50, 50))
def test_the_weight_gives_a_parabola_above_the_loss(
    loss: Any, here: float, there: float
) -> None:
    at, u = np.array([here]), np.array([there])
    w = float(loss.weight(at)[0])
    above = loss.rho(at) + 0.5 * w * (u * u - at * at)
    # An asymmetric loss is bounded so on one side of 0 only.
    if loss.symmetric or here * there > 0:
        assert float((above - loss.rho(u))[0]) >= -1e-9 * (1 + here**2 + there**2)


def test_a_large_tuning_constant_is_least_squares() -> None:
    line = lw.ols("y ~ x", DATA)
    for loss in (lw.loss.Huber(1e9), lw.loss.Expectile(0.5)):
        m = lw.robust("y ~ x", DATA, loss=loss)
        np.testing.assert_allclose(m.coef.array, line.coef.array, rtol=1e-12)
    huber = lw.robust("y ~ x", DATA, loss=lw.loss.Huber(1e9))
    np.testing.assert_allclose(huber.se.array, line.se.array, rtol=1e-10)
    sides = lw.robust("y ~ x", DATA, loss=lw.loss.Expectile(0.5))
    np.testing.assert_allclose(
        sides.se.array, line.with_cov("HC0").se.array, rtol=1e-10
    )


@settings(max_examples=25, deadline=None)
@given(some.floats(0.01, 100), some.floats(-100, 100), some.floats(-5, 5))
def test_a_fit_moves_with_the_target(factor: float, away: float, slope: float) -> None:
    y = factor * np.asarray(Y) + away + slope * np.asarray(X)
    for loss in ("huber", "bisquare"):
        one = lw.robust("y ~ x", DATA, loss=loss)
        two = lw.robust("y ~ x", {"x": X, "y": y}, loss=loss)
        wanted = factor * one.coef.array + np.array([away, slope])
        size = factor + abs(away) + abs(slope)
        np.testing.assert_allclose(two.coef.array, wanted, atol=1e-9 * size)
        assert two.sigma == pytest.approx(factor * one.sigma, rel=1e-7)


def test_an_expectile_is_its_definition() -> None:
    """Of one sample: q of what lies above it is 1 - q of what lies below."""
    y = np.array([0.3, 1.0, 2.5, 7.0, 11.0])
    for q in (0.1, 0.5, 0.9):
        m = lw.robust("y ~ 1", {"y": y}, loss=lw.loss.Expectile(q))
        at = m.coef["Intercept"]
        above, below = np.maximum(y - at, 0).sum(), np.maximum(at - y, 0).sum()
        assert q * above == pytest.approx((1 - q) * below, rel=1e-12)


def test_mm_leaves_out_what_half_of_the_rows_contradict() -> None:
    draw = np.random.default_rng(2)
    x = draw.normal(size=60)
    y = 2.0 + 3.0 * x + 0.1 * draw.normal(size=60)
    x[:24], y[:24] = 10.0 + draw.normal(size=24), -40.0
    m = lw.robust("y ~ x", {"x": x, "y": y}, loss="bisquare", scale="s")
    assert abs(m.coef["x"] - 3.0) < 0.1
    assert (m.row_weights[:24] == m.row_weights.min()).all()
    again = lw.robust("y ~ x", {"x": x, "y": y}, loss="bisquare", scale="s")
    assert again.coef == m.coef


def test_half_of_the_residuals_at_zero_have_no_scale() -> None:
    data = {"x": [0.0, 0.0, 0.0, 0.0, 1.0], "y": [1.0, 1.0, 1.0, 3.0, 9.0]}
    # Four of five rows lie on a line: R's loop is on its way there after 5,000 steps.
    four = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [1.0, 1.0, 1.0, 1.0, 9.0]}
    with pytest.warns(lw.AccuracyWarning, match="no digit is certain"):
        slow = lw.robust("y ~ x", four)
    assert (slow.digits.array == 0).all()
    with pytest.raises(lw.DataError, match="have no scale"):
        lw.robust("y ~ 1", {"y": [1.0, 1.0, 1.0, 1.0, 1.0]})
    with pytest.raises(lw.DataError, match="have no scale"):
        lw.robust("y ~ x", data, loss="bisquare", scale="s")
    held = lw.robust("y ~ x", data, scale=0.5)
    assert held.convergence.status.is_success


REFUSED = {
    "loss": {"loss": "hubber"}, "number": {"loss": "huber:x"},
    "k": {"loss": "huber:-1"}, "function": {"loss": abs},
    "scale": {"scale": "sd"}, "zero": {"scale": 0.0},
    "bool": {"scale": True}, "bounded": {"loss": "welsch", "scale": "likelihood"},
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused(name: str) -> None:
    with pytest.raises(lw.RequestError):
        lw.robust("y ~ x", DATA, **REFUSED[name])


def test_the_observed_hessian_of_a_probit_is_its_closed_form() -> None:
    """Where the link is not canonical the two informations differ (Efron, Hinkley)."""
    from scipy.stats import norm

    x = np.array([-2.0, -1.0, -0.5, 0.0, 0.4, 1.0, 1.5, 2.5])
    y = np.array([0, 1, 0, 0, 1, 0, 1, 1])
    m = lw.glm("y ~ x", {"x": x, "y": y}, family="probit")
    Z = np.column_stack([np.ones(8), x])
    q = 2.0 * y - 1.0
    t = q * (Z @ m.coef.array)
    ratio = norm.pdf(t) / norm.cdf(t)
    V = np.linalg.inv(Z.T @ ((ratio * (t + ratio))[:, None] * Z))
    observed = m.with_cov("hessian").se.array
    np.testing.assert_allclose(observed, np.sqrt(np.diag(V)), rtol=1e-9)
    M = Z.T @ ((ratio**2)[:, None] * Z)
    np.testing.assert_allclose(
        m.with_cov("sandwich").se.array, np.sqrt(np.diag(V @ M @ V)), rtol=1e-9
    )
    assert abs(observed[1] / m.se["x"] - 1.0) > 1e-3


def test_a_canonical_link_has_one_information() -> None:
    data = {"x": X, "k": [1, 1, 3, 6, 4, 9, 12]}
    m = lw.glm("k ~ x", data, family="poisson")
    for one, two in (("classical", "hessian"), ("HC0", "sandwich")):
        np.testing.assert_allclose(
            m.with_cov(one).se.array, m.with_cov(two).se.array, rtol=1e-10
        )
