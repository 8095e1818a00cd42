"""`robust`: M-estimates of regression, their scale estimated with them."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from leastwise._kit.errors import AccuracyWarning, DataError, RequestError
from leastwise.design.weights import Weights
from leastwise.engine.loss_descent import solve_by
from leastwise.engine.loss_fit import LossSolved, finish
from leastwise.engine.options import check_solver
from leastwise.infer.cov.hc import HC0
from leastwise.infer.cov.huber import Huber as HuberCovariance
from leastwise.infer.deviance import Measures
from leastwise.loops.descend_rows import WentOnRows
from leastwise.loops.robust import Found, Sought
from leastwise.loops.robust import robust as find
from leastwise.loops.s_estimate import s_estimate
from leastwise.loss.robust import Huber, Robust
from leastwise.loss.robust.scaled import Scaled
from leastwise.loss.robust.words import read_robust, read_scale
from leastwise.loss.scale import MAD, Fixed, Likelihood, ResidualScale, S
from leastwise.model.loss_covariance import with_covariance
from leastwise.model.loss_model import LossModel, LossSample
from leastwise.model.make_loss import Request, named, walked
from leastwise.model.make_stream import make_stream_model
from leastwise.model.weighing import covariance_for
from leastwise.moments.double import Array
from leastwise.record.loss import Measure
from leastwise.solve.result import Fit
from leastwise.verbs.rows import Asked, Given, problem_of, read, with_arrays
from leastwise.verbs.stream import fit_stream, is_stream

# A row counts little below this weight.
LITTLE = 0.5


CIRCLE = (
    "The weights and the scale go round in a circle: no digit is certain. Few rows or "
    "several minima do that: take scale=leastwise.scale.S(), a known scale, or "
    "leastwise.loss.Huber()."
)


def robust(
    formula: str | None = None,
    data: Any = None,
    *,
    loss: Robust | str | None = None,
    scale: ResidualScale | float | str | None = None,
    weights: str | Weights | Any = None,
    missing: Literal["drop", "error"] = "drop",
    cov: Any = None,
    **arrays: Any,
) -> LossModel:
    """Fit a regression that large residuals do not rule: an M-estimate.

    The coefficients minimise ``sum_i rho((y_i - x_i'b) / s)``, and the scale s of the
    residuals is estimated with them. Where rho is not convex the search starts at the
    fit of Huber's loss. The result is a fixed point of both to the last digits that
    rounding leaves, and the model says how far it can be from it.

    Parameters
    ----------
    formula : str
        As in `ols`.
    data : data frame, mapping, path or Stream
        As in `ols`; `leastwise.Stream` for a file larger than memory.
    loss : Robust or str, optional
        One of `leastwise.loss`, such as ``lw.loss.Bisquare(4.685)``, or its name;
        ``Huber(1.345)`` when not given.
    scale : ResidualScale, float or str, optional
        One of `leastwise.scale`, its name, or a number in the units of the target.
        `MAD` when not given; `S` makes an MM-estimate.
    weights : str, Weights or array_like, optional
        As in `ols`: analytic ones say that a residual is ``1 / sqrt(w)`` as large,
        frequencies count rows.
    missing : {"drop", "error"}
        As in `ols`.
    cov : Covariance or str, optional
        Another covariance than Huber's; see `LossModel.with_cov`. For `Expectile` it
        is the sandwich.
    **arrays
        ``y=``, ``X=`` and ``intercept=`` in place of a formula, and ``levels=``: as in
        `ols`. ``solver=`` for a first-order solver, such as ``lw.Adam()``, where the
        scale is known.

    Returns
    -------
    LossModel
        Its `sigma` is the scale, and `row_weights` says how much each row counts.

    Raises
    ------
    DataError
        When half of the residuals are 0, so that they have no scale.
    FormulaError, RequestError
        As `ols` does.

    References
    ----------
    Huber (1981), Robust Statistics, chapter 7, doi:10.1002/0471725250.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.2, 2.9, 9.0, 5.1]}
    >>> m = lw.robust("y ~ x", data, loss=lw.loss.Bisquare())
    >>> round(m.coef["x"], 3), m.row_weights.round(2).tolist()
    (1.006, [1.0, 0.96, 0.96, 0.0, 1.0])
    """
    solver = arrays.pop("solver", None)
    check_solver(solver)
    chosen = Huber() if loss is None else read_robust(loss)
    how = MAD() if scale is None else read_scale(scale)
    asked = Asked(formula, data, weights=weights, missing=missing)
    asked = with_arrays(asked, arrays)
    if chosen.without_scale:
        how = Fixed(1.0)
    if is_stream(data):
        return _passing(asked, chosen, how, solver, cov)
    given = read(asked)
    targets = given.recipe.targets
    if len(targets) != 1:
        raise RequestError(
            f"robust takes one target, the formula has {len(targets)}",
            fix="Fit one target at a time",
        )
    if isinstance(how, Likelihood) and not chosen.is_density:
        raise RequestError(
            f"{chosen.name} is no likelihood: a residual costs no more than some "
            "limit, so that the scale grows for ever",
            fix="Use scale=leastwise.scale.MAD(), or leastwise.loss.StudentT()",
        )
    sought, went = _sought(given, chosen, how), None
    if solver is None:
        found, told = _find(sought)
        if not found.scale > 0:
            raise _no_scale(targets[0], how)
        solved = finish(found.problem, found.newton)
    else:
        solved, went, found = _walk(sought, solver)
        told = how.text
    request = Request(
        formula=given.formula,
        kind=f"Robust regression, {chosen.call}",
        recipe=given.recipe,
        design=given.design,
        source=given.source,
        weights=given.weights,
    )
    model = _model(request, solved, found, told, covariance_for(given.weights, cov))
    if went is not None:
        return walked(model, solver, went)
    if not found.newton.status.is_success:
        warnings.warn(CIRCLE, AccuracyWarning, stacklevel=2)
        model = replace(model, notes=(*given.design.notes, CIRCLE))
    return model


def _walk(sought: Sought, solver: Any) -> tuple[LossSolved, WentOnRows, Found]:
    """Go down by a first-order solver."""
    scale = _known_scale(sought.scale)
    if sought.beside is not None:
        raise _own_scales()
    problem = sought.at(scale)
    solved, went = solve_by(problem, solver, above=2)
    return solved, went, Found(went.newton, scale, problem, sought.robust, 0.0)


def _known_scale(how: ResidualScale) -> float:
    if not isinstance(how, Fixed):
        raise RequestError(
            "a first-order solver, and rows in blocks, take a scale that is known",
            fix="Give scale= as a number, such as that of a fit to some of the rows",
        )
    return how.value


def _own_scales() -> RequestError:
    return RequestError(
        "analytic weights give each row a scale of its own",
        fix="Take leastwise.weights.frequency, or leave out solver=",
    )


def _passing(
    asked: Asked, chosen: Robust, how: ResidualScale, solver: Any, cov: Any
) -> LossModel:
    """Fit the rows of a file that is larger than memory."""
    scale = _known_scale(how)
    if asked.weights is not None and getattr(asked.weights, "kind", "") != "frequency":
        raise _own_scales()
    loss = Scaled(chosen, scale)
    request, solved, _ = fit_stream(
        asked,
        loss,
        kind=f"Robust regression, {chosen.call}",
        solver=solver,
        usual="huber" if chosen.symmetric else "HC0",
        cov=cov,
    )
    passed, fit, sums = solved.found.passed, solved.fit, solved.sums
    rating = _measures(passed.total, passed.pearson, fit, scale)
    told = []
    if not chosen.without_scale:
        told.append(Measure("scale", scale, f"({how.text})"))
    if chosen.symmetric:
        light = f"of {solved.fit.observations:,.0f}"
        told.append(Measure("rows of weight below 0.5", sums.light, light))
    loss_told = "in units of the scale"
    told.append(Measure("loss", passed.total / scale**2, loss_told))
    model = make_stream_model(request, solved, rating)
    return replace(model, told=tuple(told))


def _sought(given: Given, loss: Robust, scale: ResidualScale) -> Sought:
    problem = problem_of(given, loss)
    w = problem.rows.weights
    if w is None or given.weights is None:
        return Sought(problem, loss, scale)
    if given.weights.kind == "analytic":
        return Sought(problem, loss, scale, beside=1.0 / np.sqrt(w))
    if given.weights.kind == "frequency":
        return Sought(problem, loss, scale, counts=w)
    return Sought(problem, loss, scale, counts=w * (len(w) / w.sum()))


def _find(sought: Sought) -> tuple[Found, str]:
    """Search, from a good start where the loss has many minima."""
    text = sought.scale.text
    if isinstance(sought.scale, S):
        first = s_estimate(sought)
        if not first.scale > 0:
            return first, text
        held = replace(sought, scale=Fixed(first.scale))
        return find(held, start=first.newton.point), text
    if sought.robust.convex:
        return find(sought), text
    usual = sought.scale if isinstance(sought.scale, Fixed) else MAD()
    first = find(replace(sought, robust=Huber(), scale=usual))
    start = first.newton.point if first.newton.status.is_success else None
    return find(sought, start=start), text


def _no_scale(target: str, how: ResidualScale) -> DataError:
    return DataError(
        f"the residuals of {target} have no scale: half of them or more are 0 to "
        f"rounding ({how.text})",
        fix="Those rows are fitted exactly: look at them with ols, take "
        "scale=leastwise.scale.Proposal2(), or give the scale as a number",
    )


def _model(
    request: Request, solved: LossSolved, found: Found, told: str, cov: Any
) -> LossModel:
    loss = solved.problem.loss
    robust_loss = found.robust
    model = named(request, solved, _rating(solved, found.scale))
    kept = model.sample
    if not isinstance(kept, LossSample):
        return model
    usual = HuberCovariance() if robust_loss.symmetric else HC0()
    model = replace(
        model,
        told=_told(solved, found, told),
        sample=replace(kept, usual=usual),
        loss=loss,
    )
    return with_covariance(model, "classical" if cov is None else cov)


def _told(solved: LossSolved, found: Found, text: str) -> tuple[Measure, ...]:
    look = solved.look
    most = float(found.robust.weight(np.zeros(1))[0])
    few = int((look.there.curvature < LITTLE * most).sum())
    told = []
    if not found.robust.without_scale:
        told.append(Measure("scale", found.scale, f"({text})"))
    if found.robust.symmetric:
        told.append(
            Measure("rows of weight below 0.5", float(few), f"of {len(look.eta):,}")
        )
    told.append(Measure("loss", look.total / found.scale**2, "in units of the scale"))
    return tuple(told)


def _rating(solved: LossSolved, scale: float) -> Measures:
    """Say what there is: a robust loss has no likelihood."""
    look, fit = solved.look, solved.solved.fit
    r = look.there.score / look.weights
    pearson = _total(look.case_weights * look.weights * r * r)
    return _measures(look.total, pearson, fit, scale)


def _measures(total: float, pearson: float, fit: Fit, scale: float) -> Measures:
    nan = math.nan
    return Measures(
        deviance=2.0 * total,
        null_deviance=nan,
        null_dof=float(fit.observations) - float(fit.intercept),
        dof=float(fit.dof),
        pearson=pearson,
        dispersion=scale**2,
        log_likelihood=nan,
        aic=nan,
        bic=nan,
        explained=nan,
        mcfadden=nan,
        nagelkerke=nan,
        test=nan,
        test_dof=float(fit.rank - int(fit.intercept)),
        test_p=nan,
    )


def _total(each: Array) -> float:
    return float(np.sum(each))
