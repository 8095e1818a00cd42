"""What a saved model is read with: every field checked, nothing executed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.recipe import Recipe
from leastwise.infer.predict import Basis
from leastwise.model.named import read_only
from leastwise.moments.double import Array
from leastwise.record.fit import (
    AliasedRow,
    CovarianceRecord,
    RowsRecord,
    WeightsRecord,
)
from leastwise.record.provenance import Provenance

AGAIN = "Save the model again"


def part(body: dict[str, Any], name: str, read: Callable[[Any], Any]) -> Any:
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


def recipe_of(record: Any) -> Recipe:
    """Read a recipe."""
    return Recipe.from_json(record_in(record))


def provenance_of(record: Any) -> Provenance | None:
    """Read where a model comes from."""
    if record is None:
        return None
    texts = {k: text(v) for k, v in record_in(record).items() if k != "rows"}
    rows = record["rows"]
    return Provenance(rows=None if rows is None else text(rows), **texts)


def rows_of(record: Any) -> RowsRecord:
    """Read what became of the rows."""
    return RowsRecord(
        whole(record["read"]),
        whole(record["used"]),
        tuple(
            (text(reason), whole(count)) for reason, count in items(record["dropped"])
        ),
        tuple(
            (text(name), whole(every), whole(alone))
            for name, every, alone in items(record["gaps"])
        ),
    )


def cov_of(record: Any) -> CovarianceRecord:
    """Read how a covariance was estimated."""
    dof = record["dof"]
    return CovarianceRecord(
        text(record["name"]),
        text(record["text"]),
        None if dof is None else number(dof),
        texts(record["notes"]),
        maybe_text(record["call"]),
        maybe_text(record["word"]),
    )


def maybe_text(value: Any) -> str | None:
    """Read a text, or nothing."""
    return None if value is None else text(value)


def weighing_of(record: Any) -> WeightsRecord | None:
    """Read what the weights mean."""
    if record is None:
        return None
    named = {key: record[key] for key in ("strata", "cluster")}
    texts = {key: maybe_text(value) for key, value in named.items()}
    return WeightsRecord(text(record["kind"]), **texts)


def maybe_numbers(value: Any, shape: tuple[int, ...]) -> Array | None:
    """Read an array, or nothing."""
    return None if value is None else numbers(value, shape)


def maybe_number(value: Any) -> float | None:
    """Read a number, or nothing."""
    return None if value is None else number(value)


def basis_of(record: dict[str, Any], p: int) -> Basis:
    """Read what predictions from p columns need."""
    weight = number(record["weight"])
    if not weight > 0:
        raise ValueError(f"a sum of weights of {weight}")
    return Basis(
        center=numbers(record["center"], (p,)),
        center_low=numbers(record["center_low"], (p,)),
        target_mean=number(record["target_mean"]),
        slopes=numbers(record["slopes"], (p,)),
        root=numbers(record["root"], (p, p)),
        weight=weight,
        change=maybe_numbers(record["change"], (p, p)),
        spread=maybe_numbers(record["spread"], (1 + p, 1 + p)),
        most_leverage=maybe_number(record["most_leverage"]),
        low=maybe_numbers(record["low"], (p,)),
        high=maybe_numbers(record["high"], (p,)),
    )


def aliased_of(row: dict[str, Any]) -> AliasedRow:
    """Read a column that was left out."""
    digits, left_out = row["digits"], row["left_out"]
    if not isinstance(left_out, bool):
        raise TypeError(f"left_out is {left_out!r}")
    return AliasedRow(
        text(row["name"]),
        text(row["reason"]),
        None if digits is None else whole(digits),
        left_out,
    )


def text(value: Any) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def items(values: Any) -> list[Any]:
    """Read a list."""
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is no list")
    return values


def record_in(value: Any) -> dict[str, Any]:
    """Read a record."""
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is no record")
    return value


def texts(values: Any) -> tuple[str, ...]:
    """Read a list of texts."""
    return tuple(map(text, items(values)))


def number(value: Any) -> float:
    """Read a number; three that JSON has not are texts."""
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is no number")
    if isinstance(value, str) and value not in ("NaN", "Infinity", "-Infinity"):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def whole(value: Any) -> int:
    """Read a count."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise TypeError(f"{value!r} is no count")
    return value


def numbers(value: Any, shape: tuple[int, ...]) -> Array:
    """Read an array of a shape, which nobody can write into."""
    array = np.asarray(_floats(value), dtype=np.float64)
    # No row at all has no width either.
    if array.shape != shape and not (array.size == 0 and 0 in shape):
        raise ValueError(f"numbers of shape {array.shape} in place of {shape}")
    return read_only(array.reshape(shape))


def _floats(value: Any) -> Any:
    return (
        [_floats(item) for item in value] if isinstance(value, list) else number(value)
    )
