"""What each row does to a fit of a family, with the names of rows and coefficients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.cov.ground import stand_on
from leastwise.infer.loss_influence import loss_influences
from leastwise.loss.family.base import Family
from leastwise.model.influence import labels_of
from leastwise.model.influence_rows import InfluenceOfRows
from leastwise.model.kept_rows import is_function, rows_of
from leastwise.model.named import read_only
from leastwise.model.row_influence import row_influence_of
from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel

MEASURES = (
    "leverage", "response", "pearson", "deviance", "working", "standardized",
    "standardized_pearson", "studentized", "cook", "dffits", "covratio", "left_out",
    "left_out_deviance",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LossInfluence(InfluenceOfRows):
    """What each row does to a fit of a family; the conventions are R's for ``glm``.

    With h the leverage in the working rows, w the case weight, mu the fitted mean, V
    its variance, d the unit deviance, f the dispersion:

    Attributes
    ----------
    row : ndarray of int, shape (n,)
        Which row of the data, from 1.
    label : tuple of str, or None
        What the rows are called, where a column says so.
    leverage : ndarray, shape (n,)
        R's ``hatvalues``.
    response, pearson, deviance, working : ndarray, shape (n,)
        ``y - mu``; ``(y - mu) sqrt(w / V)``; ``sign(y - mu) sqrt(w d)``;
        ``(y - mu) / mu'``: R's ``residuals`` of these types.
    standardized, standardized_pearson : ndarray, shape (n,)
        Deviance and Pearson residuals over ``sqrt(f (1 - h))``: R's ``rstandard``.
    studentized : ndarray, shape (n,)
        ``sign sqrt(deviance^2 + h pearson^2 / (1 - h))``, over the root of the deviance
        without the row by its degrees of freedom where the dispersion is estimated: R's
        ``rstudent`` (Williams 1987, doi:10.2307/2347550).
    cook : ndarray, shape (n,)
        ``(pearson / (1 - h))^2 h / (f rank)``.
    dffits, covratio, dfbetas : ndarray, shapes (n,), (n,) and (n, m)
        R's, which take deviance residuals for those of least squares.
    one_step : ndarray, shape (n, m)
        Coefficients without the row, after one step of scoring from the fit with it
        (Pregibon 1981, doi:10.1214/aos/1176345513).
    left_out : ndarray, shape (n,)
        The mean of each row, or the value of a model that is a function, predicted
        from all others, approximately: one step of Newton's method with the observed
        curvature (Rad and Maleki 2020, doi:10.1111/rssb.12374).
    left_out_deviance : ndarray, shape (n,)
        What each row adds to the deviance there.
    names : tuple of str
        The m coefficients.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
    >>> found = lw.glm("y ~ x", data, family="poisson").influence()
    >>> found.leverage.round(6).tolist()
    [0.461369, 0.382123, 0.28928, 0.867228]
    """

    row: Array
    label: tuple[str, ...] | None
    leverage: Array
    response: Array
    pearson: Array
    deviance: Array
    working: Array
    standardized: Array
    standardized_pearson: Array
    studentized: Array
    cook: Array
    dffits: Array
    covratio: Array
    left_out: Array
    left_out_deviance: Array
    dfbetas: Array
    one_step: Array
    names: tuple[str, ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the numbers of rows."""
        return MEASURES


def influence_of(model: LossModel, label: str | None) -> InfluenceOfRows:
    """Measure what each row does; see `LossModel.influence`."""
    kept = rows_of(model)
    if isinstance(model.loss, Family):
        return family_influence_of(model, label)
    return row_influence_of(model, kept, label)


def family_influence_of(model: LossModel, label: str | None = None) -> LossInfluence:
    """Measure what each row does to a fit of a family.

    Parameters
    ----------
    model : LossModel
        The fit.
    label : str, optional
        A column of the data that says what rows are called.

    Raises
    ------
    RequestError
        When the loss is no family.
    """
    kept, family = rows_of(model), model.loss
    if not isinstance(family, Family):
        raise RequestError(
            f"{model.kind} is no fit of a family: its rows have no deviance",
            fix="Look at m.influence(), m.row_weights and the residuals",
        )
    sample = kept.sample
    found = loss_influences(
        stand_on(sample.seen()), family, kept.look, kept.problem.y,
        model.measures.dispersion,
    )  # fmt: skip
    if is_function(model):
        # The working target is what the model leaves of its own.
        fitted = sample.design.Y[:, 0] - kept.problem.y
        found = replace(found, left_out=fitted + found.left_out)
    arrays = {n: read_only(getattr(found, n)) for n in (*MEASURES, "dfbetas")}
    with np.errstate(invalid="ignore"):
        unit = model.standard_errors / model.sigma
        one_step = model.estimates - found.one_step * unit
    return LossInfluence(
        row=read_only(sample.used + 1),
        label=None if label is None else labels_of(sample, label),
        one_step=read_only(one_step),
        names=model.names,
        **arrays,
    )
