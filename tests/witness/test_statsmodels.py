"""statsmodels on the same rows: another implementation of every number it has too.

It computes in float64 on columns as they are, so the columns here are of like size;
what its arithmetic loses elsewhere is in `tests/doors/test_peers_fail.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

import leastwise as lw

RNG = np.random.default_rng(20)
N = 60
# Digits that its float64 leaves on such columns.
CLOSE = {"rtol": 1e-10, "atol": 1e-13}


def columns() -> dict[str, Any]:
    a, b = RNG.normal(2.0, 1.0, size=(2, N))
    town = RNG.choice(["Aston", "Brook", "Colne"], N)
    noise = RNG.normal(size=N) * (0.5 + np.abs(a))
    y = 1.0 + 2.0 * a - b + (town == "Brook") + noise
    return {
        "y": y,
        "a": a,
        "b": b,
        "town": town,
        "w": RNG.uniform(0.2, 3.0, N),
        "count": RNG.integers(1, 5, N).astype(float),
    }


DATA = columns()
FORMULAS = (
    "y ~ a",
    "y ~ a + b",
    "y ~ a * b + town",
    "y ~ a + I(a ** 2) + town",
    "y ~ 0 + a + b",
    "log(y + 30) ~ a + b",
)


def both(formula: str) -> tuple[Any, Any]:
    theirs = formula.replace("log(", "np.log(")
    return lw.ols(formula, DATA), smf.ols(theirs, pd.DataFrame(DATA)).fit()


def order(ours: Any, theirs: Any) -> list[int]:
    """Where each of our coefficients stands in theirs."""
    names = [name.replace("np.log(", "log(") for name in theirs.model.exog_names]
    return [names.index(name) for name in ours.names]


@pytest.mark.parametrize("formula", FORMULAS)
def test_estimates_and_what_is_said_of_them(formula: str) -> None:
    ours, theirs = both(formula)
    at = order(ours, theirs)
    for mine, other in (
        (ours.estimates, theirs.params),
        (ours.standard_errors, theirs.bse),
        (ours.t.array, theirs.tvalues),
    ):
        np.testing.assert_allclose(mine, np.asarray(other)[at], **CLOSE)
    # p runs over many powers of ten: a relative error of t is multiplied by t^2.
    np.testing.assert_allclose(ours.p.array, np.asarray(theirs.pvalues)[at], rtol=1e-8)
    np.testing.assert_allclose(
        ours.interval(0.9).array, theirs.conf_int(0.1).to_numpy()[at], **CLOSE
    )
    covariance = theirs.cov_params().to_numpy()[np.ix_(at, at)]
    np.testing.assert_allclose(ours.covariance, covariance, **CLOSE)


@pytest.mark.parametrize("formula", FORMULAS)
def test_how_well_it_fits(formula: str) -> None:
    ours, theirs = both(formula)
    pairs = {
        "r_squared": theirs.rsquared,
        "adj_r_squared": theirs.rsquared_adj,
        "sigma": np.sqrt(theirs.scale),
        "f": theirs.fvalue,
        "log_likelihood": theirs.llf,
    }
    for name, other in pairs.items():
        np.testing.assert_allclose(getattr(ours, name), other, **CLOSE, err_msg=name)
    np.testing.assert_allclose(ours.f_p_value, theirs.f_pvalue, rtol=1e-8)
    # It does not count sigma as a parameter, R does, and so do we.
    np.testing.assert_allclose(ours.aic, theirs.aic + 2.0, **CLOSE)
    np.testing.assert_allclose(ours.bic, theirs.bic + np.log(N), **CLOSE)


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_robust_covariances(formula: str, kind: str) -> None:
    ours, theirs = both(formula)
    at = order(ours, theirs)
    robust = ours.with_cov(getattr(lw.cov, kind)())
    other = theirs.get_robustcov_results(kind, use_t=True)
    np.testing.assert_allclose(
        robust.covariance, other.cov_params()[np.ix_(at, at)], rtol=1e-9, atol=1e-14
    )
    np.testing.assert_allclose(robust.p.array, other.pvalues[at], rtol=1e-8)
    np.testing.assert_allclose(robust.interval().array, other.conf_int()[at], **CLOSE)


@pytest.mark.parametrize("formula", FORMULAS[:4])
def test_predictions(formula: str) -> None:
    ours, theirs = both(formula)
    new = {
        "a": [0.0, 2.0, 5.0],
        "b": [1.0, 2.0, -3.0],
        "town": ["Colne", "Aston", "Brook"],
    }
    frame = theirs.get_prediction(pd.DataFrame(new)).summary_frame(0.05)
    for interval, low, high in (
        ("confidence", "mean_ci_lower", "mean_ci_upper"),
        ("prediction", "obs_ci_lower", "obs_ci_upper"),
    ):
        found = ours.predict(new, interval=interval)
        np.testing.assert_allclose(found.fit, frame["mean"], **CLOSE)
        np.testing.assert_allclose(found.std_error, frame["mean_se"], **CLOSE)
        np.testing.assert_allclose(found.low, frame[low], **CLOSE)
        np.testing.assert_allclose(found.high, frame[high], **CLOSE)


def test_weights() -> None:
    X = np.column_stack([np.ones(N), DATA["a"], DATA["b"]])
    theirs = sm.WLS(DATA["y"], X, weights=DATA["w"]).fit()
    ours = lw.wls("y ~ a + b", DATA, weights="w")
    np.testing.assert_allclose(ours.estimates, theirs.params, **CLOSE)
    np.testing.assert_allclose(ours.standard_errors, theirs.bse, **CLOSE)
    np.testing.assert_allclose(ours.log_likelihood, theirs.llf, **CLOSE)
    for kind in ("HC0", "HC3"):
        robust = ours.with_cov(getattr(lw.cov, kind)())
        other = theirs.get_robustcov_results(kind, use_t=True)
        np.testing.assert_allclose(robust.covariance, other.cov_params(), rtol=1e-9)


def test_counts_are_rows_again() -> None:
    again = np.repeat(np.arange(N), DATA["count"].astype(int))
    X = np.column_stack([np.ones(N), DATA["a"], DATA["b"]])[again]
    theirs = sm.OLS(DATA["y"][again], X).fit()
    ours = lw.ols("y ~ a + b", DATA, weights=lw.weights.frequency("count"))
    np.testing.assert_allclose(ours.estimates, theirs.params, **CLOSE)
    np.testing.assert_allclose(ours.standard_errors, theirs.bse, **CLOSE)
    np.testing.assert_allclose(ours.log_likelihood, theirs.llf, **CLOSE)
