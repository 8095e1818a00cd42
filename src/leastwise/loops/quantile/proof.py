"""The exact plane through the rows of a vertex, and the proof that it is optimal.

A plane is optimal if rows above it pull by q, rows below by q - 1, rows on it by
something between, and all pulls times their rows sum to 0. The rows of the basis are
solved without rounding; the side of a row whose residual is near 0 is found exactly;
multipliers that rounding could have put within their bounds are found exactly too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from leastwise.loops.quantile.globs import Found
from leastwise.loops.quantile.ground import Ground
from leastwise.loops.quantile.whole import row_of, solve_whole, to_float
from leastwise.loops.working import FAR, Point
from leastwise.moments.blocks import BLOCK, Rows
from leastwise.moments.double import Array, Double, matvec
from leastwise.moments.exact import fold_exact

ROUNDOFF = 2.0**-53
# Sums of blocks of rows in float64, in whatever order, and then of blocks.
SUM_ROUNDOFF = 4.0 * BLOCK * ROUNDOFF
# More coefficients than this are solved in float64 and refined in pairs.
MOST_WHOLE = 56
# More rows than this near 0 are not looked at one by one.
MOST_NEAR = 20_000
REFINEMENTS = 4


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane through some rows.

    Attributes
    ----------
    coefficients : ndarray, shape (k,)
        In original units, intercept first.
    bounds : ndarray, shape (k,)
        What they are off by, at most.
    exact : list of Fraction or None
        Without rounding, where that was affordable.
    point : Point
        The same about the first row, less the first target.
    """

    coefficients: Array
    bounds: Array
    exact: list[Fraction] | None
    point: Point


@dataclass(frozen=True, eq=False)
class Proof:
    """What is known of a vertex.

    Attributes
    ----------
    plane : Plane
        Through its rows.
    residuals : ndarray, shape (n,)
        Of all rows; exactly 0 for rows on the plane.
    multipliers : ndarray, shape (k,)
        Of the basis, over the weights of its rows: between q - 1 and q.
    on : int
        Rows on the plane.
    proven : bool
        Whether it is certain that no other plane has less loss.
    unique : bool or None
        Whether all others have more; None when that is open.
    """

    plane: Plane
    residuals: Array
    multipliers: Array
    on: int
    proven: bool
    unique: bool | None


def plane_of(ground: Ground, basis: Array) -> Plane | None:
    """Solve for the plane through a basis.

    Parameters
    ----------
    ground : Ground
        The rows.
    basis : ndarray of int, shape (k,)
        Which rows.
    """
    if ground.k <= MOST_WHOLE:
        return _exact_plane(ground, basis)
    return _refined_plane(ground, basis)


def _exact_plane(ground: Ground, basis: Array) -> Plane | None:
    problem = ground.problem
    rows = [row_of(problem, int(i)) for i in basis]
    b = solve_whole([x for x, _ in rows], [y for _, y in rows])
    if b is None:
        return None
    lead = int(problem.intercept)
    first, _ = row_of(problem, 0)
    level = sum((x * c for x, c in zip(first, b, strict=True)), Fraction(0))
    values = np.array([to_float(v) for v in b])
    point = Point(
        to_float(level - Fraction(ground.base)),
        np.array([to_float(v) for v in b[lead:]], np.float64),
    )
    return Plane(values, ROUNDOFF * np.abs(values), b, point)


def _refined_plane(ground: Ground, basis: Array) -> Plane | None:
    """Solve in float64, and refine with residuals in pairs."""
    v, y = ground.plain(basis), ground.y[basis]
    try:
        inverse = np.linalg.inv(v)
    except np.linalg.LinAlgError:
        return None
    total, exact, right = Double.zeros(len(v)), Double.of(v), Double.of(y)
    rest = right
    for _ in range(REFINEMENTS):
        total = total + Double.of(inverse @ rest.hi)
        rest = right - matvec(exact, total)
    # |v^-1| is at most |inverse| / (1 - |I - inverse v|).
    off = float(np.abs(np.eye(len(v)) - inverse @ v).sum(axis=1).max())
    if not off < 0.5:
        return None
    left = np.abs(rest.rounded()) + 2.0**-96 * (np.abs(v) @ np.abs(total.hi))
    # What rounding did to the rows on their way here.
    left += 2.0 * ROUNDOFF * (np.abs(v) @ np.abs(total.hi) + np.abs(y))
    bound = (np.abs(inverse) @ left) / (1.0 - off)
    return _in_original_units(ground, total, bound)


