"""A model with its rows -> a fit: from one start or several, to the last digit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.errors import LeastwiseWarning, RequestError
from leastwise._kit.status import Status
from leastwise.engine.plan import TARGET_DIGITS, Solved, fit_rows
from leastwise.loops.descend_function import WentOnFunction, descend_function
from leastwise.loops.levenberg import Found, Levenberg, levenberg
from leastwise.loops.mapping import MappedRows
from leastwise.loops.near import Box, look, newton
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.paired.program import UnknownOperationError
from leastwise.loops.paired.rows import FINER, PairedRows
from leastwise.moments.blocks import NotFiniteError, Rows
from leastwise.moments.double import Array, Double
from leastwise.solve.digits import relative_to_digits

# Steps of parameters by which the rounding of a model is found, and how many.
NUDGE, NUDGES = 2.0**-32, 4
# What a second difference of rounding is, in units of it; and one ulp of the target.
OF_DIFFERENCE, ULP = 0.5, 2.0**-52
# Roundings in a derivative; what a pair loses when its low part is left out.
OF_SLOPE, HALF_ULP = 2.0**-52, 2.0**-53
# Numbers in the Jacobian up to which pairs take no more than about two seconds.
MOST_UNASKED = 200_000
# Minima whose sums of squares agree to this part are one.
SAME = 1e-6
# In pairs, a step below this part of a standard error is no step; and most of them.
NO_STEP, MOST_STEPS = 2.0**-70, 20
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53)


@dataclass(frozen=True)
class MultiStart:
    """Starts spread over a box, beside the one that is given.

    Attributes
    ----------
    points : int
        How many, of a Halton sequence: always the same ones.
    spread : float
        Where a parameter has no finite bounds: from start/spread to start*spread, and
        from -spread to spread where the start is 0.

    Examples
    --------
    >>> MultiStart(points=20).points
    20
    """

    points: int = 16
    spread: float = 10.0

    def starts(self, theta: Array, box: Box) -> Iterator[Array]:
        """Yield the starts."""
        size = np.where(theta == 0, self.spread, np.abs(theta))
        log = np.log(self.spread)
        for i in range(1, self.points + 1):
            u = np.array([_halton(i, PRIMES[j % 16]) for j in range(len(theta))])
            far = np.sign(theta) * size * np.exp((2 * u - 1) * log)
            point = np.where(theta == 0, (2 * u - 1) * self.spread, far)
            both = np.isfinite(box.low) & np.isfinite(box.high)
            inside = np.where(both, box.low, 0.0)
            width = np.where(both, box.high - inside, 0.0)
            yield box.clip(np.where(both, inside + u * width, point))


def _halton(index: int, base: int) -> float:
    value, part = 0.0, 1.0
    while index:
        part /= base
        value += part * (index % base)
        index //= base
    return value


@dataclass(frozen=True)
class Ways:
    """How a model is to be fitted.

    Attributes
    ----------
    more : MultiStart or None
        Other starts.
    observations : float or None
        Observations to count, when that is not the number of residuals.
    digits : float
        Of the estimates, to certify: where float64 does not, pairs of it are tried.
    decimal : bool
        Whether numbers stand for decimals, so that pairs are needed.
    """

    more: MultiStart | None = None
    observations: float | None = None
    digits: float = TARGET_DIGITS
    decimal: bool = False


@dataclass(frozen=True, eq=False)
class NonlinearSolved:
    """A fit of a model.

    Attributes
    ----------
    curve : MappedRows
        The model with its rows.
    found : Found
        How the loop ended.
    working : Rows
        The rows (J, r, w) of least squares at the end.
    solved : Solved
        Their fit.
    certified : ndarray, shape (p,)
        Digits of the estimates.
    left : float
        Bound on what is left to the minimum, in standard errors.
    starts, minima : int
        How many starts were made, and how many different minima they led to.
    grain : float
        What rounding can have done to the residuals, as a part of them: standard
        errors have no more digits than this leaves.
    in_pairs : bool
        Whether the rows at the end are pairs of float64.
    without : str
        The operation of the model that pairs do not have, where they were needed.
    """

    curve: MappedRows
    found: Found
    working: Rows
    solved: Solved
    certified: Array
    left: float
    starts: int
    minima: int
    grain: float = 0.0
    in_pairs: bool = False
    without: str = ""

    @property
    def theta(self) -> Array:
        """The parameters."""
        return self.found.point.theta


def solve_nonlinear(
    rows: PairedRows, start: Array, box: Box, ways: Ways
) -> NonlinearSolved:
    """Fit a model by least squares.

    Parameters
    ----------
    rows : PairedRows
        The model with its rows.
    start : ndarray, shape (p,)
        Where to start.
    box : Box
        Bounds.
    ways : Ways
        How far to go.

    Raises
    ------
    NotFiniteError
        When the model has no value, or no derivative, at the start.
    UnknownOperationError
        When decimals were asked for, and the model has an operation without a form in
        pairs.
    """
    curve, how = rows.plain, Levenberg()
    best = levenberg(curve, start, box, how)
    ends = [best]
    for other in () if ways.more is None else ways.more.starts(start, box):
        try:
            ends.append(levenberg(curve, other, box, how))
        except NotFiniteError:
            continue
    arrived = [end for end in ends if end.status.is_success]
    best = min(arrived or ends, key=lambda end: end.point.rss)
    tries = (len(ends), _count(arrived))
    if ways.decimal:
        return _finished(*_in_pairs(rows, best, box), tries, ways)
    made = _finished(curve, best, tries, ways)
    lacks = np.any(made.certified < ways.digits) or made.grain > 10.0**-ways.digits
    unasked = ways.digits <= TARGET_DIGITS
    if unasked and curve.n_rows * len(start) > MOST_UNASKED:
        return made
    if not (best.status.is_success and lacks):
        return made
    try:
        return _finished(*_in_pairs(rows, best, box), tries, ways)
    except UnknownOperationError as error:
        return replace(made, without=str(error))


def walk_nonlinear(
    curve: MappedRows,
    start: Array,
    box: Box,
    solver: Optimiser,
    ways: Ways,
    *,
    about: str,
) -> tuple[NonlinearSolved, WentOnFunction]:
    """Go down by a first-order solver, and make the linear fit where it came to.

    Parameters
    ----------
    curve : MappedRows
        The model with its rows.
    start : ndarray, shape (p,)
        Where to start.
    box : Box
        Bounds.
    solver : Optimiser
        The solver.
    ways : Ways
        How observations are counted.
    about : str
        What a checkpoint has to agree with.

    Raises
    ------
    RequestError
        When it diverged or met numbers that are not finite.
    """
    try:
        went = descend_function(curve, start, box, solver, about)
    except NotFiniteError as error:
        raise RequestError(
            f"{solver.name} came to where the model has no value or no derivative",
            fix="Give a smaller rate=, bounds=, or a start nearer to the minimum",
        ) from error
    if went.status in (Status.DIVERGED, Status.NOT_FINITE):
        raise RequestError(went.note, fix=went.status.advice)
    if went.found.status is not Status.CONVERGED:
        warnings.warn(
            f"{went.note}: about {went.found.near.decrement:.2g} standard errors from "
            "the optimum",
            LeastwiseWarning,
            stacklevel=4,
        )
    return _finished(curve, went.found, (1, 1), ways), went


def _in_pairs(rows: PairedRows, found: Found, box: Box) -> tuple[PairedRows, Found]:
    """Go on from where float64 ended, rows and parameters in pairs.

    Returns
    -------
    rows, found
        With what the parameters leave out of theirs, and how it ended.
    """
    slices, last = Levenberg().slices, np.inf
    for taken in range(MOST_STEPS):
        theta = found.point.theta
        at = look(rows, theta, box, slices)
        if at is None or not found.status.is_success:
            return rows, found
        near = newton(rows, at)
        found = replace(found, point=at, near=near, steps=found.steps + (taken > 0))
        if (
            near.decrement < NO_STEP
            or near.decrement > 0.5 * last
            or near.out is not None
        ):
            break
        to = Double.of(theta, rows.theta_low) + Double.of(near.step)
        if not box.is_inside(to.hi):
            break
        last = near.decrement
        rows = replace(rows, theta_low=to.lo)
        found = replace(found, point=replace(at, theta=to.hi))
    return rows, found


def _count(ends: list[Found]) -> int:
    levels: list[float] = []
    for rss in sorted(end.point.rss for end in ends):
        if not levels or rss > levels[-1] * (1 + SAME):
            levels.append(rss)
    return len(levels)


def _finished(
    rows: MappedRows | PairedRows, found: Found, tries: tuple[int, int], ways: Ways
) -> NonlinearSolved:
    in_pairs = isinstance(rows, PairedRows)
    curve = rows.plain if isinstance(rows, PairedRows) else rows
    theta, free = found.point.theta, found.point.free
    # In coordinates about the estimates, so that theirs are the last digits.
    working = _working(list(rows.rows(theta)), free)
    solved = fit_rows(working, intercept=False, observations=ways.observations)
    unit = FINER if in_pairs else 1.0
    noise = unit * _noise(curve, theta)
    left = _left(found, noise)
    fit = solved.fit
    slopes = unit * _of_slopes(found, solved, working)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = fit.standard_errors[:, 0] * (left + slopes)
        digits = relative_to_digits(error / np.abs(theta[free]) + HALF_ULP * in_pairs)
    digits = np.where(theta[free] == 0, np.nan, digits)
    if found.status is not Status.CONVERGED:
        digits = np.zeros_like(digits)
    certified = np.full(len(theta), np.nan)
    certified[free] = digits
    rss = found.point.rss
    grain = noise / float(np.sqrt(rss)) if rss > 0 else 0.0
    return NonlinearSolved(
        curve, found, working, solved, certified, left, *tries, grain, in_pairs
    )


def _working(parts: list[Rows], free: Array) -> Rows:
    def joined(name: str) -> Array | None:
        found = [getattr(part, name) for part in parts]
        return None if found[0] is None else np.concatenate(found)

    low = joined("X_low")
    return replace(
        parts[0],
        X=np.concatenate([part.X for part in parts])[:, free],
        Y=np.concatenate([part.Y for part in parts]),
        weights=joined("weights"),
        X_low=None if low is None else low[:, free],
        Y_low=joined("Y_low"),
    )


def _left(found: Found, noise: float) -> float:
    """Bound what is left in standard errors: of the loop, and of rounding."""
    point, near = found.point, found.near
    sigma = float(np.sqrt(point.rss / point.dof))
    if not sigma > 0:
        return 0.0
    worst = float(near.curvature[-1]) if len(near.curvature) else 0.0
    bent = 1.0 / max(1.0 - worst, 1e-3)
    return bent * (near.decrement + noise / sigma)


def _of_slopes(found: Found, solved: Solved, working: Rows) -> Array:
    """Bound what the rounding of the Jacobian does, in standard errors of each.

    The score ``J'W r`` of residuals that are not small is rounded as J is:
    ``|V| |J|' |W r|``, the sum over rows by Cauchy and Schwarz.
    """
    fit = solved.fit
    sigma = float(np.sqrt(found.point.rss / found.point.dof))
    if not sigma > 0:
        return np.zeros(len(fit.coefficients))
    w = 1.0 if working.weights is None else working.weights[:, None]
    norms = np.sqrt(np.sum(w * working.X**2, axis=0))
    inflated = np.nan_to_num(fit.standard_errors[:, 0]) / sigma * norms
    spread = np.abs(np.nan_to_num(fit.correlation)) @ inflated
    return np.asarray(OF_SLOPE * np.sqrt(found.point.rss) / sigma * spread)


def _noise(curve: MappedRows, theta: Array) -> float:
    """Find what rounding makes of the residuals: root of ``sum w e^2``.

    Second differences over tiny steps, of parameters and of columns (a power of a
    column is rounded too), hold nothing of the model but its rounding
    (More and Wild 2011, doi:10.1137/100786125).
    """
    w = 1.0 if curve.weights is None else curve.weights[:, None]
    here = curve.values(theta)
    most = ULP * np.abs(curve.target) + ULP * np.abs(here)
    make = np.random.default_rng(0)
    for _ in range(NUDGES):
        step = NUDGE * np.abs(theta) * make.choice([-1.0, 1.0], len(theta))
        moves = {
            name: NUDGE * column * make.choice([-1.0, 1.0], len(column))
            for name, column in curve.columns.items()
        }
        up, down = (
            replace(
                curve, columns={k: c + s * moves[k] for k, c in curve.columns.items()}
            ).values(theta + s * step)
            for s in (1.0, -1.0)
        )
        pair = up + down - 2 * here
        most = np.maximum(most, OF_DIFFERENCE * np.abs(pair))
    return float(np.sqrt(np.sum(w * most**2)))
