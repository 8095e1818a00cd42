"""What weights mean for a model: what is kept of them, whose covariance is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from leastwise.design.weights import Weights
from leastwise.infer.cov.survey import Survey
from leastwise.infer.summary import Quality
from leastwise.record.fit import WeightsRecord
from leastwise.solve.result import Fit

NO_LIKELIHOOD = (
    "With probability weights there is no likelihood: log-likelihood, AIC and BIC are "
    "undefined."
)


def weighing_of(weights: Weights | None) -> WeightsRecord | None:
    """Return what is kept of weights: not their values."""
    if weights is None:
        return None
    names = (
        given if isinstance(given, str) else None
        for given in (weights.strata, weights.cluster)
    )
    return WeightsRecord(weights.kind, *names)


def covariance_for(weights: Weights | None, asked: Any) -> Any:
    """Return the covariance that was asked for, else that of the weights.

    Examples
    --------
    >>> from leastwise.design.weights import probability
    >>> covariance_for(probability("w", strata="region"), None).strata
    'region'
    """
    if asked is None and weights is not None and weights.kind == "probability":
        return Survey(weights.strata, weights.cluster)
    return asked


def is_probability(weighing: WeightsRecord | None) -> bool:
    """Say whether weights are chances of being drawn."""
    return weighing is not None and weighing.kind == "probability"


def judged(found: Quality, fit: Fit, weighing: WeightsRecord | None) -> Quality:
    """Leave out what weights leave undefined.

    Parameters
    ----------
    found : Quality
        As of analytic weights.
    fit : Fit
        The fit.
    weighing : WeightsRecord or None
        What its weights mean.
    """
    if not is_probability(weighing):
        return found
    nan = float("nan")
    # Weights that say how many a row stands for have no unit: their mean is taken as 1.
    unit = np.sqrt(fit.observations / fit.weight)
    return replace(
        found, sigma=found.sigma * float(unit), log_likelihood=nan, aic=nan, bic=nan
    )
