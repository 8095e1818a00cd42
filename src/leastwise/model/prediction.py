"""Predictions with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from leastwise.rows.give import give_frame

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predictions with their intervals, one row for each row asked about.

    Attributes
    ----------
    fit : ndarray, shape (n,)
        Predicted mean, in units of the target.
    std_error : ndarray, shape (n,)
        Standard error of the mean.
    low, high : ndarray, shape (n,)
        Ends of the interval.
    interval : {"confidence", "prediction"}
        For the mean, or for one new observation.
    level : float
        Coverage.
    adjust : {"none", "bonferroni", "scheffe"}
        Whether the intervals hold one by one or together.
    leverage : ndarray, shape (n,)
        How far each row is from the middle of the rows of the fit.
    extrapolates : ndarray of bool, shape (n,), or None
        True where the leverage is larger than that of any row of the fit: the row is
        outside what was seen, in the columns taken together. None for a model that was
        saved before this was kept.
    shifted : tuple of str
        Columns of which all values (two or more) are below the smallest of the fit, or
        all above the largest: perhaps in another unit.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.5]})
    >>> p = m.predict({"x": [3.0]}, interval="prediction")
    >>> p.fit.round(6).tolist(), bool((p.low < p.fit).all())
    ([7.666667], True)
    """

    fit: Array
    std_error: Array
    low: Array
    high: Array
    interval: Literal["confidence", "prediction"]
    level: float
    adjust: str
    leverage: Array
    extrapolates: Array | None
    shifted: tuple[str, ...]

    def frame(self, kind: str = "auto") -> Any:
        """Return a data frame: pandas, polars or arrow, whichever is installed."""
        made = {
            "fit": self.fit,
            "std_error": self.std_error,
            "low": self.low,
            "high": self.high,
        }
        if self.extrapolates is not None:
            made["extrapolates"] = self.extrapolates
        return give_frame(made, kind)
