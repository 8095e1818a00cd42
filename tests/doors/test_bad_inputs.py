"""Every bad input through every door, as one table: the right answer, or the error.

`CASES` is the table: a row for each input that some library of least squares answers
wrongly or not at all, and what is to come of it at each door. "Right" is judged by
exact rational arithmetic. The files beside this one look closer at each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.solve.exact import exact_least_squares
from tests.helpers.exactly import DIGITS, DOORS, digits_of, rows_of

RNG = np.random.default_rng(21)
N = 24
A, B = RNG.normal(size=(2, N))
Y = 1 + 2 * A - 3 * B + 0.1 * RNG.normal(size=N)
WHOLE_A, WHOLE_B, WHOLE_Y = RNG.integers(0, 100, (3, N))
W = RNG.uniform(0.5, 3.0, N)

ARRAYS = ("arrays", "fit_arrays")
EVERY = (*ARRAYS, *DOORS)
# Doors that take NumPy's arrays as they are, and those that hold values only.
HOLDS_DTYPES = (*ARRAYS, "dict", "pandas", "polars", "arrow", "parquet")
# What these libraries take at all: complex numbers, masks and objects of any kind.
HOLDS_ANYTHING = (*ARRAYS, "dict")


@dataclass(frozen=True)
class Right:
    """The answer of exact arithmetic on the rows that count."""

    rows: slice | list[int] = field(default_factory=lambda: slice(None))
    digits: float = DIGITS


@dataclass(frozen=True)
class Error:
    """An error that says this."""

    said: str


Outcome = Right | Error


@dataclass(frozen=True)
class Case:
    """Columns, what comes of them, and at which doors they can be given at all."""

    columns: Mapping[str, Any]
    outcome: Outcome
    at: Mapping[str, Outcome] = field(default_factory=dict)
    doors: Sequence[str] = EVERY

    def at_door(self, door: str) -> Outcome:
        return self.at.get(door, self.outcome)


def case(
    outcome: Outcome,
    at: Mapping[str, Outcome] | None = None,
    doors: Sequence[str] = EVERY,
    **changed: Any,
) -> Case:
    return Case({"y": Y, "a": A, "b": B, **changed}, outcome, at or {}, doors)


def put(values: Any, value: Any, at: int = 3) -> Any:
    out = np.array(values, np.float64)
    out[at] = value
    return out


def kept(*gone: int) -> list[int]:
    return [i for i in range(N) if i not in gone]


RIGHT = Right()
REFUSED = {"fit_arrays": Error(r"1 value is missing in column .* row 4")}
# A file of text has infinities as words, JSON has none at all.
INFINITE = Error(r"is inf in (row 4|line 5)")
NOT_JSON = {"jsonl": Error(r"line 4")}
EMPTY_FILES = {
    "csv": Error("the file has a header and no rows"),
    "jsonl": Error("the file is empty"),
}
WEIGHT = r"is {} in (row 4|line 5|line 4)\. Weights are finite numbers"
LADDER = np.concatenate([np.full(12, 1e200), np.geomspace(1e200, 1e-200, N - 12)])
DAYS = np.datetime64("2024-01-01", "us") + np.arange(N)
MASKED = np.ma.masked_array(np.column_stack([A, B]), mask=False)
MASKED[3, 0] = np.ma.masked

CASES: dict[str, Case] = {
    # --- values that are missing or no numbers
    "NaN in X": case(Right(kept(3)), REFUSED, a=put(A, np.nan)),
    "NaN in y": case(Right(kept(3)), REFUSED, y=put(Y, np.nan)),
    "inf in X": case(INFINITE, NOT_JSON, a=put(A, np.inf)),
    "inf in y": case(INFINITE, NOT_JSON, y=put(Y, np.inf)),
    "text": case(
        Error(r'first "x1" in (row 1|line 2|line 1)|stored as text|40 different texts'),
        a=np.array(["x1", *map(str, A[1:])], dtype=object),
    ),
    "numbers as text": case(
        Error("stored as text"),
        # What is written in a file of text is a number.
        {"csv": RIGHT},
        a=np.array([repr(float(v)) for v in A], dtype=object),
    ),
    "complex": case(
        Error("holds complex numbers"), doors=(*HOLDS_ANYTHING, "pandas"), a=A + 1j
    ),
    "masked array": case(
        Right(kept(3)), REFUSED, HOLDS_ANYTHING, a=MASKED[:, 0], b=MASKED[:, 1]
    ),
    "dates": case(
        Error("it holds dates, not numbers"),
        doors=HOLDS_DTYPES,
        a=DAYS,
        b=DAYS,
    ),
    # --- too few rows, or rows that say the same
    "0 rows": case(Error("there are no rows"), EMPTY_FILES, y=Y[:0], a=A[:0], b=B[:0]),
    "1 row, 3 coefficients": case(RIGHT, y=Y[:1], a=A[:1], b=B[:1]),
    "2 rows, 3 coefficients": case(RIGHT, y=Y[:2], a=A[:2], b=B[:2]),
    "3 rows, 3 coefficients": case(RIGHT, y=Y[:3], a=A[:3], b=B[:3]),
    "length mismatch": case(
        Error("has 2[34] rows and .* has 2[43]"), doors=HOLDS_ANYTHING, y=Y[:-1]
    ),
    # --- columns that say nothing of their own
    "constant column": case(RIGHT, b=np.full(N, 0.1)),
    "duplicate column": case(RIGHT, b=A),
    "zero column": case(RIGHT, b=np.zeros(N)),
    # The two differ by 1e-9 of their size: that much of 1e-28 is left to errors.
    "near-duplicate column": case(Right(digits=9.0), b=A + 1e-9 * B),
    "constant y": case(RIGHT, y=np.full(N, 7.0)),
    "perfect fit": case(RIGHT, y=3 + 2 * WHOLE_A - WHOLE_B, a=WHOLE_A, b=WHOLE_B),
    # --- sizes
    "scale 1e300": case(RIGHT, a=A * 1e300, b=B * 1e300),
    "scale 1e-300": case(RIGHT, a=A * 1e-300, b=B * 1e-300),
    "scale 1e160": case(RIGHT, a=A * 1e160, b=B * 1e160),
    "scales 1e8, 1e-8": case(RIGHT, a=A * 1e8, b=B * 1e-8),
    "scales 1e150, 1e-150": case(RIGHT, a=A * 1e150, b=B * 1e-150),
    "subnormal columns": case(RIGHT, y=Y * 1e-10, a=A * 1e-310, b=B * 1e-310),
    "y scale 1e300": case(RIGHT, y=Y * 1e300),
    "time stamps in s": case(RIGHT, a=1.7e9 + np.arange(N)),
    # Both of integers: an array has one type, and NumPy's for a mixture rounds them.
    "time stamps in ns": case(
        RIGHT, a=17 * 10**17 + 10**9 * np.arange(N) + WHOLE_A, b=WHOLE_B
    ),
    "int64 beyond 2^53": case(RIGHT, a=2**62 + WHOLE_A, b=-(2**61) + WHOLE_B),
    # --- types
    "uint8": case(RIGHT, a=WHOLE_A.astype(np.uint8), b=WHOLE_B.astype(np.uint8)),
    "bool": case(RIGHT, a=A > 0, b=B > 0),
    "int": case(RIGHT, y=WHOLE_Y, a=WHOLE_A, b=WHOLE_B),
    "float32 far from zero": case(
        RIGHT,
        doors=(*HOLDS_DTYPES, "csv", "jsonl"),
        a=(1000 + 0.1 * A).astype(np.float32),
        b=(1e5 + B).astype(np.float32),
    ),
    "float16": case(
        RIGHT,
        doors=(*ARRAYS, "dict", "pandas", "csv", "jsonl"),
        a=A.astype(np.float16),
        b=B.astype(np.float16),
    ),
    "numbers as objects": case(
        RIGHT, doors=(*HOLDS_ANYTHING, "pandas"), a=A.astype(object), b=B.astype(object)
    ),
    "y of shape (n, 1)": case(RIGHT, doors=ARRAYS, y=Y[:, None]),
    # --- weights
    "zero weights": case(Right(kept(3, 7)), w=put(put(W, 0.0), 0.0, at=7)),
    "negative weight": case(Error(WEIGHT.format("-1")), w=put(W, -1.0)),
    "inf weight": case(Error(WEIGHT.format("inf")), NOT_JSON, w=put(W, np.inf)),
    "NaN weight": case(Right(kept(3)), REFUSED, w=put(W, np.nan)),
    "all weights zero": case(Error("24 of 24 weights in .* are zero"), w=np.zeros(N)),
    "weights of 1e-200": case(RIGHT, w=W * 1e-200),
    "weights 1e200 to 1e-200": case(RIGHT, w=LADDER),
}
GRID = [(name, door) for name in CASES for door in CASES[name].doors]


def through(door: str, columns: Mapping[str, Any], folder: Path) -> Any:
    """Fit y on a and b, by w where there is one."""
    w = columns.get("w")
    if door in ARRAYS:
        inputs = [columns["a"], columns["b"]]
        masked = any(np.ma.isMaskedArray(v) for v in inputs)
        x = (np.ma if masked else np).column_stack(inputs)
        if door == "fit_arrays":
            return lw.fit_arrays(x, columns["y"], weights=w)
        return lw.ols(y=columns["y"], X=x, weights=w)
    if door in ("csv", "jsonl"):
        columns = {name: np.asarray(v).tolist() for name, v in columns.items()}
    data = DOORS[door](dict(columns), folder)
    return lw.ols("y ~ a + b", data, weights=None if w is None else "w")


@pytest.mark.filterwarnings("ignore::leastwise.AccuracyWarning")
@pytest.mark.parametrize(("name", "door"), GRID, ids=lambda text: text)
def test_the_right_answer_or_an_error(name: str, door: str, tmp_path: Path) -> None:
    columns, outcome = CASES[name].columns, CASES[name].at_door(door)
    if isinstance(outcome, Error):
        with pytest.raises(lw.DataError, match=outcome.said):
            through(door, columns, tmp_path)
        return
    found = through(door, columns, tmp_path)
    rows = outcome.rows
    used = {n: np.ma.getdata(v)[rows].tolist() for n, v in columns.items()}
    y = [v[0] if isinstance(v, list) else v for v in used["y"]]
    numbers = [[float(v) if isinstance(v, str) else v for v in used[n]] for n in "ab"]
    right = exact_least_squares(rows_of(*numbers), rows_of(y), weights=used.get("w"))
    if door == "fit_arrays":
        b, se = found.coefficients.ravel(), found.standard_errors.ravel()
    else:
        b, se = found.coef.array, found.se.array
    errors = [np.nan if r[0] is None else float(r[0]) for r in right.standard_errors()]
    assert (digits_of(b, right.rounded()[:, 0]) >= outcome.digits).all()
    assert (digits_of(se, errors) >= outcome.digits).all()
    assert (found.rank, found.n) == (right.rank, len(y))


def test_the_table_is_whole() -> None:
    # A door that is left out of a row cannot hold such values at all.
    for name, row in CASES.items():
        assert set(row.at) <= set(row.doors), name
        assert {"arrays", "fit_arrays"} <= set(row.doors), name


# What only a frame, a formula, a file or a prediction can do wrong, and who holds it.
ELSEWHERE = {
    "rows in another order than their labels": "bad_requests:labels_of_rows_must_agree",
    "numbers that became a category": "bad_columns:text_among_numbers",
    "thousands, percent, currency, units": "bad_columns:text_among_numbers",
    "one name over two columns": "bad_columns:frames_with_one_name_twice",
    "one name twice in a header": "bad_files:crooked_files",
    "a category of one level": "bad_columns:categories_that_cannot_be_meant",
    "an unknown column": "bad_columns:unknown_columns",
    "columns in another order": (
        "bad_predictions:columns_are_matched_by_name_not_by_place"
    ),
    "an unseen category": "bad_predictions:an_unseen_category",
    "a column that is missing": "bad_predictions:a_missing_column",
    "every sign of a gap": "bad_missing:every_sign_of_a_gap_in_pandas",
    "words for gaps": "rows_csv:missing_tokens_are_missing_in_every_kind",
    "decimal commas": "rows_csv:a_file_that_is_no_sound_csv_is_refused_in_these_words",
    "ragged rows, NUL": "bad_files:crooked_files",
    "CR alone, BOM, blank lines": "bad_files:the_same_numbers_in_any_dress",
    "17 and 25 digits": "bad_files:digits_of_a_file_are_read_to_the_last",
    "Parquet cut off": "bad_files:a_cut_off_parquet",
    "Parquet with a flipped bit": (
        "rows_files:a_flipped_byte_in_a_parquet_page_is_found"
    ),
    "formulas that cannot be read": "bad_requests:formulas_that_cannot_be_read",
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_the_rest_of_the_table_is_held(what: str) -> None:
    file, name = ELSEWHERE[what].split(":")
    text = Path(__file__).with_name(f"test_{file}.py").read_text(encoding="utf-8")
    assert f"\ndef test_{name}(" in text
