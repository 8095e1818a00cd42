"""Quantile regression of rows: an exact vertex, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.quantile.globs import find_vertex, refine
from leastwise.loops.quantile.ground import Ground, ground_of
from leastwise.loops.quantile.proof import prove
from leastwise.loops.working import Problem
from leastwise.moments.double import Array
from leastwise.moments.fold_numpy import one_blas_thread

# How often a vertex that is not the best is left for one that is, by what it leaves.
MOST_REFINED = 3


@dataclass(frozen=True, eq=False)
class QuantileFit:
    """A quantile regression.

    Attributes
    ----------
    q : float
        The quantile.
    status : Status
        How it ended.
    coefficients : ndarray, shape (k,)
        In original units, intercept first; through k rows, each the nearest float64
        where `bounds` say so.
    bounds : ndarray, shape (k,)
        What they are off by, at most, from the plane through those rows.
    basis : ndarray of int, shape (k,)
        The rows it passes through.
    residuals : ndarray, shape (n,)
        Target less offset and plane; exactly 0 on it.
    multipliers : ndarray, shape (k,)
        Pulls of the rows of the basis, between q - 1 and q.
    objective : float
        Sum of losses, times the weights.
    on : int
        Rows on the plane.
    proven : bool
        Whether it is certain that no other plane has less loss.
    unique : bool or None
        Whether all others have more; None when that is open.
    steps, pivots, rounds : int
        Steps of the interior point, pivots, small problems.
    """

    q: float
    status: Status
    coefficients: Array
    bounds: Array
    basis: Array
    residuals: Array
    multipliers: Array
    objective: float
    on: int
    proven: bool
    unique: bool | None
    steps: int
    pivots: int
    rounds: int


def fit_quantile(
    problem: Problem, q: float, *, ground: Ground | None = None
) -> QuantileFit:
    """Fit a quantile of a target as a linear function of inputs.

    It minimises ``sum_i w_i (y_i - x_i'b) (q - 1[y_i < x_i'b])``. The minimum is taken
    at a plane through as many rows as there are coefficients; those are found, the
    plane through them is solved for without rounding, and that it is optimal is shown
    by multipliers.

    Parameters
    ----------
    problem : Problem
        Inputs of full rank; positive weights.
    q : float
        The quantile, between 0 and 1. It is read as the shortest decimal that rounds
        to it: 0.1 is a tenth.
    ground : Ground, optional
        The rows as `ground_of` prepares them, where several quantiles are fitted.

    Returns
    -------
    QuantileFit

    References
    ----------
    Koenker (2005), Quantile Regression, doi:10.1017/CBO9780511754098.
    """
    here = ground_of(problem) if ground is None else ground
    share = Fraction(repr(float(q)))
    with one_blas_thread():
        found = find_vertex(here, q)
        proof = None if found is None else prove(here, found, share)
        for _ in range(MOST_REFINED):
            if found is None or proof is None or proof.proven:
                break
            found = refine(here, q, found, proof.residuals)
            proof = None if found is None else prove(here, found, share)
    if found is None or proof is None:
        return _nothing(here, q)
    r = proof.residuals
    loss = r * np.where(r < 0, q - 1.0, q)
    if here.weights is not None:
        loss *= here.weights
    status = Status.CONVERGED
    if not (found.arrived and np.isfinite(proof.plane.coefficients).all()):
        status = Status.STEPS_EXHAUSTED
    return QuantileFit(
        q, status, proof.plane.coefficients, proof.plane.bounds, found.basis, r,
        proof.multipliers, float(loss.sum()), proof.on, proof.proven, proof.unique,
        found.steps, found.pivots, found.rounds,
    )  # fmt: skip


def _nothing(ground: Ground, q: float) -> QuantileFit:
    nan = np.full(ground.k, np.nan)
    none = np.full(ground.n, np.nan)
    return QuantileFit(
        q, Status.NOT_FINITE, nan, nan, np.zeros(ground.k, int), none, nan, np.nan,
        0, False, None, 0, 0, 0,
    )  # fmt: skip
