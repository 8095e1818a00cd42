"""How well a model would predict: criteria from the likelihood and left-out rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from leastwise.infer.cov.base import Seen
from leastwise.infer.cov.ground import stand_on
from leastwise.infer.summary import Quality
from leastwise.moments.fitted import Want

Criterion: TypeAlias = Literal["aic", "aicc", "bic", "cp", "adj_r_squared"]
CRITERIA: tuple[str, ...] = get_args(Criterion)


@dataclass(frozen=True)
class Criteria:
    """What may be compared between models of the same rows.

    Attributes
    ----------
    aic, aicc, bic : float
        ``-2 log L + 2 k``, the same with Hurvich and Tsai's correction for small
        samples (1989, doi:10.1093/biomet/76.2.297), and ``-2 log L + k log n``; k
        counts sigma, as in R.
    press : float
        Sum of squared errors of predicting each row from all others (Allen 1974,
        doi:10.1080/00401706.1974.10489157), each with its weight.
    press_r_squared : float
        ``1 - press / tss``.
    loo_mse : float
        ``press`` by row, or by observation where weights count rows: the mean squared
        error of exact leave-one-out cross-validation, in squared units of the target.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.criteria().press, 6)
    1.791383
    """

    aic: float
    aicc: float
    bic: float
    press: float
    press_r_squared: float
    loo_mse: float


def criteria(seen: Seen, quality: Quality) -> Criteria:
    """Return the criteria of a fit, by one pass over its rows.

    A row left out has the error ``e / (1 - h)``: nothing is fitted again. With
    analytic weights errors are weighted; a row that stands for w equal ones has one
    of them left out, with leverage ``h / w``.

    Parameters
    ----------
    seen : Seen
        The fit and its rows.
    quality : Quality
        Of the same target.
    """
    # In the basis of the fit, where columns that nearly agree are taken apart.
    ground, weights = stand_on(seen), seen.rows.weights
    again = ground.look(Want(residuals=True, leverages=True))
    e = np.ldexp(np.asarray(again.residuals)[:, seen.target], ground.unit)
    e = np.zeros_like(e) if seen.exact else e
    h = np.asarray(again.leverages)
    if seen.frequency and weights is not None:
        h = h / weights
    with np.errstate(divide="ignore", invalid="ignore"):
        left_out = e / (1.0 - h)
        square = left_out**2 if weights is None else weights * left_out**2
    press, n = float(square.sum()), seen.fit.observations
    parameters = seen.fit.rank + 1
    spare = n - parameters - 1
    more = 2.0 * parameters * (parameters + 1) / spare if spare > 0 else np.inf
    return Criteria(
        aic=quality.aic,
        aicc=quality.aic + more,
        bic=quality.bic,
        press=press,
        press_r_squared=1.0 - press / quality.tss if quality.tss > 0 else np.nan,
        loo_mse=press / n,
    )
