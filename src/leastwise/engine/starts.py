"""Where a model is started from: one place or several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leastwise.loops.curve import SteppedModel
from leastwise.loops.levenberg import Found, Levenberg, levenberg
from leastwise.loops.near import Box
from leastwise.moments.blocks import NotFiniteError
from leastwise.moments.double import Array

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


def best_of(
    curve: SteppedModel,
    start: Array,
    box: Box,
    more: MultiStart | None,
    how: Levenberg,
) -> tuple[Found, tuple[int, int]]:
    """Go down from one start or several.

    Parameters
    ----------
    curve : SteppedModel
        The model with its rows.
    start : ndarray, shape (p,)
        Where to start.
    box : Box
        Bounds.
    more : MultiStart or None
        Other starts.
    how : Levenberg
        How to go.

    Returns
    -------
    found, tries
        The lowest end, and how many starts and different minima there were.
    """
    best = levenberg(curve, start, box, how)
    ends = [best]
    for other in () if more is None else more.starts(start, box):
        try:
            ends.append(levenberg(curve, other, box, how))
        except NotFiniteError:
            continue
    arrived = [end for end in ends if end.status.is_success]
    best = min(arrived or ends, key=lambda end: end.point.rss)
    return best, (len(ends), _count(arrived))


def _count(ends: list[Found]) -> int:
    levels: list[float] = []
    for rss in sorted(end.point.rss for end in ends):
        if not levels or rss > levels[-1] * (1 + SAME):
            levels.append(rss)
    return len(levels)
