"""A loss of several predictors and its rows -> a fit in original units.

The inputs are shifted by their means and made orthogonal, so that neither units nor
offsets cost digits; the coefficients of the coordinates go back by one matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.status import Status
from leastwise.design.layout import Design
from leastwise.engine.plan import Solved, fit_rows
from leastwise.engine.rows import rows_of
from leastwise.loops.many import ManyProblem, look
from leastwise.loops.newton_many import NewtonMany, newton_many, way_from
from leastwise.loss.base import ROUNDOFF
from leastwise.loss.many.base import ManyLoss
from leastwise.moments.double import Array
from leastwise.solve.digits import relative_to_digits


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Inputs in coordinates of their own: ``x'b = (x - center)'b + center'b``.

    Attributes
    ----------
    Z : ndarray, shape (n, 1 + q)
        A column of ones, then orthogonal columns.
    kept : ndarray of bool, shape (p,)
        Inputs that are no combination of others.
    center : ndarray, shape (q,)
        What was taken off.
    back : ndarray, shape (q, q)
        Coefficients of the inputs from those of the coordinates.
    moved, exponent : ndarray, shape (n, q) and (q,)
        The inputs less their center, in units of ``2**exponent``.
    """

    Z: Array
    kept: Array
    center: Array
    back: Array
    moved: Array
    exponent: Array


@dataclass(frozen=True, eq=False)
class ManySolved:
    """A fit of a loss of several predictors.

    Attributes
    ----------
    problem : ManyProblem
        The rows in coordinates.
    newton : NewtonMany
        How the loop ended.
    least_squares : Solved
        The fit that found which inputs are combinations of others.
    back : ndarray, shape (m, P)
        Coefficients in original units from those of the coordinates; rows of NaN for
        aliased ones.
    estimates, certified : ndarray, shape (m,)
        Coefficients and their digits.
    inverse : ndarray, shape (P, P)
        Inverse of the Hessian, in coordinates.
    null_loss : float
        The loss of constants alone.
    center : ndarray, shape (p,)
        What inputs were counted from; 0 for aliased ones.
    back_about : ndarray, shape (m, P)
        As `back`, with intercepts those of inputs at the center.
    """

    problem: ManyProblem
    newton: NewtonMany
    least_squares: Solved
    back: Array
    estimates: Array
    certified: Array
    inverse: Array
    null_loss: float
    center: Array
    back_about: Array


def coordinates_of(design: Design, solved: Solved, *, shifted: bool) -> Coordinates:
    """Make orthogonal coordinates of the inputs.

    Parameters
    ----------
    design : Design
        The inputs.
    solved : Solved
        A least squares fit to them.
    shifted : bool
        Whether a constant takes up their means.
    """
    p = design.X.shape[1]
    kept = np.asarray(solved.fit.kept)[:p]
    X = design.X[:, kept]
    center = X.mean(axis=0) if shifted and len(X) else np.zeros(X.shape[1])
    moved = X - center
    if design.X_low is not None:
        moved = moved + design.X_low[:, kept]
    origin, low = design.origin[:p][kept], design.origin_low[:p][kept]
    if not shifted:
        moved = moved + origin + low
    largest = np.abs(moved).max(axis=0, initial=0.0)
    exponent = np.frexp(np.where(largest > 0, largest, 1.0))[1]
    moved = np.ldexp(moved, -exponent)
    Q, R = np.linalg.qr(moved)
    n = len(X)
    back = np.linalg.solve(R, np.eye(len(R))) * np.sqrt(n) if len(R) else R
    Z = np.hstack([np.ones((n, 1)), Q * np.sqrt(n)])
    back = np.ldexp(back, -exponent[:, None])
    whole = center + (origin + low) if shifted else center
    return Coordinates(Z, kept, whole, back, moved, exponent)


