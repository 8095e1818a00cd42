"""A model with another covariance: nothing is fitted again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.cov.base import Covariance, of_coefficients
from leastwise.infer.predict import root_of
from leastwise.model.again import sample_again
from leastwise.model.named import read_only
from leastwise.model.sample import Sample
from leastwise.record.fit import CovarianceRecord

if TYPE_CHECKING:
    from leastwise.model.model import Model


def with_covariance(model: Model, cov: Covariance, data: Any = None) -> Model:
    """Return a model with the covariance that an estimator finds in its rows.

    Parameters
    ----------
    model : Model
        The fit.
    cov : Covariance
        How its covariance is estimated.
    data : data frame, mapping or path, optional
        Its rows, where it has none in memory.
    """
    if not isinstance(cov, Covariance):
        raise RequestError(
            f"{cov!r} is no covariance",
            fix="Give one of leastwise.cov, such as lw.cov.HC3()",
        )
    sample = sample_of(model, data)
    columns = {name: sample.column(name).values for name in cov.columns}
    found = cov.estimate(sample.seen(columns))
    fit = sample.solved.fit
    covariance = of_coefficients(fit, found.spread)
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diagonal(covariance))
    return replace(
        model,
        covariance=read_only(covariance),
        standard_errors=read_only(errors),
        # What is certified is the classical one.
        se_certified=read_only(np.full(len(errors), np.nan)),
        cov=CovarianceRecord(cov.name, found.text),
        own_dof=read_only(found.dof),
        basis=replace(model.basis, spread=root_of(found.spread)),
        notes=(*model.notes, *found.notes),
        sample=sample,
    )


def sample_of(model: Model, data: Any = None) -> Sample:
    """Return the rows of a model, from memory or from data given again.

    Parameters
    ----------
    model : Model
        The fit.
    data : data frame, mapping or path, optional
        Its rows, where it has none in memory.

    Raises
    ------
    RequestError
        When there are none.
    DataError
        When the data are not those it was fitted to.
    """
    if data is not None:
        return sample_again(model, data)
    if model.sample is None:
        raise RequestError(
            "the model has no rows: it was saved without its data",
            fix="Give data= with the rows it was fitted to",
        )
    return model.sample
