"""How well a loss is fitted: deviance, dispersion, likelihood, criteria."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leastwise.infer.dist import Array, chi2_upper, f_upper
from leastwise.loss.base import Loss
from leastwise.loss.family.base import Family


@dataclass(frozen=True)
class Measures:
    """How well a loss is fitted.

    Attributes
    ----------
    deviance, null_deviance : float
        Twice the loss, of the fit and of a level alone (with the offset): for a family
        twice what the log-likelihood lacks to a fit of every row.
    null_dof, dof : float
        Degrees of freedom of the two.
    pearson : float
        Sum of squared Pearson residuals.
    dispersion : float
        What the covariance is multiplied by: 1 where the family knows it, else Pearson
        over dof.
    log_likelihood, aic, bic : float
        NaN where the loss is no likelihood. The criteria count a dispersion that is
        estimated as a parameter, as R does.
    explained : float
        Share of the null deviance that is gone (deviance R-squared; Cameron and
        Windmeijer 1997, doi:10.1016/S0304-4076(96)01818-0).
    mcfadden, nagelkerke : float
        Pseudo R-squared from likelihoods (McFadden 1974; Nagelkerke 1991,
        doi:10.1093/biomet/78.3.691); NaN where there are none.
    test, test_dof, test_p : float
        Of the fit against a level alone: the likelihood ratio where the dispersion is
        known, else an F; degrees of freedom above; the p-value.
    """

    deviance: float
    null_deviance: float
    null_dof: float
    dof: float
    pearson: float
    dispersion: float
    log_likelihood: float
    aic: float
    bic: float
    explained: float
    mcfadden: float
    nagelkerke: float
    test: float
    test_dof: float
    test_p: float


@dataclass(frozen=True, eq=False)
class Rating:
    """What `measures` reads.

    Attributes
    ----------
    loss : Loss
        What a row costs.
    y, weights : ndarray, shape (n,)
        Target and case weights.
    deviance, null_deviance : float
        Twice the loss of the fit and of a level alone.
    pearson : float
        Weighted sum of squared working residuals.
    observations, dof : float
        Observations counted; residual degrees of freedom.
    rank : int
        Coefficients estimated.
    has_level : bool
        Whether the null model has a coefficient.
    likelihoods : tuple of float, or None
        Log-likelihoods of the two, where the rows are not here to find them from.
    """

    loss: Loss
    y: Array
    weights: Array
    deviance: float
    null_deviance: float
    pearson: float
    observations: float
    dof: float
    rank: int
    has_level: bool
    likelihoods: tuple[float, float] | None = None


def measures(r: Rating) -> Measures:
    """Say how well a loss is fitted.

    Parameters
    ----------
    r : Rating
        The fit.
    """
    deviance, null = r.deviance, r.null_deviance
    known = r.loss.has_known_dispersion
    dispersion = 1.0 if known else r.pearson / r.dof if r.dof > 0 else math.nan
    own, of_null = r.likelihoods or (_likelihood(r, deviance), _likelihood(r, null))
    parameters = r.rank + int(not known)
    n = r.observations
    gain, q = null - deviance, float(r.rank - int(r.has_level))
    both = math.isfinite(own) and math.isfinite(of_null) and of_null != 0
    mcfadden = 1.0 - own / of_null if both else math.nan
    nagelkerke = math.nan
    if math.isfinite(own) and math.isfinite(of_null):
        most = -math.expm1(2.0 * of_null / n)
        nagelkerke = -math.expm1(2.0 * (of_null - own) / n) / most if most else math.nan
    test, p = math.nan, math.nan
    if q > 0 and known:
        test, p = gain, chi2_upper(gain, q)
    elif q > 0 and dispersion > 0:
        test = gain / q / dispersion
        p = f_upper(test, q, r.dof)
    return Measures(
        deviance=deviance,
        null_deviance=null,
        null_dof=n - float(r.has_level),
        dof=r.dof,
        pearson=r.pearson,
        dispersion=dispersion,
        log_likelihood=own,
        aic=-2.0 * own + 2.0 * parameters,
        bic=-2.0 * own + math.log(n) * parameters,
        explained=1.0 - deviance / null if null > 0 else math.nan,
        mcfadden=mcfadden,
        nagelkerke=nagelkerke,
        test=test,
        test_dof=q,
        test_p=p,
    )


def _likelihood(r: Rating, deviance: float) -> float:
    if not isinstance(r.loss, Family):
        return math.nan
    with np.errstate(all="ignore"):
        return r.loss.log_likelihood(r.y, r.weights, deviance)
