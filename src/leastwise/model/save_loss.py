"""A fit of a loss as plain values, for a file of its own format."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from leastwise.loss.plain import to_plain
from leastwise.model.many_predictor import ManyPredictor
from leastwise.model.predictor import LinearPredictor

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel

LOSS_FORMAT, LOSS_VERSION = "leastwise-loss-model", 1


def content_of(model: LossModel) -> dict[str, Any]:
    """Return what is saved of a fit of a loss, by name.

    Parameters
    ----------
    model : LossModel
        The fit.
    """
    content = {f.name: getattr(model, f.name) for f in fields(model)}
    predictor = model.predictor
    linear = isinstance(predictor, LinearPredictor)
    content["loss"] = to_plain(model.loss)
    content["predictor"] = {
        "kind": "linear" if linear else "none",
        "recipe": predictor.recipe if isinstance(predictor, LinearPredictor) else None,
        "basis": predictor.basis if isinstance(predictor, LinearPredictor) else None,
    }
    if isinstance(predictor, ManyPredictor):
        content["predictor"] = predictor.plain()
    ended = model.convergence
    content["convergence"] = {f.name: getattr(ended, f.name) for f in fields(ended)} | {
        "status": ended.status.value
    }
    return content
