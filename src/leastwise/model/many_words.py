"""What is said of a fit of several predictors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.layout import Design
from leastwise.engine.many_fit import ManySolved
from leastwise.infer.deviance import Measures
from leastwise.infer.dist import chi2_upper
from leastwise.loss.many.base import ManyLoss
from leastwise.model.describe import some
from leastwise.record.loss import Measure
from leastwise.report.number import number

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


def names_of(loss: ManyLoss, inputs: tuple[str, ...], first: str) -> tuple[str, ...]:
    """Return the names of all coefficients, predictor by predictor.

    Parameters
    ----------
    loss : ManyLoss
        What a row costs.
    inputs : tuple of str
        Names of the inputs.
    first : str
        Name of the intercept; empty where there is none.

    Examples
    --------
    >>> from leastwise.loss.many import Tobit
    >>> names_of(Tobit(), ("x",), "Intercept")
    ('Intercept', 'x', 'log(sigma)')
    """
    found: list[str] = []
    for part in loss.parts:
        if part.kind == "level":
            found.append(part.name)
            continue
        ahead = (first,) if first and part.kind == "all" else ()
        before = f"{part.name}: " if part.name else ""
        found += [before + name for name in (*ahead, *inputs)]
    return tuple(found)


def rating_of(solved: ManySolved, observations: float) -> Measures:
    """Say how well a loss of several predictors is fitted.

    Parameters
    ----------
    solved : ManySolved
        The fit.
    observations : float
        Observations counted.
    """
    total, null, nan = solved.newton.there.total, solved.null_loss, math.nan
    problem, rank = solved.problem, float(solved.problem.size)
    free = sum(columns.start == 0 for columns in problem.columns)
    q, test = rank - free, 2.0 * (null - total)
    gone = math.exp(min(2.0 * (total - null) / observations, 700.0))
    most = -math.expm1(-2.0 * null / observations) if null > -300 else nan
    return Measures(
        deviance=2.0 * total,
        null_deviance=2.0 * null,
        null_dof=observations - free,
        dof=observations - rank,
        pearson=nan,
        dispersion=1.0,
        log_likelihood=-total,
        aic=2.0 * total + 2.0 * rank,
        bic=2.0 * total + math.log(observations) * rank,
        explained=nan,
        mcfadden=1.0 - total / null if null else nan,
        nagelkerke=(1.0 - gone) / most if problem.loss.classes else nan,
        test=test if q > 0 else nan,
        test_dof=q,
        test_p=chi2_upper(max(test, 0.0), q) if q > 0 else nan,
    )


def told_of(model: LossModel) -> tuple[Measure, ...]:
    """Return the measures of a fit, and its other parameters in natural units.

    Parameters
    ----------
    model : LossModel
        The fit.
    """
    m, loss = model.measures, model.loss
    found = []
    if isinstance(loss, ManyLoss):
        for part in loss.parts:
            if part.natural:
                j = model.names.index(part.name)
                value = math.exp(model.estimates[j])
                # The delta method: d exp(u) = exp(u) du.
                error = number(value * float(model.standard_errors[j]), 4)
                more = f"(standard error {error})"
                found.append(Measure(part.natural, value, more))
    found.append(Measure("log-likelihood", m.log_likelihood))
    if np.isfinite(m.test):
        more = f"on {m.test_dof:g} (against constants alone), p = {m.test_p:.3g}"
        found.append(Measure("likelihood ratio chi-squared", m.test, more))
    # Of densities a log-likelihood has no zero, and a share of it says nothing.
    if isinstance(loss, ManyLoss) and loss.classes:
        found.append(Measure("McFadden's R-squared", m.mcfadden))
        found.append(Measure("Nagelkerke's R-squared", m.nagelkerke))
    return (*found, Measure("AIC", m.aic), Measure("BIC", m.bic))


def separated(solved: ManySolved, design: Design, names: tuple[str, ...]) -> DataError:
    """Return the error of coefficients that run away, with their names.

    Parameters
    ----------
    solved : ManySolved
        Whose loop ended so.
    design : Design
        The rows.
    names : tuple of str
        Of the coefficients.
    """
    found = solved.newton
    if found.running is None or found.rows is None:
        raise AssertionError("a separated loop says what runs away")
    gone = np.isnan(solved.estimates)
    back = np.abs(np.where(gone[:, None], 0.0, solved.back))
    reach = (back > 0) @ found.running
    constants = {part.name for part in solved.problem.loss.parts}
    which = [
        name
        for name, runs in zip(names, reach, strict=True)
        if runs and name not in constants and not name.endswith("Intercept")
    ]
    one = len(which) == 1
    return DataError(
        f"{some(which or ['Intercept'])} tell{'s' * one} {_who(solved)} without error: "
        "the likelihood has no maximum, and coefficients run to infinity",
        where=f"the target {design.targets[0]}",
        fix="Leave inputs out, join classes or levels, or get rows in which the target "
        "is mixed",
    )


def _who(solved: ManySolved) -> str:
    """Say which classes are told from the others, or which rows."""
    rows, problem = solved.newton.rows, solved.problem
    if rows is None or rows.all():
        return "all rows apart (complete separation)"
    y, classes = problem.y[:, 0], problem.loss.classes
    there = np.ones(len(y), bool) if problem.weights is None else problem.weights > 0
    alone = [
        level for code, level in enumerate(classes) if rows[there & (y == code)].all()
    ]
    if alone and len(alone) < len(classes):
        many = len(alone) > 1
        return f"class{'es' * many} {some(alone)} from the others"
    return f"{int(rows.sum()):,} of {len(rows):,} rows apart"
