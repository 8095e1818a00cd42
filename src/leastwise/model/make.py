"""A solved design -> `Model`: numbers get their names."""

from __future__ import annotations

from typing import Any

import numpy as np

from leastwise.design.layout import Design, RowCount
from leastwise.design.recipe import Recipe
from leastwise.design.weights import Weights
from leastwise.engine.plan import Solved
from leastwise.infer.predict import basis_of
from leastwise.infer.summary import quality
from leastwise.loops.trace import Trace
from leastwise.model.covariance import with_covariance
from leastwise.model.describe import aliased_rows, few_in_the_data, fit_notes, short_of
from leastwise.model.model import Model
from leastwise.model.models import Models
from leastwise.model.named import classical_covariance, read_only
from leastwise.model.provenance import provenance_of
from leastwise.model.sample import Sample
from leastwise.model.weighing import (
    NO_LIKELIHOOD,
    covariance_for,
    is_probability,
    judged,
    weighing_of,
)
from leastwise.record.fit import RowsRecord

INTERCEPT = "Intercept"


def make_models(
    formula: str,
    recipe: Recipe,
    design: Design,
    solved: Solved,
    *,
    walk: tuple[Trace, str] | None = None,
    source: Any = None,
    weights: Weights | None = None,
    cov: Any = None,
) -> Model | Models:
    """Name a fit: one model, or one for each target.

    Parameters
    ----------
    formula : str
        As the user wrote it.
    recipe, design : Recipe, Design
        How the rows were made, and the rows.
    solved : Solved
        The fit with k targets.
    walk : tuple of (Trace, str), optional
        The way of a descent, and what it says about itself.
    source : object, optional
        The data as given, where they have columns with names.
    weights : Weights, optional
        What the weights of the design mean.
    cov : Covariance or str, optional
        Another covariance than the classical one.
    """
    weighing, cov = weighing_of(weights), covariance_for(weights, cov)
    samples = (
        Sample(design, solved, k, source, weighing) for k in range(len(design.targets))
    )
    models = tuple(_one(formula, recipe, sample, walk) for sample in samples)
    if cov is not None:
        models = tuple(with_covariance(model, cov) for model in models)
    return models[0] if len(models) == 1 else Models(models)


def _one(
    formula: str,
    recipe: Recipe,
    sample: Sample,
    walk: tuple[Trace, str] | None,
) -> Model:
    design, solved, k = sample.design, sample.solved, sample.target
    fit = solved.fit
    names = ((INTERCEPT,) if fit.intercept else ()) + design.names
    notes = (*design.notes, *fit_notes(solved, k, names))
    low = design.X_low
    computed = np.zeros(len(design.names), bool)
    if low is not None:
        computed |= low.any(axis=0)
    notes = (*notes, *[NO_LIKELIHOOD] * is_probability(sample.weighing))
    notes = (*notes, *few_in_the_data(solved, k, names, computed))
    # Where a descent stopped is not for finer arithmetic to repair.
    notes = (*notes, *(short_of(solved, k, names) if walk is None else walk[1:]))
    return Model(
        formula=formula,
        target=design.targets[k],
        names=names,
        estimates=read_only(fit.coefficients[:, k]),
        standard_errors=read_only(fit.standard_errors[:, k]),
        certified=read_only(fit.digits[:, k]),
        se_certified=read_only(fit.se_digits[:, k]),
        covariance=classical_covariance(fit.correlation, fit.standard_errors[:, k]),
        quality=judged(quality(fit, k), fit, sample.weighing),
        n=fit.observations,
        dof=fit.dof,
        rank=fit.rank,
        rows=rows_record(design),
        aliased=aliased_rows(fit, design.names),
        notes=tuple(note for note in notes if note),
        plan=solved.plan,
        basis=basis_of(fit, k),
        recipe=recipe,
        trace=None if walk is None else walk[0],
        weighing=sample.weighing,
        sample=sample,
        provenance=provenance_of(sample.source),
    )


def rows_record(design: Design) -> RowsRecord:
    """Say what became of the rows of a design."""
    return count_record(design.rows)


def count_record(rows: RowCount) -> RowsRecord:
    """Say what became of rows."""
    gaps = tuple((gap.name, gap.rows, gap.alone) for gap in rows.gaps)
    return RowsRecord(rows.read, rows.used, tuple(rows.dropped), gaps)
