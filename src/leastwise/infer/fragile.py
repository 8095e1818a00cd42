"""How few rows, left out, turn a conclusion round: an exact search in coordinates.

With rows D left out the coefficient ``r'g`` of orthonormal coordinates becomes

    r'g - a' (I - H)^-1 u,    a = Z_D r,   u = e_D,   H = Z_D Z_D',

its variance over sigma^2 ``r'r + a' (I - H)^-1 a`` and the residual sum of squares
less ``u' (I - H)^-1 u``, all exactly. Rows are of weight 1 here: others are multiplied
by the roots of theirs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from leastwise.infer.cov.ground import Ground, coefficient_rows
from leastwise.infer.dist import Array, t_quantile

# Up to this many rows all pairs are tried, and to this many steps rows one by one.
MOST_PAIRED, MOST_STEPS = 2000, 200
# Larger sets are all tried while they are no more than this.
MOST_SETS = 20_000
# Numbers that a greedy search may look at: a few seconds.
MOST_WORK = 200_000_000
# Rows that a greedy search starts from, where there are no more rows than this.
STARTS, MOST_STARTED = 5, 20_000
# A row with less of its own than this decides something alone: it is not left out.
FREE = 1e-9


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be turned round.

    Attributes
    ----------
    z : ndarray, shape (n, q)
        Coordinates of the rows, times the roots of their weights.
    e : ndarray, shape (n,)
        Residuals, times the same.
    counts : ndarray, shape (n,)
        Observations that each row stands for.
    toward : ndarray, shape (q,)
        What the coefficient is made of.
    estimate, rss, dof : float
        Of the whole fit.
    level : float or None
        Coverage of the interval that is to gain or lose 0; None for the sign.
    """

    z: Array
    e: Array
    counts: Array
    toward: Array
    estimate: float
    rss: float
    dof: float
    level: float | None

    def distance(self, b: Array, v: Array, rss: Array, dof: Array) -> Array:
        """Return how far the conclusion is from turning: it has where below 0."""
        side = np.sign(self.estimate)
        if self.level is None:
            return np.asarray(side * b / abs(self.estimate))
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(b) / np.sqrt(np.maximum(rss, 0.0) / dof * v)
        quantiles = {d: t_quantile(self.level, d) for d in np.unique(dof).tolist()}
        critical = np.vectorize(quantiles.__getitem__)(dof)
        whole = abs(self.estimate) / np.sqrt(
            self.rss / self.dof * (self.toward @ self.toward)
        )
        was = whole >= t_quantile(self.level, self.dof)
        away = t / critical - 1.0 if was else 1.0 - t / critical
        # Without a degree of freedom, or a residual, nothing is said.
        return np.where((dof > 0) & (rss > 0), away, np.inf)


@dataclass(frozen=True, eq=False)
class Found:
    """Rows that turn a conclusion round.

    Attributes
    ----------
    rows : tuple of int, or None
        Places of the rows; None when none were found.
    minimal : bool
        Whether no smaller set does: all of them were tried.
    tried : int
        Most rows that were left out at once.
    """

    rows: tuple[int, ...] | None
    minimal: bool
    tried: int


def question(ground: Ground, coefficient: int, level: float | None) -> Question:
    """Ask about a coefficient of a fit.

    Parameters
    ----------
    ground : Ground
        The fit and its rows.
    coefficient : int
        Which, from 0.
    level : float or None
        For significance; None for the sign.
    """
    toward, power = coefficient_rows(ground)
    n, weights = ground.n, ground.rows.weights
    counted = ground.seen.frequency and weights is not None
    counts = np.asarray(weights, float) if counted else np.ones(n)
    z, e = np.empty((n, ground.size)), ground.residuals()
    for part, block, w in ground.walk():
        z[part] = np.sqrt(w)[:, None] * block
        e[part] *= np.sqrt(w)
    estimate = ground.seen.fit.coefficients[coefficient, ground.seen.target]
    return Question(
        z=z,
        e=e,
        counts=counts,
        toward=toward[coefficient],
        estimate=float(np.ldexp(estimate, -power[coefficient])),
        rss=float(e @ e),
        dof=ground.dof,
        level=level,
    )


