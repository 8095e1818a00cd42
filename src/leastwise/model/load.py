"""Saved models, read again: every field checked, nothing executed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.recipe import Recipe
from leastwise.engine.plan import Plan
from leastwise.infer.predict import Basis
from leastwise.infer.summary import Quality
from leastwise.model.model import Model
from leastwise.model.save import FORMAT, VERSION
from leastwise.record.fit import AliasedRow, RowsRecord


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
    except (UnicodeDecodeError, OSError) as error:
        raise DataError(f"cannot be read as text: {error}", where=str(path)) from None
    try:
        body = json.loads(text)
    except ValueError as error:
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
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, DataError):
            raise DataError(error.what, where, error.fix) from None
        raise DataError(
            f"is damaged ({type(error).__name__}: {error})", where, "Save it again"
        ) from error


def _build(body: dict[str, Any]) -> Model:
    basis = body["basis"]
    rows = body["rows"]
    names = tuple(body["names"])
    model = Model(
        formula=str(body["formula"]),
        target=str(body["target"]),
        names=names,
        estimates=_array(body["estimates"]),
        standard_errors=_array(body["standard_errors"]),
        certified=_array(body["certified"]),
        se_certified=_array(body["se_certified"]),
        covariance=_array(body["covariance"]),
        quality=_quality(body["quality"]),
        n=_number(body["n"]),
        dof=_number(body["dof"]),
        rank=int(body["rank"]),
        rows=RowsRecord(
            int(rows["read"]),
            int(rows["used"]),
            tuple((str(reason), int(count)) for reason, count in rows["dropped"]),
        ),
        aliased=tuple(AliasedRow(**row) for row in body["aliased"]),
        notes=tuple(map(str, body["notes"])),
        plan=Plan(**body["plan"]),
        basis=Basis(
            center=_array(basis["center"]),
            center_low=_array(basis["center_low"]),
            target_mean=_number(basis["target_mean"]),
            slopes=_array(basis["slopes"]),
            root=_array(basis["root"]).reshape(-1, len(basis["slopes"])),
            weight=_number(basis["weight"]),
        ),
        recipe=Recipe.from_json(body["recipe"]),
    )
    m = len(names)
    if model.estimates.shape != (m,) or model.covariance.shape != (m, m):
        raise ValueError("names and numbers do not agree")
    return model


def _quality(record: dict[str, Any]) -> Quality:
    centred = record.pop("centred")
    if not isinstance(centred, bool):
        raise TypeError(f"centred is {centred!r}")
    return Quality(centred=centred, **{k: _number(v) for k, v in record.items()})


def _number(value: Any) -> float:
    return float(value)


def _array(value: Any) -> np.ndarray[Any, Any]:
    return np.asarray(_floats(value), dtype=np.float64)


def _floats(value: Any) -> Any:
    return (
        [_floats(item) for item in value] if isinstance(value, list) else float(value)
    )
