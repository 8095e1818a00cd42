"""Saved models, read again: every field checked, nothing executed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.recipe import Recipe
from leastwise.engine.plan import Plan
from leastwise.infer.predict import Basis
from leastwise.infer.summary import Quality
from leastwise.model.model import Model
from leastwise.model.named import read_only
from leastwise.model.save import FORMAT, READ, VERSION
from leastwise.model.upgrade import upgraded
from leastwise.moments.double import Array
from leastwise.record.fit import (
    AliasedRow,
    CovarianceRecord,
    RowsRecord,
    WeightsRecord,
)
from leastwise.record.provenance import Provenance

AGAIN = "Save the model again"


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model that `Model.save` wrote.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    Model

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
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError("there is no such file", where=str(path)) from None
    except IsADirectoryError:
        raise DataError("it is a folder", str(path), "Give one file of it") from None
    except (UnicodeDecodeError, OSError) as error:
        raise DataError(f"cannot be read as text: {error}", where=str(path)) from None
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"is not JSON: {error}", where=str(path), fix="Save the model again"
        ) from None
    return _from_body(body, str(path))


def _from_body(body: Any, where: str) -> Model:
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise DataError(
            "is not a leastwise model", where, "Give a file that save wrote"
        )
    version = body.get("version")
    # True is 1, and 1.0 too, but neither is a version.
    if type(version) is not int or version not in READ:
        raise DataError(
            f"is of version {version!r}, this release reads {READ[0]} to {VERSION}",
            where,
            "Install a newer leastwise",
        )
    try:
        return _build(upgraded(body) if version == 1 else body)
    except DataError as error:
        raise DataError(error.what, where, error.fix) from None


def _build(body: dict[str, Any]) -> Model:
    recipe: Recipe = _part(body, "recipe", _recipe)
    names = (("Intercept",) if recipe.intercept else ()) + recipe.names
    m, p = len(names), len(recipe.names)

    def agreeing(value: Any) -> tuple[str, ...]:
        if _texts(value) != names:
            raise ValueError("names and recipe do not agree")
        return names

    def vector(value: Any) -> Array:
        return _array(value, (m,))

    readers: dict[str, Callable[[Any], Any]] = {
        "formula": _text,
        "target": _text,
        "names": agreeing,
        "estimates": vector,
        "standard_errors": vector,
        "certified": vector,
        "se_certified": vector,
        "covariance": lambda value: _array(value, (m, m)),
        "quality": _quality,
        "n": _number,
        "dof": _number,
        "rank": _whole,
        "rows": _rows,
        "aliased": lambda value: tuple(map(_aliased, _list(value))),
        "notes": _texts,
        "plan": _plan,
        "basis": lambda value: _basis(value, p),
        "cov": _cov,
        "own_dof": lambda value: _maybe_array(value, (m,)),
        "weighing": _weighing,
        "provenance": _provenance,
    }
    found = {name: _part(body, name, read) for name, read in readers.items()}
    return Model(recipe=recipe, **found)


def _part(body: dict[str, Any], name: str, read: Callable[[Any], Any]) -> Any:
    """Read one field, or say what is wrong with it."""
    if name not in body:
        raise DataError(f'is damaged: "{name}" is missing', fix=AGAIN)
    try:
        return read(body[name])
    except DataError as error:
        raise DataError(f'is damaged in "{name}": {error.what}', fix=AGAIN) from error
    except KeyError as error:
        what = f'"{error.args[0]}" is missing'
        raise DataError(f'is damaged in "{name}": {what}', fix=AGAIN) from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DataError(f'is damaged in "{name}": {error}', fix=AGAIN) from error


def _recipe(record: Any) -> Recipe:
    return Recipe.from_json(_object(record))


def _provenance(record: Any) -> Provenance | None:
    if record is None:
        return None
    texts = {k: _text(v) for k, v in _object(record).items() if k != "rows"}
    rows = record["rows"]
    return Provenance(rows=None if rows is None else _text(rows), **texts)


def _rows(record: Any) -> RowsRecord:
    return RowsRecord(
        _whole(record["read"]),
        _whole(record["used"]),
        tuple(
            (_text(reason), _whole(count)) for reason, count in _list(record["dropped"])
        ),
        tuple(
            (_text(name), _whole(every), _whole(alone))
            for name, every, alone in _list(record["gaps"])
        ),
    )


def _cov(record: Any) -> CovarianceRecord:
    dof = record["dof"]
    return CovarianceRecord(
        _text(record["name"]),
        _text(record["text"]),
        None if dof is None else _number(dof),
        _texts(record["notes"]),
        _maybe_text(record["call"]),
        _maybe_text(record["word"]),
    )


def _maybe_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _weighing(record: Any) -> WeightsRecord | None:
    if record is None:
        return None
    named = {key: record[key] for key in ("strata", "cluster")}
    texts = {key: _maybe_text(value) for key, value in named.items()}
    return WeightsRecord(_text(record["kind"]), **texts)


def _maybe_array(value: Any, shape: tuple[int, ...]) -> Array | None:
    return None if value is None else _array(value, shape)


def _maybe_number(value: Any) -> float | None:
    return None if value is None else _number(value)


def _basis(record: dict[str, Any], p: int) -> Basis:
    weight = _number(record["weight"])
    if not weight > 0:
        raise ValueError(f"a sum of weights of {weight}")
    return Basis(
        center=_array(record["center"], (p,)),
        center_low=_array(record["center_low"], (p,)),
        target_mean=_number(record["target_mean"]),
        slopes=_array(record["slopes"], (p,)),
        root=_array(record["root"], (p, p)),
        weight=weight,
        change=_maybe_array(record["change"], (p, p)),
        spread=_maybe_array(record["spread"], (1 + p, 1 + p)),
        most_leverage=_maybe_number(record["most_leverage"]),
        low=_maybe_array(record["low"], (p,)),
        high=_maybe_array(record["high"], (p,)),
    )


def _aliased(row: dict[str, Any]) -> AliasedRow:
    digits, left_out = row["digits"], row["left_out"]
    if not isinstance(left_out, bool):
        raise TypeError(f"left_out is {left_out!r}")
    return AliasedRow(
        _text(row["name"]),
        _text(row["reason"]),
        None if digits is None else _whole(digits),
        left_out,
    )


def _plan(record: Any) -> Plan:
    return Plan(
        _whole(record["tier"]),
        _text(record["reason"]),
        _text(record["kernel"]),
        _number(record["target"]),
        _whole(record["undecided"]),
    )


def _quality(record: dict[str, Any]) -> Quality:
    centred = record["centred"]
    if not isinstance(centred, bool):
        raise TypeError(f"centred is {centred!r}")
    names = [f.name for f in fields(Quality) if f.name != "centred"]
    others = {name: _number(record[name]) for name in names}
    return Quality(centred=centred, **others)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _list(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is no list")
    return values


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is no record")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(map(_text, _list(values)))


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is no number")
    if isinstance(value, str) and value not in ("NaN", "Infinity", "-Infinity"):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise TypeError(f"{value!r} is no count")
    return value


def _array(value: Any, shape: tuple[int, ...]) -> Array:
    array = np.asarray(_floats(value), dtype=np.float64)
    # No row at all has no width either.
    if array.shape != shape and not (array.size == 0 and 0 in shape):
        raise ValueError(f"numbers of shape {array.shape} in place of {shape}")
    return read_only(array.reshape(shape))


def _floats(value: Any) -> Any:
    return (
        [_floats(item) for item in value] if isinstance(value, list) else _number(value)
    )
