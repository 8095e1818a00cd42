"""The sum of squares along one parameter, the others fitted again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.loops.levenberg import Found, Levenberg, levenberg
from leastwise.loops.mapping import MappedRows
from leastwise.loops.near import Box
from leastwise.moments.blocks import NotFiniteError
from leastwise.moments.double import Array

# From a neighbour the way is short; where it is not, there is no fit.
HOW = Levenberg(steps=200)
MOST_STEPS = 100
# The first step on the way to an end, as a part of Wald's; by what part of the goal the
# root may rise at a step, and below which steps grow. A step across a wall, such as a
# parameter at 0, would find the region on its other side.
FIRST, MOST_RISE, LEAST_RISE = 0.25, 0.5, 0.15
# Nearer than this part of Wald's distance nobody looks, nor farther than this.
NEAREST, FARTHEST = 2.0**-12, 2.0**30
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
            found: Found = levenberg(self.curve, begin, Box(low, high), HOW)
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
        The end of the part that holds the estimate (the region may have others);
        infinite where the sum of squares never rises so far, the bound where it does
        not up to there.
    """
    place = along.place
    edge = float(along.box.high[place] if step > 0 else along.box.low[place])
    inner, inner_root, start = float(along.theta[place]), 0.0, along.theta
    way = goal * step * FIRST
    for _ in range(MOST_STEPS):
        value = inner + way
        beyond = value >= edge if step > 0 else value <= edge
        value = edge if beyond else value
        root, theta = along.root(value, start)
        rise = (root - inner_root) / goal
        if not rise <= (MOST_RISE if root < goal else 1.0):
            # So steep that a wall may lie between, or there is no fit: look nearer.
            if abs(way) > abs(goal * step) * NEAREST:
                way *= 0.5
                continue
            return _between(along, goal, (inner, inner_root, start), (value, root))
        if root >= goal:
            return _between(along, goal, (inner, inner_root, start), (value, root))
        if beyond:
            return edge
        inner, inner_root, start = value, root, theta
        if not abs(inner) < FARTHEST * (abs(along.theta[place]) + abs(step)):
            break
        way *= 2.0 if rise < LEAST_RISE else 1.0
    return float(np.sign(step) * np.inf)


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
