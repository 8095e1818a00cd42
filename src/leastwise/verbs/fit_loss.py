"""`fit_loss`: any loss of a linear predictor that can be differentiated twice."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from leastwise._kit.errors import AccuracyWarning, DataError, RequestError
from leastwise._kit.status import Status
from leastwise.design.weights import Weights
from leastwise.engine.loss_descent import solve_by
from leastwise.engine.loss_fit import LossSolved, finish, without_inputs
from leastwise.engine.options import check_solver
from leastwise.infer.cov.hc import HC0
from leastwise.infer.cov.hessian import Hessian
from leastwise.infer.deviance import Measures
from leastwise.infer.dist import chi2_upper
from leastwise.loops.bent import minimise
from leastwise.loops.newton import Newton
from leastwise.loops.working import Point, Problem
from leastwise.loss.base import Loss
from leastwise.loss.own import Own
from leastwise.model.loss_covariance import with_covariance
from leastwise.model.loss_model import LossModel, LossSample
from leastwise.model.make import INTERCEPT
from leastwise.model.make_loss import Request, named, walked
from leastwise.model.make_stream import make_stream_model
from leastwise.model.weighing import covariance_for
from leastwise.record.loss import Measure
from leastwise.solve.result import Fit
from leastwise.verbs.own_loss import (
    check_at,
    check_finite,
    check_function,
    start_values,
)
from leastwise.verbs.rows import Asked, Given, problem_of, read, with_arrays
from leastwise.verbs.stream import fit_stream, is_stream


def fit_loss(
    loss: Callable[[Any, Any], Any] | Loss,
    formula: str | None = None,
    data: Any = None,
    *,
    weights: str | Weights | Any = None,
    start: Any = None,
    mean: Callable[[Any], Any] | None = None,
    likelihood: bool = False,
    **rows: Any,
) -> LossModel:
    """Minimise a loss of your own over a linear predictor.

    The coefficients minimise ``sum_i w_i loss(x_i'b + offset_i, y_i)``. JAX derives
    score and curvature of the function; rows may bend downwards, the sum has to bend
    upwards where it is least. A loss is no likelihood unless it is said to be, so the
    covariance is the sandwich ``H^-1 (sum_i s_i^2 x_i x_i') H^-1``, which needs none.

    Parameters
    ----------
    loss : callable or Loss
        ``(eta, y) -> loss`` of one row: scalars, in ``jax.numpy``, without `if`; or
        one of `leastwise.loss`, at a scale of 1.
    formula : str
        As in `ols`.
    data : data frame, mapping, path or Stream
        As in `ols`; `leastwise.Stream` for a file larger than memory.
    weights : str, Weights or array_like, optional
        As in `glm`.
    start : mapping of str to float, or array_like, shape (m,), optional
        Coefficients to start from, 0 where not named. A loss with several minima is
        followed to one of them.
    mean : callable, optional
        ``eta -> mean`` of the target, in ``jax.numpy``, for predictions; the linear
        predictor itself when not given.
    likelihood : bool
        Whether the loss is minus the log-likelihood of a row, up to a constant. The
        covariance is then the inverse of the Hessian, statistics are z, and the fit
        is tested against a level alone.
    **rows
        ``offset=``, ``missing=`` and ``solver=`` as in `glm`; ``y=``, ``X=`` and
        ``intercept=`` in place of a formula, and ``levels=``, as in `ols`.

    Returns
    -------
    LossModel
        Its `with_cov` gives other covariances.

    Raises
    ------
    DataError
        When the loss is not finite at a row, which is named; when it falls for ever
        along some coefficients; when the place it comes to is no minimum.
    RequestError
        For a function that JAX cannot derive, returns no real number, does not depend
        on eta, or has no curvature.

    References
    ----------
    Huber (1967), The behavior of maximum likelihood estimates under nonstandard
    conditions. White (1982), doi:10.2307/1912526.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
    >>> m = lw.fit_loss(lambda eta, y: jnp.exp(eta) - y * eta, "y ~ x", data)
    >>> round(m.coef["x"], 9)
    0.700200525
    """
    own = Own(loss.value if isinstance(loss, Loss) else loss, mean, bool(likelihood))
    check_function(own)
    solver = rows.pop("solver", None)
    check_solver(solver)
    beside = {name: rows.pop(name) for name in ("offset", "missing") if name in rows}
    asked = with_arrays(Asked(formula, data, weights=weights, **beside), rows)
    if is_stream(data):
        return _passing(own, asked, solver, start)
    given = read(asked)
    targets = given.recipe.targets
    if len(targets) != 1:
        raise RequestError(
            f"fit_loss takes one target, the formula has {len(targets)}",
            fix="Fit one target at a time",
        )
    problem = problem_of(given, own)
    point = None if start is None else _point(start, given, problem)
    _check(own, problem, point, given)
    went = None
    if solver is None:
        found = minimise(problem, start=point)
        _refuse(found, given)
        solved = finish(problem, found)
    else:
        if point is not None:
            raise RequestError(
                "start= is for Newton's steps",
                fix="Give the solver standardised coefficients: Adam(start=...)",
            )
        solved, went = solve_by(problem, solver)
    request = Request(
        formula=given.formula,
        kind=_kind(own),
        recipe=given.recipe,
        design=given.design,
        source=given.source,
        weights=given.weights,
    )
    model = _model(request, solved, own, covariance_for(given.weights, None))
    return model if went is None else walked(model, solver, went)


def _passing(own: Own, asked: Asked, solver: Any, start: Any) -> LossModel:
    """Fit the rows of a file that is larger than memory."""
    if start is not None:
        raise RequestError(
            "start= is for rows in memory",
            fix="Give a solver standardised coefficients: Adam(start=...)",
        )
    request, solved, _ = fit_stream(
        asked,
        own,
        kind=_kind(own),
        solver=solver,
        usual="hessian" if own.likelihood else "HC0",
    )
    rating = _measures(
        own,
        solved.fit,
        solved.found.passed.total,
        solved.null_total if solved.fit.rank > 1 else math.nan,
    )
    model = make_stream_model(request, solved, rating)
    return replace(model, told=_told(rating, own))


def _kind(own: Own) -> str:
    what = "Maximum likelihood" if own.likelihood else "Least loss"
    return f"{what}, {own.name} of eta and the target"


def _point(start: Any, given: Given, problem: Problem) -> Point:
    """Measure coefficients from the first row."""
    design = given.design
    names = ((INTERCEPT,) if design.intercept else ()) + design.names
    values = start_values(start, names)
    slopes = values[int(design.intercept) :]
    p = len(slopes)
    first = design.X[0] + (design.origin + design.origin_low)[:p]
    level = float(first @ slopes) + (float(values[0]) if design.intercept else 0.0)
    return Point(level, slopes.copy())


def _check(own: Own, problem: Problem, point: Point | None, given: Given) -> None:
    y, target = problem.y, given.recipe.targets[0]
    if point is not None:
        check_at(own, y, problem.predictors(point), given.design, target)
        return
    check_at(own, y, own.start(y, problem.rows.weights), given.design, target)


def _refuse(found: Newton, given: Given) -> None:
    """Say why there is no fit, where there is none."""
    if found.status is Status.NOT_FINITE:
        raise DataError(
            "the loss is not finite on the way to its minimum",
            fix="Give start= near to it, or write a loss that has a value everywhere",
        )
    if found.status is Status.SEPARATED or found.status is Status.DIVERGED:
        names = ((INTERCEPT,) if given.design.intercept else ()) + given.design.names
        runs = np.ones(len(names), bool)
        if found.direction is not None:
            runs = found.direction[0 if given.design.intercept else 1 :]
        some = [name for name, one in zip(names, runs, strict=True) if one]
        which = ", ".join(some[:6]) or INTERCEPT
        raise DataError(
            f"the loss falls for ever as {which} run{'s' * (len(some) == 1)} to "
            "infinity: it has no minimum",
            fix="Leave the input out, or add to the loss what keeps it, such as "
            "1e-3 * eta ** 2",
        )


def _model(request: Request, solved: LossSolved, own: Own, cov: Any) -> LossModel:
    rating = _rating(solved, own)
    model = named(request, solved, rating)
    kept = model.sample
    if not isinstance(kept, LossSample):
        return model
    if not solved.newton.status.is_success:
        note = (
            "The loop has not arrived: no digit is certain. Give start= near to the "
            "minimum, or units in which coefficients are of similar size."
        )
        model = replace(model, notes=(*request.design.notes, note))
        warnings.warn(note, AccuracyWarning, stacklevel=4)
    usual = Hessian() if own.likelihood else HC0()
    model = replace(model, told=_told(rating, own), sample=replace(kept, usual=usual))
    try:
        return with_covariance(model, "classical" if cov is None else cov)
    except DataError:
        check_finite(
            own, solved.problem.y, solved.look.eta, request.design, model.target
        )
        raise


def _told(rating: Measures, own: Own) -> tuple[Measure, ...]:
    total = 0.5 * rating.deviance
    if not own.likelihood:
        return (Measure("loss", total), Measure("of a level alone", _half(rating)))
    test = f"on {rating.test_dof:g} (against a level alone), p = {rating.test_p:.3g}"
    return (
        Measure("log-likelihood", rating.log_likelihood, "up to a constant"),
        Measure("likelihood ratio chi-squared", rating.test, test),
        Measure("AIC", rating.aic, "up to a constant"),
        Measure("BIC", rating.bic, "up to a constant"),
    )


def _half(rating: Measures) -> float:
    return 0.5 * rating.null_deviance


def _rating(solved: LossSolved, own: Own) -> Measures:
    """Say how small the loss is, and for a likelihood what that means."""
    problem, fit = solved.problem, solved.solved.fit
    null = math.nan
    if problem.intercept and fit.rank > 1:
        alone = minimise(without_inputs(problem))
        null = alone.look.total if alone.status.is_success else math.nan
    return _measures(own, fit, solved.look.total, null)


def _measures(own: Own, fit: Fit, total: float, null: float) -> Measures:
    nan, n = math.nan, float(fit.observations)
    if not fit.intercept:
        null = nan
    q = float(fit.rank - int(fit.intercept))
    test = 2.0 * (null - total)
    known = own.likelihood
    return Measures(
        deviance=2.0 * total,
        null_deviance=2.0 * null,
        null_dof=n - float(fit.intercept),
        dof=float(fit.dof),
        pearson=nan,
        dispersion=1.0,
        log_likelihood=-total if known else nan,
        aic=2.0 * total + 2.0 * fit.rank if known else nan,
        bic=2.0 * total + math.log(n) * fit.rank if known else nan,
        explained=nan,
        mcfadden=nan,
        nagelkerke=nan,
        test=test if known else nan,
        test_dof=q,
        test_p=chi2_upper(test, q) if known and test == test and q > 0 else nan,
    )
