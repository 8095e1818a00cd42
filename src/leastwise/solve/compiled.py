"""The compiled solve, where it has been built: the same numbers as `solve.fit`, faster.

It serves full rank. Where a column may be a combination of others it gives no answer,
and `solve.fit` decides.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from leastwise.moments.double import Array
from leastwise.moments.kernel import RowsAt, library
from leastwise.moments.state import Moments


class _Moments(ctypes.Structure):
    _fields_ = (
        ("gram", ctypes.c_void_p),
        ("gram_low", ctypes.c_void_p),
        ("shift", ctypes.c_void_p),
        ("shift_low", ctypes.c_void_p),
        ("exponent", ctypes.c_void_p),
        ("grain", ctypes.c_void_p),
        ("extent", ctypes.c_void_p),
        ("roundoff", ctypes.c_double),
        ("count", ctypes.c_double),
        ("observations", ctypes.c_double),
        ("weight_exponent", ctypes.c_int),
        ("intercept", ctypes.c_int),
        ("p", ctypes.c_size_t),
        ("k", ctypes.c_size_t),
        ("residuals", ctypes.c_void_p),
    )


# Fields of lw_fit in native/solve.h, in its order, with their shapes.
_SHAPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("coefficients", "standard_errors", "digits", "se_digits", "worth"), ("m", "k")
    ),
    "correlation": ("m", "m"),
    **dict.fromkeys(
        ("rss", "tss", "explained", "rss_digits", "rss_bound", "r_squared_digits"),
        ("k",),
    ),
    "center": ("p",),
    "center_low": ("p",),
    "target_mean": ("k",),
    "root": ("p", "p"),
    "slopes": ("p", "k"),
    "slopes_low": ("p", "k"),
    "level": ("k",),
    "level_low": ("k",),
    "target_exponent": ("k",),
}


_Part = tuple[str, int, int, tuple[int, ...]]


class _Fit(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in _SHAPES),
        ("weight", ctypes.c_double),
        ("condition", ctypes.c_double),
        ("lowest", ctypes.c_double),
    )


@dataclass(frozen=True)
class Numbers:
    """What the compiled solve returns: fields of `Fit`, of the same names.

    Attributes
    ----------
    arrays : dict of str to ndarray
        See `leastwise.solve.fit.Fit`.
    weight, condition : float
        See there.
    lowest : float
        The least of `worth` and `rss_digits`.
    """

    arrays: dict[str, Any]
    weight: float
    condition: float
    lowest: float


def solve_compiled(
    m: Moments, *, intercept: bool, observations: float, residuals: Array | None
) -> Numbers | None:
    """Solve with the compiled kernel; None where it has to be done in NumPy.

    Parameters
    ----------
    m : Moments
        Of at least one row.
    intercept : bool
        Whether the model has an intercept.
    observations : float
        Observations to count.
    residuals : ndarray, shape (k,), or None
        Sums of squared residuals from a second pass, in scaled units.
    """
    kernel = library()
    if kernel is None:
        return None
    kept = [
        np.ascontiguousarray(a)
        for a in (m.gram.hi, m.gram.lo, m.shift.hi, m.shift.lo,
                  m.exponent.astype(np.intc), m.grain, m.extent)
    ]  # fmt: skip
    sums = None if residuals is None else np.ascontiguousarray(residuals)
    p, k = m.n_inputs, m.n_targets
    asked = _Moments(
        *(a.ctypes.data for a in kept), m.roundoff, m.count, observations,
        m.weight_exponent, intercept, p, k, None if sums is None else sums.ctypes.data,
    )  # fmt: skip
    fit, buffer = _room(p, k, intercept)
    if kernel.lw_solve(ctypes.byref(asked), ctypes.byref(fit)):
        return None
    return _numbers(fit, buffer, p, k, intercept)


def fit_compiled(
    rows: RowsAt, *, threads: int, roundoff: float, intercept: bool
) -> Numbers | None:
    """Fold and solve in one call; None where that has to be done apart.

    Parameters
    ----------
    rows : RowsAt
        Rows without weights or low parts.
    threads : int
        How many.
    roundoff : float
        Of the fold.
    intercept : bool
        Whether the model has an intercept.
    """
    kernel = library()
    if kernel is None:
        return None
    fit, buffer = _room(rows.p, rows.k, intercept)
    status = kernel.lw_fit_rows(
        ctypes.byref(rows), threads, ctypes.c_double(roundoff), intercept,
        ctypes.byref(fit),
    )  # fmt: skip
    return None if status else _numbers(fit, buffer, rows.p, rows.k, intercept)


@cache
def _layout(p: int, k: int, intercept: bool) -> tuple[list[_Part], int]:
    """Lay all results out in one array: names, places and shapes, and the length."""
    letters = {"p": p, "k": k, "m": p + intercept}
    parts, at = [], 0
    for name, shape in _SHAPES.items():
        sizes = tuple(letters[letter] for letter in shape)
        end = at + math.prod(sizes)
        parts.append((name, at, end, sizes))
        at = end
    return parts, at


def _room(p: int, k: int, intercept: bool) -> tuple[_Fit, Array]:
    parts, length = _layout(p, k, intercept)
    buffer = np.empty(length)
    start = buffer.ctypes.data
    return _Fit(*[start + 8 * at for _, at, _, _ in parts]), buffer


def _numbers(fit: _Fit, buffer: Array, p: int, k: int, intercept: bool) -> Numbers:
    parts, _ = _layout(p, k, intercept)
    arrays = {
        name: buffer[at:end] if len(shape) == 1 else buffer[at:end].reshape(shape)
        for name, at, end, shape in parts
    }
    arrays["target_exponent"] = arrays["target_exponent"].astype(int)
    return Numbers(arrays, fit.weight, fit.condition, fit.lowest)
