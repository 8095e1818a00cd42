"""The rows of a fit of a loss, where they are in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leastwise._kit.errors import RequestError
from leastwise.model.function_predictor import FunctionPredictor
from leastwise.model.many_sample import ManySample

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel, LossSample


def is_function(model: LossModel) -> bool:
    """Say whether a model is a function: its rows are those of the Jacobian.

    Parameters
    ----------
    model : LossModel
        The fit.
    """
    return isinstance(model.predictor, FunctionPredictor)


def rows_of(model: LossModel) -> LossSample:
    """Return the rows of a fit, or say that there are none.

    Parameters
    ----------
    model : LossModel
        The fit.

    Raises
    ------
    RequestError
        When they are no longer in memory.
    """
    predictor = model.predictor
    if isinstance(predictor, FunctionPredictor) and len(predictor.targets) > 1:
        raise RequestError(
            "this is not answered for a model with several targets: a row of the data "
            "is several of least squares",
            fix="Fit one target at a time to ask this, or give cov= to the fit",
        )
    if model.sample is None:
        raise RequestError(
            "the model has no rows: it was saved without its data, or they passed in "
            "blocks",
            fix="Fit again, in memory, to ask this",
        )
    if isinstance(model.sample, ManySample):
        raise RequestError(
            "this is not answered for a fit with several predictors",
            fix="Ask its coefficients, covariances, tests and predictions",
        )
    return model.sample
