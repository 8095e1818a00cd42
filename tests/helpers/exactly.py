"""Right answers: exact rational arithmetic, and every door into the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from leastwise.model.model import Model
from leastwise.solve.exact import exact_least_squares

# A float64 holds 15.95 digits. Two are left to the last rounding of a result and to
# the root and the quotient behind a standard error.
DIGITS = 13.0


def digits_of(values: Any, right: Any) -> np.ndarray[Any, Any]:
    """Count right decimal digits; 17 where the two are equal."""
    got, want = np.asarray(values, np.float64), np.asarray(right, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = -np.log10(np.abs(got - want) / np.abs(want))
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    return np.where(same, 17.0, np.maximum(np.nan_to_num(digits, posinf=17.0), 0.0))


def assert_exact(
    model: Model,
    X: Any,
    y: Any,
    *,
    weights: Any = None,
    intercept: bool = True,
    digits: float = DIGITS,
) -> None:
    """Hold a model's coefficients and standard errors against exact arithmetic.

    Rows of `X` and `y` may be Python numbers, which mean exactly what they are.
    """
    right = exact_least_squares(X, y, weights=weights, intercept=intercept)
    names = model.names
    b = right.rounded()[:, 0]
    se = [np.nan if r[0] is None else float(r[0]) for r in right.standard_errors()]
    reached = digits_of(model.coef.array, b)
    assert (reached >= digits).all(), dict(zip(names, reached, strict=True))
    reached = digits_of(model.se.array, se)
    assert (reached >= digits).all(), dict(zip(names, reached, strict=True))
    # Nothing is claimed that is not so. The claim is cut at what a float64 holds,
    # the last rounding counts on the other side: half a digit.
    claimed = np.nan_to_num(model.digits.array)
    assert (claimed <= digits_of(model.coef.array, b) + 0.5).all()
    assert model.rank == right.rank


def rows_of(*columns: Sequence[Any]) -> list[list[Any]]:
    """Put columns of Python numbers side by side, as `assert_exact` takes them."""
    return [list(row) for row in zip(*columns, strict=True)]


def _csv(columns: Mapping[str, Sequence[Any]], folder: Path) -> Path:
    def cell(value: Any) -> str:
        if value is None or (isinstance(value, float) and value != value):
            return ""
        return repr(value) if isinstance(value, float) else str(value)

    lines = [",".join(columns)]
    lines += [",".join(map(cell, row)) for row in zip(*columns.values(), strict=True)]
    path = folder / "data.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _parquet(columns: Mapping[str, Sequence[Any]], folder: Path) -> Path:
    path = folder / "data.parquet"
    pq.write_table(pa.table(dict(columns)), path)
    return path


def _jsonl(columns: Mapping[str, Sequence[Any]], folder: Path) -> Path:
    import json

    path = folder / "data.jsonl"
    rows = [
        dict(zip(columns, r, strict=True)) for r in zip(*columns.values(), strict=True)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


Door = Callable[[Mapping[str, Sequence[Any]], Path], Any]

# Columns of Python values -> what a user would hand in.
DOORS: dict[str, Door] = {
    "dict": lambda columns, folder: dict(columns),
    "pandas": lambda columns, folder: pd.DataFrame(dict(columns)),
    "polars": lambda columns, folder: pl.DataFrame(dict(columns)),
    "arrow": lambda columns, folder: pa.table(dict(columns)),
    "csv": _csv,
    "parquet": _parquet,
    "jsonl": _jsonl,
}
