"""Predictions of a fit of a loss, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from leastwise.infer.dist import t_quantile
from leastwise.model.predictor import Predicted
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

    def frame(self, kind: str = "auto") -> Any:
        """Return a data frame: pandas, polars or arrow, whichever is installed."""
        made = {"fit": self.fit, "std_error": self.std_error}
        return give_frame(made | {"low": self.low, "high": self.high}, kind)


def prediction_of(
    model: LossModel, found: Predicted, kind: Literal["mean", "link"], level: float
) -> LossPrediction:
    """Make intervals of predictors; see `LossModel.predict`."""
    dof = model.t_dof
    fewest = float(np.nanmin(dof)) if isinstance(dof, np.ndarray) else float(dof)
    with np.errstate(invalid="ignore", over="ignore"):
        half = t_quantile(level, fewest) * found.std_error
        ends = (found.eta - half, found.eta + half)
        if kind == "link":
            return LossPrediction(found.eta, found.std_error, *ends, kind, level)
        error = np.abs(model.loss.mean_slope(found.eta)) * found.std_error
        one, two = (model.loss.mean(end) for end in ends)
        # A link may fall: the mean of the lower predictor is then the higher.
        low, high = np.minimum(one, two), np.maximum(one, two)
        return LossPrediction(model.loss.mean(found.eta), error, low, high, kind, level)
