"""The interior point of Frisch and Newton, with Mehrotra's corrector.

A quantile regression is the linear programme ``max y'a`` over ``Z'a = (1 - q) Z'1``
with every multiplier a between 0 and 1. Each step is a weighted least squares fit of
the rows, whose weights tend to 0 but for the rows that the solution passes through:
its normal equations ``Z'DZ`` are a fold.

Portnoy and Koenker (1997), doi:10.1214/ss/1030037960; Mehrotra (1992),
doi:10.1137/0802028.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.moments.double import Array

# How far towards the wall a step goes.
BETA = 0.99995
MOST_STEPS = 60
# Gap between the programme and its dual, beside the loss. The vertex is found from
# there by pivots, exactly: nothing is gained by going on.
GAP = 1e-9
# Slacks start above 0 by this part of the mean absolute residual.
APART = 0.1


@dataclass(frozen=True, eq=False)
class Interior:
    """Where the interior point came to.

    Attributes
    ----------
    coefficients : ndarray, shape (k,)
        In the coordinates of the rows.
    residuals : ndarray, shape (m,)
        Of the rows.
    multipliers : ndarray, shape (m,)
        Of the rows, between 0 (below the fit) and 1 (above it).
    steps : int
        Steps taken.
    """

    coefficients: Array
    residuals: Array
    multipliers: Array
    steps: int


@dataclass(frozen=True, eq=False)
class _State:
    """Multipliers a and 1 - a, their slacks, and coefficients."""

    a: Array
    s: Array
    z: Array
    w: Array
    b: Array

    def gap(self) -> float:
        """Return complementarity: 0 at the solution."""
        return float(self.z @ self.a + self.w @ self.s)


def interior(
    Z: Array, y: Array, q: float, *, start: Array | None = None, gap: float = GAP
) -> Interior:
    """Solve a quantile regression to float64.

    Parameters
    ----------
    Z : ndarray, shape (k, m)
        Rows of the problem, each a column; times their weights. Best when ``Z Z'`` is
        near a multiple of the identity.
    y : ndarray, shape (m,)
        Targets, times the weights.
    q : float
        The quantile, between 0 and 1.
    start : ndarray, shape (k,), optional
        Coefficients to start from; least squares when None.
    gap : float
        Where to stop, beside the sum of absolute residuals.
    """
    state = _begin(Z, y, q, start)
    step = 0
    while step < MOST_STEPS:
        step += 1
        new = _step(Z, state)
        if new is None:
            break
        state = new
        if state.gap() <= gap * float(np.abs(state.z - state.w).sum()):
            break
    return Interior(state.b, y - state.b @ Z, state.a, step)


def _begin(Z: Array, y: Array, q: float, start: Array | None) -> _State:
    b = np.linalg.lstsq(Z @ Z.T, Z @ y, rcond=None)[0] if start is None else start
    r = b @ Z - y
    size = float(np.abs(r).mean())
    a = np.full(len(y), 1.0 - q)
    # Both slacks must be off the wall: in the scale of the residuals.
    z = np.maximum(r, 0.0) + APART * (size or 1.0)
    return _State(a, 1.0 - a, z, z - r, b)


def _step(Z: Array, now: _State) -> _State | None:
    """Predict, correct, and go as far as the walls allow."""
    a, s, z, w = now.a, now.s, now.z, now.w
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        over_a, over_s = 1.0 / a, 1.0 / s
        d = 1.0 / (z * over_a + w * over_s)
        gram = (Z * d) @ Z.T
        if not np.isfinite(gram).all():
            return None
        inverse = _inverse(gram)
        if inverse is None:
            return None
        r = z - w
        db = inverse @ (Z @ (d * r))
        da = d * (db @ Z - r)
        dz, dw = -z * (1.0 + da * over_a), -w * (1.0 - da * over_s)
        primal, dual = _reach(now, da, dz, dw)
        if min(primal, dual) < 1.0:
            before = now.gap()
            after = float(
                (z + dual * dz) @ (a + primal * da)
                + (w + dual * dw) @ (s - primal * da)
            )
            mu = before * (after / before) ** 3 / (2.0 * len(a))
            xi = mu * (over_a - over_s)
            beside = da * dz * over_a + da * dw * over_s
            db = inverse @ (Z @ (d * (r + beside - xi)))
            second = d * (db @ Z + xi - r - beside)
            dz = mu * over_a - z - over_a * (z * second + da * dz)
            dw = mu * over_s - w + over_s * (w * second + da * dw)
            da = second
            primal, dual = _reach(now, da, dz, dw)
        new = _State(
            a + primal * da,
            s - primal * da,
            z + dual * dz,
            w + dual * dw,
            now.b - dual * db,
        )
    return new if np.isfinite(new.b).all() and np.isfinite(new.gap()) else None


def _inverse(gram: Array) -> Array | None:
    """Invert by Cholesky's factor; None where rounding has left no positive pivot."""
    scale = 1.0 / np.sqrt(np.diagonal(gram))
    try:
        lower = np.linalg.inv(np.linalg.cholesky(gram * scale * scale[:, None]))
    except np.linalg.LinAlgError:
        return None
    inverse: Array = (lower.T @ lower) * scale * scale[:, None]
    return inverse


def _reach(now: _State, da: Array, dz: Array, dw: Array) -> tuple[float, float]:
    """Return which part of a step keeps multipliers, and slacks, above 0."""
    most = max(float((-da / now.a).max()), float((da / now.s).max()))
    other = max(float((-dz / now.z).max()), float((-dw / now.w).max()))
    return _part(most), _part(other)


def _part(most: float) -> float:
    return 1.0 if most <= 0 else min(1.0, BETA / most)
