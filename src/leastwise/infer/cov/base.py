"""What every covariance reads and returns.

A covariance is that of the level and the slopes about the means, ``[1, x - mean]``:
there the bread is a block of one number and a block of slopes, and nothing large is
taken off anything large. The coefficients are a linear map of these.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from leastwise.infer.dist import Array
from leastwise.moments.blocks import Rows
from leastwise.moments.fitted import Fitted
from leastwise.moments.state import Moments
from leastwise.solve.again import fitted_of
from leastwise.solve.result import Fit


@dataclass(frozen=True, eq=False)
class Seen:
    """A fit and the rows it stands on.

    Attributes
    ----------
    rows : Rows
        As they were folded, offset taken off.
    moments : Moments
        What they were folded into.
    fit : Fit
        The fit of k targets.
    target : int
        Which of them, from 0.
    columns : Mapping of str to ndarray, shape (n,)
        Columns beside the model that the covariance asked for, one value a row used.
    frequency : bool
        Whether a row stands for as many rows as its weight says.
    """

    rows: Rows
    moments: Moments
    fit: Fit
    target: int
    columns: Mapping[str, Array] = field(default_factory=dict)
    frequency: bool = False

    @property
    def fitted(self) -> Fitted:
        """The fit in the units of the moments, as a second pass reads it."""
        return fitted_of(self.moments, self.fit)


@dataclass(frozen=True, eq=False)
class Estimate:
    """A covariance that was estimated.

    Attributes
    ----------
    spread : ndarray, shape (1 + p, 1 + p)
        Covariance of the level (the mean of the target where the inputs are at their
        means; 0 without an intercept) and of the slopes, in original units, 0 for
        aliased columns.
    dof : ndarray, shape (m,)
        Degrees of freedom of the t of each coefficient.
    text : str
        What it is, for the reader.
    notes : tuple of str
        What a reader should know.
    """

    spread: Array
    dof: Array
    text: str
    notes: tuple[str, ...] = ()


class Covariance(ABC):
    """A way to estimate the covariance of coefficients; subclasses are frozen."""

    @property
    def name(self) -> str:
        """Short name, as in ``lw.cov.HC3()``."""
        return type(self).__name__

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the data that are read beside those of the model."""
        return ()

    @abstractmethod
    def estimate(self, seen: Seen) -> Estimate:
        """Estimate the covariance of a fit from its rows."""


def sandwich(seen: Seen, meat: Array) -> Array:
    """Return bread meat bread in original units.

    Parameters
    ----------
    seen : Seen
        The fit.
    meat : ndarray, shape (1 + p, 1 + p)
        Sum of ``s s'`` over scores ``s = w e [1, u - mean]`` in the units of the
        moments, as a second pass brings it.

    Returns
    -------
    ndarray, shape (1 + p, 1 + p)
        In original units.
    """
    fitted, m = seen.fitted, seen.moments
    p = m.n_inputs
    bread = np.zeros((1 + p, 1 + p))
    bread[0, 0] = fitted.beside
    bread[1:, 1:] = fitted.root.T @ fitted.root
    return in_units(seen, bread @ meat @ bread)


def in_units(seen: Seen, spread: Array) -> Array:
    """Return a covariance of level and slopes in original units.

    Parameters
    ----------
    seen : Seen
        The fit.
    spread : ndarray, shape (1 + p, 1 + p)
        In the units of the moments.
    """
    m = seen.moments
    p = m.n_inputs
    power = int(m.exponent[p + seen.target]) - np.concatenate([[0], m.exponent[:p]])
    with np.errstate(over="ignore", under="ignore"):
        once = np.ldexp(spread, power[:, None])
        scaled: Array = np.ldexp(once, power[None, :])
    return 0.5 * (scaled + scaled.T)


def of_coefficients(fit: Fit, spread: Array) -> Array:
    """Return the covariance of the coefficients, NaN for aliased ones.

    Parameters
    ----------
    fit : Fit
        The fit.
    spread : ndarray, shape (1 + p, 1 + p)
        Of level and slopes, in original units.

    Returns
    -------
    ndarray, shape (m, m)
        ``T spread T'``, where the intercept is ``level - mean' slopes``.
    """
    gone = np.isnan(fit.coefficients).any(axis=1)
    if not fit.intercept:
        covariance = spread[1:, 1:].copy()
    else:
        change = np.eye(len(spread))
        change[0, 1:] = -fit.center
        covariance = change @ spread @ change.T
    covariance[gone, :] = covariance[:, gone] = np.nan
    return covariance


def residual_dof(fit: Fit) -> Array:
    """Return the residual degrees of freedom, once for each coefficient."""
    return np.full(len(fit.coefficients), float(fit.dof))
