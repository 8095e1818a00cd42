"""Digits claimed of robust fits and of losses of one's own, against 50 digits.

A solution in multiple precision (Newton's method on the equations themselves, started
at ours) says how many digits are right: never fewer than were claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

import leastwise as lw

DPS = 50
Number = Any
Real = Callable[[Number], Number]
K, C, FAIR, WELSCH = (mp.mpf(v) for v in (1.345, 4.685, 1.3998, 2.9846))
HALF = mp.mpf(0.6745)


@dataclass(frozen=True)
class Known:
    """A robust loss by its weight and the derivative of psi."""

    loss: lw.loss.Robust
    weight: Real
    bend: Real


ROBUST = {
    "huber": Known(
        lw.loss.Huber(),
        lambda u: min(mp.mpf(1), K / abs(u)) if u else mp.mpf(1),
        lambda u: mp.mpf(abs(u) <= K),
    ),
    "bisquare": Known(
        lw.loss.Bisquare(),
        lambda u: (1 - (u / C) ** 2) ** 2 if abs(u) < C else mp.mpf(0),
        lambda u: (
            (1 - (u / C) ** 2) * (1 - 5 * (u / C) ** 2) if abs(u) < C else mp.mpf(0)
        ),
    ),
    "student_t": Known(
        lw.loss.StudentT(4),
        lambda u: 5 / (4 + u * u),
        lambda u: 5 * (4 - u * u) / (4 + u * u) ** 2,
    ),
    "fair": Known(
        lw.loss.Fair(),
        lambda u: 1 / (1 + abs(u) / FAIR),
        lambda u: 1 / (1 + abs(u) / FAIR) ** 2,
    ),
    "welsch": Known(
        lw.loss.Welsch(),
        lambda u: mp.exp(-((u / WELSCH) ** 2)),
        lambda u: (1 - 2 * (u / WELSCH) ** 2) * mp.exp(-((u / WELSCH) ** 2)),
    ),
}


def chi_of(scale: str, known: Known, n: int, p: int) -> tuple[Real, Real, Number]:
    """Return what residuals add to the equation of a scale, its slope and the goal."""
    if scale == "likelihood":
        return (
            lambda u: known.weight(u) * u * u,
            lambda u: u * (known.bend(u) + known.weight(u)),
            mp.mpf(n),
        )
    inside = mp.erf(K / mp.sqrt(2))
    density = mp.exp(-K * K / 2) / mp.sqrt(2 * mp.pi)
    goal = (n - p) * (inside + K * K * (1 - inside) - 2 * K * density)
    return (
        lambda u: min(u * u, K * K),
        lambda u: 2 * u if abs(u) <= K else mp.mpf(0),
        goal,
    )


def joint(X: Any, y: Any, known: Known, scale: str, start: Any) -> tuple[Any, Any]:
    """Solve the equations of coefficients and scale."""
    b, s = start
    n, p = X.rows, X.cols
    for _ in range(20):
        r = y - X * b
        F, J = mp.matrix(p + 1, 1), mp.zeros(p + 1)
        for i in range(n):
            u = r[i] / s
            bend = known.bend(u)
            for j in range(p):
                F[j] += X[i, j] * known.weight(u) * u
                J[j, p] -= bend * u * X[i, j] / s
                for k in range(p):
                    J[j, k] -= bend * X[i, j] * X[i, k] / s
        if scale == "mad":
            order = sorted(range(n), key=lambda i: abs(r[i]))
            F[p], J[p, p] = -s, mp.mpf(-1)
            for i in (order[(n - 1) // 2], order[n // 2]):
                F[p] += abs(r[i]) / 2 / HALF
                for k in range(p):
                    J[p, k] -= mp.sign(r[i]) * X[i, k] / 2 / HALF
        else:
            chi, slope, goal = chi_of(scale, known, n, p)
            F[p] = sum(chi(r[i] / s) for i in range(n)) - goal
            for i in range(n):
                u = r[i] / s
                J[p, p] -= slope(u) * u / s
                for k in range(p):
                    J[p, k] -= slope(u) * X[i, k] / s
        step = mp.lu_solve(J, -F)
        b = b + step[:p]
        s += step[p]
        if mp.norm(step) < mp.mpf(10) ** -38 * mp.norm(b):
            return b, s
    raise AssertionError("no solution in multiple precision")


def exact(values: Any) -> Any:
    return mp.matrix(np.asarray(values, float).tolist())


def holds(m: lw.LossModel, truth: Any) -> None:
    for j, name in enumerate(m.names):
        error = abs(mp.mpf(float(m.estimates[j])) - truth[j]) / abs(truth[j])
        right = 17.0 if error == 0 else float(-mp.log10(error))
        assert right >= m.digits[name], (name, right, m.digits[name])


def rows_of(seed: int) -> tuple[Any, Any, float]:
    draw = np.random.default_rng(seed)
    n, p = int(draw.integers(10, 30)), int(draw.integers(1, 4))
    away, unit = (0.0, 1e4)[seed % 2], 10.0 ** draw.integers(-3, 4)
    Z = draw.normal(size=(n, p))
    y = 1.0 + Z @ draw.normal(size=p) + 0.5 * draw.standard_t(2, size=n)
    return (Z + away) * unit, y, 0.5


@pytest.mark.parametrize("scale", ["mad", "proposal2", "likelihood"])
@pytest.mark.parametrize("kind", ROBUST)
def test_digits_of_robust_fits(kind: str, scale: str) -> None:
    known = ROBUST[kind]
    if scale == "likelihood" and not known.loss.is_density:
        with pytest.raises(lw.RequestError, match="no likelihood"):
            lw.robust(
                y=[1.0, 2.0, 4.0], X=[[1.0], [2.0], [3.0]], loss=kind, scale=scale
            )
        return
    with mp.workdps(DPS):
        for seed in range(4):
            X, y, _ = rows_of(seed)
            m = lw.robust(X=X, y=y, loss=known.loss, scale=scale)
            assert m.convergence.status.is_success
            ones = np.column_stack([np.ones(len(y)), X])
            start = exact(m.estimates), mp.mpf(m.sigma)
            b, s = joint(exact(ones), exact(y), known, scale, start)
            holds(m, b)
            assert abs(m.sigma / float(s) - 1.0) < 1e-9
            assert m.certified.min() > 5


def logistic(eta: Any, y: Any) -> Any:
    return jnp.logaddexp(0.0, eta) - y * eta


def poisson(eta: Any, y: Any) -> Any:
    return jnp.exp(eta) - y * eta


def cauchy(eta: Any, y: Any) -> Any:
    return jnp.log1p((y - eta) ** 2)


def linex(eta: Any, y: Any) -> Any:
    return jnp.exp(0.25 * (y - eta)) - 0.25 * (y - eta)


def corner(eta: Any, y: Any) -> Any:
    a = jnp.abs(y - eta)
    return jnp.where(a < 1.0, 0.5 * a**2, a - 0.5)


def sigmoid(eta: Number) -> Number:
    return 1 / (1 + mp.exp(-eta))


Two = Callable[[Number, Number], Number]
QUARTER = mp.mpf(1) / 4
# A loss, its first and its second derivative, and what its targets are.
OWN: dict[str, tuple[Any, Two, Two, str]] = {
    "logistic": (
        logistic, lambda e, y: sigmoid(e) - y,
        lambda e, y: sigmoid(e) * (1 - sigmoid(e)), "binary",
    ),
    "poisson": (poisson, lambda e, y: mp.exp(e) - y, lambda e, y: mp.exp(e), "count"),
    "cauchy": (
        cauchy, lambda e, y: 2 * (e - y) / (1 + (y - e) ** 2),
        lambda e, y: 2 * (1 - (y - e) ** 2) / (1 + (y - e) ** 2) ** 2, "real",
    ),
    "linex": (
        linex, lambda e, y: QUARTER * (1 - mp.exp(QUARTER * (y - e))),
        lambda e, y: QUARTER**2 * mp.exp(QUARTER * (y - e)), "real",
    ),
    "corner": (
        corner, lambda e, y: max(mp.mpf(-1), min(mp.mpf(1), e - y)),
        lambda e, y: mp.mpf(abs(e - y) < 1), "real",
    ),
}  # fmt: skip


def own_rows(seed: int, kind: str) -> tuple[Any, Any]:
    draw = np.random.default_rng(100 + seed)
    n, p = int(draw.integers(20, 40)), int(draw.integers(1, 4))
    Z = draw.normal(size=(n, p))
    eta = 0.3 + Z @ (0.6 * draw.normal(size=p))
    y = eta + draw.standard_t(3, size=n)
    if kind == "binary":
        y = (draw.random(n) < 1 / (1 + np.exp(-eta))).astype(float)
    if kind == "count":
        y = draw.poisson(np.exp(eta)).astype(float)
    return (Z + (0.0, 1e3)[seed % 2]) * 10.0 ** draw.integers(-3, 4), y


def minimum(X: Any, y: Any, score: Two, bend: Two, b: Any) -> tuple[Any, Any]:
    """Return the minimum of a loss and the sandwich there."""
    p = X.cols
    for _ in range(20):
        g, H, M = mp.matrix(p, 1), mp.zeros(p), mp.zeros(p)
        eta = X * b
        for i in range(X.rows):
            s, h = score(eta[i], y[i]), bend(eta[i], y[i])
            for j in range(p):
                g[j] += X[i, j] * s
                for k in range(p):
                    H[j, k] += h * X[i, j] * X[i, k]
                    M[j, k] += s * s * X[i, j] * X[i, k]
        step = mp.lu_solve(H, -g)
        b = b + step
        if mp.norm(step) < mp.mpf(10) ** -36 * mp.norm(b):
            inverse = H**-1
            return b, inverse * M * inverse
    raise AssertionError("no minimum in multiple precision")


@pytest.mark.parametrize("name", OWN)
def test_digits_and_sandwiches_of_ones_own_losses(name: str) -> None:
    loss, score, bend, kind = OWN[name]
    with mp.workdps(DPS):
        for seed in range(4):
            X, y = own_rows(seed, kind)
            m = lw.fit_loss(loss, X=X, y=y)
            ones = np.column_stack([np.ones(len(y)), X])
            truth, V = minimum(exact(ones), exact(y), score, bend, exact(m.estimates))
            holds(m, truth)
            assert m.certified.min() > 5
            errors = [float(mp.sqrt(V[j, j])) for j in range(len(m.names))]
            np.testing.assert_allclose(m.standard_errors, errors, rtol=1e-9)
