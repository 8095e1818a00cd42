"""Saved fits of a loss, read again: every field checked, nothing executed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from leastwise._kit.errors import RequestError
from leastwise._kit.status import Status
from leastwise.infer.combine import Combined
from leastwise.infer.deviance import Measures
from leastwise.loss.base import Loss
from leastwise.loss.many import Multinomial
from leastwise.loss.many.base import ManyLoss
from leastwise.loss.plain import from_plain
from leastwise.model.convergence import Convergence
from leastwise.model.loss_model import LossModel
from leastwise.model.many_predictor import ManyPredictor
from leastwise.model.predictor import LinearPredictor, Predicted, Predictor
from leastwise.model.reading import (
    aliased_of,
    basis_of,
    cov_of,
    items,
    maybe_numbers,
    number,
    numbers,
    part,
    provenance_of,
    recipe_of,
    record_in,
    rows_of,
    text,
    texts,
    weighing_of,
    whole,
)
from leastwise.moments.double import Array
from leastwise.record.loss import Measure

if TYPE_CHECKING:
    from collections.abc import Mapping


class NoPredictor(Predictor):
    """In place of a function that is not saved with a model."""

    def __init__(self, covariance: Array, estimates: Array) -> None:
        self.covariance, self.estimates = covariance, estimates

    def predict(self, data: Any, scale: float) -> Predicted:
        """Refuse: the function is not there."""
        raise RequestError(
            "the model was saved without its function", fix="Fit again to predict"
        )

    def combined(self, matrix: Array, scale: float) -> Combined:
        """Return combinations of coefficients with their covariance."""
        covariance = matrix @ self.covariance @ matrix.T
        return Combined(matrix @ self.estimates, covariance)


def loss_model_of(body: Mapping[str, Any]) -> LossModel:
    """Read a fit of a loss.

    Parameters
    ----------
    body : Mapping
        The whole file.
    """
    body = dict(body)
    names: tuple[str, ...] = part(body, "names", texts)
    m = len(names)

    def vector(value: Any) -> Array:
        return numbers(value, (m,))

    readers: dict[str, Callable[[Any], Any]] = {
        "formula": text,
        "target": text,
        "kind": text,
        "estimates": vector,
        "standard_errors": vector,
        "certified": vector,
        "covariance": lambda value: numbers(value, (m, m)),
        "measures": _measures,
        "n": number,
        "dof": number,
        "rank": whole,
        "rows": rows_of,
        "aliased": lambda value: tuple(map(aliased_of, items(value))),
        "notes": texts,
        "convergence": _convergence,
        "loss": _loss,
        "cov": cov_of,
        "own_dof": lambda value: maybe_numbers(value, (m,)),
        "weighing": weighing_of,
        "provenance": provenance_of,
        "told": _told,
    }
    found = {name: part(body, name, read) for name, read in readers.items()}
    kept = (found["covariance"], found["estimates"])
    predictor = part(body, "predictor", lambda value: _predictor(value, names, kept))
    loss = found["loss"]
    if isinstance(predictor, ManyPredictor) and isinstance(loss, ManyLoss):
        predictor = replace(predictor, loss=loss)
    return LossModel(names=names, predictor=predictor, **found)


def _predictor(
    value: Any, names: tuple[str, ...], kept: tuple[Array, Array]
) -> Predictor:
    record = record_in(value)
    if record["kind"] == "none":
        return NoPredictor(*kept)
    if record["kind"] == "many":
        return _many(record, len(names), kept[1])
    if record["kind"] != "linear":
        raise ValueError(f"there is no predictor {record['kind']!r}")
    recipe = recipe_of(record["recipe"])
    if names != (("Intercept",) if recipe.intercept else ()) + recipe.names:
        raise ValueError("names and recipe do not agree")
    basis = basis_of(record_in(record["basis"]), len(recipe.names))
    return LinearPredictor(recipe, basis)


def _many(record: dict[str, Any], m: int, estimates: Array) -> ManyPredictor:
    size = len(items(record["root"]))
    recipe = recipe_of(record["recipe"])
    return ManyPredictor(
        recipe=recipe,
        # The loss stands beside it in the file.
        loss=Multinomial(),
        estimates=estimates,
        back=numbers(record["back"], (m, size)),
        root=numbers(record["root"], (size, size)),
        center=numbers(record["center"], (len(recipe.names),)),
        about=numbers(record["about"], (m,)),
        back_about=numbers(record["back_about"], (m, size)),
    )


def _loss(value: Any) -> Loss:
    try:
        return from_plain(record_in(value))
    except RequestError as error:
        raise ValueError(error.what) from error


def _measures(value: Any) -> Measures:
    record = record_in(value)
    return Measures(**{f.name: number(record[f.name]) for f in fields(Measures)})


def _convergence(value: Any) -> Convergence:
    record = record_in(value)
    return Convergence(
        Status(text(record["status"])),
        whole(record["steps"]),
        number(record["decrement"]),
        number(record["left"]),
        text(record["method"]),
    )


def _told(value: Any) -> tuple[Measure, ...] | None:
    if value is None:
        return None
    rows = map(record_in, items(value))
    return tuple(
        Measure(text(r["name"]), number(r["value"]), text(r["more"])) for r in rows
    )
