"""Maximum likelihood of a generalized linear model in 60 digits, by mpmath.

Newton's method on the score of the textbook, its derivative by differences: nothing is
shared with the library, not even a formula for a curvature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp
import numpy as np

DIGITS = 60

MEANS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda e: e,
    "log": lambda e: mp.exp(e),
    "logit": lambda e: 1 / (1 + mp.exp(-e)),
    "probit": lambda e: mp.ncdf(e),
    "cloglog": lambda e: -mp.expm1(-mp.exp(e)),
    "cauchit": lambda e: mp.atan2(1, -e) / mp.pi,
    "inverse": lambda e: 1 / e,
    "1/mu^2": lambda e: 1 / mp.sqrt(e),
    "sqrt": lambda e: e * e,
}
SLOPES: dict[str, Callable[[Any], Any]] = {
    "identity": lambda e: mp.mpf(1),
    "log": lambda e: mp.exp(e),
    "logit": lambda e: 1 / (2 + mp.exp(e) + mp.exp(-e)),
    "probit": lambda e: mp.npdf(e),
    "cloglog": lambda e: mp.exp(e - mp.exp(e)),
    "cauchit": lambda e: 1 / (mp.pi * (1 + e * e)),
    "inverse": lambda e: -1 / e**2,
    "1/mu^2": lambda e: -1 / (2 * e * mp.sqrt(e)),
    "sqrt": lambda e: 2 * e,
}


def variance_of(family: Any) -> Callable[[Any], Any]:
    """The variance function of a family, from its name."""
    name = family.name.removeprefix("Quasi")
    if name == "NegativeBinomial":
        return lambda m: m + m * m / mp.mpf(family.theta)
    if name == "Tweedie":
        return lambda m: m ** mp.mpf(family.power)
    made: dict[str, Callable[[Any], Any]] = {
        "Gaussian": lambda m: mp.mpf(1),
        "Binomial": lambda m: m * (1 - m),
        "Poisson": lambda m: m,
        "Gamma": lambda m: m * m,
        "InverseGaussian": lambda m: m**3,
    }
    return made[name]


def inside(family: Any, eta: Any) -> bool:
    """Whether a predictor has a mean that the family can have."""
    if family.link in ("sqrt", "inverse", "1/mu^2") and not eta > 0:
        return False
    mean = MEANS[family.link](eta)
    if family.name == "Gaussian":
        return True
    return bool(
        mean > 0
        and (
            not family.name.endswith("nomial")
            or mean < 1
            or (family.name == "NegativeBinomial")
        )
    )


def exactly(values: Any) -> list[Any]:
    """Numbers as they are, without a rounding."""
    return [mp.mpf(float(v)) if not isinstance(v, mp.mpf) else v for v in values]


def true_glm(
    family: Any,
    Z: np.ndarray,
    y: Sequence[Any],
    start: np.ndarray,
    *,
    weights: Sequence[Any] | None = None,
    offset: Sequence[Any] | None = None,
) -> tuple[list[Any], list[Any]]:
    """Return the maximum, and standard errors of a dispersion of 1.

    Z has the column of ones, when there is one.
    """
    with mp.workdps(DIGITS):
        mean, slope, variance = (
            MEANS[family.link], SLOPES[family.link], variance_of(family)
        )  # fmt: skip
        rows = [exactly(row) for row in Z]
        target = exactly(y)
        w = exactly(np.ones(len(rows)) if weights is None else weights)
        off = exactly(np.zeros(len(rows)) if offset is None else offset)
        b = mp.matrix(exactly(start))
        p = len(b)

        def score(eta: Any, i: int) -> Any:
            m = mean(eta)
            return w[i] * (m - target[i]) * slope(eta) / variance(m)

        def etas(b: Any) -> list[Any]:
            return [off[i] + mp.fdot(row, list(b)) for i, row in enumerate(rows)]

        tiny = mp.mpf(10) ** (-DIGITS // 3)
        for _ in range(200):
            g, H = mp.matrix(p, 1), mp.matrix(p, p)
            for i, (row, eta) in enumerate(zip(rows, etas(b), strict=True)):
                s = score(eta, i)
                h = tiny * (abs(eta) + tiny)
                curve = (score(eta + h, i) - score(eta - h, i)) / (2 * h)
                for j in range(p):
                    g[j] += s * row[j]
                    for k in range(p):
                        H[j, k] += curve * row[j] * row[k]
            step = mp.lu_solve(H, g)
            for _ in range(300):
                if all(inside(family, eta) for eta in etas(b - step)):
                    break
                step = step / 2
            b = b - step
            if max(abs(s) / (abs(v) + tiny) for s, v in zip(step, b, strict=True)) < (
                mp.mpf(10) ** (-DIGITS // 2)
            ):
                break
        else:
            raise AssertionError("the truth was not found")
        fisher = mp.matrix(p, p)
        for row, eta, weight in zip(rows, etas(b), w, strict=True):
            c = weight * slope(eta) ** 2 / variance(mean(eta))
            for j in range(p):
                for k in range(p):
                    fisher[j, k] += c * row[j] * row[k]
        inverse = fisher**-1
        return list(b), [mp.sqrt(inverse[j, j]) for j in range(p)]


def digits_right(found: float, true: Any) -> float:
    """How many digits of a number are right."""
    with mp.workdps(DIGITS):
        if true == 0:
            return np.inf if found == 0 else 0.0
        off = abs((mp.mpf(float(found)) - true) / true)
        return 17.0 if off == 0 else float(-mp.log10(off))
