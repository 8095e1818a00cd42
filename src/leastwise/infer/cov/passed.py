"""Covariances of a fit whose rows passed: each from a few sums.

The coordinates are those of `leastwise.infer.cov.ground`, in original units: z is
``[1/sqrt(W), R (x - mean)]``, in which the sum of ``w z z'`` over the working rows is
the identity. What is kept of the rows are square matrices of that size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.infer.cov.base import Covariance
from leastwise.infer.cov.bread import NO_CURVATURE
from leastwise.infer.cov.classical import Classical
from leastwise.infer.cov.hc import HC0, HC1
from leastwise.infer.cov.hessian import Hessian
from leastwise.infer.cov.huber import Huber
from leastwise.infer.cov.sandwich import Sandwich
from leastwise.infer.dist import Array
from leastwise.infer.predict import Basis
from leastwise.loops.blocks import Blocks, predictors
from leastwise.loops.working import Point
from leastwise.loss.family.base import Family
from leastwise.loss.family.gaussian import Gaussian


@dataclass(frozen=True, eq=False)
class RowSums:
    """What a pass at the end of a loop brings.

    Attributes
    ----------
    meat, hessian, plain : ndarray, shape (q, q)
        Sums over rows of squared scores, of curvatures and of weights, times ``z z'``.
    square, curvature, curvature_square : float
        Weighted sums of squared scores; of curvatures, and of their squares.
    counts : float
        Observations.
    likelihood, null_likelihood : float
        Log-likelihoods; NaN where there are none.
    light : float
        Rows with less than half of the weight they could have.
    """

    meat: Array
    hessian: Array
    plain: Array
    square: float
    curvature: float
    curvature_square: float
    counts: float
    likelihood: float
    null_likelihood: float
    light: float


@dataclass(frozen=True)
class Deviances:
    """What likelihoods are found from.

    Attributes
    ----------
    own, null : float
        Twice the loss of the fit and of a level alone.
    weight : float
        Sum of the case weights.
    rows : int
        Rows used.
    """

    own: float
    null: float
    weight: float
    rows: int


def coordinates_of(basis: Basis) -> Array:
    """Return T, where a row ``[1, x - center]`` has the coordinates ``T [1, x - c]``.

    Parameters
    ----------
    basis : Basis
        Of the least squares fit of the working rows.
    """
    q = 1 + len(basis.center)
    made = np.zeros((q, q))
    made[0, 0] = 1.0 / np.sqrt(basis.weight)
    made[1:, 1:] = basis.root
    return made


def sum_rows(
    blocks: Blocks, at: Point, first: Array, basis: Basis, about: Deviances
) -> RowSums:
    """Pass over the rows once more, with the fit in hand.

    Parameters
    ----------
    blocks : Blocks
        The rows.
    at : Point
        Where scores and curvatures are taken.
    first : ndarray, shape (p,)
        The row that the point is about.
    basis : Basis
        Of the least squares fit of the working rows.
    about : Deviances
        For the likelihoods.
    """
    inward = coordinates_of(basis)
    q = len(inward)
    meat, hessian, plain = np.zeros((3, q, q))
    sums = np.zeros(5)
    likelihood = np.zeros(2)
    frequency = blocks.observations is not None
    for problem in blocks.every():
        look = problem.look(predictors(problem, at, first))
        w, s = look.case_weights, look.there.score
        bent = problem.loss.observed(look.eta, problem.y)
        Z = np.empty((len(s), q))
        Z[:, 0] = inward[0, 0]
        np.matmul(problem.rows.X - basis.center, basis.root.T, out=Z[:, 1:])
        meat += Z.T @ ((w * s * s * (1.0 if frequency else w))[:, None] * Z)
        hessian += Z.T @ ((w * bent)[:, None] * Z)
        plain += Z.T @ (w[:, None] * Z)
        counts = w if frequency else np.ones_like(w)
        most = float(look.there.curvature.max(initial=0.0))
        sums += [
            float(w @ (s * s)),
            float(counts @ bent),
            float(counts @ (bent * bent)),
            float(counts.sum()),
            float((look.there.curvature < 0.5 * most).sum()),
        ]
        likelihood += _likelihoods(problem.loss, problem.y, w, about)
    square, curvature, curvatures, count, light = sums.tolist()
    own, null = likelihood.tolist()
    return RowSums(
        meat, hessian, plain, square, curvature, curvatures, count, own, null, light
    )


def _likelihoods(loss: object, y: Array, w: Array, about: Deviances) -> Array:
    """Return the part that some rows have in the log-likelihoods.

    Those are sums over rows once the dispersion is known; so a block is asked with the
    deviance that it would have by its share of the rows (of the weights, where the
    dispersion is the deviance over their sum).
    """
    if not isinstance(loss, Family):
        return np.full(2, np.nan)
    by_rows = isinstance(loss, Gaussian)
    share = len(y) / about.rows if by_rows else float(w.sum()) / about.weight
    with np.errstate(all="ignore"):
        return np.array(
            [
                loss.log_likelihood(y, w, share * total)
                for total in (about.own, about.null)
            ]
        )


def core_of(cov: Covariance, sums: RowSums, *, dof: float, curved: bool) -> Array:
    """Return a covariance in the coordinates.

    Parameters
    ----------
    cov : Covariance
        Which: HC0, HC1, the Hessian, Huber's, or a sandwich of the first two.
    sums : RowSums
        Of the rows.
    dof : float
        Residual degrees of freedom.
    curved : bool
        Whether the working weights are the curvature that a sandwich takes.

    Raises
    ------
    RequestError
        For a covariance that needs the rows themselves.
    """
    known(cov)
    if isinstance(cov, Sandwich):
        return _between(_inverse(sums.hessian), core_of_meat(cov.meat, sums, dof))
    if isinstance(cov, (HC0, HC1)):
        meat = core_of_meat(cov, sums, dof)
        return meat if curved else _between(_inverse(sums.hessian), meat)
    if isinstance(cov, Hessian):
        return _inverse(sums.hessian)
    n, p = sums.counts, sums.counts - dof
    mean = sums.curvature / n
    variance = (sums.curvature_square - n * mean * mean) / (n - 1.0)
    if not mean > 0:
        return np.full(sums.plain.shape, np.nan)
    factor = (1.0 + p * variance / (n * mean * mean)) / mean
    return np.asarray(sums.square / dof * factor**2 * _inverse(sums.plain))


def known(cov: Covariance) -> None:
    """Refuse a covariance that needs the rows themselves.

    Parameters
    ----------
    cov : Covariance
        Which.

    Raises
    ------
    RequestError
        With those that do not.
    """
    if is_sum(cov):
        return
    raise RequestError(
        f"cov={cov.name} asks every row again, and rows in blocks have passed",
        fix='Use "HC0", "HC1" or leastwise.cov.Hessian(), or fit in memory',
    )


def is_sum(cov: Covariance) -> bool:
    """Say whether a covariance is found from sums over rows.

    Parameters
    ----------
    cov : Covariance
        Which.
    """
    if isinstance(cov, Sandwich):
        return isinstance(cov.meat, (HC0, HC1))
    return isinstance(cov, (Classical, HC0, HC1, Hessian, Huber))


def core_of_meat(cov: Covariance, sums: RowSums, dof: float) -> Array:
    """Return the meat of HC0 or HC1.

    Parameters
    ----------
    cov : Covariance
        Which.
    sums : RowSums
        Of the rows.
    dof : float
        Residual degrees of freedom.
    """
    return sums.meat * (sums.counts / dof if isinstance(cov, HC1) else 1.0)


def spread_basis(basis: Basis, core: Array) -> Basis:
    """Return what predictions need, with another covariance.

    Parameters
    ----------
    basis : Basis
        Of the least squares fit of the working rows.
    core : ndarray, shape (q, q)
        The covariance in the coordinates.
    """
    if not np.isfinite(core).all():
        return replace(basis, spread=np.full(core.shape, np.nan))
    values, vectors = np.linalg.eigh(0.5 * (core + core.T))
    half = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return replace(basis, spread=half @ coordinates_of(basis))


def _between(bread: Array, meat: Array) -> Array:
    return np.asarray(bread @ meat @ bread)


def _inverse(bread: Array) -> Array:
    """Invert what is there of a matrix: coordinates of dropped columns are 0."""
    bread = 0.5 * (bread + bread.T)
    alive = np.abs(bread).any(axis=1)
    found = np.zeros_like(bread)
    inner = bread[np.ix_(alive, alive)]
    if not inner.size:
        return found
    values, vectors = np.linalg.eigh(inner)
    if not values[0] > NO_CURVATURE * np.abs(values).max():
        raise DataError(
            "the loss has no curvature in some combination of the coefficients: this "
            "is no minimum, and they have no covariance",
            fix="Leave out what the data do not tell, or take a loss that bends up",
        )
    found[np.ix_(alive, alive)] = (vectors / values) @ vectors.T
    return found
