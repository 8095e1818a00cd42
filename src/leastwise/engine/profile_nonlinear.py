"""The sum of squares along one parameter, the others fitted again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.loops.levenberg import Found, Levenberg, levenberg
from leastwise.loops.mapping import MappedRows
from leastwise.loops.near import Box
from leastwise.moments.blocks import NotFiniteError
from leastwise.moments.double import Array

MOST_DOUBLINGS, MOST_STEPS = 30, 60
# An end is found when the root of the rise is the goal to this part.
CLOSE = 1e-12


@dataclass(frozen=True, eq=False)
class Along:
    """A fit, and the parameter that is held.

    Attributes
    ----------
    curve : MappedRows
        The model with its rows.
    box : Box
        Bounds.
    theta : ndarray, shape (p,)
        The estimates.
    rss, dispersion : float
        Their sum of squares, and what its rise is measured by.
    place : int
        Which parameter.
    """

    curve: MappedRows
    box: Box
    theta: Array
    rss: float
    dispersion: float
    place: int

    def root(self, value: float, start: Array) -> tuple[float, Array]:
        """Return the root of the rise where the parameter has a value.

        Parameters
        ----------
        value : float
            What it is held at.
        start : ndarray, shape (p,)
            Where the others start.

        Returns
        -------
        root : float
            ``sqrt((rss(value) - rss) / dispersion)``; NaN where no fit is found.
        theta : ndarray, shape (p,)
            All parameters there.
        """
        low, high = self.box.low.copy(), self.box.high.copy()
        low[self.place] = high[self.place] = value
        begin = start.copy()
        begin[self.place] = value
        try:
            found: Found = levenberg(self.curve, begin, Box(low, high), Levenberg())
        except NotFiniteError:
            return np.nan, start
        if not found.status.is_success:
            return np.nan, start
        rise = max(found.point.rss - self.rss, 0.0) / self.dispersion
        return float(np.sqrt(rise)), found.point.theta


def profile_end(along: Along, step: float, goal: float) -> float:
    """Find where the root of the rise is a goal, on one side.

    Parameters
    ----------
    along : Along
        The fit and the parameter.
    step : float
        A standard error, with the sign of the side.
    goal : float
        The root that is sought.

    Returns
    -------
    float
        The end; infinite where the sum of squares never rises so far, the bound where
        it does not up to there.
    """
    place = along.place
    edge = along.box.high[place] if step > 0 else along.box.low[place]
    inner, inner_root, start = float(along.theta[place]), 0.0, along.theta
    outer, outer_root = np.nan, np.nan
    for doubling in range(MOST_DOUBLINGS):
        value = float(along.theta[place]) + goal * step * 2.0**doubling
        beyond = value >= edge if step > 0 else value <= edge
        value = float(edge) if beyond else value
        root, theta = along.root(value, start)
        if np.isfinite(root) and root < goal:
            if beyond:
                return float(edge)
            inner, inner_root, start = value, root, theta
            continue
        outer, outer_root = value, root
        break
    else:
        return float(np.sign(step) * np.inf)
    return _between(along, goal, (inner, inner_root, start), (outer, outer_root))


def _between(
    along: Along,
    goal: float,
    inside: tuple[float, float, Array],
    outside: tuple[float, float],
) -> float:
    """Close in by false position, one side damped (Illinois)."""
    inner, inner_root, start = inside
    outer, outer_root = outside
    below, above = inner_root - goal, outer_root - goal
    for _ in range(MOST_STEPS):
        if np.isfinite(above) and above > below:
            value = inner + (outer - inner) * (-below) / (above - below)
        else:
            value = 0.5 * (inner + outer)
        root, theta = along.root(value, start)
        if abs(root - goal) <= CLOSE * goal or value in (inner, outer):
            return value
        if root < goal:
            inner, below, start = value, root - goal, theta
            above *= 0.5
        else:
            outer, above = value, root - goal
            below *= 0.5
    return value
