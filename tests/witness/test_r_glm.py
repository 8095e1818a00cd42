"""R's glm, run to its last digits, for every family and link."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.helpers.glm_cases import CASES, REFERENCES, fitted

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
