"""Quantiles by first-order solvers, and of files: their loss without its corner."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.status import Status
from leastwise.engine.loss_descent import solve_by
from leastwise.engine.loss_fit import LossSolved
from leastwise.engine.options import check_solver
from leastwise.infer.cov.hc import HC0
from leastwise.infer.deviance import Measures
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.working import Problem
from leastwise.loss.quantile import Quantile
from leastwise.loss.smooth_quantile import SmoothQuantile
from leastwise.model.loss_covariance import with_covariance
from leastwise.model.loss_model import LossModel, LossSample
from leastwise.model.make_loss import Request, named, walked
from leastwise.model.make_stream import make_stream_model
from leastwise.model.weighing import covariance_for
from leastwise.moments.fold import fold_rows
from leastwise.record.loss import Measure
from leastwise.solve.fit import solve
from leastwise.solve.result import Fit
from leastwise.verbs.rows import Asked, problem_of, read
from leastwise.verbs.stream import fit_stream, is_stream


@dataclass(frozen=True)
class Smoothing:
    """How a quantile is walked to.

    Attributes
    ----------
    solver : Optimiser or None
        The solver.
    width : float or None
        Over which the corner of the loss is rounded off, in units of the target; by
        the rows when None.
    """

    solver: Optimiser | None
    width: float | None

    @classmethod
    def of(cls, arrays: dict[str, Any], se: str) -> Smoothing:
        """Take ``solver=`` and ``width=`` out of keywords.

        Parameters
        ----------
        arrays : dict
            The keywords; both are removed.
        se : str
            How densities were asked for.
        """
        solver, width = arrays.pop("solver", None), arrays.pop("width", None)
        check_solver(solver)
        if solver is None and width is not None:
            raise RequestError(
                "width= is for solver=", fix="Leave it out: the fit is exact without"
            )
        if solver is not None and se != "nid":
            raise RequestError(
                f'se="{se}" is for the exact fit',
                fix="Leave it out: the loss that a solver walks on brings a density",
            )
        return cls(solver, width)


def walk_quantile(asked: Asked, q: float, how: Smoothing, cov: Any) -> LossModel:
    """Fit a smoothed quantile by a first-order solver.

    Parameters
    ----------
    asked : Asked
        Which rows.
    q : float
        The quantile.
    how : Smoothing
        The solver and the width.
    cov : Covariance or str or None
        Another covariance than the sandwich.
    """
    if is_stream(asked.data):
        return _passing(asked, q, how, cov)
    given = read(asked)
    targets = given.recipe.targets
    if len(targets) != 1:
        raise RequestError(
            f"quantile takes one target, the formula has {len(targets)}",
            fix="Fit one target at a time",
        )
    problem = problem_of(given, Quantile(q))
    y, w = problem.y, problem.case_weights
    width = usual_width(problem, q) if how.width is None else how.width
    loss = SmoothQuantile(q, width)
    problem = replace(problem, loss=loss)
    if how.solver is None:
        raise RequestError("there is no solver", fix="Give solver=leastwise.LBFGS()")
    solved, went = solve_by(problem, how.solver, above=3)
    request = Request(
        formula=given.formula,
        kind=_kind(loss),
        recipe=given.recipe,
        design=given.design,
        source=given.source,
        weights=given.weights,
    )
    exact = float(w @ Quantile(q).local(solved.look.eta, y).value)
    model = named(request, solved, _rating(solved.solved.fit, exact))
    if isinstance(model.sample, LossSample):
        model = replace(
            model,
            told=_told(exact, _gap(solved, exact), loss),
            sample=replace(model.sample, usual=HC0()),
        )
    asked_cov = covariance_for(given.weights, cov)
    model = with_covariance(model, "classical" if asked_cov is None else asked_cov)
    return walked(model, how.solver, went)


def _passing(asked: Asked, q: float, how: Smoothing, cov: Any) -> LossModel:
    if how.width is None or how.solver is None:
        raise RequestError(
            "a quantile of rows in blocks is walked to",
            fix="Give solver=leastwise.Adam(run=leastwise.Run(batch=4096)) and width=, "
            "in units of the target",
        )
    loss = SmoothQuantile(q, how.width)
    request, solved, _ = fit_stream(
        asked, loss, kind=_kind(loss), solver=how.solver, usual="HC0", cov=cov
    )
    total, found = solved.found.passed.total, solved.found
    model = make_stream_model(request, solved, _rating(solved.fit, total))
    most = solved.about.weight * loss.width * math.log(2.0)
    gap = most if found.status is Status.CONVERGED else None
    return replace(model, told=_told(total, gap, loss))


def _gap(solved: LossSolved, exact: float) -> float | None:
    """Bound the loss of a plane from above the least one.

    Where the scores of the rows add up to 0 with every input they are a feasible point
    of the dual (Koenker and Bassett 1978), so that no plane has less loss than minus
    the sum of ``w s y``, which is that of ``w s (y - eta)``.
    """
    if solved.newton.status is not Status.CONVERGED:
        return None
    look, y = solved.look, solved.problem.y
    return float(exact + look.case_weights @ (look.there.score * (y - look.eta)))


def usual_width(problem: Problem, q: float) -> float:
    """Return a width whose bias is below the standard errors.

    The bias is of order ``h^2`` and h of order ``n^-2/5`` (He, Pan, Tan and Zhou 2023),
    in units of what least squares leaves.

    Parameters
    ----------
    problem : Problem
        The rows.
    q : float
        The quantile.

    Examples
    --------
    >>> from leastwise.moments.blocks import Rows
    >>> y = np.array([[1.0], [-1.0]] * 5000)
    >>> rows = Rows(np.zeros((10_000, 0)), y)
    >>> round(usual_width(Problem(Quantile(0.5), rows), 0.5), 4)
    0.0318
    """
    y, w = problem.y, problem.case_weights
    m = fold_rows(problem.rows, slices=1)
    fit = solve(m, intercept=problem.intercept)
    mean = float(np.average(y, weights=w))
    spread = float(np.sqrt(np.average((y - mean) ** 2, weights=w)))
    if fit.tss[0] > 0 and fit.rss[0] > 0:
        spread *= float(np.sqrt(fit.rss[0] / fit.tss[0]))
    part = ((fit.rank + math.log(len(y))) / len(y)) ** 0.4
    return float((spread or 1.0) * min(part, 1.0) * math.sqrt(q * (1.0 - q)))


def _kind(loss: SmoothQuantile) -> str:
    return f"Quantile regression, q = {loss.q:g}, smoothed"


def _told(total: float, gap: float | None, loss: SmoothQuantile) -> tuple[Measure, ...]:
    told = (
        Measure("width of the smoothing", loss.width, "in units of the target"),
        Measure("loss", total, "in units of the target"),
    )
    if gap is None:
        return told
    return (*told, Measure("above the least loss by", gap, "at most"))


def _rating(fit: Fit, total: float) -> Measures:
    nan, lead = math.nan, float(fit.intercept)
    return Measures(
        deviance=2.0 * total,
        null_deviance=nan,
        null_dof=float(fit.observations) - lead,
        dof=float(fit.dof),
        pearson=nan,
        dispersion=1.0,
        log_likelihood=nan,
        aic=nan,
        bic=nan,
        explained=nan,
        mcfadden=nan,
        nagelkerke=nan,
        test=nan,
        test_dof=float(fit.rank) - lead,
        test_p=nan,
    )
