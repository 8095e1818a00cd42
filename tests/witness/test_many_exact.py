"""Families of several predictors, against their likelihoods written out in mpmath.

Newton's method on 45 digits, with derivatives by differences of them: nothing of
the library is in it. Where R stops too early (polr) or is not there (betareg), this
decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mpmath import matrix, mp, mpf

import leastwise as lw

DIGITS = 45
STEP = mpf(10) ** -15
MAKE = np.random.default_rng(11)
N = 16
X = np.round(MAKE.normal(size=N), 2)
OFFSET = np.round(MAKE.uniform(-0.3, 0.3, N), 2)
WEIGHTS = MAKE.integers(1, 4, N).astype(float)
CLASSES = np.digitize(X + MAKE.logistic(size=N), [-0.8, 0.7])
SHARES = np.round(np.clip(1 / (1 + np.exp(-X - MAKE.normal(size=N))), 0.02, 0.98), 3)
LEVELS = np.array(["low", "mid", "top"])


def maximum(cost: Callable[[list[Any]], Any], start: Any) -> tuple[Any, Any]:
    """Return where a cost is least and the roots of the inverse Hessian's diagonal."""
    with mp.workdps(DIGITS):
        theta = [mpf(float(v)) for v in start]
        p = len(theta)
        for _ in range(3):
            g, H = matrix(p, 1), matrix(p, p)
            for i in range(p):
                for j in range(i + 1):
                    corners = {}
                    for a in (-1, 1):
                        for b in (-1, 1):
                            there = list(theta)
                            there[i] += a * STEP
                            there[j] += b * STEP
                            corners[a, b] = cost(there)
                    mixed = corners[1, 1] - corners[1, -1]
                    mixed += corners[-1, -1] - corners[-1, 1]
                    H[i, j] = H[j, i] = mixed / (4 * STEP * STEP)
                ahead, back = list(theta), list(theta)
                ahead[i] += STEP
                back[i] -= STEP
                g[i] = (cost(ahead) - cost(back)) / (2 * STEP)
            step = mp.lu_solve(H, -g)
            theta = [v + d for v, d in zip(theta, step, strict=True)]
        inverse = H**-1
        errors = [float(mp.sqrt(inverse[i, i])) for i in range(p)]
        return [float(v) for v in theta], errors


def numbers(values: Any) -> list[Any]:
    return [mpf(float(v)) for v in values]


def agree(m: lw.LossModel, cost: Callable[[list[Any]], Any]) -> None:
    right, errors = maximum(cost, m.estimates)
    np.testing.assert_allclose(m.estimates, right, rtol=1e-11)
    np.testing.assert_allclose(m.standard_errors, errors, rtol=1e-10)
    # No fewer digits are certain than are claimed.
    off = np.abs(m.estimates - np.array(right)) / np.abs(np.array(right))
    with np.errstate(divide="ignore"):
        assert (-np.log10(np.maximum(off, 1e-16)) >= m.certified - 0.5).all()
    assert (m.certified > 8).all()
    assert -m.log_likelihood == pytest.approx(float(cost(right)), rel=1e-13)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_beta(link: str) -> None:
    x, y, w, o = map(numbers, (X, SHARES, WEIGHTS, OFFSET))

    def cost(t: list[Any]) -> Any:
        total = mpf(0)
        for i in range(N):
            eta = t[0] + t[1] * x[i] + o[i]
            mu = mp.ncdf(eta) if link == "probit" else 1 / (1 + mp.exp(-eta))
            phi = mp.exp(t[2])
            total -= w[i] * (
                mp.loggamma(phi) - mp.loggamma(mu * phi) - mp.loggamma((1 - mu) * phi)
                + (mu * phi - 1) * mp.log(y[i])
                + ((1 - mu) * phi - 1) * mp.log(1 - y[i])
            )  # fmt: skip
        return total

    data = {"x": X, "y": SHARES, "w": WEIGHTS, "o": OFFSET}
    family = lw.family.Beta(link)
    agree(lw.glm("y ~ x", data, family=family, weights="w", offset="o"), cost)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_ordered(link: str) -> None:
    x, w, o = map(numbers, (X, WEIGHTS, OFFSET))

    def below(v: Any) -> Any:
        if link == "logit":
            return 1 / (1 + mp.exp(-v))
        return mp.ncdf(v) if link == "probit" else 1 - mp.exp(-mp.exp(v))

    def cost(t: list[Any]) -> Any:
        total = mpf(0)
        for i in range(N):
            ends = [0, *(below(c - t[0] * x[i] - o[i]) for c in t[1:]), 1]
            total -= w[i] * mp.log(ends[CLASSES[i] + 1] - ends[CLASSES[i]])
        return total

    data = {"x": X, "y": LEVELS[CLASSES], "w": WEIGHTS, "o": OFFSET}
    family = lw.family.Ordered(link, levels=tuple(LEVELS.tolist()))
    agree(lw.glm("y ~ x", data, family=family, weights="w", offset="o"), cost)


def test_tobit_with_two_limits() -> None:
    seen = np.clip(np.round(X + MAKE.normal(size=N), 2), -1.0, 1.0)
    x, y = map(numbers, (X, seen))

    def cost(t: list[Any]) -> Any:
        total, sigma = mpf(0), mp.exp(t[2])
        for i in range(N):
            eta = t[0] + t[1] * x[i]
            if y[i] <= -1:
                total -= mp.log(mp.ncdf((-1 - eta) / sigma))
            elif y[i] >= 1:
                total -= mp.log(mp.ncdf((eta - 1) / sigma))
            else:
                z = (y[i] - eta) / sigma
                total += z * z / 2 + mp.log(sigma) + mp.log(2 * mp.pi) / 2
        return total

    agree(lw.glm("y ~ x", {"x": X, "y": seen}, family=lw.family.Tobit(-1, 1)), cost)


def test_log_logistic_times() -> None:
    times = np.round(np.exp(X + 0.5 * MAKE.logistic(size=N)), 2) + 0.01
    died = MAKE.integers(0, 2, N)
    x, y, o = map(numbers, (X, times, OFFSET))

    def cost(t: list[Any]) -> Any:
        total = mpf(0)
        for i in range(N):
            z = (mp.log(y[i]) - t[0] - t[1] * x[i] - o[i]) / mp.exp(t[2])
            total += mp.log(1 + mp.exp(z))
            if died[i]:
                total += mp.log(1 + mp.exp(z)) - z + t[2] + mp.log(y[i])
        return total

    data = {"x": X, "t": times, "died": died, "o": OFFSET}
    family = lw.family.LogLogistic(event="died")
    agree(lw.glm("t ~ x", data, family=family, offset="o"), cost)
