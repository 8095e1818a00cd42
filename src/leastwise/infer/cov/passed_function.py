"""Sums over the rows of a model that is a function, for its covariances."""

from __future__ import annotations

import numpy as np

from leastwise.infer.cov.passed import RowSums
from leastwise.infer.dist import Array
from leastwise.infer.predict import Basis
from leastwise.loops.curve import SteppedModel


def inward_of(basis: Basis) -> Array:
    """Return T, shape (p, p), where ``J'WJ`` in the coordinates ``T j`` is 1.

    Parameters
    ----------
    basis : Basis
        Of the rows of the Jacobian.
    """
    return basis.root if basis.change is None else basis.root @ basis.change.T


def sum_jacobian(
    curve: SteppedModel,
    theta: Array,
    free: Array,
    inward: Array,
    *,
    targets: int,
    frequency: bool,
    bend: bool,
) -> RowSums:
    """Pass over the rows of the Jacobian, with the fit in hand.

    Parameters
    ----------
    curve : SteppedModel
        The model with its rows.
    theta : ndarray, shape (p,)
        The estimates.
    free : ndarray of bool, shape (p,)
        Parameters that the fit is of.
    inward : ndarray, shape (q, q)
        Their coordinates.
    targets : int
        Residuals of a row: their scores are added before they are squared.
    frequency : bool
        Whether a weight is a number of observations.
    bend : bool
        Whether the Hessian is asked for, with the second derivatives of the model.
    """
    q = len(inward)
    meat, plain = np.zeros((2, q, q))
    square = counts = 0.0
    for rows in curve.rows(theta):
        Z = rows.X[:, free] @ inward.T
        r = rows.Y[:, 0]
        w = np.ones(len(r)) if rows.weights is None else rows.weights
        plain += Z.T @ (w[:, None] * Z)
        scores = (r[:, None] * Z).reshape(-1, targets, q).sum(axis=1)
        own = w[::targets]
        meat += scores.T @ ((own if frequency else own * own)[:, None] * scores)
        square += float(w @ (r * r))
        counts += float(w.sum()) if frequency else len(r)
    found = curve.bend(theta) if bend else None
    hessian = plain
    if found is not None:
        hessian = plain - inward @ found[np.ix_(free, free)] @ inward.T
    elif bend:
        hessian = np.full((q, q), np.nan)
    nan = float("nan")
    return RowSums(meat, hessian, plain, square, counts, counts, counts, nan, nan, 0.0)
