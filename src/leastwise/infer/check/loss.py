"""Checks of a fit of a family: its variance, its zeros, its link, its calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.check.finding import Finding, Numbers, Words, absent, judge
from leastwise.infer.cov.ground import Ground
from leastwise.infer.dist import Array, chi2_upper, normal_upper
from leastwise.loops.working import Look
from leastwise.loss.family.base import Family

# Values of chi-squared with one degree of freedom, and of the normal, at 5%.
CHI2, NORMAL = 3.841458820694124, 1.959963984540054
DISPERSION = Words(
    "dispersion", "the variance", "Pearson chi-squared", "the dispersion",
    "The target varies as the family says",
    "The target varies more than the family says",
    "Take a quasi family, a negative binomial, or m.with_cov(\"HC3\"): the standard "
    "errors are too small.",
)  # fmt: skip
ZEROS = Words(
    "zeros", "the number of zeros", "z", "the share of rows that are zeros too many",
    "There are as many zeros as the family expects",
    "There are other numbers of zeros than the family expects",
    "Look for rows that cannot be anything but 0, or take a negative binomial.",
)  # fmt: skip
LINK = Words(
    "link", "the link and the form of the model", "chi-squared",
    "the share of the residuals that the square of the predictor explains",
    "No sign that the square of the predictor is missing",
    "The square of the predictor explains what the model leaves",
    "Try another link; a transformed input, a square or an interaction may be missing.",
)  # fmt: skip
CALIBRATION = Words(
    "calibration", "the probabilities", "z", "the excess of the squared error",
    "The squared error is what the probabilities promise",
    "The squared error is not what the probabilities promise",
    "Try another link or more inputs: probabilities are off though they may rank well.",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LossCase:
    """What checks of a family read.

    Attributes
    ----------
    ground : Ground
        The working rows and their fit.
    family : Family
        What was fitted.
    look : Look
        Predictors, scores and curvatures of the rows.
    y : ndarray, shape (n,)
        The target.
    pearson, dispersion, dof : float
        Of the fit.
    """

    ground: Ground
    family: Family
    look: Look
    y: Array
    pearson: float
    dispersion: float
    dof: float

    def beside(self, values: Array) -> tuple[float, float]:
        """Return the sum of squares of a column that the inputs leave, and its score.

        Parameters
        ----------
        values : ndarray, shape (n,)
            The column.
        """
        ground, look = self.ground, self.look
        weights = look.case_weights * look.weights
        part = np.zeros(ground.size)
        for here, z, w in ground.walk():
            part += z.T @ (w * values[here])
        left = values.copy()
        for here, z, _ in ground.walk():
            left[here] -= z @ part
        score = float(np.sum(look.case_weights * -look.there.score * left))
        return float(np.sum(weights * left * left)), score


def dispersion(case: LossCase) -> Finding:
    """Pearson's chi-squared by its degrees of freedom (McCullagh and Nelder 1989).

    Parameters
    ----------
    case : LossCase
        The fit.
    """
    if not case.family.has_known_dispersion:
        return absent(DISPERSION, "the dispersion is estimated")
    single = case.look.case_weights <= 1.0
    if case.family.name == "Binomial" and single.any():
        return absent(DISPERSION, "rows of one trial have no variance of their own")
    needed = 1.0 + NORMAL * float(np.sqrt(2.0 / case.dof))
    p = chi2_upper(case.pearson, case.dof)
    ratio = case.pearson / case.dof
    numbers = Numbers(case.pearson, p, (case.dof,), ratio, needed, 1.1, 2.0)
    return judge(DISPERSION, numbers)


def zeros(case: LossCase) -> Finding:
    """Zeros that are there, and those expected (van den Broek 1995, any inputs).

    ``z = (zeros - sum p_i) / s`` with ``s^2 = sum p (1 - p) - c' I^-1 c``, c the
    covariance of the number with the scores; doi:10.2307/2532959.

    Parameters
    ----------
    case : LossCase
        The fit.
    """
    family, look = case.family, case.look
    if family.name not in ("Poisson", "NegativeBinomial"):
        return absent(ZEROS, "the target is no count")
    mean = family.mean(look.eta)
    nothing = np.zeros_like(mean)
    none = family.below(nothing, mean, 1.0, np.ones_like(mean))[1]
    weight = look.case_weights
    # The score of a row that is 0, times its probability.
    there = family.local(look.eta, nothing).score * none / look.weights
    left, _ = case.beside(there)
    explained = float(np.sum(weight * look.weights * there**2)) - left
    variance = float(np.sum(weight * none * (1.0 - none))) - explained
    if not variance > 0:
        return absent(ZEROS, "no zero is expected")
    count = float(np.sum(weight))
    excess = float(np.sum(weight * ((case.y == 0) - none)))
    z_value = excess / float(np.sqrt(variance))
    p = 2.0 * normal_upper(abs(z_value))
    needed = NORMAL * float(np.sqrt(variance)) / count
    numbers = Numbers(z_value, p, (), abs(excess) / count, needed, 0.01, 0.1)
    return judge(ZEROS, numbers)


def link(case: LossCase) -> Finding:
    """Score test of the square of the predictor (Pregibon 1980, doi:10.2307/2346405).

    Parameters
    ----------
    case : LossCase
        The fit.
    """
    eta = case.look.eta
    size = float(np.abs(eta).max(initial=0.0))
    if not size > 0 or case.ground.seen.fit.rank < 2:
        return absent(LINK, "the predictors are all the same")
    square = (eta / size) ** 2
    left, score = case.beside(square)
    if not left > 1e-12 * float(np.sum(case.look.weights * square**2)):
        return absent(LINK, "the inputs already span it")
    value = score * score / left / case.dispersion
    share = score * score / left / case.pearson if case.pearson > 0 else 0.0
    needed = CHI2 * case.dispersion / case.pearson if case.pearson > 0 else np.inf
    numbers = Numbers(value, chi2_upper(value, 1.0), (1.0,), share, needed, 0.01, 0.26)
    return judge(LINK, numbers)


def calibration(case: LossCase) -> Finding:
    """Squared error of probabilities of single trials, and what they promise.

    ``z = (sum (y - p)^2 - sum p (1 - p)) / s``, s from the residuals of ``1 - 2p`` on
    the inputs (le Cessie and van Houwelingen 1991, doi:10.2307/2532385; Copas 1989; as
    ``residuals.lrm`` in R's rms); it needs no groups, as Hosmer's and Lemeshow's does.

    Parameters
    ----------
    case : LossCase
        The fit.
    """
    family, look, y = case.family, case.look, case.y
    single = ((y == 0) | (y == 1)).all() and (look.case_weights == 1).all()
    if family.name != "Binomial" or not single or family.link != "logit":
        return absent(CALIBRATION, "it is for single trials with a logit link")
    mean = family.mean(look.eta)
    promised = float(np.sum(mean * (1.0 - mean)))
    left, _ = case.beside(1.0 - 2.0 * mean)
    excess = float(np.sum((y - mean) ** 2)) - promised
    if not left > 0:
        return absent(CALIBRATION, "the probabilities are all the same")
    z_value = excess / float(np.sqrt(left))
    p = 2.0 * normal_upper(abs(z_value))
    needed = NORMAL * float(np.sqrt(left)) / promised
    numbers = Numbers(z_value, p, (), abs(excess) / promised, needed, 0.02, 0.2)
    return judge(CALIBRATION, numbers)


CHECKS = (dispersion, zeros, link, calibration)
"""The one list."""
