"""Certified digits of generalized linear models, against 60-digit arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.status import Status
from leastwise.loss.family import (
    Binomial,
    Family,
    Gamma,
    Gaussian,
    InverseGaussian,
    NegativeBinomial,
    Poisson,
    Tweedie,
)
from tests.helpers.glm_truth import digits_right, true_glm

EVERY: list[Family] = [
    kind(link)
    for kind in (Gaussian, Binomial, Poisson, Gamma, InverseGaussian, Tweedie)
    for link in kind.links
]
EVERY.append(NegativeBinomial("log", 1.5))
KINDS = ("plain", "scaled", "far", "near", "large")


def problem(family: Family, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows with a maximum inside of what the link allows."""
    make = np.random.default_rng([len(family.call), len(family.link), len(kind)])
    n = 30
    u = make.uniform(-1, 1, size=(n, 2))
    mean = 0.4 + 0.1 * u.sum(axis=1)
    X = u.copy()
    if kind == "scaled":
        X = X * np.array([1e-9, 1e11])
    elif kind == "far":
        X = X + 1e9
    elif kind == "near":
        X[:, 1] = X[:, 0] + 1e-6 * X[:, 1]
    if isinstance(family, Binomial):
        trials = 2_000_000 if kind == "large" else 40
        return X, make.binomial(trials, mean).astype(float)
    size = 1e9 if kind == "large" else 20.0
    if isinstance(family, (Poisson, NegativeBinomial)):
        return X, make.poisson(size * mean).astype(float)
    return X, make.gamma(20, mean * size / 20)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", EVERY, ids=lambda f: f"{f.name}-{f.link}")
def test_no_digit_is_claimed_that_is_not_there(family: Family, kind: str) -> None:
    X, y = problem(family, kind)
    data: dict[str, Any] = {"a": X[:, 0], "b": X[:, 1], "y": y}
    left, share, weights = "y", list(y), None
    if isinstance(family, Binomial):
        import mpmath as mp

        trials = 2_000_000 if kind == "large" else 40
        data["n"] = trials - y
        left, weights = "cbind(y, n)", np.full(len(y), trials)
        with mp.workdps(60):
            share = [mp.mpf(v) / trials for v in y.tolist()]
    m = lw.glm(f"{left} ~ a + b", data, family=family)
    assert m.convergence.status is Status.CONVERGED
    Z = np.column_stack([np.ones(len(y)), X])
    truth, errors = true_glm(family, Z, share, m.coef.array, weights=weights)
    right = [digits_right(b, t) for b, t in zip(m.coef.array, truth, strict=True)]
    assert (m.digits.array <= np.minimum(right, 15.96)).all()
    # And it is no empty claim.
    assert m.digits.array.min() > (4.5 if kind == "near" else 7.0)
    unit = m.sigma
    for found, true in zip(m.se.array, errors, strict=True):
        assert digits_right(found / unit, true) > (5.5 if kind == "near" else 8.0)
