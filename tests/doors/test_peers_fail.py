"""Where well-known libraries are silently wrong: our answer, and that it is still so.

The second sort of test fails when a peer improves: then the claim goes, not the test
of ours.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import leastwise as lw
from tests.helpers.exactly import assert_exact, digits_of

# Two columns, one a million times (and more) as wide as the other.
RNG = np.random.default_rng(0)
INCOME = RNG.uniform(2e4, 2e6, 1000)
RATE = RNG.uniform(0.01, 0.08, 1000)
BOTH = np.column_stack([INCOME, RATE])
COST = 1e-5 * INCOME + 50 * RATE
# Forty minutes or so of seconds since 1970.
SECONDS = 1.7e9 + np.arange(2000.0)
CELSIUS = 32 + 1.8 * np.arange(2000.0)


def test_a_column_a_million_times_wider_is_right() -> None:
    noisy = COST + 0.01 * RNG.normal(size=1000)
    model = lw.ols(
        "cost ~ income + rate", {"cost": noisy, "income": INCOME, "rate": RATE}
    )
    assert_exact(model, BOTH, noisy)
    assert model.coef["rate"] == pytest.approx(50, rel=1e-3)  # the noise is 0.01
    assert (model.digits.array > 15).all()
    # Without noise, the truth itself.
    model = lw.ols(
        "cost ~ income + rate", {"cost": COST, "income": INCOME, "rate": RATE}
    )
    assert (digits_of(model.coef.array[1:], [1e-5, 50.0]) > 13).all()
    assert model.rank == 3


def test_peer_scikit_learn_loses_the_narrow_column() -> None:
    from sklearn.linear_model import LinearRegression

    # The true coefficient is 50; no warning comes.
    assert abs(LinearRegression().fit(BOTH, COST).coef_[1]) < 1e-6


def test_a_unix_time_is_right() -> None:
    noisy = CELSIUS + RNG.normal(size=2000)
    model = lw.ols("y ~ t", {"y": noisy, "t": SECONDS})
    assert_exact(model, SECONDS[:, None], noisy)
    model = lw.ols("y ~ t", {"y": CELSIUS, "t": SECONDS})
    assert digits_of(model.coef["t"], 1.8) > 13
    # 32 at the start is -3,060,000,000 and a bit at zero: closed form.
    assert digits_of(model.coef["Intercept"], 32 - 1.8 * 1.7e9) > 13


def test_peer_statsmodels_loses_the_slope_of_unix_time() -> None:
    import statsmodels.api as sm

    with warnings.catch_warnings():
        # It warns of the rank it has got wrong; its numbers are what counts.
        warnings.simplefilter("ignore")
        slope = sm.OLS(CELSIUS, sm.add_constant(SECONDS)).fit().params[1]
    assert slope == pytest.approx(1.08e-06, rel=0.01)  # 1.8 is the truth


def test_peer_numpy_loses_the_slope_of_unix_time() -> None:
    design = np.column_stack([np.ones(2000), SECONDS])
    slope = np.linalg.lstsq(design, CELSIUS, rcond=None)[0][1]
    assert slope == pytest.approx(1.08e-06, rel=0.01)


def test_peer_scikit_learn_fits_misaligned_rows() -> None:
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    x = pd.DataFrame({"x": np.arange(20.0)})
    y = (2 * x["x"]).sample(frac=1, random_state=0)  # the same labels, another order
    assert abs(LinearRegression().fit(x, y).coef_[0]) < 1.9
    with pytest.raises(lw.DataError, match="the same row labels in another order"):
        lw.ols(y=y, X=x)


def test_peer_scikit_learn_ignores_a_mask() -> None:
    from sklearn.linear_model import LinearRegression

    x = np.arange(10.0)
    y = np.ma.masked_array(2 * x, mask=np.arange(10) == 3)
    y.data[3] = 1000.0
    assert abs(LinearRegression().fit(x[:, None], y).coef_[0] - 2) > 1
    assert lw.ols(y=y, X=x).coef["x1"] == pytest.approx(2, rel=1e-14)
