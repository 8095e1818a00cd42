"""Coordinates without bounds for parameters that have some.

A parameter between two ends is ``low + (high - low) (1 + sin u) / 2``, one with a
single end ``low + s (sqrt(1 + u^2) - 1)``, s its distance at the start (James and Roos
1975, doi:10.1016/0010-4655(75)90039-9): an end is reached at a finite u, where the
derivative is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from leastwise._kit.precision import jax_module
from leastwise.loops.near import Box
from leastwise.moments.double import Array

# Where a start lies on an end, so far inside, of the width or of 1: u moves there.
INSIDE = 1e-3
FREE, ABOVE, BELOW, BETWEEN = 0, 1, 2, 3


class Ends(NamedTuple):
    """The ends of each parameter, 0 for those that are open, and what is a distance."""

    low: Any
    high: Any
    size: Any


@dataclass(frozen=True)
class Bounded:
    """How coordinates become parameters; static, for JAX.

    Attributes
    ----------
    kinds : tuple of int
        Which ends each parameter has.
    """

    kinds: tuple[int, ...]

    @classmethod
    def of(cls, box: Box) -> Bounded:
        """Look at bounds."""
        low, high = np.isfinite(box.low), np.isfinite(box.high)
        return cls(tuple((ABOVE * low + BELOW * high).tolist()))

    def values(self, u: Any, ends: Ends) -> Any:
        """Return parameters, also under a transformation of JAX.

        Parameters
        ----------
        u : array, shape (p,)
            Coordinates.
        ends : Ends
            As of `ends_of`.
        """
        jnp = jax_module().numpy
        kinds = np.array(self.kinds)
        beyond = ends.size * (jnp.sqrt(1.0 + u * u) - 1.0)
        between = ends.low + (ends.high - ends.low) * 0.5 * (1.0 + jnp.sin(u))
        found = jnp.where(kinds == BETWEEN, between, u)
        found = jnp.where(kinds == ABOVE, ends.low + beyond, found)
        return jnp.where(kinds == BELOW, ends.high - beyond, found)

    def coordinates(self, theta: Array, box: Box, size: Array) -> Array:
        """Return coordinates of parameters inside of a box.

        Parameters
        ----------
        theta : ndarray, shape (p,)
            The parameters.
        box : Box
            The bounds.
        size : ndarray, shape (p,)
            As of `ends_of`.
        """
        made = theta.astype(np.float64).copy()
        for j, kind in enumerate(self.kinds):
            low, high = float(box.low[j]), float(box.high[j])
            if kind == BETWEEN and high > low:
                share = (made[j] - low) / (high - low)
                made[j] = np.arcsin(2.0 * np.clip(share, INSIDE, 1.0 - INSIDE) - 1.0)
            elif kind == BETWEEN:
                made[j] = 0.0
            elif kind in (ABOVE, BELOW):
                away = made[j] - low if kind == ABOVE else high - made[j]
                part = max(away / size[j], INSIDE)
                made[j] = np.sqrt((part + 1.0) ** 2 - 1.0)
        return made

    def slopes(self, u: Array, box: Box, size: Array) -> Array:
        """Return the derivatives of parameters by their coordinates."""
        made = np.ones(len(u))
        for j, kind in enumerate(self.kinds):
            if kind == BETWEEN:
                made[j] = 0.5 * (box.high[j] - box.low[j]) * np.cos(u[j])
            elif kind in (ABOVE, BELOW):
                sign = 1.0 if kind == ABOVE else -1.0
                made[j] = sign * size[j] * u[j] / np.sqrt(1.0 + u[j] ** 2)
        return made


def ends_of(box: Box, theta: Array) -> Ends:
    """Return bounds with 0 for open ends: nothing infinite is computed with.

    Parameters
    ----------
    box : Box
        The bounds.
    theta : ndarray, shape (p,)
        Where it starts: distances to a bound are measured by its own.
    """
    low = np.where(np.isfinite(box.low), box.low, 0.0)
    high = np.where(np.isfinite(box.high), box.high, 0.0)
    away = np.where(np.isfinite(box.low), theta - low, high - theta)
    own = np.where(theta == 0, 1.0, np.abs(theta))
    return Ends(low, high, np.where(away > 0, away, own))