def search(ask: Question, most: int) -> Found:
    """Look for few rows that, left out, turn the conclusion round.

    One row: all are tried. Two: all pairs of up to 2000 rows. More: all sets while
    they are few; then one row after the other, each time the one that brings the
    conclusion nearest to turning (greedy), and the rows in the order of what each does
    alone; of both the fewer, and of these none that can be put back.

    Parameters
    ----------
    ask : Question
        What is to be turned.
    most : int
        How many rows may be left out.
    """
    single = _each(ask, ())
    if (single < 0).any():
        return Found((int(np.argmin(single)),), True, 1)
    # All sets of this many rows were tried, and none turns it.
    done = 1
    if most >= 2 and len(ask.e) <= MOST_PAIRED:
        pair = _pairs(ask)
        if pair is not None:
            return Found(pair, True, 2)
        done = 2
        while done < most and math.comb(len(ask.e), done + 1) <= MOST_SETS:
            rows = _all_of(ask, done + 1)
            if rows is not None:
                return Found(rows, True, done + 1)
            done += 1
    if done >= most:
        return Found(None, True, most)
    order = np.argsort(single, kind="stable")
    found = _ordered(ask, order, most)
    known = most if found is None else len(found)
    starts = order[: STARTS if len(order) <= MOST_STARTED else 1].tolist()
    steps = min(MOST_STEPS, max(10, MOST_WORK // ask.z.size))
    ways = [found]
    # An answer that takes more steps would hardly be a better one.
    if found is None or known <= steps:
        ways += [_greedy(ask, i, min(known, steps)) for i in starts]
    lean = [_lean(ask, way) for way in ways if way is not None]
    if not lean:
        return Found(None, False, most)
    best = min(lean, key=len)
    return Found(tuple(best), len(best) == done + 1, len(best))


def _without(ask: Question, out: Array | tuple[int, ...]) -> tuple[Array, Array, float]:
    """Return the inverse of what is left of the Gram, new coordinates, and rest."""
    out = np.asarray(out, int)
    z, e = ask.z[out], ask.e[out]
    left = np.eye(z.shape[1]) - z.T @ z
    if not out.size:
        return left, np.zeros(len(left)), ask.rss
    values, vectors = np.linalg.eigh(left)
    if values[0] < FREE:
        return np.full_like(left, np.nan), np.full(len(left), np.nan), np.nan
    inverse = (vectors / values) @ vectors.T
    moved = inverse @ (z.T @ e)
    # u'(I - H)^-1 u = u'u + (Z'u)' (I - Z'Z)^-1 (Z'u)
    return inverse, moved, float(ask.rss - e @ e - (z.T @ e) @ moved)


def _at(ask: Question, out: Array | list[int]) -> float:
    """Return how far the conclusion is from turning without some rows."""
    inverse, moved, rss = _without(ask, np.asarray(out, int))
    if np.isnan(rss):
        return np.inf
    b = ask.estimate - ask.toward @ moved
    v = ask.toward @ inverse @ ask.toward
    dof = ask.dof - ask.counts[np.asarray(out, int)].sum()
    one = ask.distance(*(np.array([float(x)]) for x in (b, v, rss, dof)))
    return float(one[0])


def _each(ask: Question, out: tuple[int, ...] | list[int]) -> Array:
    """Return how far it is from turning without some rows and each other one."""
    inverse, moved, rss = _without(ask, tuple(out))
    if np.isnan(rss):
        return np.full(len(ask.e), np.inf)
    b = ask.estimate - ask.toward @ moved
    reach = inverse @ ask.toward
    a, e = ask.z @ reach, ask.e + ask.z @ moved
    free = 1.0 - np.einsum("ij,jk,ik->i", ask.z, inverse, ask.z, optimize=True)
    alone = free < FREE
    free = np.where(alone, 1.0, free)
    dof = ask.dof - ask.counts[list(out)].sum() - ask.counts
    found = ask.distance(
        b - a * e / free,
        ask.toward @ reach + a * a / free,
        rss - e * e / free,
        dof,
    )
    found[alone] = np.inf
    found[list(out)] = np.inf
    return found


def _pairs(ask: Question) -> tuple[int, int] | None:
    """Try all pairs; return the one that turns it most."""
    h = np.einsum("ij,ij->i", ask.z, ask.z)
    a, e = ask.z @ ask.toward, ask.e
    base = float(ask.toward @ ask.toward)
    best, least = None, 0.0
    for i in range(len(e) - 1):
        others = slice(i + 1, None)
        cross = ask.z[others] @ ask.z[i]
        f, g = 1.0 - h[i], 1.0 - h[others]
        determinant = f * g - cross**2
        alone = determinant < FREE
        with np.errstate(divide="ignore", invalid="ignore"):
            # The inverse of [[f, -c], [-c, g]].
            ii, jj, ij = g / determinant, f / determinant, cross / determinant
            b = ask.estimate - (
                a[i] * (ii * e[i] + ij * e[others])
                + a[others] * (ij * e[i] + jj * e[others])
            )
            v = base + ii * a[i] ** 2 + 2 * ij * a[i] * a[others] + jj * a[others] ** 2
            own = ii * e[i] ** 2 + 2 * ij * e[i] * e[others] + jj * e[others] ** 2
            dof = ask.dof - ask.counts[i] - ask.counts[others]
            found = ask.distance(b, v, ask.rss - own, dof)
        found = np.where(alone | np.isnan(found), np.inf, found)
        j = int(np.argmin(found))
        if found[j] < least:
            best, least = (i, i + 1 + j), float(found[j])
    return best


def _all_of(ask: Question, size: int) -> tuple[int, ...] | None:
    """Try all sets of a size; return the one that turns it most."""
    sets = np.array(list(combinations(range(len(ask.e)), size)))
    z = ask.z[sets]
    values, vectors = np.linalg.eigh(np.eye(size) - z @ np.swapaxes(z, 1, 2))
    alone = values[:, 0] < FREE
    values[alone] = 1.0
    a = np.einsum("ski,sk->si", vectors, z @ ask.toward)
    u = np.einsum("ski,sk->si", vectors, ask.e[sets])
    found = ask.distance(
        ask.estimate - (a * u / values).sum(axis=1),
        ask.toward @ ask.toward + (a * a / values).sum(axis=1),
        ask.rss - (u * u / values).sum(axis=1),
        ask.dof - ask.counts[sets].sum(axis=1),
    )
    found[alone] = np.inf
    i = int(np.argmin(found))
    return tuple(map(int, sets[i])) if found[i] < 0 else None


def _greedy(ask: Question, first: int, most: int) -> list[int] | None:
    out = [first]
    while len(out) < most:
        found = _each(ask, out)
        i = int(np.argmin(found))
        if not np.isfinite(found[i]):
            return None
        out.append(i)
        if found[i] < 0:
            return out
    return None


def _ordered(ask: Question, order: Array, most: int) -> list[int] | None:
    """Leave out the first of an order, as few as turn it."""
    most = min(most, len(order))
    few = min(most, MOST_STEPS)
    for k in range(2, few + 1):
        if _at(ask, order[:k]) < 0:
            return [int(i) for i in order[:k]]
    low, high = few, few
    while high < most:
        high = min(2 * high, most)
        if _at(ask, order[:high]) < 0:
            break
        low = high
    else:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _at(ask, order[:middle]) < 0 else (middle, high)
    return [int(i) for i in order[:high]]


def _lean(ask: Question, rows: list[int]) -> list[int]:
    """Put back rows that are not needed, as long as they are few."""
    if len(rows) > MOST_STEPS:
        return rows
    for one in list(rows):
        fewer = [i for i in rows if i != one]
        if len(fewer) > 1 and _at(ask, fewer) < 0:
            rows = fewer
    return rows
