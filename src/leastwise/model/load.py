"""Saved models, read again: every field checked, nothing executed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.recipe import Recipe
from leastwise.engine.plan import TARGET_DIGITS, Plan
from leastwise.infer.predict import Basis
from leastwise.infer.summary import Quality
from leastwise.model.model import Model
from leastwise.model.named import read_only
from leastwise.model.save import FORMAT, VERSION
from leastwise.moments.double import Array
from leastwise.record.fit import (
    CLASSICAL,
    AliasedRow,
    CovarianceRecord,
    RowsRecord,
    WeightsRecord,
)


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
    if body.get("version") != VERSION:
        raise DataError(
            f"is of version {body.get('version')!r}, this release reads {VERSION}",
            where,
            "Install a newer leastwise",
        )
    try:
        return _build(body)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        if isinstance(error, DataError):
            raise DataError(error.what, where, error.fix) from None
        raise DataError(
            f"is damaged ({type(error).__name__}: {error})", where, "Save it again"
        ) from error


def _build(body: dict[str, Any]) -> Model:
    rows = body["rows"]
    recipe = Recipe.from_json(body["recipe"])
    names = (("Intercept",) if recipe.intercept else ()) + recipe.names
    if _texts(body["names"]) != names:
        raise ValueError("names and recipe do not agree")
    m = len(names)
    return Model(
        formula=_text(body["formula"]),
        target=_text(body["target"]),
        names=names,
        estimates=_array(body["estimates"], (m,)),
        standard_errors=_array(body["standard_errors"], (m,)),
        certified=_array(body["certified"], (m,)),
        se_certified=_array(body["se_certified"], (m,)),
        covariance=_array(body["covariance"], (m, m)),
        quality=_quality(body["quality"]),
        n=_number(body["n"]),
        dof=_number(body["dof"]),
        rank=_whole(body["rank"]),
        rows=RowsRecord(
            _whole(rows["read"]),
            _whole(rows["used"]),
            tuple((_text(reason), _whole(count)) for reason, count in rows["dropped"]),
            tuple(
                (_text(name), _whole(every), _whole(alone))
                for name, every, alone in rows.get("gaps", ())
            ),
        ),
        aliased=tuple(_aliased(row) for row in body["aliased"]),
        notes=_texts(body["notes"]),
        plan=_plan(body["plan"]),
        basis=_basis(body["basis"], len(recipe.names)),
        recipe=recipe,
        # Models of before there was a choice are classical.
        cov=_cov(body.get("cov")),
        own_dof=_maybe_array(body.get("own_dof"), (m,)),
        weighing=_weighing(body.get("weighing")),
    )


def _cov(record: Any) -> CovarianceRecord:
    if record is None:
        return CLASSICAL
    dof = record.get("dof")
    return CovarianceRecord(
        _text(record["name"]),
        _text(record["text"]),
        None if dof is None else _number(dof),
        _texts(record.get("notes", [])),
    )


def _weighing(record: Any) -> WeightsRecord | None:
    if record is None:
        return None
    named = {key: record[key] for key in ("strata", "cluster")}
    texts = {key: None if v is None else _text(v) for key, v in named.items()}
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
        change=_maybe_array(record.get("change"), (p, p)),
        spread=_maybe_array(record.get("spread"), (1 + p, 1 + p)),
        # Files of before new rows were compared with those of the fit have none.
        most_leverage=_maybe_number(record.get("most_leverage")),
        low=_maybe_array(record.get("low"), (p,)),
        high=_maybe_array(record.get("high"), (p,)),
    )


def _aliased(row: dict[str, Any]) -> AliasedRow:
    digits, left_out = row.get("digits"), row.get("left_out", True)
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
        _number(record.get("target", TARGET_DIGITS)),
        _whole(record.get("undecided", 0)),
    )


def _quality(record: dict[str, Any]) -> Quality:
    centred = record["centred"]
    if not isinstance(centred, bool):
        raise TypeError(f"centred is {centred!r}")
    others = {k: _number(v) for k, v in record.items() if k != "centred"}
    return Quality(centred=centred, **others)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is no list")
    return tuple(map(_text, values))


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
