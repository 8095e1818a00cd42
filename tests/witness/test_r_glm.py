"""R's glm, run to its last digits, for every family and link."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import leastwise as lw
from tests.helpers.glm_cases import CASES, REFERENCES, fitted, table

# R stops where the deviance stands still to 1e-15: some 8 digits of a coefficient.
TOLERANCE = 1e-8


def close(found: Any, wanted: Any, rtol: float = TOLERANCE) -> None:
    wanted = np.array(wanted, dtype=float)
    # An entry near 0 is judged beside the largest.
    size = np.nanmax(np.abs(wanted), initial=0.0)
    np.testing.assert_allclose(found, wanted, rtol=rtol, atol=1e-10 * size)


@pytest.mark.parametrize("name", CASES)
def test_what_is_read_off_a_fit(name: str) -> None:
    wanted, m = REFERENCES[name], fitted(name)
    assert m.convergence.status.is_success
    there = ~np.isnan(m.coef.array)
    close(m.coef.array, wanted["coef"])
    close(m.se.array[there], wanted["se"])
    close(m.statistic.array[there], wanted["statistic"])
    close(m.p.array[there], wanted["p"], 1e-7)
    assert m.digits.array[there].min() > 10
    for ours, theirs in {
        "deviance": "deviance",
        "null_deviance": "null_deviance",
        "dof": "dof",
        "null_dof": "null_dof",
        "dispersion": "dispersion",
        "log_likelihood": "loglik",
        "aic": "aic",
        "bic": "bic",
    }.items():
        if wanted.get(theirs) is not None:
            close(getattr(m.measures, ours), wanted[theirs])
        elif theirs == "loglik":
            assert np.isnan(m.measures.log_likelihood)


FULL = [name for name in CASES if "cov" in REFERENCES[name]]
GROUPS = {"mtcars": "gear", "warpbreaks": "exposure", "esoph": "alcgp"}


@pytest.mark.parametrize("name", FULL)
def test_covariances_are_those_of_sandwich(name: str) -> None:
    wanted, m = REFERENCES[name]["cov"], fitted(name)
    group = GROUPS[CASES[name][1]]
    asked = {kind: kind for kind in ("HC0", "HC1", "HC2", "HC3")}
    asked["cluster1"] = f"cluster:{group}"
    asked["hac"] = "hac:2"
    for theirs, ours in asked.items():
        found = m.with_cov(ours).covariance
        size = np.sqrt(np.outer(np.diagonal(found), np.diagonal(found)))
        gap = np.abs(found - np.array(wanted[theirs])) / size
        assert gap.max() < TOLERANCE, (ours, gap.max())


@pytest.mark.parametrize("name", FULL)
def test_tables_of_deviance(name: str) -> None:
    wanted, m = REFERENCES[name]["tables"], fitted(name)
    one, two, score = m.anova(type=1), m.anova(), m.anova(type=1, test="score")
    close([row.df for row in one.rows], wanted["one"]["df"])
    close([row.deviance for row in one.rows], wanted["one"]["deviance"])
    close([row.p_value for row in one.rows], wanted["one"]["p"])
    terms = len(two.rows)
    close([row.p_value for row in two.rows], wanted["two"]["p"][:terms])
    # R takes the scores of the step before the last: half of the digits.
    statistics = [row.statistic * m.measures.dispersion for row in score.rows]
    close(statistics, wanted["rao"]["statistic"], 1e-7)
    close([row.p_value for row in score.rows], wanted["rao"]["p"], 1e-5)


@pytest.mark.parametrize("name", FULL)
def test_intervals_of_the_profile_likelihood(name: str) -> None:
    m = fitted(name)
    close(m.interval(method="profile").array, REFERENCES[name]["profile"], 1e-9)


@pytest.mark.parametrize("name", ["share_logit", "gamma_log", "poisson_log"])
def test_models_inside_each_other(name: str) -> None:
    m = fitted(name)
    formula, data, family, more = CASES[name]
    terms = formula.split("~")[1].replace("*", "+").split("+")
    response = formula.split("~")[0]
    first = lw.glm(f"{response} ~ {terms[0]}", table(data), family=family, **more)
    none = lw.glm(f"{response} ~ 1", table(data), family=family, **more)
    found = lw.anova(m, none, first)
    rows = m.anova(type=1).rows
    close(found.rows[0].deviance, rows[0].deviance)
    close(found.rows[1].deviance, sum(row.deviance for row in rows[1:]))


def test_an_end_that_the_likelihood_does_not_have() -> None:
    # exp(b) is the mean: as b falls the deviance goes to sum(y^2), and no further.
    y = np.array([-1.0, 1.0, 0.6, 0.3])
    m = lw.glm("y ~ 1", {"y": y}, family=lw.family.Gaussian("log"))
    low, high = m.profile()["Intercept"]
    rss = float(np.sum((y - y.mean()) ** 2))
    most = (float(y @ y) - rss) / (rss / 3)
    assert most < 3.182446305284263**2
    assert low == -np.inf
    rise = (float(np.sum((y - np.exp(high)) ** 2)) - rss) / (rss / 3)
    np.testing.assert_allclose(np.sqrt(rise), 3.182446305284263, rtol=1e-10)


INFLUENCE = {
    "hat": "leverage",
    "standard_pearson": "standardized_pearson",
    "standard_deviance": "standardized",
} | {
    name: name
    for name in (
        "pearson", "deviance", "working", "response", "studentized", "cook", "dffits",
        "covratio", "dfbetas",
    )
}  # fmt: skip


@pytest.mark.parametrize("name", FULL)
def test_influence_of_rows(name: str) -> None:
    wanted, found = REFERENCES[name]["influence"], fitted(name).influence()
    for theirs, ours in INFLUENCE.items():
        close(getattr(found, ours), wanted[theirs])
