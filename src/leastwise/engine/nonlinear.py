"""A model with its rows -> a fit: from one start or several, to the last digit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.errors import LeastwiseWarning, RequestError
from leastwise._kit.status import Status
from leastwise.engine.certify_curve import OF_SLOPE, certify, noise_of
from leastwise.engine.plan import TARGET_DIGITS, Solved, fit_rows
from leastwise.engine.starts import MultiStart, best_of
from leastwise.loops.descend_function import WentOnFunction, descend_function
from leastwise.loops.levenberg import Found, Levenberg
from leastwise.loops.mapping import MappedRows
from leastwise.loops.near import Box, look, newton
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.paired.program import UnknownOperationError
from leastwise.loops.paired.rows import FINER, PairedRows
from leastwise.loops.passed_rows import PassedRows
from leastwise.moments.blocks import NotFiniteError, Rows
from leastwise.moments.double import Array, Double
from leastwise.solve.result import Fit

# What a pair loses when its low part is left out.
HALF_ULP = 2.0**-53
# Numbers in the Jacobian up to which pairs take no more than about two seconds.
MOST_UNASKED = 200_000
# In pairs, a step below this part of a standard error is no step; and most of them.
NO_STEP, MOST_STEPS = 2.0**-70, 20


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
class KeptRows:
    """The rows of least squares at the end of a loop.

    Attributes
    ----------
    working : Rows
        The rows (J, r, w).
    solved : Solved
        Their fit.
    """

    working: Rows
    solved: Solved


@dataclass(frozen=True, eq=False)
class NonlinearSolved:
    """A fit of a model.

    Attributes
    ----------
    curve : MappedRows or PassedRows
        The model with its rows.
    found : Found
        How the loop ended.
    fit : Fit
        Of the rows (J, r, w) of least squares at the end.
    kept : KeptRows or None
        These rows; None where they have passed.
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

    curve: MappedRows | PassedRows
    found: Found
    fit: Fit
    kept: KeptRows | None
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
    curve = rows.plain
    best, tries = best_of(curve, start, box, ways.more, Levenberg())
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
    refuse_start(solver)
    try:
        went = descend_function(curve, start, box, solver, about)
    except NotFiniteError as error:
        raise nowhere(solver) from error
    check_way(went)
    return _finished(curve, went.found, (1, 1), ways), went


def refuse_start(solver: Optimiser) -> None:
    """Refuse a solver with a start of its own.

    Parameters
    ----------
    solver : Optimiser
        The solver.
    """
    if solver.start is not None:
        raise RequestError(
            "a model starts from its start=", fix=f"Leave it out of {solver.name}"
        )


def nowhere(solver: Optimiser) -> RequestError:
    """Build the error for a solver that came to where there is no value.

    Parameters
    ----------
    solver : Optimiser
        The solver.
    """
    return RequestError(
        f"{solver.name} came to where the model has no value or no derivative",
        fix="Give a smaller rate=, bounds=, or a start nearer to the minimum",
    )


def check_way(went: WentOnFunction) -> None:
    """Refuse a way that led nowhere; warn of one that ended early.

    Parameters
    ----------
    went : WentOnFunction
        The way.
    """
    if went.status in (Status.DIVERGED, Status.NOT_FINITE):
        raise RequestError(went.note, fix=went.status.advice)
    if went.found.status is not Status.CONVERGED:
        warnings.warn(
            f"{went.note}: about {went.found.near.decrement:.2g} standard errors from "
            "the optimum",
            LeastwiseWarning,
            stacklevel=5,
        )


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
    certified, left, grain = certify(
        found,
        solved.fit,
        noise=unit * noise_of(curve, theta),
        slope=unit * OF_SLOPE,
        rounded=HALF_ULP * in_pairs,
    )
    kept = KeptRows(working, solved)
    return NonlinearSolved(
        curve, found, solved.fit, kept, certified, left, *tries, grain, in_pairs
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
