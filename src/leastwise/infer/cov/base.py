"""What every covariance reads and returns.

A covariance is one of coordinates in which the inputs are orthonormal: with
``z = [1 / sqrt(W), R (x - mean)]`` the weighted sum of ``z z'`` is the identity, the
coefficients are a linear map of ``sum_i w_i z_i y_i``, the leverage of a row is
``w |z|^2`` and the bread of every sandwich is the identity. Nothing is inverted, and
nothing large is taken off anything large.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise.infer.dist import Array
from leastwise.loss.base import Loss
from leastwise.moments.blocks import Rows
from leastwise.moments.fitted import Fitted
from leastwise.moments.state import Moments
from leastwise.solve.again import fitted_of
from leastwise.solve.result import Fit

if TYPE_CHECKING:
    from leastwise.infer.cov.ground import Ground


@dataclass(frozen=True, eq=False)
class Values:
    """A column beside the model, its values those of the rows used.

    Attributes
    ----------
    numbers : ndarray, shape (n,)
        Its values; codes where there are levels.
    levels : tuple of str, or None
        What the codes stand for, in order.
    """

    numbers: Array
    levels: tuple[str, ...] | None = None

    def text(self, row: int) -> str:
        """Return the value of a row, as the reader knows it."""
        value = self.numbers[row]
        if self.levels is not None:
            return self.levels[int(value)]
        return f"{value:g}" if self.numbers.dtype.kind == "f" else str(value)


@dataclass(frozen=True, eq=False)
class Bent:
    """How the loss of rows is curved at its minimum, where it is no square.

    Attributes
    ----------
    loss : Loss or None
        What a row costs; half a square when None.
    eta, y : ndarray, shape (n,)
        Linear predictors and targets.
    score : ndarray, shape (n,)
        Derivative of the loss by the linear predictor.
    case_weights : ndarray, shape (n,)
        How much each row counts.
    names : tuple of str
        Of the coefficients.
    dispersion : float
        What the inverse of the curvature is multiplied by.
    bend : ndarray, shape (m, m), or None
        ``sum_i w_i r_i f_i''`` of a model that is a function: by how much its own
        curvature lessens that of the loss.
    """

    loss: Loss | None
    eta: Array
    y: Array
    score: Array
    case_weights: Array
    names: tuple[str, ...]
    dispersion: float
    bend: Array | None = None

    @property
    def curvature(self) -> Array:
        """Second derivatives by the linear predictor, of either sign."""
        if self.loss is None:
            return np.ones(len(self.y))
        return self.loss.observed(self.eta, self.y)


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
    columns : Mapping of str to Values
        Columns beside the model that the covariance asked for.
    used : ndarray of int, shape (n,), or None
        Which rows of the data the rows are, from 0; None for all.
    read : int or None
        Rows of the data.
    frequency : bool
        Whether a row stands for as many rows as its weight says.
    exact : bool
        Whether the residuals are no larger than the rounding of the data: 0.
    bent : Bent or None
        How the loss of the rows is curved, where they are working rows.
    """

    rows: Rows
    moments: Moments
    fit: Fit
    target: int
    columns: Mapping[str, Values] = field(default_factory=dict)
    used: Array | None = None
    read: int | None = None
    frequency: bool = False
    exact: bool = False
    bent: Bent | None = None

    @property
    def copies(self) -> Array | None:
        """How many rows each stands for; None where weights do not count them."""
        if not self.frequency:
            return None
        return self.rows.weights if self.bent is None else self.bent.case_weights

    @property
    def fitted(self) -> Fitted:
        """The fit in the units of the moments, as a second pass reads it."""
        return fitted_of(self.moments, self.fit)

    def row_name(self, row: int) -> str:
        """Return what the reader calls a row: its place in the data, from 1."""
        return f"row {(row if self.used is None else int(self.used[row])) + 1}"


@dataclass(frozen=True, eq=False)
class Alone:
    """What a row or a cluster decides alone: a direction in the coordinates.

    Attributes
    ----------
    who : str
        Such as ``row 7``.
    direction : ndarray, shape (q,)
        Coefficients with a part of it are known from nothing else.
    """

    who: str
    direction: Array


@dataclass(frozen=True, eq=False)
class Estimate:
    """A covariance that was estimated.

    Attributes
    ----------
    core : ndarray, shape (q, q)
        Covariance in the coordinates, in the units of the moments.
    dof : float
        Degrees of freedom of t, and those below F.
    text : str
        What it is, for the reader.
    own_dof : ndarray, shape (m,), or None
        Degrees of freedom of the t of each coefficient, where they differ.
    alone : tuple of Alone
        What has no variance: who alone decides it.
    notes : tuple of str
        What a reader should know.
    """

    core: Array
    dof: float
    text: str
    own_dof: Array | None = None
    alone: tuple[Alone, ...] = ()
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

    @property
    def call(self) -> str | None:
        """What makes it in Python; None where arrays were given."""
        assigned = [(f.name, getattr(self, f.name), f.default) for f in fields(self)]  # type: ignore[arg-type]
        told = [
            f"{name}={value!r}" for name, value, usual in assigned if value is not usual
        ]
        plain = (str, int, float, bool, type(None))
        if not all(isinstance(value, plain) for _, value, _ in assigned):
            return None
        return f"lw.cov.{type(self).__name__}({', '.join(told)})"

    @property
    def word(self) -> str | None:
        """What asks for it on the command line; None where nothing does."""
        return self.name if self.call == f"lw.cov.{self.name}()" else None

    @abstractmethod
    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""


def names_among(*given: Any) -> tuple[str, ...]:
    """Return those that name a column; the others are values.

    Examples
    --------
    >>> names_among("town", [1, 2, 2])
    ('town',)
    """
    return tuple(one for one in given if isinstance(one, str))
