"""The compiled fold, where it has been built: the same sums as `fold.py`, faster.

`make` builds it with the C compiler of the machine; without one, leastwise runs on
NumPy. In the environment, LEASTWISE_KERNEL=numpy leaves it out; v3 or any takes
an older set of instructions than the machine has.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np

from leastwise.moments.double import Array, Double

LIBRARY = Path(__file__).parent / "native" / "kernel.so"
# Threads cost more than they bring below this many multiply-adds.
WORK_FOR_THREADS = 2_000_000
# Matrix products that a block takes at each tier.
PRODUCTS = (1, 3, 6)
# Rows that one accumulator sums, and how many such sums are added in float64.
_RUN, _RUNS = 128, 32
# What the kernel converts itself, block by block, without rounding; in its order.
_TYPES = {
    np.dtype(name).str: place
    for place, name in enumerate(("f8", "f4", "i1", "i2", "i4", "u1", "u2", "u4"))
}
# A boolean is a byte of 0 or 1.
_TYPES[np.dtype(bool).str] = _TYPES[np.dtype("u1").str]


LowParts: TypeAlias = tuple[Array | None, Array | None, Array]
"""What X, Y and the fixed point leave out of their values."""


class RowsAt(ctypes.Structure):
    """Where rows lie and what they are made of: lw_rows of native/kernel.h."""

    _fields_ = (
        ("x", ctypes.c_void_p),
        ("xr", ctypes.c_ssize_t),
        ("xc", ctypes.c_ssize_t),
        ("y", ctypes.c_void_p),
        ("yr", ctypes.c_ssize_t),
        ("yc", ctypes.c_ssize_t),
        ("w", ctypes.c_void_p),
        ("shift", ctypes.c_void_p),
        ("n", ctypes.c_size_t),
        ("p", ctypes.c_size_t),
        ("k", ctypes.c_size_t),
        ("slices", ctypes.c_int),
        ("x_type", ctypes.c_int),
        ("y_type", ctypes.c_int),
        ("x_low", ctypes.c_void_p),
        ("y_low", ctypes.c_void_p),
        ("shift_low", ctypes.c_void_p),
    )


class _Sums(ctypes.Structure):
    _fields_ = (
        ("hi", ctypes.c_void_p),
        ("lo", ctypes.c_void_p),
        ("exponent", ctypes.c_void_p),
        ("largest", ctypes.c_void_p),
    )


@dataclass(frozen=True)
class Sums:
    """What a fold returns, whichever way it ran.

    Attributes
    ----------
    gram : Double, shape (1 + q, 1 + q)
        The augmented Gram in units of ``2**exponent``.
    exponent : ndarray of int, shape (q,)
        Scale of each column.
    largest : ndarray, shape (q,)
        Largest absolute value of each column.
    roundoff : float
        Relative error of an entry of the Gram, as in `Moments`.
    kernel : {"compiled", "numpy"}
        Which way.
    """

    gram: Double
    exponent: Array
    largest: Array
    roundoff: float
    kernel: str


def kernel_roundoff(n: int, slices: int) -> float:
    """Bound the error of a Gram entry, as `fold.gram_roundoff` does.

    One accumulator takes 128 rows in turn, and at most 32 of those are added
    before the sum becomes a pair; twice the square roots, for the reasons given there.
    Measured on columns of two values: up to 5 times what is stated for an entry.
    """
    run, runs = min(n, _RUN), min(n / _RUN, _RUNS)
    growth = 2.0 + 2.0 * (run**0.5 + runs**0.5)
    return float(2.0 ** (-53 - 21 * (slices - 1)) * growth)


@cache
def library() -> ctypes.CDLL | None:
    """Load the kernel; None where there is none or it is left out."""
    if os.environ.get("LEASTWISE_KERNEL") == "numpy" or not LIBRARY.exists():
        return None
    try:
        kernel = ctypes.CDLL(str(LIBRARY))
    except OSError:
        # Built on another machine: NumPy does the work.
        return None
    kernel.lw_fold.restype = ctypes.c_int
    kernel.lw_fold.argtypes = (
        ctypes.POINTER(RowsAt),
        ctypes.c_int,
        ctypes.POINTER(_Sums),
    )
    return kernel


def has_kernel() -> bool:
    """Say whether the compiled fold is there and may be used."""
    return library() is not None


def fold_compiled(
    X: Array,
    Y: Array,
    w: Array | None,
    shift: Array,
    slices: int,
    *,
    low: LowParts | None = None,
    threads: int | None = None,
) -> Sums | None:
    """Fold with the compiled kernel; None where it has to be done in NumPy.

    Parameters
    ----------
    X, Y : ndarray, shapes (n, p) and (n, k)
        Float64, float32, integers of up to 32 bits or booleans; any strides.
    w : ndarray, shape (n,), or None
        Weights of at most 1, contiguous.
    shift : ndarray, shape (p + k,)
        The fixed point.
    slices : {1, 2, 3}
        How finely to cut.
    low : tuple of ndarray or None, shapes (n, p), (n, k) and (p + k,), optional
        What X, Y and the fixed point leave out of their values.
    threads : int, optional
        As many as there are cores for large work, one for small, when None.
    """
    kernel = library()
    if kernel is None or not (is_read(X) and is_read(Y)):
        return None
    n, p = X.shape
    k = Y.shape[1]
    q = 1 + p + k
    hi, lo = np.empty((q, q)), np.empty((q, q))
    exponent, largest = np.empty(p + k, np.intc), np.empty(p + k)
    rows = rows_at(X, Y, w, shift, slices, low=low)
    sums = _Sums(
        hi.ctypes.data, lo.ctypes.data, exponent.ctypes.data, largest.ctypes.data
    )
    if threads is None:
        threads = threads_for(PRODUCTS[slices - 1] * n * q * q)
    if kernel.lw_fold(ctypes.byref(rows), threads, ctypes.byref(sums)):
        return None
    roundoff = kernel_roundoff(n, slices)
    gram = Double(hi, lo)
    return Sums(gram, exponent.astype(int), largest, roundoff, "compiled")


def rows_at(
    X: Array,
    Y: Array,
    w: Array | None,
    shift: Array,
    slices: int,
    *,
    low: LowParts | None = None,
) -> RowsAt:
    """Say where rows lie. The arrays have to be kept until the kernel returns."""
    # Row-major as the kernel reads them, and kept with what points at them.
    kept = [None if a is None else np.ascontiguousarray(a, float) for a in low or ()]
    rows = RowsAt(
        X.ctypes.data, *_steps(X), Y.ctypes.data, *_steps(Y),
        _at(w), shift.ctypes.data, *X.shape, Y.shape[1], slices,
        _type_of(X), _type_of(Y), *(map(_at, kept or (None, None, None))),
    )  # fmt: skip
    rows.kept = kept
    return rows


def threads_for(work: int) -> int:
    """Return how many threads so many multiply-adds are worth."""
    return 1 if work < WORK_FOR_THREADS else threads()


def is_read(a: Array) -> bool:
    """Say whether the kernel reads an array as it lies."""
    size, (down, across) = a.itemsize, a.strides
    whole = not (down % size or across % size)
    return whole and a.dtype.str in _TYPES and bool(a.flags.aligned)


def _at(a: Array | None) -> int | None:
    return None if a is None else int(a.ctypes.data)


def _type_of(a: Array) -> int:
    return _TYPES[a.dtype.str]


def _steps(a: Array) -> tuple[int, int]:
    size, (down, across) = a.itemsize, a.strides
    return down // size, across // size


def threads() -> int:
    """Return the cores that this process may use, 64 at most.

    Examples
    --------
    >>> threads() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return min(64, len(os.sched_getaffinity(0)))
    return min(64, os.cpu_count() or 1)