def _in_original_units(ground: Ground, total: Double, bound: Array) -> Plane:
    lead = int(ground.problem.intercept)
    slopes = total[lead:].scaled(-ground.exponent)
    bounds = np.ldexp(bound[lead:], -ground.exponent)
    if not lead:
        point = ground.point(np.linalg.solve(ground.turn, total.hi))
        return Plane(slopes.rounded(), bounds, None, point)
    rows, p = ground.problem.rows, len(ground.first)
    at = Double.of(ground.first, ground.first_low)
    for beside in (rows.origin, rows.origin_low):
        if beside is not None:
            at = at + Double.of(beside[:p])
    level = total[0] + Double.of(ground.base) - (slopes * at).sum()
    of_level = bound[0] + float(bounds @ np.abs(at.hi))
    values = np.append(level.rounded(), slopes.rounded())
    bounds = np.append(of_level, bounds) + ROUNDOFF * np.abs(values)
    return Plane(values, bounds, None, Point(float(total[0].hi), slopes.rounded()))


def prove(ground: Ground, found: Found, q: Fraction) -> Proof | None:
    """Solve a vertex exactly, and say what is known of it.

    Parameters
    ----------
    ground : Ground
        The rows.
    found : Found
        The vertex.
    q : Fraction
        The quantile.

    Returns
    -------
    Proof or None
        None when its rows do not span the coefficients.
    """
    plane = plane_of(ground, found.basis)
    if plane is None:
        return None
    r, sure = _residuals(ground, plane, found.basis)
    above = np.where(r == 0, found.above, r > 0)
    outside = np.ones(ground.n, bool)
    outside[found.basis] = False
    zeros = int(np.count_nonzero(r[outside] == 0))
    a, inside, bound = _multipliers(ground, found.basis, (outside, above), float(q))
    strict = bool((inside > bound).all())
    proven = strict and sure and found.arrived
    unique: bool | None = True if proven else None
    if not strict and plane.exact is not None:
        exact = _exact_margins(ground, found.basis, (outside, above), q)
        if exact is not None:
            proven = sure and min(exact) >= 0
            unique = proven if min(exact) > 0 else None
            if min(exact) == 0 and not zeros:
                unique = False
    w = 1.0 if ground.weights is None else ground.weights[found.basis]
    return Proof(plane, r, a / w, zeros + ground.k, proven, unique)


def _residuals(ground: Ground, plane: Plane, basis: Array) -> tuple[Array, bool]:
    """Return residuals with the right sign, and whether all of the signs are sure."""
    r = ground.residuals(plane.point)
    size = np.ldexp(1.0, ground.exponent)
    rows = ground.problem.rows
    first = np.abs(rows.X[0].astype(np.float64))
    reach = size + np.minimum(first, 2.0 * FAR * size)
    slopes = np.abs(plane.point.slopes)
    largest = float(np.abs(ground.y).max(initial=0.0))
    terms = float(reach @ slopes) + abs(plane.point.level) + largest
    noise = (len(slopes) + 4) * 2.0 * ROUNDOFF * terms
    near = np.abs(r) <= noise
    near[basis] = False
    r[basis] = 0.0
    which = np.flatnonzero(near)
    if not len(which):
        return r, True
    if plane.exact is None:
        r[which] = 0.0
        return r, False
    one, back = _distinct(ground, which)
    values = _in_pairs(ground, plane.exact, one)
    # Those that pairs do not tell from 0 one by one, where they are not too many.
    open_ = np.flatnonzero(values == 0)
    if len(open_) <= MOST_NEAR:
        for at in open_:
            x, y = row_of(ground.problem, int(one[at]))
            eta = sum((v * c for v, c in zip(x, plane.exact, strict=True)), Fraction(0))
            values[at] = _signed(y - eta)
    r[which] = values[back]
    return r, True


def _in_pairs(ground: Ground, exact: list[Fraction], which: Array) -> Array:
    """Return residuals of about 30 digits; 0 where that does not tell them from 0."""
    problem, rows = ground.problem, ground.problem.rows
    lead, p = int(problem.intercept), rows.X.shape[1]
    highs = [to_float(b) for b in exact]
    both = zip(exact, highs, strict=True)
    b = Double(np.array(highs), np.array([to_float(e - Fraction(h)) for e, h in both]))
    left = Double.of(rows.Y[which, 0].astype(np.float64))
    if problem.offset is not None:
        left = left - Double.of(problem.offset[which])
    size = np.abs(left.hi)
    if lead:
        left, size = left - b[:1], size + abs(highs[0])
    for j in range(p):
        low = 0.0 if rows.X_low is None else rows.X_low[which, j]
        column = Double.of(rows.X[which, j].astype(np.float64)) + Double.of(low)
        for beside in (rows.origin, rows.origin_low):
            if beside is not None:
                column = column + Double.of(float(beside[j]))
        term = column * b[lead + j]
        left, size = left - term, size + np.abs(term.hi)
    noise = (p + 4) * 2.0**-98 * size
    values = left.rounded()
    return np.where(np.abs(values) <= noise, 0.0, values)


