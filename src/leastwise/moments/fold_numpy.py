"""The fold in NumPy: always there, and what the compiled one is held to.

Each thread takes a part of the rows, block by block, and BLAS one thread of each:
blocks that stay in the cache are worth more than threads inside a product.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, reduce
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

from leastwise.moments.blocks import (
    BLOCK,
    Frame,
    NotFiniteError,
    Rows,
    blocks,
    first_row,
    scaled_weights,
    survey,
    weight_exponent_of,
)
from leastwise.moments.double import Array, Double, two_product
from leastwise.moments.kernel import PRODUCTS, Sums, threads_for

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

SLICE_BITS = 20
# Rows that the matrix product of a BLAS sums in a register before it moves on.
BLAS_RUN = 512
# Numbers of a block that stay in the second cache, and the fewest rows worth a product.
CACHED, FEWEST = 1 << 17, 256
# Rows that are looked at side by side for the largest value.
GROUP = 16
# Columns within these powers of two are squared and summed as they are.
PLAIN_EXPONENT = 400
# The number of threads of BLAS belongs to the process: one fold at a time sets it.
_BLAS_LOCK = RLock()
NOTHING = Double.of(0.0)


def fold_numpy(rows: Rows, slices: int, *, threads: int | None = None) -> Sums:
    """Fold in NumPy.

    Parameters
    ----------
    rows : Rows
        At least one row; positive weights.
    slices : {1, 2, 3}
        How finely to cut.
    threads : int, optional
        As many as there are cores for large work, one for small, when None.

    Raises
    ------
    NotFiniteError
        When a value is not a number, or infinite.
    """
    n, q = len(rows.X), 1 + rows.X.shape[1] + rows.Y.shape[1]
    if threads is None:
        threads = threads_for(PRODUCTS[slices - 1] * n * q * q)
    plain = slices == 1 and rows.X_low is None and rows.Y_low is None
    sums = _fold_plainly(rows, threads) if plain else None
    return sums or _fold_scaled(rows, slices, threads)


def _in_threads(work: Callable[[slice], _Part], n: int, threads: int) -> list[_Part]:
    """Do parts of the rows in threads of their own, BLAS on one thread in each."""
    if threads == 1:
        return [work(slice(0, n))]
    cuts = [n * i // threads // GROUP * GROUP for i in range(threads)] + [n]
    parts = [slice(a, b) for a, b in itertools.pairwise(cuts) if a < b]
    with one_blas_thread(), ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(work, parts))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread: its own wait for each other where cores are busy."""
    with _BLAS_LOCK, _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@dataclass(frozen=True)
class _Part:
    """Sums of some rows, and the least and largest of their values."""

    gram: Double
    least: Array
    most: Array


