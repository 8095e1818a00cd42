"""Intervals of the profile likelihood, by fitting again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.status import Status
from leastwise.engine.loss_fit import arrive, with_inputs
from leastwise.engine.profile_nonlinear import Along, profile_end
from leastwise.infer.dist import t_quantile
from leastwise.loops.working import Point, Problem
from leastwise.model.deviance import family_of
from leastwise.model.kept_rows import rows_of
from leastwise.model.named import Named, check_level
from leastwise.moments.blocks import first_row
from leastwise.moments.double import Array
from leastwise.rows.table import did_you_mean, shown

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel

# Steps to an end; doublings of the distance while the likelihood stays above it.
MOST_STEPS, MOST_DOUBLINGS = 60, 40
# The end has been found when a step is this part of its distance.
CLOSE = 1e-13
# The root of the rise of the deviance goes up by less than this: it is level.
FLAT = 1e-6
# Points of a curve.
POINTS = 41


@dataclass(frozen=True, eq=False)
class Profile:
    """The profile likelihood of a coefficient.

    Attributes
    ----------
    name : str
        The coefficient.
    value : ndarray, shape (k,)
        What it is held at; NaN rises where no fit of the others exists.
    rise : ndarray, shape (k,)
        The deviance above its least, over the dispersion.
    """

    name: str
    value: Array
    rise: Array


@dataclass(frozen=True, eq=False)
class _Held:
    """A fit with one coefficient held."""

    root: float
    slope: float
    start: Point
    usable: bool


@dataclass(frozen=True, eq=False)
class _Walk:
    """The deviance along a coefficient."""

    problem: Problem
    column: Array
    estimate: float
    least: float
    dispersion: float

    def at(self, value: float, start: Point | None) -> _Held:
        """Return the signed root of the rise of the deviance, and its slope."""
        given = self.problem.offset
        held = value * self.column
        problem = replace(self.problem, offset=held if given is None else held + given)
        if problem.rows.X.shape[1] or problem.intercept:
            found = arrive(problem, start=start)
            look, to, status = found.look, found.point, found.status
        else:
            look, status = problem.look(held if given is None else held + given), None
            to = Point(0.0, np.zeros(0))
        rise = max(2.0 * look.total - self.least, 0.0) / self.dispersion
        score = look.case_weights * look.there.score
        slope = 2.0 * float(np.sum(score * self.column)) / self.dispersion
        side = np.sign(value - self.estimate)
        root = float(side * np.sqrt(rise))
        usable = look.is_finite and status not in (
            Status.EDGE, Status.NOT_FINITE, Status.STEPS_EXHAUSTED,
        )  # fmt: skip
        slope = slope / (2.0 * root) if root else np.nan
        return _Held(root, slope, to, usable)


def profile_of(model: LossModel, names: tuple[str, ...], level: float) -> Named:
    """Return intervals of the profile likelihood; see `LossModel.profile`."""
    check_level(level)
    kept = rows_of(model)
    _refuse_early(model)
    if kept.curve is not None:
        return _of_function(model, names or model.names, level)
    family_of(model, "a profile")
    asked, names = names, names or model.names
    ends = np.full((len(names), 2), np.nan)
    goal = _goal(model, level)
    for row, name in zip(ends, names, strict=True):
        if not asked and np.isnan(model.estimates[model.names.index(name)]):
            continue
        walk, error = _walk(model, name)
        for k, side in enumerate((-1.0, 1.0)):
            row[k] = _end(walk, side * error, goal)
    return Named(names, ends)


def _refuse_early(model: LossModel) -> None:
    """Refuse a fit that has not arrived: there is no least to rise from."""
    if model.convergence.status.is_success:
        return
    raise RequestError(
        "a profile rises from the optimum, and the fit has not arrived",
        fix="Start nearer, allow more steps, or hold what the data do not tell",
    )


def _of_function(model: LossModel, names: tuple[str, ...], level: float) -> Named:
    """Hold one parameter of a model that is a function, and fit the others again."""
    ends = np.full((len(names), 2), np.nan)
    goal = _goal(model, level)
    for row, name in zip(ends, names, strict=True):
        j = _place(model, name)
        if np.isnan(model.standard_errors[j]):
            continue
        along, error = _along(model, j)
        row[:] = [profile_end(along, side * error, goal) for side in (-1.0, 1.0)]
    return Named(names, ends)


def _along(model: LossModel, place: int) -> tuple[Along, float]:
    kept = rows_of(model)
    if kept.curve is None or kept.box is None:
        raise AssertionError("a model that is a function keeps it")
    along = Along(
        kept.curve, kept.box, np.asarray(model.estimates), model.measures.deviance,
        model.measures.dispersion, place,
    )  # fmt: skip
    return along, float(model.standard_errors[place])


def _place(model: LossModel, name: str) -> int:
    if name not in model.names:
        raise RequestError(
            f'there is no coefficient "{name}"',
            fix=f"{did_you_mean(name, model.names)}There are {shown(model.names)}",
        )
    return model.names.index(name)


def curve_of(model: LossModel, name: str, level: float) -> Profile:
    """Return the profile likelihood as a curve; see `LossModel.profile_curve`."""
    check_level(level)
    goal = _goal(model, level)
    rows = rows_of(model)
    _refuse_early(model)
    if rows.curve is not None:
        return _curve_of_function(model, name, goal)
    family_of(model, "a profile")
    walk, error = _walk(model, name)
    ends = [_end(walk, side * error, goal) for side in (-1.0, 1.0)]
    values = _values(walk.estimate, ends, 4.0 * goal * error)
    rise = np.empty(len(values))
    for i, value in enumerate(values):
        held = walk.at(float(value), None)
        rise[i] = held.root**2 if held.usable else np.nan
    rise[POINTS // 2] = 0.0
    return Profile(name, values, rise)


def _values(estimate: float, ends: list[float], far: float) -> Array:
    """Return even steps to the ends, or a long way where there is none."""
    low, high = ends
    low = low if np.isfinite(low) else estimate - far
    high = high if np.isfinite(high) else estimate + far
    below = np.linspace(low, estimate, POINTS // 2 + 1)
    above = np.linspace(estimate, high, POINTS // 2 + 1)[1:]
    return np.concatenate([below, above])


def _curve_of_function(model: LossModel, name: str, goal: float) -> Profile:
    """Walk from the estimate both ways, each fit starting at the one before."""
    along, error = _along(model, _place(model, name))
    if not error > 0:
        raise RequestError(
            f"{name} has no standard error: a bound or a combination holds it",
            fix="Name another",
        )
    ends = [profile_end(along, side * error, goal) for side in (-1.0, 1.0)]
    estimate = float(along.theta[along.place])
    values = _values(estimate, ends, 4.0 * goal * error)
    inside = along.box.low[along.place], along.box.high[along.place]
    values = np.clip(values, *inside)
    rise, middle = np.zeros(len(values)), POINTS // 2
    for way in (range(middle - 1, -1, -1), range(middle + 1, len(values))):
        start = along.theta
        for i in way:
            root, start = along.root(float(values[i]), start)
            rise[i] = root**2
    return Profile(name, values, rise)


def _goal(model: LossModel, level: float) -> float:
    if not model.measures.dispersion > 0:
        raise RequestError(
            "the fit has no residuals that a rise could be measured by",
            fix="Fit more rows than coefficients",
        )
    dof = np.inf if model.loss.has_known_dispersion else model.dof
    return t_quantile(level, dof)


def _walk(model: LossModel, name: str) -> tuple[_Walk, float]:
    j = _place(model, name)
    if np.isnan(model.estimates[j]):
        raise RequestError(f"{name} was left out of the fit", fix="Name another")
    problem = rows_of(model).problem
    p = problem.rows.X.shape[1]
    lead = int(problem.intercept)
    there = ~np.isnan(model.estimates[lead:])
    if lead and j == 0:
        rest = replace(
            with_inputs(problem, np.flatnonzero(there).tolist()), intercept=False
        )
        column = np.ones(len(problem.rows.Y))
    else:
        there[j - lead] = False
        rest = with_inputs(problem, np.flatnonzero(there).tolist())
        column = np.array(problem.rows.X[:, j - lead], dtype=np.float64)
        if problem.rows.X_low is not None:
            column = column + problem.rows.X_low[:, j - lead]
        if lead:
            # About the first row, the level takes up the rest.
            column = column - float(first_row(problem.rows)[:p][j - lead])
        elif problem.rows.origin is not None:
            column = column + float(np.asarray(problem.rows.origin)[j - lead])
    walk = _Walk(
        rest, column, float(model.estimates[j]), model.measures.deviance,
        model.measures.dispersion,
    )  # fmt: skip
    return walk, float(model.standard_errors[j])


def _end(walk: _Walk, step: float, goal: float) -> float:
    """Find where the root of the rise is the goal, on one side."""
    side = float(np.sign(step))
    near, far = walk.estimate, np.nan
    value = walk.estimate + goal * step
    held: _Held | None = None
    before, doublings = 0.0, 0
    for _ in range(MOST_STEPS):
        found = walk.at(value, held.start if held is not None else None)
        root = side * found.root
        if not found.usable:
            # No fit there: the edge of what the family allows lies before.
            far = value
            if abs(far - near) <= CLOSE * (abs(near) + abs(step)):
                return np.nan
            value = 0.5 * (near + far)
            continue
        held = found
        if root < goal:
            near = value
        else:
            far = value
        slope = found.slope if np.isfinite(found.slope) else 0.0
        new = value + (goal - root) * side / (side * slope) * side if slope else np.nan
        if np.isfinite(new) and abs(new - value) <= CLOSE * (abs(value) + abs(step)):
            return float(new)
        if np.isnan(far):
            if root < goal and root - before < FLAT and doublings > 2:
                return side * np.inf
            before, doublings = root, doublings + 1
            if doublings > MOST_DOUBLINGS:
                return side * np.inf
            reach = value + 2.0 * (value - walk.estimate)
            inside = np.isfinite(new) and side * (new - value) > 0
            value = new if inside and side * (reach - new) > 0 else reach
            continue
        within = np.isfinite(new) and (new - near) * (new - far) < 0
        value = new if within else 0.5 * (near + far)
        if abs(far - near) <= CLOSE * (abs(near) + abs(step)):
            return float(value)
    return float(value)
