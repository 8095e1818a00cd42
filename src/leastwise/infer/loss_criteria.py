"""How well a fit of a family would predict."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leastwise.infer.dist import Array


@dataclass(frozen=True)
class LossCriteria:
    """What may be compared between fits of the same rows.

    Attributes
    ----------
    aic, aicc, bic : float
        From the likelihood; the second with Hurvich and Tsai's correction; NaN where
        there is none.
    left_out_deviance : float
        Sum of what each row adds to the deviance when it is predicted from the others,
        approximately: see `LossInfluence.left_out_deviance`.
    log_loss : float
        Half of that by observation (by trial): the approximate cross-validated loss; of
        single trials the logarithmic score.
    brier : float
        Mean squared error of probabilities (Brier 1950); NaN for other families.
    auc : float
        Probability that a hit has a larger probability than a miss, ties counted half
        (the area under the ROC curve); NaN for other families.
    """

    aic: float
    aicc: float
    bic: float
    left_out_deviance: float
    log_loss: float
    brier: float
    auc: float


def area(mean: Array, hits: Array, misses: Array) -> float:
    """Return the area under the ROC curve of weighted hits and misses.

    Parameters
    ----------
    mean : ndarray, shape (n,)
        What rows are put in order by.
    hits, misses : ndarray, shape (n,)
        How many of each a row stands for.

    Examples
    --------
    >>> area(np.array([0.1, 0.4, 0.4, 0.9]), np.array([0, 1, 0, 1.0]),
    ...      np.array([1, 0, 1, 0.0]))
    0.875
    """
    value, place = np.unique(mean, return_inverse=True)
    up, down = np.zeros(len(value)), np.zeros(len(value))
    np.add.at(up, place, hits)
    np.add.at(down, place, misses)
    total = float(up.sum() * down.sum())
    below = np.cumsum(down) - down
    return float(up @ (below + 0.5 * down)) / total if total > 0 else math.nan


def brier(mean: Array, hits: Array, misses: Array) -> float:
    """Return the mean squared error of probabilities, by trial.

    Parameters
    ----------
    mean, hits, misses : ndarray, shape (n,)
        Probabilities; how many hits and misses each row stands for.

    Examples
    --------
    >>> brier(np.array([0.5, 1.0]), np.array([1.0, 1.0]), np.array([1.0, 0.0]))
    0.16666666666666666
    """
    lost = hits * (1.0 - mean) ** 2 + misses * mean**2
    return float(lost.sum() / (hits.sum() + misses.sum()))