def _signed(value: Fraction) -> float:
    """Round, but never to 0."""
    near = to_float(value)
    return near if near or not value else (5e-324 if value > 0 else -5e-324)


def _distinct(ground: Ground, which: Array) -> tuple[Array, Array]:
    """Return one of each set of equal rows, and which of them a row equals."""
    rows, offset = ground.problem.rows, ground.problem.offset
    parts = [rows.X[which], rows.Y[which]]
    if rows.X_low is not None:
        parts.append(rows.X_low[which])
    if offset is not None:
        parts.append(offset[which, None])
    table = np.column_stack([a.astype(np.float64) for a in parts])
    _, one, back = np.unique(table, axis=0, return_index=True, return_inverse=True)
    return which[one], back.reshape(-1)


_Sides = tuple[Array, Array]


def _multipliers(
    ground: Ground, basis: Array, sides: _Sides, q: float
) -> tuple[Array, Array, Array]:
    """Return multipliers, how far within their bounds they are, and their error."""
    outside, above = sides
    high = ground.summed(outside & above)
    v = ground.plain(basis)
    w = np.ones(ground.n) if ground.weights is None else ground.weights
    low = ground.total - high - w[basis] @ v
    g = q * high + (q - 1.0) * low
    try:
        inverse = np.linalg.inv(v)
    except np.linalg.LinAlgError:
        nothing = np.full(len(v), np.nan)
        return nothing, nothing, nothing
    a = -(g @ inverse)
    a -= (g + a @ v) @ inverse
    off = float(np.abs(np.eye(len(v)) - inverse @ v).sum(axis=1).max())
    # Every |v| is at most 1.
    error = SUM_ROUNDOFF * float(w.sum()) + np.abs(g + a @ v)
    bound = (error @ np.abs(inverse)) / max(1.0 - off, 1e-3)
    own = w[basis]
    inside = np.minimum(a - own * (q - 1.0), own * q - a)
    return a, inside, bound + 4.0 * ROUNDOFF * own


def _exact_margins(
    ground: Ground, basis: Array, sides: _Sides, q: Fraction
) -> list[Fraction] | None:
    """Return how far within their bounds multipliers are, without rounding."""
    outside, above = sides
    high = _exact_sums(ground, outside & above)
    low = _exact_sums(ground, outside & ~above)
    g = [q * h + (q - 1) * s for h, s in zip(high, low, strict=True)]
    rows = [row_of(ground.problem, int(i))[0] for i in basis]
    across = [list(column) for column in zip(*rows, strict=True)]
    a = solve_whole(across, [-v for v in g])
    if a is None:
        return None
    w = _weights_of(ground, basis)
    return [
        min(pull - own * (q - 1), own * q - pull)
        for pull, own in zip(a, w, strict=True)
    ]


def _weights_of(ground: Ground, which: Array) -> Sequence[Fraction]:
    if ground.weights is None:
        return [Fraction(1)] * len(which)
    return [Fraction(float(v)) for v in ground.weights[which]]


def _exact_sums(ground: Ground, chosen: Array) -> list[Fraction]:
    """Sum the chosen rows of the design, times their weights, without rounding."""
    if not chosen.any():
        return [Fraction(0)] * ground.k
    rows, p = ground.problem.rows, ground.problem.rows.X.shape[1]
    part = Rows(
        X=rows.X[chosen],
        Y=np.empty((int(chosen.sum()), 0)),
        weights=None if rows.weights is None else rows.weights[chosen],
        origin=None if rows.origin is None else rows.origin[:p],
        origin_low=None if rows.origin_low is None else rows.origin_low[:p],
        X_low=None if rows.X_low is None else rows.X_low[chosen],
    )
    entries = fold_exact(part).entries[0]
    start = 0 if ground.problem.intercept else 1
    return [
        Fraction(0) if e is None else Fraction(e[0]) * Fraction(2) ** e[1]
        for e in entries[start:]
    ]
