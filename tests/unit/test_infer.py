"""Tails, quantiles and criteria against mpmath at 40 digits and closed forms."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

import leastwise as lw
from leastwise.infer.dist import f_upper, t_quantile, t_two_sided

mpmath.mp.dps = 40
DOFS = (1.0, 2.0, 3.5, 10.0, 100.0, 1e4, 1e6)


def exact_t_tail(t: float, dof: float) -> mpmath.mpf:
    t, dof = mpmath.mpf(t), mpmath.mpf(dof)
    x = dof / (dof + t * t)
    if x > 0.5:
        # One less a number close to one: digits enough for what is left.
        with mpmath.workdps(340):
            t, dof = mpmath.mpf(t), mpmath.mpf(dof)
            beside = t * t / (dof + t * t)
            return 1 - mpmath.betainc(0.5, dof / 2, 0, beside, regularized=True)
    return mpmath.betainc(dof / 2, 0.5, 0, x, regularized=True)


# The library's incomplete beta loses digits as p falls towards 1e-300: relative
# error grows with |log p|, about 1e-16 times it, and with large dof.
@pytest.mark.parametrize("dof", DOFS)
@pytest.mark.parametrize("t", [1e-8, 0.1, 1.0, 2.5, 6.0, 20.0, 1000.0])
def test_t_tails(t: float, dof: float) -> None:
    exact = exact_t_tail(t, dof)
    if exact < mpmath.mpf("1e-290"):
        assert float(t_two_sided(t, dof)) < 1e-280
        return
    got = mpmath.mpf(float(t_two_sided(t, dof)))
    assert abs(got / exact - 1) < 1e-10
    assert float(t_two_sided(-t, dof)) == float(t_two_sided(t, dof))


@pytest.mark.parametrize("dof", DOFS)
@pytest.mark.parametrize("level", [0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 0.999999])
def test_t_quantiles_are_where_the_tail_says(level: float, dof: float) -> None:
    q = t_quantile(level, dof)
    tail, slope = exact_t_tail(q, dof), mpmath.mpf(1) - mpmath.mpf(level)
    # The density at q turns an error of the tail into one of q.
    step = exact_t_tail(q * (1 + 1e-9), dof) - tail
    assert abs((tail - slope) / step) * 1e-9 < 1e-11


@pytest.mark.parametrize("numerator", [1.0, 2.0, 7.0, 50.0])
@pytest.mark.parametrize("denominator", [1.0, 5.0, 60.0, 1e4])
@pytest.mark.parametrize("f", [0.01, 1.0, 3.0, 30.0])
def test_f_tails(f: float, numerator: float, denominator: float) -> None:
    x = mpmath.mpf(denominator) / (denominator + mpmath.mpf(numerator) * f)
    exact = mpmath.betainc(denominator / 2, numerator / 2, 0, x, regularized=True)
    got = mpmath.mpf(f_upper(f, numerator, denominator))
    assert got == exact or abs(got / exact - 1) < 1e-10 or exact < mpmath.mpf("1e-290")


def test_what_has_no_number() -> None:
    assert math.isnan(t_quantile(0.95, 0.0))
    assert np.isnan(t_two_sided(1.0, 0.0))
    assert np.isnan(t_two_sided(np.nan, 5.0))
    assert float(t_two_sided(np.inf, 5.0)) == 0.0
    assert f_upper(math.inf, 2, 5) == 0.0
    assert math.isnan(f_upper(math.nan, 2, 5))
    assert math.isnan(f_upper(1.0, 0, 5))


def test_intercept_alone_is_the_mean() -> None:
    y = [1.0, 2.0, 4.0, 9.0]
    m = lw.ols("y ~ 1", {"y": y})
    assert m.coef["Intercept"] == 4.0
    assert m.sigma == pytest.approx(np.std(y, ddof=1), rel=1e-15)
    assert m.r_squared == 0.0
    assert math.isnan(m.f)


def test_f_of_one_input_is_t_squared() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=30)
    for formula in ("y ~ x", "y ~ x - 1"):
        m = lw.ols(formula, {"y": x + rng.normal(size=30), "x": x})
        assert m.f == pytest.approx(m.t["x"] ** 2, rel=1e-13)
        assert m.f_p_value == pytest.approx(m.p["x"], rel=1e-10)
