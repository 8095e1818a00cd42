"""A fit of a loss -> its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leastwise.loss.family.base import Family
from leastwise.record.fit import CoefficientRow
from leastwise.record.loss import LossRecord, Measure

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


def record_of(model: LossModel, level: float) -> LossRecord:
    """Return everything that is said about a fit; see `LossModel.record`."""
    bounds, p = model.interval(level).array, model.p.array
    rows = zip(
        model.names, model.estimates, model.standard_errors, model.statistic.array, p,
        bounds[:, 0], bounds[:, 1], model.certified, strict=True,
    )  # fmt: skip
    return LossRecord(
        formula=model.formula,
        target=model.target,
        kind=model.kind,
        loss=model.loss.call,
        n=_whole(model.n),
        rank=model.rank,
        dof=_whole(model.dof),
        statistic="z" if np.isinf(model.t_dof).all() else "t",
        coefficients=tuple(
            CoefficientRow(name, *map(float, numbers)) for name, *numbers in rows
        ),
        covariance=tuple(map(tuple, model.covariance.tolist())),
        measures=measures_of(model),
        convergence=model.convergence.text,
        converged=model.convergence.status.is_success,
        aliased=model.aliased,
        rows=model.rows,
        notes=(*model.notes, *model.cov.notes),
        level=level,
        cov=model.cov,
    )


def measures_of(model: LossModel) -> tuple[Measure, ...]:
    """Return the numbers that say how good a fit is, with their names.

    Parameters
    ----------
    model : LossModel
        The fit.
    """
    if model.told is not None:
        return model.told
    m, loss = model.measures, model.loss
    freedom = _freedom(m.dof)
    told = [
        Measure("deviance", m.deviance, f"on {freedom}"),
        Measure("null deviance", m.null_deviance, f"on {_freedom(m.null_dof)}"),
    ]
    if not loss.has_known_dispersion:
        told.append(Measure("dispersion", m.dispersion, "(Pearson)"))
    elif isinstance(loss, Family):
        told.append(Measure("Pearson chi-squared", m.pearson, f"on {freedom}"))
    told.append(Measure("deviance R-squared", m.explained))
    if np.isfinite(m.log_likelihood):
        told += [
            Measure("McFadden's R-squared", m.mcfadden),
            Measure("Nagelkerke's R-squared", m.nagelkerke),
            Measure("log-likelihood", m.log_likelihood),
            Measure("AIC", m.aic),
            Measure("BIC", m.bic),
        ]
    return tuple(told)


def _freedom(dof: float) -> str:
    return f"{dof:g} degree{'s' * (dof != 1)} of freedom"


def _whole(value: float) -> float:
    return int(value) if float(value).is_integer() else value
