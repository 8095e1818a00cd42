"""Predictions of a fit of a loss, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.extrapolation import ROUNDING, band_quantile, leverages
from leastwise.model.predictive import predictive_ends
from leastwise.model.predictor import LinearPredictor, Predicted
from leastwise.moments.double import Array
from leastwise.rows.give import give_frame

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


@dataclass(frozen=True, eq=False)
class LossPrediction:
    """Predictions with confidence intervals, one for each row asked about.

    Attributes
    ----------
    fit, std_error : ndarray, shape (n,)
        The mean, or the linear predictor, and its standard error (of the mean by the
        delta method).
    low, high : ndarray, shape (n,)
        Ends of the interval: Wald's of the predictor, carried to the mean, so that it
        stays where means are.
    kind : {"mean", "link"}
        Which of the two.
    level : float
        Coverage.
    interval : {"confidence", "prediction"}
        Of the mean, or of a new observation.
    adjust : {"none", "bonferroni", "scheffe"}
        For how many rows it holds.
    extrapolates : ndarray of bool, shape (n,), or None
        Which predictors are less certain, for their place alone, than any row of the
        fit; None where that is not known.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
    >>> m = lw.glm("y ~ x", data, family="poisson")
    >>> found = m.predict({"x": [4.0]}, interval="confidence")
    >>> found.low.round(4).tolist(), found.high.round(4).tolist()
    ([3.3982], [41.5141])
    """

    fit: Array
    std_error: Array
    low: Array
    high: Array
    kind: Literal["mean", "link"]
    level: float
    interval: str = "confidence"
    adjust: str = "none"
    extrapolates: Array | None = None

    def frame(self, kind: str = "auto") -> Any:
        """Return a data frame: pandas, polars or arrow, whichever is installed."""
        made = {"fit": self.fit, "std_error": self.std_error}
        made |= {"low": self.low, "high": self.high}
        if self.extrapolates is not None:
            made["extrapolates"] = self.extrapolates
        return give_frame(made, kind)


@dataclass(frozen=True)
class Interval:
    """Which interval is asked for.

    Attributes
    ----------
    of : {"confidence", "prediction"}
        Of the mean, or of a new observation.
    kind : {"mean", "link"}
        Of the former: in which units.
    level : float
        Coverage.
    adjust : {"none", "bonferroni", "scheffe"}
        For how many rows it holds.
    """

    of: str
    kind: Literal["mean", "link"]
    level: float
    adjust: str = "none"


def prediction_of(
    model: LossModel, found: Predicted, asked: Interval
) -> LossPrediction:
    """Make intervals of predictors; see `LossModel.predict`."""
    new, loss, eta = asked.of == "prediction", model.loss, found.eta
    dof = model.t_dof
    fewest = float(np.nanmin(dof)) if isinstance(dof, np.ndarray) else float(dof)
    count = int(np.isfinite(eta).sum())
    if new and asked.adjust == "scheffe":
        raise RequestError(
            "Scheffe's bands are of means", fix='Use adjust="bonferroni"'
        )
    quantile = band_quantile(
        asked.adjust, asked.level, count=count, rank=model.rank, dof=fewest, new=new
    )
    outside = _outside(model, found)
    with np.errstate(invalid="ignore", over="ignore"):
        half = quantile * found.std_error
        ends = (eta - half, eta + half)
        if new:
            if asked.kind == "link":
                raise RequestError(
                    "a new observation is no predictor", fix='Use kind="mean"'
                )
            each = max(count, 1) if asked.adjust == "bonferroni" else 1
            level = 1.0 - (1.0 - asked.level) / each
            ends = predictive_ends(model, eta, found.std_error, level, quantile)
        elif asked.kind == "link":
            return LossPrediction(
                eta, found.std_error, *ends, asked.kind, asked.level, asked.of,
                asked.adjust, outside,
            )  # fmt: skip
        error = np.abs(loss.mean_slope(eta)) * found.std_error
        one, two = ends if new else (loss.mean(end) for end in ends)
        # A link may fall: the mean of the lower predictor is then the higher.
        low, high = np.minimum(one, two), np.maximum(one, two)
        return LossPrediction(
            loss.mean(eta), error, low, high, asked.kind, asked.level, asked.of,
            asked.adjust, outside,
        )  # fmt: skip


def _outside(model: LossModel, found: Predicted) -> Array | None:
    """Say which predictors are less certain than any of the rows of the fit."""
    predictor, kept = model.predictor, model.sample
    if kept is None or not isinstance(predictor, LinearPredictor):
        return None
    if predictor.basis.spread is not None:
        return None
    most = np.nanmax(leverages(predictor.basis, kept.sample.design), initial=0.0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        own = (found.std_error / model.sigma) ** 2
        return np.asarray(own > most * ROUNDING)
