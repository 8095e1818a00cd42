"""The rows of a fit in coordinates in which the inputs are orthonormal.

Where the columns nearly agree, the rows are taken to a basis of their own first, in
pairs of float64, as the fit was; see `leastwise.moments.rebase`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from leastwise.infer.cov.base import Seen
from leastwise.infer.dist import Array
from leastwise.moments.blocks import BLOCK, Frame, Rows, blocks, first_row
from leastwise.moments.double import Double
from leastwise.moments.fitted import Fitted, SecondPass, Want
from leastwise.moments.fold import fold_rows
from leastwise.moments.rebase import fold_rebased, rebased_rows
from leastwise.moments.second_pass import second_pass
from leastwise.moments.state import Moments
from leastwise.solve.again import fitted_of
from leastwise.solve.carry import change_for
from leastwise.solve.fit import solve
from leastwise.solve.result import Fit

# Numbers in X beyond which no other basis is tried: it takes the memory of four times
# as many.
MOST_REBASED = 5_000_000
# Square of the condition up to which float64 leaves 13 digits of the coordinates, and
# 11. Up to n p^2 of QUICK another basis takes less than a second.
WELL_CONDITIONED, TOLERABLE = 1e6, 1e10
QUICK = 20_000_000
# Numbers in the rows up to which residuals in pairs cost nothing that is noticed.
FEW = 2_000_000
# Standard deviations that the first row may be away from the mean of rows that are
# folded about it in float64.
FAR = 30.0
# Residuals beside the target below which float64 leaves few digits of them.
NEARLY_EXACT = 2.0**-16


@dataclass(frozen=True, eq=False)
class Ground:
    """A fit and its rows in orthonormal coordinates.

    Attributes
    ----------
    seen : Seen
        The fit and the rows as they were given.
    rows, moments, fitted
        The rows, what they fold into and the fit: as seen, or in a basis of its own.
    kept : ndarray of bool, shape (p',)
        Inputs of `rows` that have a coefficient of their own.
    unit : int
        A target in the units of `moments` times ``2**unit`` is in those of the data.
    lift : ndarray, shape (p, p')
        Slopes of the inputs in the scaled units of the seen moments, from those of
        `rows`.
    carried : bool
        Whether the basis is the one predictions are made in.
    """

    seen: Seen
    rows: Rows
    moments: Moments
    fitted: Fitted
    kept: Array
    unit: int
    lift: Array
    carried: bool = False

    @property
    def size(self) -> int:
        """Number of coordinates, that of the level included."""
        return 1 + self.moments.n_inputs

    @property
    def n(self) -> int:
        """Rows used."""
        return len(self.rows.Y)

    @property
    def dof(self) -> float:
        """Residual degrees of freedom."""
        return float(self.seen.fit.dof)

    @property
    def observations(self) -> float:
        """Observations counted."""
        return float(self.seen.fit.observations)

    @property
    def once(self) -> float:
        """What turns a square of a weighted row into that of one of its copies.

        Weights are held in units of a power of two.
        """
        return float(np.ldexp(1.0, -self.moments.weight_exponent))

    def look(self, want: Want) -> SecondPass:
        """Look at the rows again, in pairs where that is cheap or needed."""
        fit, target = self.seen.fit, self.seen.target
        small = self.rows.X.size + self.n <= FEW
        near = fit.rss[target] <= NEARLY_EXACT**2 * fit.tss[target]
        want = replace(want, pairs=bool(small or near))
        return second_pass(self.rows, self.moments, self.fitted, want)

    def residuals(self) -> Array:
        """Return the residuals of the target, 0 where the fit is exact."""
        if self.seen.exact:
            return np.zeros(self.n)
        found = self.look(Want(residuals=True)).residuals
        if found is None:
            raise AssertionError("a second pass brings what it is asked for")
        return np.ascontiguousarray(found[:, self.seen.target])

    def walk(self, part: slice | None = None) -> Iterator[tuple[slice, Array, Array]]:
        """Yield blocks of rows: which they are, their coordinates, their weights."""
        m, fitted = self.moments, self.fitted
        p = m.n_inputs
        start = 0 if part is None else part.start
        for u, low, w in blocks(self.rows, self._frame(), part):
            here = slice(start, start + len(u))
            start = here.stop
            z = np.empty((len(u), 1 + p))
            z[:, 0] = np.sqrt(fitted.beside)
            z[:, 1:] = (u[:, 1 : 1 + p] - fitted.mean + low[:, 1 : 1 + p]) @ (
                fitted.root.T
            )
            yield here, z, np.ones(len(u)) if w is None else w

    def folded(self, square: Array) -> Array | None:
        """Return ``sum_i w_i^2 s_i z_i z_i'`` by one fold; None where rows are better.

        Parameters
        ----------
        square : ndarray, shape (n,)
            s: a fold takes weights above 0 alone.
        """
        m, fitted = self.moments, self.fitted
        if self.n <= BLOCK or self.rows.X_low is not None:
            return None
        weights = square
        if self.rows.weights is not None:
            w = np.ldexp(self.rows.weights, -m.weight_exponent)
            weights = w * w * square
        if not (weights.min() > 0 and np.isfinite(weights).all()):
            return None
        inner = np.zeros((self.size, self.size))
        inner[0, 0], inner[1:, 1:] = np.sqrt(fitted.beside), fitted.root
        inner[1:, 0] = -fitted.root @ fitted.mean
        if np.abs(inner[1:, 0]).max(initial=0.0) > FAR * np.sqrt(fitted.beside):
            return None
        here = fold_rows(Rows(self.rows.X, self.rows.Y, weights), slices=1)
        p = m.n_inputs
        gram = here.gram.hi[: p + 1, : p + 1]
        # Both are measured from the first row, each in powers of two of its own.
        step = np.append(0, here.exponent[:p] - m.exponent[:p])
        turned = inner * np.ldexp(1.0, step)
        made = turned @ gram @ turned.T
        return np.asarray(np.ldexp(made, here.weight_exponent))

    def take(self, index: Array) -> tuple[Array, Array]:
        """Return the coordinates and the weights of some rows, no more than a block."""
        rows = self.rows
        # All is measured from the first row.
        every = np.concatenate([[0], index])
        X_low, Y_low, weights = (
            None if given is None else given[every]
            for given in (rows.X_low, rows.Y_low, rows.weights)
        )
        some = replace(
            rows,
            X=rows.X[every],
            Y=rows.Y[every],
            X_low=X_low,
            Y_low=Y_low,
            weights=weights,
        )
        ((_, z, w),) = replace(self, rows=some).walk()
        return z[1:], w[1:]

    def _frame(self) -> Frame:
        m = self.moments
        return Frame(first_row(self.rows), m.exponent, m.weight_exponent, m.grain)

    def scores(self) -> Array:
        """Return ``w e z`` of all rows, shape (n, q)."""
        residual = self.residuals()
        found = np.empty((self.n, self.size))
        for part, z, w in self.walk():
            found[part] = (w * residual[part])[:, None] * z
        return found


# Rows that are taken at a time: with the first, no more than a block.
MOST_TAKEN = BLOCK - 1


def stand_on(seen: Seen) -> Ground:
    """Take rows to coordinates, in a basis of their own where columns nearly agree.

    Parameters
    ----------
    seen : Seen
        The fit and its rows.
    """
    fit = seen.fit
    quick = seen.rows.X.size * seen.moments.n_inputs <= QUICK
    most = WELL_CONDITIONED if quick else TOLERABLE
    ill = fit.carried is not None or fit.condition > most
    if ill and not fit.least_norm and seen.rows.X.size <= MOST_REBASED:
        found = _rebased(seen)
        if found is not None:
            return found
    m = seen.moments
    p = m.n_inputs
    unit = int(m.exponent[p + seen.target])
    fitted = fitted_of(m, fit)
    return Ground(seen, seen.rows, m, fitted, fit.kept, unit, np.eye(p))


def _rebased(seen: Seen) -> Ground | None:
    rows, m, fit = _of_kept(seen)
    p, about_zero = m.n_inputs, not fit.intercept
    if not p:
        return None
    if seen.fit.carried is not None:
        change = np.ldexp(seen.fit.carried.change, m.exponent[:p, None])
    else:
        change = change_for(fit, m)
    if not np.isfinite(change).all():
        return None
    made = rebased_rows(rows, m, change, about_zero=about_zero)
    other = fold_rebased(made, m, change, about_zero=about_zero)
    own = solve(other, intercept=seen.fit.intercept, observations=seen.fit.observations)
    if not own.kept.all():
        return None
    all_p = seen.moments.n_inputs
    lift = np.zeros((all_p, p))
    # From the units of the basis to those of the columns as they were folded.
    moved = m.exponent[:p] - seen.moments.exponent[:all_p][seen.fit.kept]
    lift[seen.fit.kept] = np.ldexp(change, -moved[:, None])
    k = seen.target
    return Ground(
        seen=seen,
        rows=made,
        moments=other,
        fitted=fitted_of(other, own),
        kept=own.kept,
        unit=int(m.exponent[p + k] + other.exponent[p + k]),
        lift=lift,
        carried=seen.fit.carried is not None,
    )


def _of_kept(seen: Seen) -> tuple[Rows, Moments, Fit]:
    """Leave out columns without a coefficient."""
    rows, kept = seen.rows, seen.fit.kept
    if kept.all():
        return rows, seen.moments, seen.fit
    every = np.concatenate([kept, np.ones(rows.Y.shape[1], bool)])
    origin, origin_low, roundoff = (
        None if given is None else given[every]
        for given in (rows.origin, rows.origin_low, rows.roundoff)
    )
    fewer = replace(
        rows,
        X=rows.X[:, kept],
        X_low=None if rows.X_low is None else rows.X_low[:, kept],
        origin=origin,
        origin_low=origin_low,
        roundoff=roundoff,
    )
    m = fold_rows(fewer, slices=3)
    fit = solve(m, intercept=seen.fit.intercept, observations=seen.fit.observations)
    return fewer, m, fit


def coefficient_rows(ground: Ground) -> tuple[Array, Array]:
    """Return what coordinates each coefficient is made of, rows of largest entry 1.

    Returns
    -------
    rows : ndarray, shape (m, q)
        Up to a factor.
    power : ndarray of int, shape (m,)
        The factor is ``2**power``.
    """
    slopes, power = _slope_rows(ground)
    fit, p = ground.seen.fit, len(ground.lift)
    if fit.intercept:
        m = ground.seen.moments
        first = np.zeros(ground.size)
        first[0] = np.sqrt(ground.fitted.beside)
        with np.errstate(over="ignore", under="ignore"):
            first -= np.ldexp(fit.center, -m.exponent[:p]) @ slopes
        slopes = np.vstack([first, slopes])
        power = np.concatenate([[ground.unit], power])
    size = np.abs(slopes).max(axis=1, initial=0.0)
    more = np.frexp(np.where(size > 0, size, 1.0))[1]
    return np.ldexp(slopes, -more[:, None]), power + more


def basis_rows(ground: Ground) -> tuple[Array, Array]:
    """Return the same for the level and the slopes that predictions are made of."""
    slopes, power = _slope_rows(ground)
    if ground.carried:
        p = ground.moments.n_inputs
        slopes = np.hstack([np.zeros((p, 1)), ground.fitted.root.T])
        power = ground.unit - ground.moments.exponent[:p]
    first = np.zeros((1, ground.size))
    first[0, 0] = np.sqrt(ground.fitted.beside)
    return np.vstack([first, slopes]), np.concatenate([[ground.unit], power])


def _slope_rows(ground: Ground) -> tuple[Array, Array]:
    p, own = len(ground.lift), ground.moments.n_inputs
    inner = ground.fitted.root.T
    if ground.rows is not ground.seen.rows:
        inner = np.ldexp(inner, -ground.moments.exponent[:own, None])
    slopes = np.hstack([np.zeros((p, 1)), ground.lift @ inner])
    return slopes, ground.unit - ground.seen.moments.exponent[:p]


def slopes_in_coordinates(ground: Ground) -> Array:
    """Return the coordinates of the slopes, without that of the level."""
    fitted = ground.fitted
    slopes = Double(fitted.slopes.hi, fitted.slopes.lo).rounded()[:, ground.seen.target]
    found = np.zeros(len(slopes))
    if ground.seen.fit.least_norm:
        found[:] = np.linalg.lstsq(fitted.root.T, slopes, rcond=None)[0]
        return found
    kept = ground.kept
    inner = fitted.root.T[np.ix_(kept, kept)]
    # Rows of one length: what is left to solve does not know the units.
    size = np.abs(inner).max(axis=1, initial=0.0)[:, None]
    found[kept] = np.linalg.solve(inner / size, slopes[kept] / size[:, 0])
    return found


def raw_rows(ground: Ground) -> Array:
    """Return what turns scores in coordinates into those of the columns themselves.

    Columns without a coefficient are left out, and so is the intercept, unless there
    is nothing else. All are in units of one power of two.

    Returns
    -------
    ndarray, shape (r, q)
        A score ``w e x_j`` is row j times the score in coordinates.
    """
    seen, fitted = ground.seen, ground.fitted
    fit, m = seen.fit, seen.moments
    first = np.zeros((1, ground.size))
    first[0, 0] = 1.0 / np.sqrt(fitted.beside) if fit.intercept else 0.0
    # A solution of least norm has a coefficient for every column.
    named = fit.kept | fit.least_norm
    if not named.any():
        return first
    own = ground.kept | fit.least_norm
    outward = np.zeros((int(own.sum()), ground.size))
    inner = fitted.root[np.ix_(own, own)]
    invert = np.linalg.pinv if fit.least_norm else np.linalg.inv
    outward[:, 1:][:, own] = invert(inner)
    if ground.rows is not seen.rows:
        unit = ground.moments.exponent[: len(own), None]
        outward = np.linalg.inv(ground.lift[named]).T @ np.ldexp(outward, unit)
    power = m.exponent[: len(named)][named]
    highest = int(power.max())
    with np.errstate(under="ignore"):
        center = np.ldexp(fit.center[named], -highest)
        return np.asarray(
            np.ldexp(outward, (power - highest)[:, None]) + center[:, None] * first
        )
