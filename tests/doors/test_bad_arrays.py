"""Arrays without names: each bad input of the other doors, right or refused.

The table of cases is that of `test_bad_numbers.py` and its neighbours. Exact rational
arithmetic is the witness; a standard error of an exact fit is 0.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import leastwise as lw
from leastwise.solve.exact import exact_least_squares
from tests.helpers.exactly import DIGITS, digits_of

RNG = np.random.default_rng(7)
N = 40
X = RNG.normal(size=(N, 2))
Y = 1 + X @ [2.0, -3.0] + 0.1 * RNG.normal(size=N)
TIME = np.arange(N)
Given = tuple[Any, Any]


def with_value(a: Any, at: Any, value: float) -> Any:
    changed = a.copy()
    changed[at] = value
    return changed


RIGHT: dict[str, Given] = {
    "one row": (X[:1], Y[:1]),
    "fewer rows than coefficients": (X[:2], Y[:2]),
    "as many rows as coefficients": (X[:3], Y[:3]),
    "a constant column": (np.c_[X, np.full(N, 0.1)], Y),
    "a column twice": (np.c_[X, X[:, 0]], Y),
    "a column of zeros": (np.c_[X, np.zeros(N)], Y),
    "a near duplicate": (np.c_[X, X[:, 0] + 1e-9 * RNG.normal(size=N)], Y),
    "1e300": (X * 1e300, Y),
    "1e-300": (X * 1e-300, Y),
    "1e160": (X * 1e160, Y),
    "1e8 and 1e-8": (X * [1e8, 1e-8], Y),
    "1e150 and 1e-150": (X * [1e150, 1e-150], Y),
    "a subnormal column": (X * [1.0, 1e-300] * [1.0, 1e-10], Y * 1e-9),
    "a target of 1e300": (X, Y * 1e300),
    "bytes": (np.round(X * 10 + 100).astype(np.uint8), Y),
    "booleans": (X > 0, Y),
    "integers": (np.round(X * 9).astype(int), np.round(Y * 9).astype(int)),
    "integers beyond 2^53": (2**53 + np.arange(2 * N).reshape(N, 2) ** 2, Y),
    "float32 far from zero": ((X * 0.1 + 1000).astype(np.float32), Y),
    "float16": (X.astype(np.float16), Y),
    "seconds since 1970": (np.c_[1.7e9 + 60 * TIME, X[:, 0]], Y),
    "nanoseconds since 1970": (np.c_[1_700_000_000 * 10**9 + 60 * 10**9 * TIME], Y),
    "a constant target": (X, np.full(N, 0.3)),
    "numbers as objects": (X.astype(object), Y),
    "whole decimals": (np.array([[Decimal(int(v * 9)) for v in r] for r in X]), Y),
    "one column without a second dimension": (X[:, 0], Y),
    "a target of shape (n, 1)": (X, Y[:, None]),
    "lists": (X.tolist(), Y.tolist()),
    "a frame": (pd.DataFrame(X), Y),
    "no column": (X[:, :0], Y),
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_can_be_right_is(case: str) -> None:
    given, y = RIGHT[case]
    with warnings.catch_warnings():
        # Few digits of a nearly collinear column are said in a warning, and are few.
        warnings.simplefilter("ignore", lw.AccuracyWarning)
        fit = lw.fit_arrays(given, y)
    table = np.asarray(given, dtype=object).reshape(len(y), -1)
    rows = [[v.item() if hasattr(v, "item") else v for v in row] for row in table]
    target = [float(v) for v in np.asarray(y).ravel()]
    right = exact_least_squares([[_number(v) for v in r] for r in rows], target)
    b = right.rounded()[:, 0]
    certain = np.nan_to_num(np.asarray(fit.digits).ravel())
    reached = digits_of(np.asarray(fit.coefficients).ravel(), b)
    near_zero = case == "a constant target"
    assert (reached[: 1 if near_zero else None] >= DIGITS).all(), reached
    assert (certain <= reached + 0.5).all()
    assert fit.rank == right.rank


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, (bool, Decimal)) else value


def test_a_perfect_fit_has_no_error() -> None:
    fit = lw.fit_arrays(np.arange(12.0).reshape(6, 2) ** 2, np.arange(6.0) ** 2)
    again = lw.fit_arrays(X, X @ [1.0, 2.0])
    assert fit.sigma == 0.0 and again.sigma == 0.0
    assert (np.asarray(again.standard_errors) == 0.0).all()


REFUSED: dict[str, tuple[Callable[[], Given], str]] = {
    "NaN in X": (lambda: (with_value(X, (3, 0), np.nan), Y), '"x1", first in row 4'),
    "NaN in y": (lambda: (X, with_value(Y, 3, np.nan)), '"y", first in row 4'),
    "inf in X": (lambda: (with_value(X, (3, 1), np.inf), Y), '"x2" is inf in row 4'),
    "inf in y": (lambda: (X, with_value(Y, 3, -np.inf)), '"y" is -inf in row 4'),
    "no row": (lambda: (X[:0], Y[:0]), "there are no rows"),
    "text": (lambda: (X.astype(str), Y), "stored as text"),
    "dates": (lambda: (TIME.astype("M8[D]")[:, None], Y), "holds dates"),
    "complex": (lambda: (X + 0j, Y), "complex"),
    "lengths": (lambda: (X, Y[:-1]), "X has 40 rows and y has 39"),
    "a masked value": (
        lambda: (np.ma.array(X, mask=np.arange(2 * N).reshape(N, 2) == 6), Y),
        '"x1", first in row 4',
    ),
    "three dimensions": (lambda: (X[None], Y), "one or two dimensions"),
    "a number": (lambda: (3.0, Y), "one or two dimensions"),
    "nothing": (lambda: (None, Y), "one or two dimensions"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_is_refused_by_name(case: str) -> None:
    made, said = REFUSED[case]
    with pytest.raises(lw.DataError) as found:
        lw.fit_arrays(*made())
    assert said in str(found.value)


WEIGHTS = {
    "negative": with_value(np.ones(N), 5, -1.0),
    "infinite": with_value(np.ones(N), 5, np.inf),
    "NaN": with_value(np.ones(N), 5, np.nan),
    "all zero": np.zeros(N),
    "too few": np.ones(N - 1),
}


@pytest.mark.parametrize("case", WEIGHTS)
def test_weights_that_are_none_are_refused(case: str) -> None:
    with pytest.raises(lw.DataError, match="weight"):
        lw.fit_arrays(X, Y, weights=WEIGHTS[case])


@pytest.mark.parametrize("spread", [0.0, 200.0])
def test_weights_of_zero_and_of_any_size(spread: float) -> None:
    w = 10.0 ** np.linspace(-spread, spread, N)
    w[[3, 9]] = 0.0
    used = w > 0
    fit = lw.fit_arrays(X, Y, weights=w)
    right = exact_least_squares(X[used], Y[used], weights=w[used])
    reached = digits_of(fit.coefficients, right.rounded()[:, 0])
    assert (np.nan_to_num(fit.digits) <= reached + 0.5).all()
    if not spread:
        assert (reached >= DIGITS).all() and fit.dof == N - 2 - 3