def solve_many(
    loss: ManyLoss, design: Design, observations: float | None = None
) -> ManySolved:
    """Minimise a loss of several predictors over the rows of a design.

    Parameters
    ----------
    loss : ManyLoss
        What a row costs.
    design : Design
        The rows; targets as the loss takes them.
    observations : float, optional
        Observations to count, when that is not the number of rows.
    """
    p = design.X.shape[1]
    y = design.Y + (design.origin + design.origin_low)[p:]
    if design.Y_low is not None:
        y = y + design.Y_low
    first = replace(
        design, Y=design.Y[:, :1], offset=None, Y_low=None,
        origin=design.origin[: p + 1], origin_low=design.origin_low[: p + 1],
        roundoff=design.roundoff[: p + 1],
    )  # fmt: skip
    shifted = design.intercept
    least = fit_rows(
        rows_of(first), intercept=design.intercept, observations=observations
    )
    here = coordinates_of(design, least, shifted=shifted)
    problem = ManyProblem(
        loss, here.Z, np.ascontiguousarray(y), design.weights, design.offset, shifted
    )
    found = newton_many(problem)
    back = _back(problem, here)
    estimates = _spread_out(problem, here, back @ found.there.theta)
    inverse = _inverse(found.there.hessian)
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", back, inverse, back), 0.0))
    digits = np.zeros(len(back))
    if found.status is Status.CONVERGED:
        found = _with_all_rounding(problem, here, found)
        off = errors * found.left
        off = off + 8.0 * ROUNDOFF * (np.abs(back) @ np.abs(found.there.theta))
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.abs(back @ found.there.theta)
            digits = np.asarray(relative_to_digits(off / value))
            digits = np.where(value == 0, np.nan, digits)
    center = np.zeros(p)
    center[here.kept] = here.center
    at_center = _back(problem, replace(here, center=np.zeros_like(here.center)))
    return ManySolved(
        problem,
        found,
        least,
        _rows_out(estimates, back),
        estimates,
        _spread_out(problem, here, digits),
        inverse,
        _null_loss(problem),
        center,
        _rows_out(estimates, at_center),
    )


def _rows_out(estimates: Array, back: Array) -> Array:
    whole = np.full((len(estimates), back.shape[1]), np.nan)
    whole[~np.isnan(estimates)] = back
    return whole


def _null_loss(problem: ManyProblem) -> float:
    """Return the loss of constants alone; NaN where there are none."""
    alone = replace(problem, Z=problem.Z[:, :1])
    if not alone.size:
        return float("nan")
    found = newton_many(alone)
    return found.there.total if found.status is Status.CONVERGED else float("nan")


def _back(problem: ManyProblem, here: Coordinates) -> Array:
    """Return the matrix from coordinates to original units."""
    back = np.zeros((problem.size, problem.size))
    places, columns = problem.places, problem.columns
    for part, of, place in zip(problem.loss.parts, columns, places, strict=True):
        if part.kind == "level":
            back[place, place] = 1.0
            if part.follows:
                back[place, places[0]] = here.center @ here.back
            continue
        inputs = slice(place.start + int(of.start == 0), place.stop)
        back[inputs, inputs] = here.back
        if of.start == 0:
            back[place.start, place.start] = 1.0
            back[place.start, inputs] = -(here.center @ here.back)
    return back


def _spread_out(problem: ManyProblem, here: Coordinates, values: Array) -> Array:
    """Put NaN where inputs were left out."""
    found: list[Array] = []
    for of, place in zip(problem.columns, problem.places, strict=True):
        if of.stop is not None:
            found.append(values[place])
            continue
        whole = np.full(len(here.kept), np.nan)
        ahead = int(of.start == 0)
        whole[here.kept] = values[place][ahead:]
        found.append(np.append(values[place][:ahead], whole))
    return np.concatenate(found)


def _inverse(hessian: Array) -> Array:
    scale = np.sqrt(np.abs(np.diagonal(hessian)))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(hessian / np.outer(scale, scale))
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = vectors / np.where(values > 0, values, np.nan) @ vectors.T
    return np.asarray(inner / np.outer(scale, scale))


def _with_all_rounding(
    problem: ManyProblem, here: Coordinates, found: NewtonMany
) -> NewtonMany:
    """Bound what is left anew, with the terms of the predictors in original units."""
    theta = found.there.theta
    size = np.empty((len(problem.loss.parts), len(problem.Z)))
    for c, (of, place) in enumerate(zip(problem.columns, problem.places, strict=True)):
        mine = theta[place]
        ahead = int(of.start == 0)
        level = float(np.abs(mine[:ahead]).sum())
        size[c] = level
        if of.stop is None:
            slopes = np.ldexp(here.back @ mine[ahead:], here.exponent)
            size[c] += np.abs(here.moved) @ np.abs(slopes)
    there = look(problem, theta, size)
    way = way_from(there)
    return replace(found, there=there, left=way.length + way.noise)
