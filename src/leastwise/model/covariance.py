"""A model with another covariance: nothing is fitted again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.cov.base import Covariance, Estimate
from leastwise.infer.cov.classical import Classical
from leastwise.infer.cov.ground import stand_on
from leastwise.infer.cov.read import read_cov
from leastwise.infer.cov.spread import Spread, spread_of, wald
from leastwise.infer.predict import basis_of
from leastwise.infer.summary import Quality, quality
from leastwise.model.again import sample_again
from leastwise.model.describe import some
from leastwise.model.named import classical_covariance, read_only
from leastwise.model.sample import Sample
from leastwise.model.weighing import is_probability, judged
from leastwise.record.fit import CLASSICAL, CovarianceRecord

if TYPE_CHECKING:
    from leastwise.model.model import Model


OF_PRECISIONS = "Classical standard errors take probability weights for precisions."


def with_covariance(model: Model, cov: Any, data: Any = None) -> Model:
    """Return a model with the covariance that an estimator finds in its rows.

    Parameters
    ----------
    model : Model
        The fit.
    cov : Covariance or str
        How its covariance is estimated.
    data : data frame, mapping or path, optional
        Its rows, where it has none in memory.
    """
    estimator = read_cov(cov)
    sample = sample_of(model, data)
    if isinstance(estimator, Classical):
        return _classical(model, sample)
    columns = {name: sample.values(name) for name in estimator.columns}
    ground = stand_on(sample.seen(columns))
    found = estimator.estimate(ground)
    spread, tested = spread_of(ground, found), wald(ground, found)
    own = found.own_dof
    if own is None and found.dof != sample.solved.fit.dof:
        own = np.full(len(spread.standard_errors), found.dof)
    notes = [*found.notes, *alone_notes(model.names, spread, estimator.name)]
    if spread.cancelled.any():
        which = some([model.names[i] for i in np.flatnonzero(spread.cancelled)])
        notes.append(
            f"{estimator.name} gives no standard error of {which}: the residuals "
            "behind it cancel, and what is left is rounding."
        )
    negative = np.diagonal(spread.covariance) < 0
    if negative.any():
        which = some([model.names[i] for i in np.flatnonzero(negative)])
        notes.append(f"The variance of {which} is negative: no standard error.")
    elif tested.note:
        notes.append(tested.note)
    tests = replace(
        _likelihood(model, sample),
        f=tested.f,
        f_p_value=tested.p_value,
        f_numerator=tested.numerator,
        dof=tested.denominator,
    )
    return replace(
        model,
        covariance=read_only(spread.covariance),
        standard_errors=read_only(spread.standard_errors),
        # What is certified is the classical one.
        se_certified=read_only(np.full(len(spread.standard_errors), np.nan)),
        quality=tests,
        cov=_record(estimator, found, sample.solved.fit.dof, notes),
        own_dof=None if own is None else read_only(own),
        basis=replace(
            basis_of(sample.solved.fit, sample.target), spread=read_only(spread.root)
        ),
        sample=sample,
    )


def _record(
    estimator: Covariance, found: Estimate, dof: float, notes: list[str]
) -> CovarianceRecord:
    own = None if found.dof == dof else float(found.dof)
    return CovarianceRecord(
        estimator.name, found.text, own, tuple(notes), estimator.call, estimator.word
    )


def _classical(model: Model, sample: Sample) -> Model:
    """Return what the fit itself says."""
    fit, k = sample.solved.fit, sample.target
    return replace(
        model,
        covariance=classical_covariance(fit.correlation, fit.standard_errors[:, k]),
        standard_errors=read_only(fit.standard_errors[:, k]),
        se_certified=read_only(fit.se_digits[:, k]),
        quality=_likelihood(model, sample),
        cov=CLASSICAL
        if not is_probability(sample.weighing)
        else replace(CLASSICAL, notes=(OF_PRECISIONS,)),
        own_dof=None,
        basis=basis_of(fit, k),
        sample=sample,
    )


def _likelihood(model: Model, sample: Sample) -> Quality:
    """Say how well it fits, as the weights allow."""
    fit = sample.solved.fit
    return judged(quality(fit, sample.target), fit, sample.weighing)


def alone_notes(names: tuple[str, ...], spread: Spread, name: str) -> list[str]:
    """Say which coefficients have no standard error, and who alone decides them.

    Parameters
    ----------
    names : tuple of str, length m
        Of the coefficients.
    spread : Spread
        What a covariance says of them.
    name : str
        What it is called.
    """
    told = [(one.who, those) for one, those in spread.alone if those.any()]
    if not told:
        return []
    each = np.any([those for _, those in told], axis=0)
    which = some([names[i] for i in np.flatnonzero(each)])
    who = list(dict.fromkeys(who for who, _ in told))
    alone = "alone decides it" if len(who) == 1 else "each decide a part of it alone"
    return [
        f"{name} gives no standard error of {which}: {some(who)} {alone}, and "
        f"leave{'s' * (len(who) == 1)} no residual there."
    ]


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
