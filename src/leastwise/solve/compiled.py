"""The compiled solve, where it has been built: the same numbers as `solve.fit`, faster.

It serves full rank. Where a column may be a combination of others it gives no answer,
and `solve.fit` decides.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise.moments.double import Array
from leastwise.moments.kernel import RowsAt, library
from leastwise.moments.state import Moments
from leastwise.solve.plain import PLAIN_LIMIT, PLAIN_ROUNDOFF, invert_plainly


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


_OF_BOTH = ("coefficients", "standard_errors", "digits", "se_digits", "worth")
_OF_TARGETS = (
    "rss", "tss", "explained", "rss_digits", "rss_bound", "r_squared_digits",
    "target_mean", "level", "level_low", "target_exponent",
)  # fmt: skip
_OF_SLOPES = ("slopes", "slopes_low")
_OF_INPUTS = ("center", "center_low")


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
    fewest : float
        The least of `digits` and `se_digits`.
    """

    arrays: dict[str, Any]
    weight: float
    condition: float
    lowest: float
    fewest: float


def solve_compiled(
    m: Moments,
    *,
    intercept: bool,
    observations: float,
    residuals: Array | None,
    plain: bool = False,
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
    plain : bool
        By an inverse in float64, refined in pairs: for many columns.
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
    fit = _room(p, k, intercept)
    solve = _solve_plainly if plain else _solve_in_pairs
    return _numbers(fit, p, k, intercept) if solve(kernel, asked, fit) else None


def _solve_in_pairs(kernel: ctypes.CDLL, asked: _Moments, fit: Array) -> bool:
    return not kernel.lw_solve(ctypes.byref(asked), ctypes.c_void_p(fit.ctypes.data))


def _solve_plainly(kernel: ctypes.CDLL, asked: _Moments, fit: Array) -> bool:
    xx = np.empty((asked.p, asked.p))
    at = ctypes.byref(asked)
    if kernel.lw_scatter_of(at, ctypes.c_void_p(xx.ctypes.data)):
        return False
    found = invert_plainly(xx)
    if found is None:
        return False
    kept = [np.ascontiguousarray(a) for a in found]
    return not kernel.lw_solve_plainly(
        at,
        *(ctypes.c_void_p(a.ctypes.data) for a in kept),
        ctypes.c_double(PLAIN_ROUNDOFF),
        ctypes.c_double(PLAIN_LIMIT),
        ctypes.c_void_p(fit.ctypes.data),
    )


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
    p, k = rows.p, rows.k
    fit = _room(p, k, intercept)
    status = kernel.lw_fit_rows(
        ctypes.byref(rows), threads, ctypes.c_double(roundoff), intercept,
        ctypes.c_void_p(fit.ctypes.data),
    )  # fmt: skip
    return None if status else _numbers(fit, p, k, intercept)


def _room(p: int, k: int, intercept: bool) -> Array:
    m = p + intercept
    return np.empty(4 + 5 * m * k + 10 * k + 2 * p * k + 2 * p + m * m + p * p)


def _numbers(fit: Array, p: int, k: int, intercept: bool) -> Numbers:
    """Take the array apart: lw_fit of native/solve.h, in its order."""
    m = p + intercept
    targets = 4 + 5 * m * k
    slopes = targets + 10 * k
    center = slopes + 2 * p * k
    correlation = center + 2 * p
    root = correlation + m * m
    weight, condition, lowest, fewest = fit[:4].tolist()
    arrays = dict(
        zip(
            _OF_BOTH + _OF_TARGETS + _OF_SLOPES + _OF_INPUTS,
            (
                *fit[4:targets].reshape(5, m, k),
                *fit[targets:slopes].reshape(10, k),
                *fit[slopes:center].reshape(2, p, k),
                *fit[center:correlation].reshape(2, p),
            ),
            strict=True,
        ),
        correlation=fit[correlation:root].reshape(m, m),
        root=fit[root:].reshape(p, p),
    )
    arrays["target_exponent"] = arrays["target_exponent"].astype(int)
    return Numbers(arrays, weight, condition, lowest, fewest)
