"""Checks and criteria of a fit of a family, with names."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.check.base import case_of
from leastwise.infer.check.collinearity import inflation
from leastwise.infer.check.loss import CHECKS, LossCase
from leastwise.infer.cov.ground import stand_on
from leastwise.infer.loss_criteria import LossCriteria, area, brier
from leastwise.loss.family.base import Family
from leastwise.loss.family.binomial import LikeBinomial
from leastwise.model.check import Checks
from leastwise.model.kept_rows import is_function, rows_of
from leastwise.model.loss_influence import family_influence_of
from leastwise.model.terms import term_columns
from leastwise.record.check import CheckRecord, ChecksRecord

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


def checks_of_loss(model: LossModel) -> Checks:
    """Check a fit; see `LossModel.check`."""
    kept, family = rows_of(model), model.loss
    if not isinstance(family, Family) or is_function(model):
        raise RequestError(
            f"{model.kind} is no fit of a family, and has no such checks",
            fix="Look at m.row_weights and the residuals",
        )
    if not model.dof > 0:
        raise RequestError(
            "the fit has no degrees of freedom left to check", fix="Fit more rows"
        )
    ground = stand_on(kept.sample.seen())
    case = LossCase(
        ground, family, kept.look, kept.problem.y, model.measures.pearson,
        model.measures.dispersion, model.dof,
    )  # fmt: skip
    found = [check(case) for check in CHECKS]
    recipe = getattr(model.predictor, "recipe", None)
    first = int(kept.problem.intercept)
    terms = {
        term.label: tuple(j + first for j in term.columns)
        for term in (() if recipe is None else term_columns(recipe))
    }
    if not terms:
        terms = {name: (j,) for j, name in enumerate(model.names) if j >= first}
    found.append(inflation(case_of(ground, model.names, terms, None)))
    records = tuple(CheckRecord(**asdict(one)) for one in found)
    return Checks(ChecksRecord(model.formula, model.n, None, records))


def criteria_of_loss(model: LossModel) -> LossCriteria:
    """Return criteria of a fit; see `LossModel.criteria`."""
    kept = rows_of(model)
    found = family_influence_of(model)
    weight = kept.look.case_weights
    copies = weight if kept.sample.frequency else np.ones_like(weight)
    lost = float(np.sum(copies * found.left_out_deviance))
    k = model.rank + int(not model.loss.has_known_dispersion)
    with np.errstate(divide="ignore"):
        more = float(np.float64(2.0 * k * (k + 1)) / max(model.n - k - 1.0, 0.0))
    score, auc, trials = np.nan, np.nan, float(model.n)
    if isinstance(model.loss, LikeBinomial):
        y, mean = kept.problem.y, model.loss.mean(kept.look.eta)
        hits, misses = weight * y, weight * (1.0 - y)
        score, auc = brier(mean, hits, misses), area(mean, hits, misses)
        trials = float(weight.sum())
    return LossCriteria(
        model.aic, model.aic + more, model.bic, lost, 0.5 * lost / trials, score, auc
    )
