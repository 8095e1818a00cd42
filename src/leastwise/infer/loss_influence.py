"""What each row does to a fit of a loss, by one step and without a fit for each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise.infer.cov.ground import Ground, coefficient_rows
from leastwise.infer.dist import Array
from leastwise.loops.working import Look
from leastwise.loss.base import Loss
from leastwise.loss.family.base import Family

# A leverage this near to 1 is 1: the row fits itself.
FULL = 1.0 - 1e-11


@dataclass(frozen=True, eq=False)
class LossInfluences:
    """What each of n rows does; see `leastwise.model.loss_influence.LossInfluence`."""

    leverage: Array
    response: Array
    pearson: Array
    deviance: Array
    working: Array
    standardized: Array
    standardized_pearson: Array
    studentized: Array
    cook: Array
    dffits: Array
    covratio: Array
    dfbetas: Array
    one_step: Array
    left_out: Array
    left_out_deviance: Array


@dataclass(frozen=True, eq=False)
class _Rows:
    """Roots of the weights times coordinates, and what comes of them.

    `along` is toward the coefficients by the observed curvature, without the weights.
    """

    leverage: Array
    toward: Array
    reach: Array
    along: Array


@dataclass(frozen=True, eq=False)
class RowInfluences:
    """What each of n rows of any loss does; see `leastwise.model.row_influence`."""

    leverage: Array
    score: Array
    moved: Array
    left_out: Array
    left_out_loss: Array


def row_influences(ground: Ground, loss: Loss, look: Look, y: Array) -> RowInfluences:
    """Take one step of Newton's without each row, from the fit with it.

    The sum of the others has the gradient ``-w s x`` at the fit, and the curvature
    ``H - w h x x'``: the step is ``H^-1 x w s / (1 - w h x'H^-1 x)``, with s and h the
    derivatives of the loss of the row.

    Parameters
    ----------
    ground : Ground
        The working rows and their fit.
    loss : Loss
        What was fitted, its scale held.
    look : Look
        Predictors, scores and curvatures of the rows.
    y : ndarray, shape (n,)
        The target.

    Returns
    -------
    RowInfluences
        `moved` is in units of ``sqrt(diag((X'WX)^-1))`` of the working rows.
    """
    case = np.ones(ground.n) if ground.seen.frequency else look.case_weights
    observed = np.asarray(loss.observed(look.eta, y))
    rows = _rows(ground, look, observed)
    leverage = case * observed * rows.reach
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        pull = (
            case * look.there.score / np.where(leverage >= FULL, np.nan, 1 - leverage)
        )
        away = look.eta + pull * rows.reach
        moved = rows.along * (pull * np.sqrt(ground.once))[:, None]
        lost = np.asarray(loss.local(away, y).value)
    gone = np.isnan(ground.seen.fit.coefficients[:, ground.seen.target])
    moved[:, gone] = np.nan
    return RowInfluences(leverage, look.there.score, moved, away, case * lost)


def loss_influences(
    ground: Ground, family: Family, look: Look, y: Array, dispersion: float
) -> LossInfluences:
    """Measure what leaving out each row would change, to first order.

    Parameters
    ----------
    ground : Ground
        The working rows and their fit.
    family : Family
        What was fitted.
    look : Look
        Predictors, scores and curvatures of the rows.
    y : ndarray, shape (n,)
        The target.
    dispersion : float
        Of the fit.
    """
    counted = ground.seen.frequency
    case = np.ones(ground.n) if counted else look.case_weights
    copies = look.case_weights if counted else np.ones(ground.n)
    there, weights = look.there, look.weights
    mean = family.mean(look.eta)
    working = -there.score / weights
    side = np.sign(family.mean_slope(look.eta))
    pearson = side * np.sqrt(case * weights) * working
    deviance = np.sign(y - mean) * np.sqrt(2.0 * case * np.maximum(there.value, 0.0))
    observed = family.observed(look.eta, y)
    rows = _rows(ground, look, observed)
    if counted:
        # What one of the copies of a row has of what all of them have.
        roots = np.sqrt(copies)[:, None]
        rows = replace(
            rows, leverage=rows.leverage / copies, toward=rows.toward / roots
        )
    full = rows.leverage >= FULL
    leverage = np.where(full, 1.0, rows.leverage)
    rank, dof = ground.seen.fit.rank, ground.dof
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        free = np.where(full, np.nan, 1.0 - leverage)
        unit = np.sqrt(dispersion)
        total = float(copies @ deviance**2)
        left = np.maximum(total - deviance**2 / free, 0.0)
        sigma = np.sqrt(left / (dof - 1.0)) if dof > 1 else np.full(len(y), np.nan)
        likely = np.sqrt(deviance**2 + leverage * pearson**2 / free)
        studentized = np.sign(deviance) * likely
        if not family.has_known_dispersion:
            studentized = studentized / sigma
        star = deviance / (sigma * np.sqrt(free))
        covratio = 1.0 / (free * ((dof - 1.0 + star**2) / dof) ** rank)
        dfbetas = rows.toward * (deviance / free / sigma)[:, None]
        errors = np.sqrt((coefficient_rows(ground)[0] ** 2).sum(axis=1))
        gone = np.isnan(ground.seen.fit.coefficients[:, ground.seen.target])
        moved = rows.toward * (side * pearson / free)[:, None]
        size = np.where(errors > 0, 1.0, np.nan)
        dfbetas, moved = dfbetas * size, moved * size
        dfbetas[:, gone] = moved[:, gone] = np.nan
        # One step of Newton's method without the row, from the fit with it.
        bare = 1.0 - case * observed * rows.reach
        away = look.eta + case * there.score * rows.reach / np.where(full, np.nan, bare)
        left_out = family.mean(away)
        lost = family.local(away, y).value
    return LossInfluences(
        leverage, y - mean, pearson, deviance, working,
        deviance / (unit * np.sqrt(free)), pearson / (unit * np.sqrt(free)),
        studentized, (pearson / free) ** 2 * leverage / (dispersion * rank),
        star * np.sqrt(leverage / free), covratio, dfbetas, moved, left_out,
        2.0 * case * lost,
    )  # fmt: skip


def _rows(ground: Ground, look: Look, observed: Array) -> _Rows:
    """Walk the rows twice: for the observed curvature, then for what each does."""
    n, q = ground.n, ground.size
    toward, _ = coefficient_rows(ground)
    size = np.sqrt((toward**2).sum(axis=1))
    toward = toward / np.where(size > 0, size, np.nan)[:, None]
    curved = np.zeros((q, q))
    part = observed / look.weights
    for here, z, w in ground.walk():
        curved += z.T @ ((w * part[here])[:, None] * z)
    inverse = np.linalg.pinv(0.5 * (curved + curved.T), rcond=1e-12, hermitian=True)
    leverage, reach = np.empty(n), np.empty(n)
    made, along = np.empty((n, len(toward))), np.empty((n, len(toward)))
    for here, z, w in ground.walk():
        leverage[here] = w * np.einsum("ij,ij->i", z, z)
        # In units of the case weights: coordinates are in those of the working rows.
        there = z @ inverse
        own = w * np.einsum("ij,ij->i", there, z)
        along[here] = there @ toward.T
        reach[here] = own / (look.case_weights * look.weights)[here]
        made[here] = np.sqrt(w)[:, None] * (z @ toward.T)
    return _Rows(leverage, made, reach, along)
