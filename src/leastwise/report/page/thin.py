"""Keep a page small: the same few rows and steps on every run."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from leastwise.report.page.record import Descent, Numbers, Points

MOST_POINTS = 2000
MOST_STEPS = 400

Indices = npt.NDArray[np.intp]


def drawable(points: Points) -> Indices:
    """Return the indices of rows whose two values are finite.

    Examples
    --------
    >>> x = np.array([0.0, np.nan, 2.0])
    >>> drawable(Points("x", "y", x, x)).tolist()
    [0, 2]
    """
    return np.flatnonzero(np.isfinite(points.x) & np.isfinite(points.y))


def thin_points(points: Points, most: int = MOST_POINTS) -> Indices:
    """Choose the rows to draw: even over the rank of x, ends kept.

    Every stretch of x keeps its share of the rows, so the cloud keeps its
    shape; no random draw, so the page is the same on every run.

    Examples
    --------
    >>> x = np.arange(9.0)
    >>> thin_points(Points("x", "y", x, x), most=3).tolist()
    [0, 4, 8]
    """
    kept = drawable(points)
    if kept.size <= most:
        return kept
    by_x = kept[np.argsort(points.x[kept], kind="stable")]
    chosen = np.linspace(0, kept.size - 1, most).round().astype(np.intp)
    return np.sort(by_x[chosen])


def thin_steps(descent: Descent, most: int = MOST_STEPS) -> Indices:
    """Choose the recorded steps to show: dense at the start, the last kept.

    Examples
    --------
    >>> z = np.zeros(1001)
    >>> thin_steps(Descent(np.arange(1001), z, z, z, z, z, 0.1), most=8).tolist()
    [0, 2, 6, 18, 51, 138, 372, 1000]
    """
    n = int(descent.step.size)
    if n <= most:
        return np.arange(n)
    spread = np.expm1(np.linspace(0.0, np.log1p(n - 1), most))
    # Near the start the spread asks for the same step twice: unique takes it once.
    return np.unique(spread.round().astype(np.intp))


def at(values: Numbers, chosen: Indices) -> npt.NDArray[np.float64]:
    """Return the chosen values as float64.

    Examples
    --------
    >>> at(np.array([1, 2, 3]), np.array([0, 2])).tolist()
    [1.0, 3.0]
    """
    taken: npt.NDArray[Any] = np.asarray(values)[chosen]
    return taken.astype(np.float64)
