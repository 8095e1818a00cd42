"""Residuals that are normal where the model is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.dist import normal_quantile
from leastwise.loss.family.base import Family
from leastwise.model.kept_rows import rows_of
from leastwise.model.named import read_only
from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


def distribution_of(model: LossModel, what: str) -> Family:
    """Return the family of a fit, when it has a distribution.

    Parameters
    ----------
    model : LossModel
        The fit.
    what : str
        What is asked for.

    Raises
    ------
    RequestError
        When it has none.
    """
    family = model.loss
    if not isinstance(family, Family) or not family.has_distribution:
        raise RequestError(
            f"{model.kind} has no distribution to take {what} from",
            fix="Fit a family that is one, such as Poisson, Binomial, Gamma",
        )
    return family


def has_quantile_residuals(model: LossModel) -> bool:
    """Say whether a fit has a distribution that residuals can be taken from.

    Parameters
    ----------
    model : LossModel
        The fit.
    """
    return isinstance(model.loss, Family) and model.loss.has_distribution


def quantile_residuals_of(model: LossModel, seed: int) -> Array:
    """Return randomized quantile residuals; see `LossModel.quantile_residuals`."""
    family = distribution_of(model, "residuals")
    kept = rows_of(model)
    y, mean = kept.problem.y, family.mean(kept.look.eta)
    weights = kept.look.case_weights
    if kept.sample.frequency:
        weights = np.ones_like(weights)
    low, high = family.below(y, mean, model.measures.dispersion, weights)
    draw = np.random.default_rng(seed).uniform(size=len(y))
    return read_only(normal_quantile(low + draw * (high - low)))
