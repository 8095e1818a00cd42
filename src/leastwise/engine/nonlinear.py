"""A model with its rows -> a fit: from one start or several, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.status import Status
from leastwise.engine.plan import Solved, fit_rows
from leastwise.loops.levenberg import Found, Levenberg, levenberg
from leastwise.loops.mapping import MappedRows
from leastwise.loops.near import Box
from leastwise.moments.blocks import NotFiniteError, Rows
from leastwise.moments.double import Array
from leastwise.solve.digits import relative_to_digits

# Steps of parameters by which the rounding of a model is found, and how many.
NUDGE, NUDGES = 2.0**-32, 4
# What a second difference of rounding is, in units of it; and one ulp of the target.
OF_DIFFERENCE, ULP = 0.5, 2.0**-52
# Roundings in a derivative.
OF_SLOPE = 2.0**-52
# Minima whose sums of squares agree to this part are one.
SAME = 1e-6
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53)


@dataclass(frozen=True)
class MultiStart:
    """Starts spread over a box, beside the one that is given.

    Attributes
    ----------
    points : int
        How many, of a Halton sequence: always the same ones.
    spread : float
        Where a parameter has no finite bounds: from start/spread to start*spread, and
        from -spread to spread where the start is 0.

    Examples
    --------
    >>> MultiStart(points=20).points
    20
    """

    points: int = 16
    spread: float = 10.0

    def starts(self, theta: Array, box: Box) -> Iterator[Array]:
        """Yield the starts."""
        size = np.where(theta == 0, self.spread, np.abs(theta))
        log = np.log(self.spread)
        for i in range(1, self.points + 1):
            u = np.array([_halton(i, PRIMES[j % 16]) for j in range(len(theta))])
            far = np.sign(theta) * size * np.exp((2 * u - 1) * log)
            point = np.where(theta == 0, (2 * u - 1) * self.spread, far)
            both = np.isfinite(box.low) & np.isfinite(box.high)
            inside = np.where(both, box.low, 0.0)
            width = np.where(both, box.high - inside, 0.0)
            yield box.clip(np.where(both, inside + u * width, point))


def _halton(index: int, base: int) -> float:
    value, part = 0.0, 1.0
    while index:
        part /= base
        value += part * (index % base)
        index //= base
    return value


@dataclass(frozen=True, eq=False)
class NonlinearSolved:
    """A fit of a model.

    Attributes
    ----------
    curve : MappedRows
        The model with its rows.
    found : Found
        How the loop ended.
    working : Rows or None
        The rows (J, r + J theta, w) of least squares at the end.
    solved : Solved or None
        Their fit; None with `working` where the loop ended nowhere.
    certified : ndarray, shape (p,)
        Digits of the estimates.
    left : float
        Bound on what is left to the minimum, in standard errors.
    starts, minima : int
        How many starts were made, and how many different minima they led to.
    """

    curve: MappedRows
    found: Found
    working: Rows
    solved: Solved
    certified: Array
    left: float
    starts: int
    minima: int

    @property
    def theta(self) -> Array:
        """The parameters."""
        return self.found.point.theta


def solve_nonlinear(
    curve: MappedRows,
    start: Array,
    box: Box,
    more: MultiStart | None = None,
    observations: float | None = None,
) -> NonlinearSolved:
    """Fit a model by least squares.

    Parameters
    ----------
    curve : MappedRows
        The model with its rows.
    start : ndarray, shape (p,)
        Where to start.
    box : Box
        Bounds.
    more : MultiStart, optional
        Other starts.
    observations : float, optional
        Observations to count, when that is not the number of residuals.

    Raises
    ------
    NotFiniteError
        When the model has no value, or no derivative, at the start.
    """
    how = Levenberg()
    best = levenberg(curve, start, box, how)
    ends = [best]
    for other in () if more is None else more.starts(start, box):
        try:
            ends.append(levenberg(curve, other, box, how))
        except NotFiniteError:
            continue
    arrived = [end for end in ends if end.status.is_success]
    best = min(arrived or ends, key=lambda end: end.point.rss)
    tries = (len(ends), _count(arrived))
    return _finished(curve, best, tries, observations)


def _count(ends: list[Found]) -> int:
    levels: list[float] = []
    for rss in sorted(end.point.rss for end in ends):
        if not levels or rss > levels[-1] * (1 + SAME):
            levels.append(rss)
    return len(levels)


def _finished(
    curve: MappedRows,
    found: Found,
    tries: tuple[int, int],
    observations: float | None,
) -> NonlinearSolved:
    theta, free = found.point.theta, found.point.free
    parts = list(curve.rows(theta))
    J = np.concatenate([part.X for part in parts])[:, free]
    r = np.concatenate([part.Y for part in parts])
    w = None if curve.weights is None else np.concatenate([_w(p) for p in parts])
    # In coordinates about the estimates, so that theirs are the last digits.
    working = Rows(J, r, w)
    solved = fit_rows(working, intercept=False, observations=observations)
    left = _left(curve, found)
    fit = solved.fit
    with np.errstate(divide="ignore", invalid="ignore"):
        error = fit.standard_errors[:, 0] * (left + _of_slopes(found, solved, working))
        digits = relative_to_digits(error / np.abs(theta[free]))
    digits = np.where(theta[free] == 0, np.nan, digits)
    if found.status is not Status.CONVERGED:
        digits = np.zeros_like(digits)
    certified = np.full(len(theta), np.nan)
    certified[free] = digits
    return NonlinearSolved(curve, found, working, solved, certified, left, *tries)


def _w(rows: Rows) -> Array:
    return np.ones(len(rows.Y)) if rows.weights is None else rows.weights


def _left(curve: MappedRows, found: Found) -> float:
    """Bound what is left in standard errors: of the loop, and of rounding."""
    point, near = found.point, found.near
    sigma = float(np.sqrt(point.rss / point.dof))
    if not sigma > 0:
        return 0.0
    worst = float(near.curvature[-1]) if len(near.curvature) else 0.0
    bent = 1.0 / max(1.0 - worst, 1e-3)
    return bent * (near.decrement + _noise(curve, point.theta) / sigma)


def _of_slopes(found: Found, solved: Solved, working: Rows) -> Array:
    """Bound what the rounding of the Jacobian does, in standard errors of each.

    The score ``J'W r`` of residuals that are not small is rounded as J is:
    ``|V| |J|' |W r|``, the sum over rows by Cauchy and Schwarz.
    """
    fit = solved.fit
    sigma = float(np.sqrt(found.point.rss / found.point.dof))
    if not sigma > 0:
        return np.zeros(len(fit.coefficients))
    w = 1.0 if working.weights is None else working.weights[:, None]
    norms = np.sqrt(np.sum(w * working.X**2, axis=0))
    inflated = np.nan_to_num(fit.standard_errors[:, 0]) / sigma * norms
    spread = np.abs(np.nan_to_num(fit.correlation)) @ inflated
    return np.asarray(OF_SLOPE * np.sqrt(found.point.rss) / sigma * spread)


def _noise(curve: MappedRows, theta: Array) -> float:
    """Find what rounding makes of the residuals: root of ``sum w e^2``.

    Second differences over tiny steps, of parameters and of columns (a power of a
    column is rounded too), hold nothing of the model but its rounding
    (More and Wild 2011, doi:10.1137/100786125).
    """
    w = 1.0 if curve.weights is None else curve.weights[:, None]
    here = curve.values(theta)
    most = ULP * np.abs(curve.target) + ULP * np.abs(here)
    make = np.random.default_rng(0)
    for _ in range(NUDGES):
        step = NUDGE * np.abs(theta) * make.choice([-1.0, 1.0], len(theta))
        moves = {
            name: NUDGE * column * make.choice([-1.0, 1.0], len(column))
            for name, column in curve.columns.items()
        }
        up, down = (
            replace(
                curve, columns={k: c + s * moves[k] for k, c in curve.columns.items()}
            ).values(theta + s * step)
            for s in (1.0, -1.0)
        )
        pair = up + down - 2 * here
        most = np.maximum(most, OF_DIFFERENCE * np.abs(pair))
    return float(np.sqrt(np.sum(w * most**2)))
