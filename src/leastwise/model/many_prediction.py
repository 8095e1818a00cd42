"""Intervals of means and predictors of a fit of several predictors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.dist import t_quantile
from leastwise.model.loss_prediction import LossPrediction
from leastwise.model.many_predictor import ManyPredictor
from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


def many_prediction(
    model: LossModel, data: Any, kind: Any, interval: str, level: float
) -> LossPrediction:
    """Return predictions with intervals; see `LossModel.predict`.

    Wald's, of the logit of a share or a probability, of the logarithm of a positive
    mean, of a mean of either sign itself; the standard error is that of the delta
    method.

    Parameters
    ----------
    model : LossModel
        The fit.
    data : data frame, mapping, path or ndarray
        New rows.
    kind : {"mean", "link"}
        Means or predictors.
    interval : {"confidence"}
        Of what.
    level : float
        Coverage.
    """
    if interval != "confidence":
        raise RequestError(
            f"{model.loss.name} has no intervals of new targets",
            fix='Ask interval="confidence"',
        )
    predictor = model.predictor
    if not isinstance(predictor, ManyPredictor):
        # Read from a file: it says why there are no predictions.
        predictor.predict(data, 1.0)
        raise AssertionError("a fit of several predictors has their predictor")
    eta, rows, _ = predictor.look(data)
    dof = model.t_dof
    fewest = float(np.nanmin(dof)) if isinstance(dof, np.ndarray) else float(dof)
    half = t_quantile(level, fewest)
    if kind == "link":
        error = np.sqrt(np.einsum("nkp,nkp->nk", rows, rows))
        return LossPrediction(
            eta, error, eta - half * error, eta + half * error, kind, level
        )
    mean, slopes = predictor.loss.means(eta, slopes=True)
    if slopes is None:
        raise AssertionError("slopes were asked for")
    several = slopes if slopes.ndim == 3 else slopes[:, None, :]
    roots = np.einsum("njk,nkp->njp", several, rows)
    error = np.sqrt(np.einsum("njp,njp->nj", roots, roots)).reshape(mean.shape)
    low, high = _ends(predictor.loss.range, mean, half * error)
    return LossPrediction(mean, error, low, high, kind, level)


def _ends(where: str, mean: Array, half: Array) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        if where == "positive":
            factor = np.exp(half / mean)
            return mean / factor, mean * factor
        if where == "unit":
            logit = np.log(mean) - np.log1p(-mean)
            wide = half / (mean * (1.0 - mean))
            ends = (1.0 / (1.0 + np.exp(-(logit + s * wide))) for s in (-1.0, 1.0))
            low, high = ends
            return low, high
        return mean - half, mean + half
