"""The same data through every route, scored against the best answer there is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.engine.routes.base import Problem, Route
from leastwise.engine.routes.process import Outcome, data_file, run_in_process
from leastwise.engine.routes.registry import chosen_routes
from leastwise.record.comparison import RouteRecord
from leastwise.solve.exact import exact_least_squares, is_small

Array = np.ndarray[Any, Any]

ALL_DIGITS = 17.0
"""Digits of an estimate that is the float64 nearest to the best answer."""

TIMEOUT = 300.0


@dataclass(frozen=True)
class RoutesRun:
    """Every route's result and what its digits were counted against.

    Attributes
    ----------
    best : Mapping of str to float
        The best answer, rounded to float64; NaN where the data determine none.
    best_source : str
        How it was found.
    results : tuple of RouteRecord
        One a route, in the order asked for.
    """

    best: Mapping[str, float]
    best_source: str
    results: tuple[RouteRecord, ...]


@dataclass(frozen=True)
class Best:
    """The answer that digits are counted against.

    Attributes
    ----------
    values : tuple of Fraction or None
        Coefficients; None where the data determine none.
    source : str
        How they were found.
    """

    values: tuple[Fraction | None, ...]
    source: str


def run_routes(
    X: Any,
    y: Any,
    *,
    names: Sequence[str] | None = None,
    intercept: bool = True,
    routes: Sequence[str | Route] | None = None,
    timeout: float = TIMEOUT,
) -> RoutesRun:
    """Run routes on the same data, each in a process of its own.

    Parameters
    ----------
    X : array_like, shape (n, p)
        Inputs without a column of ones.
    y : array_like, shape (n,) or (n, 1)
        Target.
    names : sequence of str, optional
        Names of the p inputs; ``x1``, ``x2``, ... when None.
    intercept : bool
        Whether to fit an intercept.
    routes : sequence of str or Route, optional
        Which; all that are known when None. One that is not installed says so in
        its row.
    timeout : float
        Seconds after which a route is stopped.

    Returns
    -------
    RoutesRun

    Raises
    ------
    RequestError
        When a route is not known, or there is more than one target.
    DataError
        When a number is not finite or there are no rows.
    """
    chosen = chosen_routes(routes)
    if not timeout > 0:
        raise RequestError(
            f"timeout={timeout}", fix="Give a positive number of seconds"
        )
    problem = _problem(X, y, intercept)
    labels = _labels(names, problem)
    best = best_answer(problem)
    units = _units(problem)
    with data_file(problem) as data:
        outcomes = [run_in_process(r, data, len(labels), timeout) for r in chosen]
    results = tuple(
        _result(route, outcome, best, labels, units)
        for route, outcome in zip(chosen, outcomes, strict=True)
    )
    rounded = [math.nan if b is None else float(b) for b in best.values]
    return RoutesRun(
        MappingProxyType(dict(zip(labels, rounded, strict=True))), best.source, results
    )


def refuse_weights(weights: object = None, offset: object = None) -> None:
    """Refuse what the peers in a comparison cannot all be given.

    Raises
    ------
    RequestError
        When weights or an offset are given.

    Examples
    --------
    >>> refuse_weights(None, None)
    """
    for word, value in (("weights", weights), ("offset", offset)):
        if value is not None:
            raise RequestError(
                f"compare runs ordinary least squares and was given {word}",
                fix=f"Leave {word} out, or fit with lw.ols, which takes {word}",
            )


def best_answer(problem: Problem) -> Best:
    """Find the best answer: exact when the data is small, else to about 32 digits.

    Examples
    --------
    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0])
    >>> best = best_answer(Problem(x, y, True))
    >>> [str(b) for b in best.values], best.source
    (['1', '2'], 'exact rational arithmetic')
    """
    n, p = problem.X.shape
    if is_small(n, p):
        exact = exact_least_squares(problem.X, problem.y, intercept=problem.intercept)
        values = tuple(row[0] for row in exact.coefficients)
        return Best(values, "exact rational arithmetic")
    from leastwise.moments.blocks import Rows
    from leastwise.moments.fold import fold_rows
    from leastwise.solve.fit import solve

    fit = solve(
        fold_rows(Rows(problem.X, problem.y[:, None]), slices=3),
        intercept=problem.intercept,
    )
    found = tuple(
        Fraction(float(b)) if np.isfinite(b) else None for b in fit.coefficients[:, 0]
    )
    return Best(found, "leastwise, double-double")


def correct_digits(estimate: float, best: Fraction, unit: float) -> float:
    """Count the decimal digits of an estimate that are right, from 0 to 17.

    Parameters
    ----------
    estimate : float
        What a route found.
    best : Fraction
        The best answer.
    unit : float
        What an error is measured by where the best answer is exactly 0.

    Examples
    --------
    >>> correct_digits(0.3333, Fraction(1, 3), 1.0)
    4.0
    >>> correct_digits(1 / 3, Fraction(1, 3), 1.0)
    17.0
    """
    if not math.isfinite(estimate):
        return 0.0
    if estimate == float(best):
        return ALL_DIGITS
    size = abs(best) if best != 0 else Fraction(unit)
    if size == 0:
        return 0.0
    error = abs(Fraction(estimate) - best) / size
    # As whole numbers: the quotient may leave the range of float64.
    digits = math.log10(error.denominator) - math.log10(error.numerator)
    return min(max(round(digits, 12), 0.0), ALL_DIGITS)


def _problem(X: Any, y: Any, intercept: bool) -> Problem:
    inputs = np.ascontiguousarray(X, dtype=np.float64)
    target = np.asarray(y, dtype=np.float64)
    if inputs.ndim == 1:
        inputs = inputs[:, None]
    if target.ndim == 2 and target.shape[1] != 1:
        raise RequestError(
            f"compare fits one target and was given {target.shape[1]}",
            fix="Compare the targets one at a time",
        )
    target = np.ascontiguousarray(target.reshape(-1))
    if len(inputs) != len(target):
        raise DataError(
            f"X has {len(inputs)} rows and y has {len(target)}",
            fix="Give one target for each row",
        )
    if len(target) == 0:
        raise DataError("there are no rows", fix="Give at least one row")
    if inputs.shape[1] + int(intercept) == 0:
        raise RequestError(
            "there is nothing to fit", fix="Add an input or an intercept"
        )
    finite = np.isfinite(target) & np.all(np.isfinite(inputs), axis=1)
    if not finite.all():
        raise DataError(
            "a value is NaN or infinite",
            where=f"row {int(np.flatnonzero(~finite)[0]) + 1}",
            fix="Remove the row",
        )
    return Problem(inputs, target, intercept)


def _labels(names: Sequence[str] | None, problem: Problem) -> tuple[str, ...]:
    p = problem.X.shape[1]
    inputs = [f"x{j + 1}" for j in range(p)] if names is None else list(names)
    if len(inputs) != p:
        raise RequestError(
            f"{len(inputs)} names for {p} inputs", fix="Give one name for each input"
        )
    return (*(["Intercept"] if problem.intercept else []), *inputs)


def _units(problem: Problem) -> tuple[float, ...]:
    """Return the size a coefficient would have to matter: of y over that of x."""
    top = float(np.max(np.abs(problem.y)))
    with np.errstate(divide="ignore", over="ignore"):
        inputs = top / np.max(np.abs(problem.X), axis=0, initial=0.0)
    usable = np.where(np.isfinite(inputs), inputs, 0.0)
    return (*([top] if problem.intercept else []), *usable.tolist())


def _result(
    route: Route,
    outcome: Outcome,
    best: Best,
    labels: tuple[str, ...],
    units: tuple[float, ...],
) -> RouteRecord:
    estimates = digits = lowest = None
    note = f"{route.about}; {outcome.note}" if outcome.note else route.about
    if outcome.coefficients is not None:
        estimates = MappingProxyType(
            dict(zip(labels, outcome.coefficients, strict=True))
        )
        if None not in best.values:
            scored = {
                label: correct_digits(estimates[label], b, unit)
                for label, b, unit in zip(labels, best.values, units, strict=True)
                if b is not None
            }
            digits, lowest = MappingProxyType(scored), min(scored.values())
        else:
            # With collinear inputs other answers are as good as the best one.
            note += "; digits are not counted, because inputs are collinear"
    return RouteRecord(
        route=route.name,
        estimates=estimates,
        digits=lowest,
        digits_by_coefficient=digits,
        seconds=outcome.seconds,
        setup_seconds=outcome.setup_seconds,
        peak_memory_mib=outcome.peak_memory_mib,
        steps=outcome.steps,
        note=note,
    )
