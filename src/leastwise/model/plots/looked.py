"""What plots read of the rows of a fit: residuals, leverages, distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.covariance import sample_of
from leastwise.model.sample import Sample
from leastwise.moments.double import Array
from leastwise.moments.fitted import Want
from leastwise.moments.second_pass import second_pass
from leastwise.solve.again import fitted_of

if TYPE_CHECKING:
    from leastwise.model.model import Model

# A leverage so near to 1 leaves the row no residual of its own.
FULL = 1.0 - 1e-10


@dataclass(frozen=True, eq=False)
class Looked:
    """A second look at the rows, in original units.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Which rows of the data, from 1.
    fitted, residual : ndarray, shape (n,)
        The two parts of the target.
    leverage : ndarray, shape (n,)
        Diagonal of the hat matrix; of one of its rows where a row counts for several.
    standardized, studentized : ndarray, shape (n,)
        As R's ``rstandard`` and ``rstudent``; NaN where the leverage is 1.
    cook : ndarray, shape (n,)
        Cook's distance.
    rank : int
        Coefficients estimated.
    """

    rows: Array
    fitted: Array
    residual: Array
    leverage: Array
    standardized: Array
    studentized: Array
    cook: Array
    rank: int


def look(model: Model) -> Looked:
    """Look at the rows of a model once more.

    Parameters
    ----------
    model : Model
        The fit.

    Raises
    ------
    RequestError
        When there are no rows, or no degree of freedom.
    """
    sample = sample_of(model)
    if not model.dof > 0:
        raise RequestError(
            "no degrees of freedom are left: every residual is 0",
            fix='Fit fewer coefficients; m.plot("forest") shows the estimates',
        )
    solved, design, k = sample.solved, sample.design, sample.target
    rows, p = sample.rows, design.X.shape[1]
    again = second_pass(
        rows,
        solved.moments,
        fitted_of(solved.moments, solved.fit),
        Want(residuals=True, leverages=True),
    )
    if again.residuals is None or again.leverages is None:
        raise AssertionError("a second pass brings what it is asked for")
    power = int(solved.moments.exponent[p + k])
    residual = np.ldexp(again.residuals[:, k], power)
    target = design.Y[:, k] + design.origin[p + k]
    weight = np.ones(len(residual)) if rows.weights is None else rows.weights
    leverage = np.asarray(again.leverages)
    scaled = np.sqrt(weight) * residual
    if sample.frequency:
        # One of the rows that a row stands for.
        leverage, scaled = leverage / weight, residual
    standardized, studentized, cook = _distances(model, scaled, leverage)
    return Looked(
        rows=sample.used + 1,
        fitted=target - residual,
        residual=residual,
        leverage=leverage,
        standardized=standardized,
        studentized=studentized,
        cook=cook,
        rank=model.rank,
    )


def _distances(
    model: Model, scaled: Array, leverage: Array
) -> tuple[Array, Array, Array]:
    free = np.where(leverage < FULL, 1.0 - leverage, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        standardized = scaled / (model.sigma * np.sqrt(free))
        # The residual standard error without the row.
        left = (model.dof - standardized**2) / (model.dof - 1.0)
        studentized = standardized / np.sqrt(np.where(left > 0, left, np.nan))
        cook = standardized**2 * leverage / free / model.rank
    return standardized, studentized, cook


def column_of(sample: Sample, name: str) -> Array:
    """Return the values of a column in the rows used; codes and levels as text.

    Parameters
    ----------
    sample : Sample
        The rows.
    name : str
        The column.
    """
    if sample.source is None:
        j = list(sample.design.names).index(name)
        return np.asarray(sample.design.X[:, j] + sample.design.origin[j])
    column = sample.column(name)
    if column.levels is not None:
        return np.array(column.levels, dtype=object)[column.values]
    return np.asarray(column.values)
