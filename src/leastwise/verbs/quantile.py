"""`quantile`: quantile regression, exact; `expectile` beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.design.weights import Weights
from leastwise.engine.quantile import (
    TEXTS,
    Kind,
    Prepared,
    QuantileSolved,
    prepare,
    solve_quantile,
)
from leastwise.infer.cov.sparsity import Sparsity
from leastwise.infer.deviance import Measures
from leastwise.loss.quantile import Quantile, check_share
from leastwise.loss.robust import Expectile
from leastwise.model.convergence import Convergence
from leastwise.model.loss_covariance import with_covariance
from leastwise.model.loss_model import LossModel, LossSample
from leastwise.model.make_loss import Request, named
from leastwise.model.quantiles import Quantiles
from leastwise.model.weighing import covariance_for
from leastwise.record.loss import Measure
from leastwise.verbs.robust import robust
from leastwise.verbs.rows import Asked, Given, problem_of, read, with_arrays
from leastwise.verbs.smooth_quantile import Smoothing, walk_quantile
from leastwise.verbs.stream import is_stream


def quantile(
    formula: str | None = None,
    data: Any = None,
    *,
    q: float | Sequence[float] = 0.5,
    weights: str | Weights | Any = None,
    missing: Literal["drop", "error"] = "drop",
    se: Kind = "nid",
    cov: Any = None,
    **arrays: Any,
) -> Any:
    """Fit quantiles of a target as linear functions of inputs.

    It minimises ``sum_i w_i (y_i - x_i'b) (q - 1[y_i < x_i'b])``: least absolute
    deviations at q = 0.5. An interior point finds the rows that an optimal plane
    passes through; the plane is solved for without rounding, and multipliers show
    that no other has less loss. Where others have as little, a note says so.

    Parameters
    ----------
    formula : str
        As in `ols`.
    data : data frame, mapping, path or Stream
        As in `ols`; `leastwise.Stream` for a file larger than memory.
    q : float or sequence of float
        The quantile, between 0 and 1, or several of them. A number is read as the
        shortest decimal that rounds to it: 0.1 is a tenth.
    weights : str, Weights or array_like, optional
        What the loss of a row counts. As in R, analytic ones say that the scale of a
        row is one over its weight; frequencies count rows.
    missing : {"drop", "error"}
        As in `ols`.
    se : {"nid", "iid", "ker"}
        How the density of the target at the quantile is estimated: from the quantiles
        above and below, row by row (Hendricks and Koenker 1992), the bandwidth that
        of Hall and Sheather; one for all rows (Koenker and Bassett 1978); by a
        kernel (Powell 1991). The first holds where the spread of the target depends
        on the inputs; it costs two more fits.
    cov : Covariance or str, optional
        Another covariance than Koenker's; see `LossModel.with_cov`.
    **arrays
        ``y=``, ``X=`` and ``intercept=`` in place of a formula, ``levels=`` as in
        `ols`, and ``offset=`` as in `glm`. ``solver=`` for a first-order solver, such
        as ``lw.LBFGS()``: it walks on the loss with its corner rounded off over
        ``width=``, in units of the target (see `leastwise.loss.SmoothQuantile`), and
        says by how much the loss can be above the least. Standard errors are then the
        sandwich, its density that of the smoothing.

    Returns
    -------
    LossModel, or Quantiles where several were asked for

    Raises
    ------
    RequestError
        For a q that is not between 0 and 1.
    DataError, FormulaError
        As `ols` does.

    References
    ----------
    Koenker and Bassett (1978), doi:10.2307/1913643. Portnoy and Koenker (1997),
    doi:10.1214/ss/1030037960.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0, 1, 2, 3, 4, 5], "y": [1, 4, 2, 6, 3, 9]}
    >>> m = lw.quantile("y ~ x", data, q=0.5, se="iid")
    >>> m.coef["x"], int(m.digits["x"])
    (1.6, 15)
    """
    shares = _shares(q)
    if se not in TEXTS:
        raise RequestError(f"se={se!r} is unknown", fix='Use "nid", "iid" or "ker"')
    offset = arrays.pop("offset", None)
    asked = Asked(formula, data, weights=weights, offset=offset, missing=missing)
    how = Smoothing.of(arrays, se)
    asked = with_arrays(asked, arrays)
    if how.solver is not None or is_stream(data):
        walked = tuple(walk_quantile(asked, share, how, cov) for share in shares)
        return walked[0] if _is_number(q) else Quantiles(shares, walked)
    given = read(asked)
    targets = given.recipe.targets
    if len(targets) != 1:
        raise RequestError(
            f"quantile takes one target, the formula has {len(targets)}",
            fix="Fit one target at a time",
        )
    problem = problem_of(given, Quantile(shares[0]))
    frequency = given.weights is not None and given.weights.kind == "frequency"
    rows = prepare(problem, frequency=frequency)
    models = tuple(_model(given, rows, share, se, cov) for share in shares)
    return models[0] if _is_number(q) else Quantiles(shares, models)


def expectile(
    formula: str | None = None,
    data: Any = None,
    *,
    q: float = 0.5,
    weights: str | Weights | Any = None,
    missing: Literal["drop", "error"] = "drop",
    cov: Any = None,
    **arrays: Any,
) -> LossModel:
    """Fit an expectile of a target: asymmetric least squares.

    It minimises ``sum_i w_i |q - 1[y_i < x_i'b]| (y_i - x_i'b)^2``, the mean at
    q = 0.5. Each step is a weighted least squares fit; the loss has a derivative
    everywhere and one minimum. The covariance is the sandwich.

    Parameters
    ----------
    formula : str
        As in `ols`.
    data : data frame, mapping or path
        As in `ols`.
    q : float
        Between 0 and 1: what a square above the prediction counts.
    weights : str, Weights or array_like, optional
        As in `ols`.
    missing : {"drop", "error"}
        As in `ols`.
    cov : Covariance or str, optional
        Another covariance than the sandwich; see `LossModel.with_cov`.
    **arrays
        ``y=``, ``X=`` and ``intercept=`` in place of a formula, and ``levels=``: as in
        `ols`.

    Returns
    -------
    LossModel

    Raises
    ------
    RequestError
        For a q that is not between 0 and 1.
    DataError, FormulaError
        As `ols` does.

    References
    ----------
    Newey and Powell (1987), doi:10.2307/1911031.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.expectile("y ~ 1", {"y": [0.0, 1.0, 5.0]}, q=0.8)
    >>> round(m.coef["Intercept"], 9)
    3.5
    """
    check_share(q)
    model = robust(
        formula,
        data,
        loss=Expectile(float(q)),
        weights=weights,
        missing=missing,
        cov=cov,
        **arrays,
    )
    return replace(model, kind=f"Expectile regression, q = {float(q):g}")


def _is_number(q: Any) -> bool:
    return isinstance(q, int | float | np.floating)


def _shares(q: Any) -> tuple[float, ...]:
    if _is_number(q):
        check_share(q)
        return (float(q),)
    if isinstance(q, str) or not hasattr(q, "__iter__"):
        raise RequestError(
            f"q={q!r} is no number", fix="Give one between 0 and 1, or a list of them"
        )
    shares = list(q)
    for one in shares:
        check_share(one)
    if not shares or len(set(shares)) < len(shares):
        raise RequestError(
            f"q={shares!r} is empty or has a number twice", fix="Name each share once"
        )
    return tuple(float(one) for one in shares)


def _model(given: Given, rows: Prepared, q: float, se: Kind, cov: Any) -> LossModel:
    found = solve_quantile(rows, q, se=se)
    request = Request(
        formula=given.formula,
        kind=f"Quantile regression, q = {q:g}",
        recipe=given.recipe,
        design=given.design,
        source=given.source,
        weights=given.weights,
    )
    model = named(request, found.solved, _rating(found))
    if not isinstance(model.sample, LossSample):
        return model
    fit = found.fit
    model = replace(
        model,
        notes=(*model.notes, *_notes(found, model)),
        told=_told(found),
        convergence=Convergence(
            fit.status, fit.steps + fit.pivots, 0.0,
            0.0 if fit.proven else math.nan, "interior point and pivots",
        ),
        sample=replace(model.sample, usual=Sparsity(TEXTS[se])),
    )  # fmt: skip
    asked = covariance_for(given.weights, cov)
    if not found.has_density and asked is None:
        return model
    return with_covariance(model, "classical" if asked is None else asked)


def _told(found: QuantileSolved) -> tuple[Measure, ...]:
    fit = found.fit
    told = [Measure("loss", fit.objective, "in units of the target")]
    if np.isfinite(found.null) and found.null > 0:
        share = 1.0 - fit.objective / found.null
        told.append(Measure("R1 (Koenker and Machado)", share))
    told.append(Measure("rows on the plane", float(fit.on)))
    return tuple(told)


def _notes(found: QuantileSolved, model: LossModel) -> list[str]:
    fit, notes = found.fit, []
    if fit.unique is False:
        notes.append(
            "The solution is not unique: other coefficients have the same loss. Those "
            "shown pass through as many rows as there are coefficients."
        )
    elif fit.unique is None and fit.proven:
        notes.append(
            f"{fit.on} rows lie on the plane, more than there are coefficients: other "
            "coefficients may have the same loss."
        )
    if not fit.proven:
        notes.append("That no other coefficients have less loss is not proven.")
    few = min(fit.q, 1.0 - fit.q) * model.n
    if few < model.rank:
        notes.append(
            f"q = {fit.q:g} of {model.n:g} rows is {few:.3g} rows, fewer than the "
            f"{model.rank} coefficients: the plane hangs on the outermost rows, and "
            "standard errors mean little."
        )
    if not found.has_density:
        notes.append(
            "There are no standard errors: the rows give no density of the target at "
            'the quantile. se="iid" or "ker" may.'
        )
    elif found.crossing:
        notes.append(
            f"At {found.crossing} of {model.n:g} rows the quantiles above and below "
            "cross: these rows have no density, and standard errors are doubtful."
        )
    return notes


def _rating(found: QuantileSolved) -> Measures:
    """Say how small the loss is: it is no likelihood."""
    fit, lsq = found.fit, found.solved.solved.fit
    nan, lead = math.nan, int(lsq.intercept)
    return Measures(
        deviance=2.0 * fit.objective,
        null_deviance=2.0 * found.null,
        null_dof=float(lsq.observations) - lead,
        dof=float(lsq.dof),
        pearson=nan,
        dispersion=1.0,
        log_likelihood=nan,
        aic=nan,
        bic=nan,
        explained=1.0 - fit.objective / found.null if found.null else nan,
        mcfadden=nan,
        nagelkerke=nan,
        test=nan,
        test_dof=float(lsq.rank - lead),
        test_p=nan,
    )
