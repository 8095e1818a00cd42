"""statsmodels after the fit: covariances, influence, checks and tables of variance."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats import diagnostic as checks
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.outliers_influence import (
    OLSInfluence,
    reset_ramsey,
    variance_inflation_factor,
)
from statsmodels.stats.stattools import durbin_watson, jarque_bera

import leastwise as lw
from tests.witness.test_statsmodels import CLOSE, DATA, N, order

FORMULAS = ("y ~ a + b", "y ~ a * b + town", "y ~ a + I(a ** 2) + town")
FIRM = DATA | {"firm": np.arange(N) % 11, "day": np.arange(N)}


def both(formula: str) -> tuple[Any, Any]:
    return lw.ols(formula, FIRM), smf.ols(formula, pd.DataFrame(FIRM)).fit()


@pytest.mark.parametrize("formula", FORMULAS)
def test_clusters_and_neighbours(formula: str) -> None:
    ours, theirs = both(formula)
    at = np.ix_(order(ours, theirs), order(ours, theirs))
    cases = {
        "cluster": (
            lw.cov.Cluster("firm"),
            {"groups": FIRM["firm"], "use_correction": True, "df_correction": True},
        ),
        "HAC": (lw.cov.HAC(lags=3), {"maxlags": 3, "use_correction": False}),
    }
    for kind, (cov, options) in cases.items():
        robust = ours.with_cov(cov)
        other = theirs.get_robustcov_results(kind, use_t=True, **options)
        np.testing.assert_allclose(
            robust.covariance, other.cov_params()[at], rtol=1e-8, atol=1e-13
        )
    clustered = ours.with_cov(lw.cov.Cluster("firm"))
    other = theirs.get_robustcov_results("cluster", use_t=True, **cases["cluster"][1])
    np.testing.assert_allclose(
        clustered.p.array, other.pvalues[order(ours, theirs)], rtol=1e-7
    )


@pytest.mark.parametrize("formula", FORMULAS)
def test_influence(formula: str) -> None:
    ours, theirs = both(formula)
    found, other = ours.influence(), OLSInfluence(theirs)
    pairs = {
        "leverage": other.hat_matrix_diag,
        "standardized": other.resid_studentized_internal,
        "studentized": other.resid_studentized_external,
        "cook": other.cooks_distance[0],
        "dffits": other.dffits[0],
        "left_out": other.resid_press,
        "covratio": other.cov_ratio,
    }
    for name, right in pairs.items():
        np.testing.assert_allclose(
            getattr(found, name), right, rtol=1e-9, atol=1e-12, err_msg=name
        )
    np.testing.assert_allclose(
        found.dfbetas, other.dfbetas[:, order(ours, theirs)], rtol=1e-8, atol=1e-11
    )


@pytest.mark.parametrize("formula", FORMULAS)
def test_checks(formula: str) -> None:
    ours, theirs = both(formula)
    said = {check.name: check for check in ours.check().record.checks}
    exog, resid = theirs.model.exog, theirs.resid
    bp = checks.het_breuschpagan(resid, exog)
    with warnings.catch_warnings():
        # 0.15 says that it will return a named tuple: the first two stay what they are.
        warnings.simplefilter("ignore", FutureWarning)
        godfrey = checks.acorr_breusch_godfrey(theirs, nlags=1)
    jb = jarque_bera(resid)
    reset = reset_ramsey(theirs, degree=3)
    right = {
        "Breusch-Pagan": (bp[0], bp[1]),
        "Breusch-Godfrey, lag 1": (godfrey[0], godfrey[1]),
        "Jarque-Bera": (jb[0], jb[1]),
        "RESET": (float(reset.fvalue), float(reset.pvalue)),
    }
    for name, (statistic, p) in right.items():
        assert said[name].statistic == pytest.approx(float(statistic), rel=1e-8), name
        assert said[name].p_value == pytest.approx(float(p), rel=1e-6), name
    assert said["Durbin-Watson"].statistic == pytest.approx(
        float(durbin_watson(resid)), rel=1e-11
    )


def test_variance_inflation() -> None:
    ours, theirs = both("y ~ a + b + I(a ** 2)")
    exog = theirs.model.exog
    right = max(variance_inflation_factor(exog, j) for j in range(1, exog.shape[1]))
    said = {check.name: check for check in ours.check().record.checks}
    found = said["variance inflation"].statistic
    assert found == pytest.approx(float(right), rel=1e-9)


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_tables_of_variance(kind: Any) -> None:
    # patsy puts b before the interaction, R and we do not: type 1 is without it.
    formula = "y ~ C(town, Sum) * a" + (" + b" if kind > 1 else "")
    ours, theirs = both(formula)
    table = anova_lm(theirs, typ=kind)
    for row in ours.anova(type=kind).rows:
        name = "Residual" if row.name == "Residuals" else row.name
        other = table.loc[name]
        assert row.df == other["df"]
        np.testing.assert_allclose(row.squares, other["sum_sq"], rtol=1e-9)
        if name != "Residual":
            np.testing.assert_allclose(row.f, other["F"], rtol=1e-9)
            np.testing.assert_allclose(row.p_value, other["PR(>F)"], rtol=1e-7)


def test_models_inside_each_other_and_hypotheses() -> None:
    small, theirs_small = both("y ~ a")
    large, theirs = both("y ~ a * b + town")
    f, p, df = theirs.compare_f_test(theirs_small)
    row = lw.anova(small, large).rows[0]
    np.testing.assert_allclose([row.f, row.p_value, row.df], [f, p, df], rtol=1e-8)
    right = theirs.f_test("b = 0, a:b = 0.5, a = 2")
    found = large.test("b = 0", "a:b = 0.5", "a = 2")
    np.testing.assert_allclose(found.statistic, float(right.fvalue), rtol=1e-9)
    assert CLOSE["rtol"] < 1e-9
