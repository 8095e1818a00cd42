"""First-order solvers for a model that is a function.

Each parameter is measured from its start, in units in which the model moves by as much
as its targets vary: the root mean square of its column of the Jacobian there is 1. So
rates and tolerances have no units, as for a linear predictor. Bounds are kept by
coordinates without any (`leastwise.loops.bounded`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise._kit.status import Status
from leastwise.loops.bounded import Bounded, Ends, ends_of
from leastwise.loops.curve import SteppedModel
from leastwise.loops.first_order import Walked, walk
from leastwise.loops.levenberg import Found
from leastwise.loops.mapping import Mapped, MappedRows
from leastwise.loops.minibatch import walk_batches
from leastwise.loops.near import Box, Point, look, newton
from leastwise.loops.objective import Objective
from leastwise.loops.on_moments import note_of
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.passed_rows import PassedRows
from leastwise.loops.trace import Trace
from leastwise.loops.walk_dealt import Dealing, walk_dealt
from leastwise.moments.blocks import NotFiniteError
from leastwise.moments.double import Array

# So near, in standard errors, nobody sees the difference.
ARRIVED = 1e-3
# A parameter this near to a bound, in its unit, lies on it where that costs nothing.
ON_BOUND, NOTHING = 1e-4, 1e-9


class FunctionCases(NamedTuple):
    """Rows of a model, and how its parameters are measured.

    Attributes
    ----------
    columns : dict of array, shape (n,)
        What the model reads.
    y : array, shape (n, k)
        What it is to give.
    weights : array, shape (n,)
        Case weights.
    start, unit : array, shape (p,)
        Coordinates at parameters of zero, and what they are measured in.
    ends : Ends
        Bounds.
    spread : scalar
        What residuals are measured in.
    """

    columns: Any
    y: Any
    weights: Any
    start: Any
    unit: Any
    ends: Ends
    spread: Any

    def taken(self, which: Any) -> FunctionCases:
        """Return some rows."""
        columns = {name: column[which] for name, column in self.columns.items()}
        return self._replace(
            columns=columns, y=self.y[which], weights=self.weights[which]
        )

    def joined(self, parts: Sequence[FunctionCases]) -> FunctionCases:
        """Return the rows of several, one after the other."""
        columns = {
            name: np.concatenate([part.columns[name] for part in parts])
            for name in self.columns
        }
        return self._replace(
            columns=columns,
            y=np.concatenate([part.y for part in parts]),
            weights=np.concatenate([part.weights for part in parts]),
        )

    def weighing(self, weights: Any) -> FunctionCases:
        """Return them with other weights."""
        return self._replace(weights=weights)


@dataclass(frozen=True, eq=False)
class Measured:
    """How the parameters of a model are measured.

    Attributes
    ----------
    bounded : Bounded
        How coordinates become its parameters.
    start, unit : ndarray, shape (p,)
        Coordinates at parameters of zero, and what they are measured in.
    ends : Ends
        Bounds.
    spread : float
        What residuals are measured in.
    """

    bounded: Bounded
    start: Array
    unit: Array
    ends: Ends
    spread: float

    def cases(self, rows: MappedRows) -> FunctionCases:
        """Return rows, measured so."""
        w = rows.weights
        return FunctionCases(
            dict(rows.columns),
            rows.target,
            np.ones(len(rows.target)) if w is None else np.asarray(w, float),
            self.start,
            self.unit,
            self.ends,
            np.float64(self.spread),
        )


@dataclass(frozen=True)
class OfFunction(Objective):
    """The mean square of residuals, in units of what the targets vary by.

    Attributes
    ----------
    mapping : Mapped
        The model.
    bounded : Bounded
        How coordinates become its parameters.
    """

    mapping: Mapped
    bounded: Bounded

    def theta(self, params: Any, data: FunctionCases) -> Any:
        """Return the parameters of the model."""
        return self.bounded.values(data.start + params * data.unit, data.ends)

    def part(self, data: FunctionCases, rows: Any, counted: Any) -> FunctionCases:
        """Return some rows; those that do not count weigh nothing.

        Parameters
        ----------
        data : FunctionCases
            All rows.
        rows : array of int, shape (b,)
            Which.
        counted : array of bool, shape (b,)
            Which of them count.
        """
        return data._replace(
            columns={name: column[rows] for name, column in data.columns.items()},
            y=data.y[rows],
            weights=data.weights[rows] * counted,
        )

    def value(self, params: Any, data: FunctionCases) -> Any:
        """Return the loss, a scalar."""
        jnp = _numpy()
        r = data.y - self.mapping.function(self.theta(params, data), data.columns)
        each = ((r / data.spread) ** 2).sum(axis=1)
        counted = jnp.where(data.weights > 0, each, 0.0)
        return (data.weights * counted).sum() / data.weights.sum()

    def size(self, params: Any, data: FunctionCases) -> Any:
        """Return how large what is rounded in a gradient is: columns have norm 1."""
        jnp = _numpy()
        f = self.mapping.function(self.theta(params, data), data.columns)
        each = (((jnp.abs(f) + jnp.abs(data.y)) / data.spread) ** 2).sum(axis=1)
        mean = (data.weights * each).sum() / data.weights.sum()
        # A model has some roundings of its own.
        return 8.0 * jnp.sqrt(len(params) * mean)


def _numpy() -> Any:
    import jax.numpy

    return jax.numpy


@dataclass(frozen=True, eq=False)
class WentOnFunction:
    """Where a solver came to.

    Attributes
    ----------
    found : Found
        The place, with the steps of Newton's method from there, not taken.
    trace : Trace
        The way there, of parameters.
    note : str
        What happened, in words.
    status : Status
        How the loop itself ended.
    """

    found: Found
    trace: Trace
    note: str
    status: Status


def descend_function(
    curve: MappedRows, theta: Array, box: Box, optimiser: Optimiser, about: str
) -> WentOnFunction:
    """Minimise the sum of squares of a model by a first-order solver.

    Parameters
    ----------
    curve : MappedRows
        The model and its rows.
    theta : ndarray, shape (p,)
        Where to start: inside the box.
    box : Box
        Bounds.
    optimiser : Optimiser
        The solver; checked.
    about : str
        What a checkpoint has to agree with, beside solver and rows.

    Raises
    ------
    RequestError
        For batches of a model whose rows depend on each other.
    NotFiniteError
        When the model has no value at the start, or where the solver came to.
    """
    if optimiser.run.batch is not None and not (curve.mapping.by_row and curve.columns):
        raise RequestError(
            "a row of this model depends on other rows",
            fix="Leave out batch=, or write it row by row",
        )
    n = len(curve.target)
    w = np.ones(n) if curve.weights is None else np.asarray(curve.weights, float)
    share = w / w.sum()
    spread = float(
        np.sqrt((share @ np.square(curve.target - share @ curve.target)).sum())
    )
    if not (np.isfinite(spread) and spread > 0):
        spread = float(np.abs(curve.target).max(initial=0.0)) or 1.0
    measured = measure(curve, theta, box, spread=spread, weight=float(w.sum()))
    objective = OfFunction(curve.mapping, measured.bounded)
    go = walk if optimiser.run.batch is None else walk_batches
    cases, start = measured.cases(curve), np.zeros(len(theta))
    found = go(objective, start, cases, optimiser, about=about)
    return arrive(curve, found, measured, box, optimiser)


def descend_passing(
    curve: PassedRows,
    theta: Array,
    box: Box,
    dealing: Dealing[MappedRows, FunctionCases],
    measured: Measured,
) -> WentOnFunction:
    """Minimise the sum of squares of a model on batches of rows that pass.

    Parameters
    ----------
    curve : PassedRows
        The model and its rows.
    theta : ndarray, shape (p,)
        Where to start.
    box : Box
        Bounds.
    dealing : Dealing
        How rows are dealt.
    measured : Measured
        How parameters are measured.

    Raises
    ------
    NotFiniteError
        When the model has no value where the solver came to.
    """
    found = walk_dealt(dealing, np.zeros(len(theta)))
    return arrive(curve, found, measured, box, dealing.optimiser)


def arrive(
    curve: SteppedModel,
    found: Walked,
    measured: Measured,
    box: Box,
    optimiser: Optimiser,
) -> WentOnFunction:
    """Look at where a solver came to.

    Parameters
    ----------
    curve : SteppedModel
        The model and its rows.
    found : Walked
        How the loop ended.
    measured : Measured
        How parameters are measured.
    box : Box
        Bounds.
    optimiser : Optimiser
        The solver.
    """
    trace = _trace(found, measured)
    note = note_of(found, optimiser)
    at = _looked(curve, trace.coefficients[-1, :, 0], box, measured)
    near = newton(curve, at)
    status = found.status
    if status in (Status.CONVERGED, Status.STEPS_EXHAUSTED):
        arrived = near.decrement <= ARRIVED and near.out is None
        status = Status.CONVERGED if arrived else Status.STEPS_EXHAUSTED
    return WentOnFunction(
        Found(at, near, status, found.steps), trace, note, found.status
    )


def measure(
    curve: SteppedModel, theta: Array, box: Box, *, spread: float, weight: float
) -> Measured:
    """Find how parameters are measured.

    Parameters
    ----------
    curve : SteppedModel
        The model and its rows.
    theta : ndarray, shape (p,)
        Where to start: inside the box.
    box : Box
        Bounds.
    spread : float
        By how much targets vary.
    weight : float
        Sum of the weights of the rows.

    Raises
    ------
    NotFiniteError
        When the model has no value at the start.
    """
    bounded = Bounded.of(box)
    ends = ends_of(box, theta)
    u = bounded.coordinates(theta, box, ends.size)
    with float64_scope():
        moved = to_host(bounded.values(u, ends))
    at = look(curve, box.clip(moved), box, 1)
    if at is None:
        raise NotFiniteError
    columns = np.sqrt(np.diagonal(at.gram) / weight) * np.abs(
        bounded.slopes(u, box, ends.size)
    )
    # A parameter without influence at the start is measured by its own size.
    own = np.where(theta == 0, 1.0, np.abs(theta))
    flat = ~(columns * own > NOTHING * spread)
    unit = np.where(flat, own, spread / np.where(flat, 1.0, columns))
    unit = np.where(box.low == box.high, 0.0, unit)
    return Measured(bounded, u, unit, ends, spread)


def _looked(curve: SteppedModel, theta: Array, box: Box, measured: Measured) -> Point:
    """Fold the rows where a loop ended, on a bound where it is that near to one."""
    at = look(curve, box.clip(theta), box, 3)
    if at is None:
        raise NotFiniteError
    unit = ON_BOUND * measured.unit
    on = np.where(theta - box.low <= unit, box.low, theta)
    on = np.where(box.high - theta <= unit, box.high, on)
    if (on != theta).any():
        there = look(curve, on, box, 3)
        if there is not None and there.rss <= at.rss * (1.0 + NOTHING):
            return there
    return at


def _trace(found: Walked, measured: Measured) -> Trace:
    kept = found.records
    with float64_scope():
        each = jax_module().vmap(measured.bounded.values, (0, None))
        made = to_host(
            each(measured.start + kept.params * measured.unit, measured.ends)
        )
    return Trace(
        step=kept.step,
        loss=kept.value,
        gradient_norm=kept.gradient_norm,
        distance=np.linalg.norm(kept.params - kept.params[-1], axis=1),
        standardised=kept.params[:, :, None],
        coefficients=made[:, :, None],
    )
