"""The compiled second pass, where it has been built."""

from __future__ import annotations

import ctypes

import numpy as np

from leastwise.moments.double import Array, Double
from leastwise.moments.fitted import Fitted, SecondPass, Want
from leastwise.moments.kernel import RowsAt, library, threads_for

# Beyond this a power of two times a float64 may leave its range.
_LARGEST_EXPONENT = 900


class _Fitted(ctypes.Structure):
    _fields_ = (
        ("exponent", ctypes.c_void_p),
        ("slopes", ctypes.c_void_p),
        ("slopes_low", ctypes.c_void_p),
        ("level", ctypes.c_void_p),
        ("level_low", ctypes.c_void_p),
        ("mean", ctypes.c_void_p),
        ("root", ctypes.c_void_p),
        ("beside", ctypes.c_double),
        ("power", ctypes.c_int),
    )


class _Second(ctypes.Structure):
    _fields_ = (
        ("hi", ctypes.c_void_p),
        ("lo", ctypes.c_void_p),
        ("largest", ctypes.c_void_p),
        ("residual", ctypes.c_void_p),
        ("leverage", ctypes.c_void_p),
        ("meat", ctypes.c_void_p),
    )


def second_compiled(
    rows: RowsAt,
    exponent: Array,
    fitted: Fitted,
    want: Want,
    *,
    threads: int | None = None,
) -> SecondPass | None:
    """Run the compiled second pass; None where it has to be done in NumPy.

    Parameters
    ----------
    rows : RowsAt
        Where they lie; what they point at is kept by the caller.
    exponent : ndarray of int, shape (p + k,)
        Units of the fit.
    fitted : Fitted
        The fit.
    want : Want
        What to bring.
    threads : int, optional
        As many as there are cores for large work, one for small, when None.
    """
    kernel = library()
    if kernel is None or np.abs(exponent).max(initial=0) > _LARGEST_EXPONENT:
        return None
    n, p, k = rows.n, rows.p, rows.k
    sums, largest = Double.zeros(k), np.zeros(k)
    residuals = np.empty((n, k)) if want.residuals else None
    leverages = np.empty(n) if want.leverages else None
    meat = None if want.power is None else np.empty((k, 1 + p, 1 + p))
    kept = (
        np.ascontiguousarray(exponent, np.intc),
        *(
            np.ascontiguousarray(a)
            for pair in (fitted.slopes, fitted.level)
            for a in (pair.hi, pair.lo)
        ),
        np.ascontiguousarray(fitted.mean),
        np.ascontiguousarray(fitted.root),
    )
    at: list[int | None] = [a.ctypes.data for a in kept]
    if not (want.leverages or want.power):
        at[-1] = None
    into = (sums.hi, sums.lo, largest, residuals, leverages, meat)
    if threads is None:
        threads = threads_for(n * (1 + p) * (1 + p if want.power is not None else 8))
    status = kernel.lw_look_again(
        ctypes.byref(rows),
        ctypes.byref(_Fitted(*at, fitted.beside, want.power or 0)),
        # What values leave out is there in pairs only.
        int(want.pairs or rows.shift_low is not None),
        threads,
        ctypes.byref(_Second(*(None if a is None else a.ctypes.data for a in into))),
    )
    if status:
        return None
    return SecondPass(sums, largest, residuals, leverages, meat, "compiled")
