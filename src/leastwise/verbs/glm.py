"""`glm`: generalized linear models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from leastwise._kit.errors import RequestError
from leastwise.design.weights import Weights
from leastwise.engine.options import check_solver
from leastwise.loss.family import Family, Gaussian, NegativeBinomial
from leastwise.loss.family.binomial import LikeBinomial
from leastwise.loss.family.words import read_family
from leastwise.loss.many import ManyLoss
from leastwise.model.loss_model import LossModel
from leastwise.model.make_loss import Request, checked, make_loss_model
from leastwise.model.make_stream import make_stream_model
from leastwise.model.make_theta import make_theta_model
from leastwise.verbs.many import fit_many
from leastwise.verbs.rows import Asked, problem_of, read, with_arrays
from leastwise.verbs.stream import fit_stream, is_stream


def glm(
    formula: str | None = None,
    data: Any = None,
    *,
    family: Family | ManyLoss | str | None = None,
    offset: str | Any = None,
    weights: str | Weights | Any = None,
    missing: Literal["drop", "error"] = "drop",
    cov: Any = None,
    **arrays: Any,
) -> LossModel:
    """Fit a generalized linear model by maximum likelihood.

    The mean of a target is a function of ``eta = x'b + offset``, its variance one of
    the mean. Each step is a weighted least squares fit of working rows, folded and
    solved as `ols` does, and the model says in standard errors how far it can be from
    the maximum.

    Parameters
    ----------
    formula : str
        As in `ols`; ``cbind(successes, failures) ~ x`` for binomial counts.
    data : data frame, mapping, path or Stream
        As in `ols`; `leastwise.Stream` for a file larger than memory.
    family : Family or str, optional
        Such as ``lw.family.Poisson()`` or ``"poisson"``; see `leastwise.family`.
        Gaussian when not given.
    offset : str or array_like, shape (n,), optional
        A column, or one number a row; ``offset(log(time))`` in the formula does the
        same for computed ones.
    weights : str, Weights or array_like, optional
        As in `ols`; for binomial shares the number of trials.
    missing : {"drop", "error"}
        Leave out rows with a missing value and count them, or refuse them.
    cov : Covariance or str, optional
        Another covariance than that of the Fisher information; see
        `LossModel.with_cov`.
    **arrays
        ``y=``, ``X=`` and ``intercept=`` in place of a formula, and ``levels=``: as in
        `ols`. ``solver=`` for a first-order solver, such as ``lw.Adam()``.

    Returns
    -------
    LossModel

    Raises
    ------
    DataError
        For a target that the family cannot take, with its row; for separated targets,
        with the inputs that tell them apart.
    FormulaError, RequestError
        As `ols` does.

    References
    ----------
    McCullagh and Nelder (1989), doi:10.1201/9780203753736.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"dose": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "dead": [0, 1, 0, 1, 0, 1]}
    >>> m = lw.glm("dead ~ dose", data, family=lw.family.Binomial())
    >>> round(m.coef["dose"], 6), m.digits["dose"] > 12
    (0.361321, True)
    """
    chosen = Gaussian() if family is None else read_family(family)
    solver = arrays.pop("solver", None)
    check_solver(solver)
    asked = Asked(formula, data, weights=weights, offset=offset, missing=missing)
    asked = with_arrays(asked, arrays)
    if isinstance(chosen, ManyLoss):
        if is_stream(data):
            raise RequestError(
                f"{chosen.name} has several predictors, and looks at all rows at once",
                fix="Give the path itself, or a family of one predictor",
            )
        return fit_many(chosen, asked, cov)
    if is_stream(asked.data):
        return _passing(chosen, asked, solver, cov)
    given = read(replace(asked, two_classes=isinstance(chosen, LikeBinomial)))
    targets = given.recipe.targets
    if len(targets) > 2 or (len(targets) == 2 and not isinstance(chosen, LikeBinomial)):
        raise RequestError(
            f"{chosen.name} takes one target, the formula has {len(targets)}",
            fix="Fit one target at a time",
        )
    problem = problem_of(given, chosen)
    checked(chosen, problem.y, given.design, targets[0])
    request = Request(
        formula=given.formula,
        kind=f"{chosen.name} regression, {chosen.link} link",
        recipe=given.recipe,
        design=given.design,
        source=given.source,
        weights=given.weights,
        cov=cov,
        solver=solver,
    )
    if isinstance(chosen, NegativeBinomial) and chosen.theta is None:
        if solver is not None:
            raise RequestError(
                "solver= goes with a theta that is given",
                fix="Give NegativeBinomial(theta=...), or leave out solver=",
            )
        return make_theta_model(request, problem)
    return make_loss_model(request, problem)


def _passing(chosen: Family, asked: Asked, solver: Any, cov: Any) -> LossModel:
    """Fit the rows of a file that is larger than memory."""
    if isinstance(chosen, NegativeBinomial) and chosen.theta is None:
        raise RequestError(
            "the theta of rows in blocks is given",
            fix="Give NegativeBinomial(theta=...), such as that of a part of the rows",
        )
    request, solved, _ = fit_stream(
        asked,
        chosen,
        kind=f"{chosen.name} regression, {chosen.link} link",
        solver=solver,
        usual="classical",
        cov=cov,
    )
    return make_stream_model(request, solved)
