"""What plots read of the rows of a fit: residuals, leverages, distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.covariance import sample_of
from leastwise.model.influence import influence_of
from leastwise.model.sample import Sample
from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.model import Model


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
    notes : tuple of str
        What a reader should know.
    """

    rows: Array
    fitted: Array
    residual: Array
    leverage: Array
    standardized: Array
    studentized: Array
    cook: Array
    rank: int
    notes: tuple[str, ...] = ()


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
    if not model.dof > 0:
        raise RequestError(
            "no degrees of freedom are left: every residual is 0",
            fix='Fit fewer coefficients; m.plot("forest") shows the estimates',
        )
    sample, found = sample_of(model), influence_of(model)
    design, k = sample.design, sample.target
    target = design.Y[:, k] + design.origin[design.X.shape[1] + k]
    return Looked(
        rows=found.row,
        fitted=target - found.residual,
        residual=found.residual,
        leverage=found.leverage,
        standardized=found.standardized,
        studentized=found.studentized,
        cook=found.cook,
        rank=model.rank,
        notes=found.notes,
    )


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
