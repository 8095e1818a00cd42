"""Saved models, read again: every field checked, nothing executed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from leastwise._kit.errors import DataError
from leastwise.design.recipe import Recipe
from leastwise.engine.plan import Plan
from leastwise.infer.summary import Quality
from leastwise.model.load_loss import loss_model_of
from leastwise.model.loss_model import LossModel
from leastwise.model.model import Model
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
    rows_of,
    text,
    texts,
    weighing_of,
    whole,
)
from leastwise.model.save import FORMAT, READ
from leastwise.model.save_loss import LOSS_FORMAT
from leastwise.model.upgrade import upgraded
from leastwise.moments.double import Array


def load(path: str | os.PathLike[str]) -> Model | LossModel:
    """Read a model that `save` wrote.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    Model, or LossModel

    Raises
    ------
    DataError
        When the file is missing, damaged, no model, or of a later version.

    Examples
    --------
    >>> import tempfile, os, leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.5]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = os.path.join(folder, "m.json")
    ...     m.save(file)
    ...     lw.load(file).coef["x"] == m.coef["x"]
    True
    """
    path = Path(path)
    try:
        read = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError("there is no such file", where=str(path)) from None
    except IsADirectoryError:
        raise DataError("it is a folder", str(path), "Give one file of it") from None
    except (UnicodeDecodeError, OSError) as error:
        raise DataError(f"cannot be read as text: {error}", where=str(path)) from None
    try:
        body = json.loads(read)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"is not JSON: {error}", where=str(path), fix="Save the model again"
        ) from None
    return _from_body(body, str(path))


def _from_body(body: Any, where: str) -> Model | LossModel:
    formats = (FORMAT, LOSS_FORMAT)
    if not isinstance(body, dict) or body.get("format") not in formats:
        raise DataError(
            "is not a leastwise model", where, "Give a file that save wrote"
        )
    of_loss = body["format"] == LOSS_FORMAT
    read = (1,) if of_loss else READ
    version = body.get("version")
    # True is 1, and 1.0 too, but neither is a version.
    if type(version) is not int or version not in read:
        raise DataError(
            f"is of version {version!r}, this release reads {read[0]} to {read[-1]}",
            where,
            "Install a newer leastwise",
        )
    try:
        if of_loss:
            return loss_model_of(body)
        return _build(upgraded(body) if version == 1 else body)
    except DataError as error:
        raise DataError(error.what, where, error.fix) from None


def _build(body: dict[str, Any]) -> Model:
    recipe: Recipe = part(body, "recipe", recipe_of)
    names = (("Intercept",) if recipe.intercept else ()) + recipe.names
    m, p = len(names), len(recipe.names)

    def agreeing(value: Any) -> tuple[str, ...]:
        if texts(value) != names:
            raise ValueError("names and recipe do not agree")
        return names

    def vector(value: Any) -> Array:
        return numbers(value, (m,))

    readers: dict[str, Callable[[Any], Any]] = {
        "formula": text,
        "target": text,
        "names": agreeing,
        "estimates": vector,
        "standard_errors": vector,
        "certified": vector,
        "se_certified": vector,
        "covariance": lambda value: numbers(value, (m, m)),
        "quality": _quality,
        "n": number,
        "dof": number,
        "rank": whole,
        "rows": rows_of,
        "aliased": lambda value: tuple(map(aliased_of, items(value))),
        "notes": texts,
        "plan": _plan,
        "basis": lambda value: basis_of(value, p),
        "cov": cov_of,
        "own_dof": lambda value: maybe_numbers(value, (m,)),
        "weighing": weighing_of,
        "provenance": provenance_of,
    }
    found = {name: part(body, name, read) for name, read in readers.items()}
    return Model(recipe=recipe, **found)


def _plan(record: Any) -> Plan:
    return Plan(
        whole(record["tier"]),
        text(record["reason"]),
        text(record["kernel"]),
        number(record["target"]),
        whole(record["undecided"]),
    )


def _quality(record: dict[str, Any]) -> Quality:
    centred = record["centred"]
    if not isinstance(centred, bool):
        raise TypeError(f"centred is {centred!r}")
    names = [f.name for f in fields(Quality) if f.name != "centred"]
    others = {name: number(record[name]) for name in names}
    return Quality(centred=centred, **others)