def _fold_plainly(rows: Rows, threads: int) -> Sums | None:
    """Fold in one slice, looking at the sizes on the way; None where that is unsafe."""
    n, q = len(rows.X), rows.X.shape[1] + rows.Y.shape[1]
    first = first_row(rows)
    w = scaled_weights(rows, weight_exponent_of(rows.weights))
    size = min(BLOCK, max(FEWEST, CACHED // (q + 1) // GROUP * GROUP))
    with np.errstate(over="ignore", invalid="ignore"):
        done = _in_threads(
            lambda part: _plain_part(rows, first, w, part, size), n, threads
        )
    gram = reduce(Double.__add__, (part.gram for part in done))
    least = np.minimum.reduce([part.least for part in done])
    most = np.maximum.reduce([part.most for part in done])
    far = np.maximum(most - first, first - least)
    if not np.isfinite(far).all() or not np.isfinite(gram.hi).all():
        return None  # a number that is not finite, or sums that are not
    largest = np.maximum(np.abs(least), np.abs(most))
    exponent = np.where(far > 0, np.frexp(far)[1] + 1, np.frexp(largest)[1])
    if (np.abs(exponent) > PLAIN_EXPONENT).any():
        return None
    down = -np.concatenate([[0], exponent]).astype(int)
    gram = gram.scaled(down[:, None] + down)
    return Sums(gram, exponent.astype(int), largest, gram_roundoff(n, 1), "numpy")


def _plain_part(
    rows: Rows, first: Array, w: Array | None, part: slice, size: int
) -> _Part:
    p, q = rows.X.shape[1], 1 + len(first)
    z = np.ones((size, q))
    shift = np.tile(np.concatenate([[0.0], first]), GROUP)
    least, most = np.full(GROUP * q, np.inf), np.full(GROUP * q, -np.inf)
    gram = NOTHING
    pending, rounded = 0, np.zeros((q, q))
    for start in range(part.start, part.stop, size):
        here = slice(start, min(part.stop, start + size))
        u = z[: here.stop - start]
        u[:, 0], u[:, 1 : p + 1], u[:, p + 1 :] = 1.0, rows.X[here], rows.Y[here]
        # Many rows side by side make one long row, which NumPy walks faster.
        whole = len(u) // GROUP * GROUP
        for some in (u[:whole].reshape(-1, GROUP * q), u[whole:]):
            if some.size:
                ends = slice(0, some.shape[1])
                np.minimum(least[ends], some.min(axis=0), out=least[ends])
                np.maximum(most[ends], some.max(axis=0), out=most[ends])
                some -= shift[ends]
        rounded += u.T @ u if w is None else _in_runs(u, w[here, None] * u)
        pending += len(u)
        if pending + size > BLOCK or here.stop == part.stop:
            gram = Double.of(rounded) if gram is NOTHING else gram + Double.of(rounded)
            pending, rounded = 0, np.zeros((q, q))
    # With weights the two factors of a product round differently.
    gram = gram if w is None else _symmetric(gram)
    by_row = least.reshape(GROUP, q).min(axis=0), most.reshape(GROUP, q).max(axis=0)
    return _Part(gram, by_row[0][1:], by_row[1][1:])


def _in_runs(a: Array, b: Array) -> Array:
    """Return a'b: a BLAS sums all rows of a small product in one accumulator."""
    total = np.zeros((a.shape[1], b.shape[1]))
    for start in range(0, len(a), BLAS_RUN):
        part = slice(start, start + BLAS_RUN)
        total += a[part].T @ b[part]
    return total


def _fold_scaled(rows: Rows, slices: int, threads: int) -> Sums:
    frame = survey(rows)
    if not np.isfinite(frame.largest).all():
        raise NotFiniteError
    done = _in_threads(
        lambda part: _scaled_part(rows, frame, part, slices),
        len(rows.X),
        threads,
    )
    gram = reduce(Double.__add__, (part.gram for part in done))
    roundoff = gram_roundoff(len(rows.X), slices)
    return Sums(_symmetric(gram), frame.exponent, frame.largest, roundoff, "numpy")


def _scaled_part(rows: Rows, frame: Frame, part: slice, slices: int) -> _Part:
    gram = NOTHING
    for u, low, w in blocks(rows, frame, part):
        if slices == 1:
            some = Double.of(u.T @ u if w is None else _in_runs(u, w[:, None] * u))
        else:
            some = _block_gram(u, low, w, slices)
        gram = some if gram is NOTHING else gram + some
    return _Part(gram, frame.first, frame.first)


def _symmetric(gram: Double) -> Double:
    half = Double(0.5 * gram.hi, 0.5 * gram.lo)
    return half + half.T


def gram_roundoff(n: int, slices: int) -> float:
    """Bound the error of a Gram entry, relative to the extents of its columns.

    Only the last slice rounds, at u = 2^-53 of its own size, which is 2^-21 a slice
    smaller than the column. A BLAS sums a few hundred rows in one accumulator and
    adds those sums up, of which a block has up to eight. Roundings without a rule
    grow with the square root of their number (Higham and Mary 2019,
    doi:10.1137/18M1226312); twice that is stated, four times where there are several
    slices, and 2 u for what rounds on the way into a product. It is not the worst
    case, which is n u: columns of two values, or one row far above the others, can
    have roundings that all go one way. The largest
    error of an entry, measured against exact sums of 550 problems: in the median 0.1
    of what is stated with tens of rows and 0.02 with 20,000, on such columns up to
    2.4 times it in the first tier and 3.1 times in the others. The certificate adds up
    absolute values over all entries, which has covered that: `make verify`.
    """
    run, runs = min(n, BLAS_RUN), min(n, BLOCK) / BLAS_RUN
    # What is left for the last slice of values that repeat, repeats too.
    often = 2.0 if slices == 1 else 4.0
    growth = 2.0 + often * (run**0.5 + runs**0.5)
    return float(2.0 ** (-53 - 21 * (slices - 1)) * growth)


def _block_gram(u: Array, low: Array, w: Array | None, slices: int) -> Double:
    left = _cut(u, low, slices)
    if w is None:
        return _symmetric_product(left)
    v, v_low = two_product(np.broadcast_to(w[:, None], u.shape), u)
    right = _cut(v, v_low + w[:, None] * low, slices)
    return _product(left, right)


def _cut(u: Array, low: Array, slices: int) -> list[Array]:
    """Cut |u| <= 1 into slices of 20 bits; the last one holds all that is left."""
    parts = []
    for level in range(1, slices):
        # Adding 1.5 * 2^k pushes every bit below 2^(k - 52) off the end.
        anchor = 1.5 * 2.0 ** (52 - SLICE_BITS * level - (level - 1))
        top = (u + anchor) - anchor
        parts.append(top)
        u = u - top
    parts.append(u + low)
    return parts


def _symmetric_product(s: list[Array]) -> Double:
    *heads, rest = s
    total = Double.zeros((rest.shape[1], rest.shape[1]))
    for i, a in enumerate(heads):
        total = total + Double.of(a.T @ a)
        for b in heads[i + 1 :]:
            cross = a.T @ b
            total = total + Double.of(cross) + Double.of(cross.T)
    # h'r + r'h + r'r = m + m' with m = (h + r/2)' r
    tail = (sum(heads) + 0.5 * rest).T @ rest
    return total + Double.of(tail) + Double.of(tail.T)


def _product(s: list[Array], t: list[Array]) -> Double:
    *s_heads, s_rest = s
    *t_heads, t_rest = t
    total = Double.zeros((s_rest.shape[1], t_rest.shape[1]))
    for a in s_heads:
        for b in t_heads:
            total = total + Double.of(a.T @ b)
    s_head: Array = np.add.reduce(s_heads)
    t_all: Array = np.add.reduce([*t_heads, t_rest])
    first, second = _in_runs(s_head, t_rest), _in_runs(s_rest, t_all)
    return total + Double.of(first) + Double.of(second)
