"""The mean squared error of standardised rows: a bowl, of moments alone.

On standardised data ``f(t) = t'A t - 2 t'g + y'y/n``, with ``A = diag(1, Xs'Xs/n)`` and
``g = (0, Xs'ys/n)``, the intercept first when there is one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.spectrum import Spectrum, spectrum_of
from leastwise.moments.standardise import StandardisedMoments

Array = np.ndarray[Any, Any]

EPS = 2.0**-52


@dataclass(frozen=True, eq=False)
class Bowl:
    """The quadratic to go down, taken apart.

    Attributes
    ----------
    half : ndarray, shape (m, m)
        A: half of the Hessian.
    cross, slope : ndarray, shape (m, k)
        g, and half of the gradient at the start.
    values, vectors : ndarray, shapes (m,) and (m, m)
        Eigenvalues of A, 0 where they are rounding, and vectors.
    best, away : ndarray, shape (m, k)
        The optimum, and the start less it in the basis of the vectors.
    """

    half: Array
    cross: Array
    slope: Array
    values: Array
    vectors: Array
    best: Array
    away: Array

    def way(self, rate: float) -> Spectrum:
        """Return the descent with a fixed rate.

        Parameters
        ----------
        rate : float
            Step length.
        """
        return spectrum_of(self.values, self.vectors, self.away, self.best, rate)


def checked_start(moments: StandardisedMoments, options: Optimiser) -> Array:
    """Return where to start, and refuse what cannot be.

    Parameters
    ----------
    moments : StandardisedMoments
        Of the rows.
    options : Optimiser
        The solver.
    """
    options.check()
    p, k = moments.cross.shape
    m = p + int(moments.intercept)
    if m == 0:
        raise RequestError(
            "there is nothing to fit", fix="Add an input or an intercept"
        )
    if options.start is None:
        return np.zeros((m, k))
    start = np.asarray(options.start, dtype=np.float64)
    if start.shape not in ((m, k), (m,)) or start.size != m * k:
        raise RequestError(
            f"start has shape {start.shape}", fix=f"Give shape ({m}, {k})"
        )
    if not np.all(np.isfinite(start)):
        raise RequestError("start is not finite", fix="Start from finite numbers")
    return start.reshape(m, k)


def _quadratic(moments: StandardisedMoments) -> tuple[Array, Array]:
    """Return A and g of the module's derivation, the intercept first."""
    if not moments.intercept:
        return moments.gram, moments.cross
    p, k = moments.cross.shape
    half, g = np.zeros((p + 1, p + 1)), np.zeros((p + 1, k))
    half[0, 0] = 1.0
    half[1:, 1:], g[1:] = moments.gram, moments.cross
    return half, g


def bowl_of(
    moments: StandardisedMoments, start: Array, optimum: Array | None = None
) -> Bowl:
    """Return the bowl of moments.

    Parameters
    ----------
    moments : StandardisedMoments
        Of the rows; finite.
    start : ndarray, shape (m, k)
        Where to start.
    optimum : ndarray, shape (m, k), optional
        Exact standardised coefficients from elsewhere; not used with a NaN.
    """
    half, g = _quadratic(moments)
    values, vectors = np.linalg.eigh(half)
    # Eigenvalues below the rounding of the largest are those of collinear inputs.
    values = np.where(values > len(values) * EPS * values[-1], values, 0.0)
    slope = half @ start - g
    best, away = _aim(start, slope, values, vectors, optimum)
    return Bowl(half, g, slope, values, vectors, best, away)


def _aim(
    start: Array, slope: Array, values: Array, vectors: Array, optimum: Array | None
) -> tuple[Array, Array]:
    """Return the optimum, and the start less it in the basis of the vectors.

    Collinear inputs have many answers; descent finds the one nearest the start.
    """
    if optimum is None or not np.all(np.isfinite(optimum)):
        real = values > 0
        away = (vectors.T @ slope) * np.divide(
            1.0, values, out=np.zeros_like(values), where=real
        )[:, None]
        return start - vectors @ away, away
    best = np.asarray(optimum, dtype=np.float64).reshape(start.shape)
    return best, vectors.T @ (start - best)


def norm_of(a: Array) -> float:
    """Return the root of the sum of squares of an array."""
    return math.sqrt(float(np.vdot(a, a)))
