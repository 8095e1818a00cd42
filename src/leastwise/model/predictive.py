"""Intervals for a new observation of a family, the coefficients being uncertain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.family import Binomial, Gaussian
from leastwise.loss.family.base import Family
from leastwise.model.quantile_residuals import distribution_of
from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel

# Nodes of the quadrature over the predictor; halvings of the bracket of a quantile.
NODES, HALVINGS = 41, 70
COUNTS = ("Poisson", "NegativeBinomial")


def predictive_ends(
    model: LossModel, eta: Array, error: Array, level: float, quantile: float
) -> tuple[Array, Array]:
    """Return quantiles of new observations.

    The distribution of the family is averaged over a normal predictor with its standard
    error (Gauss and Hermite); the dispersion is taken at its estimate. A Gaussian with
    the identity link has Student's t, as least squares does. Quantiles of counts are
    whole: the interval covers at least `level`.

    Parameters
    ----------
    model : LossModel
        The fit.
    eta, error : ndarray, shape (n,)
        Predictors and their standard errors.
    level : float
        Coverage.
    quantile : float
        Of t, for a Gaussian.

    Raises
    ------
    RequestError
        When the family has no distribution, or is binomial.
    """
    family = distribution_of(model, "predictions")
    if isinstance(family, Binomial):
        raise RequestError(
            "a new trial is 0 or 1, whatever its probability",
            fix='Use interval="confidence" for the probability',
        )
    dispersion = model.measures.dispersion
    if isinstance(family, Gaussian) and family.link == "identity":
        half = quantile * np.hypot(error, np.sqrt(dispersion))
        return eta - half, eta + half
    good = np.isfinite(eta) & np.isfinite(error)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    spread = eta[good, None] + error[good, None] * nodes
    inside = family.how.allowed(spread) & family.has_mean(family.mean(spread))
    means = family.mean(np.where(inside, spread, eta[good, None]))
    tail = (1.0 - level) / 2.0
    ends = []
    for share in (tail, 1.0 - tail):
        made = np.full(len(eta), np.nan)
        made[good] = _quantile(family, means, weights, share, dispersion)
        ends.append(made)
    return ends[0], ends[1]


def _quantile(
    family: Family, means: Array, weights: Array, share: float, dispersion: float
) -> Array:
    """The quantile of a mixture lies between those of its parts."""
    one = np.ones_like(means)
    parts = family.quantile(share * one, means, dispersion, one)
    low, high = parts.min(axis=1), parts.max(axis=1)
    whole = family.name in COUNTS
    if whole:
        low = low - 1.0
    for _ in range(HALVINGS):
        middle = low + 0.5 * (high - low)
        if whole:
            middle = np.floor(middle)
        under = family.below(middle[:, None] * one, means, dispersion, one)[1] @ weights
        enough = under >= share
        high = np.where(enough, middle, high)
        low = np.where(enough, low, middle)
        if whole and (high - low <= 1.0).all():
            break
    return np.asarray(high)
