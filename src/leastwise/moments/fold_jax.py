"""Rows of JAX -> `Moments`: the fold for tracers, batches and accelerators.

The same sums as in `fold.py`, with two changes that a compiler asks for. Slices are
cut by rounding to a whole number, which no rule of algebra can simplify away, as
``(u + c) - c`` can be; and their products are exact by the number of their bits,
which no contraction of multiply-add changes. So a Gram is exact but for its last
slice here too, on every device whose matrix product is that of its type.

Rows of weight zero are not there: their values may be anything, and they are not
counted. That makes weights a mask, where shapes may not depend on values.

Derivatives are those of the sums about a fixed point in fixed units: the point and
the units are constants. That is the derivative of whatever does not depend on them,
as no answer of a fit does.

In float32 (rows traced without float64) everything holds with 8-bit slices, blocks
of 256 rows and pairs of float32: the error of a Gram entry is about 2^-19, 2^-28 and
2^-37 of the sizes of its columns at the three tiers.
"""

from __future__ import annotations

from functools import cache, partial, reduce
from typing import Any, NamedTuple

import numpy as np

from leastwise._kit.precision import jax_module
from leastwise.moments.double import Double, two_product, two_sum
from leastwise.moments.fold import EXTENT_FLOOR, LEAST_EXTENT
from leastwise.moments.kernel import kernel_roundoff
from leastwise.moments.kernel_jax import compiled_or
from leastwise.moments.pairs_jax import Traced, dot, exponent_of, scaled
from leastwise.moments.state import Moments, merge


class Cut(NamedTuple):
    """How finely numbers of a type are cut.

    Attributes
    ----------
    bits : int
        Of a slice, without its sign.
    rows : int
        As many products of two slices are summed without rounding.
    digits : int
        Bits of the type.
    """

    bits: int
    rows: int
    digits: int


def cut_of(dtype: Any) -> Cut:
    """Return how numbers of float64 or float32 are cut.

    Examples
    --------
    >>> cut_of("float64")
    Cut(bits=20, rows=4096, digits=53)
    """
    return Cut(20, 4096, 53) if np.dtype(dtype) == np.float64 else Cut(8, 256, 24)


def fold(
    X: Traced,
    Y: Traced,
    weights: Traced | None = None,
    *,
    slices: int = 3,
    roundoff: float | None = None,
) -> Moments:
    """Fold rows into moments, under any transformation of JAX.

    Parameters
    ----------
    X : array, shape (n, p)
        Inputs without the intercept, float64 or float32.
    Y : array, shape (n, k)
        Targets, of the same type.
    weights : array, shape (n,), optional
        Of the same type, 0 or more; rows of weight 0 are left out.
    slices : {1, 2, 3}
        How finely to cut.
    roundoff : float, optional
        Unit roundoff of the values as given; that of their type when None.

    Returns
    -------
    Moments
        With arrays of JAX.

    Examples
    --------
    >>> from leastwise._kit.precision import float64_scope
    >>> with float64_scope():
    ...     m = fold(np.array([[1.0], [2.0]]), np.array([[3.0], [5.0]]))
    >>> m.count, float(m.gram.hi[0, 0])
    (2, 2.0)
    """
    jnp = jax_module().numpy
    X, Y = jnp.asarray(X), jnp.asarray(Y)
    n, p = X.shape
    first = _first(X, Y, weights)
    count: Any = n
    log_weight: Any = 0.0
    weight_exponent: Any = 0
    if weights is not None:
        weights = jnp.asarray(weights)
        used = weights > 0
        count = used.sum()
        log_weight = jnp.sum(jnp.log(jnp.where(used, weights, 1.0)))
        weight_exponent = exponent_of(jnp.max(weights))
        weights = scaled(weights, -weight_exponent)
    hi, lo, exponent, largest = _sums()(slices, X, Y, weights, first)
    floor = max(LEAST_EXTENT, EXTENT_FLOOR * n**0.5) if slices > 1 else 0.0
    diagonal = jnp.sqrt(jnp.maximum(_constant(jnp.diagonal(hi)), 0.0))
    unit = 2.0 ** -cut_of(X.dtype).digits if roundoff is None else roundoff
    return Moments(
        count=count,
        gram=Double(hi, lo),
        shift=Double(first, jnp.zeros_like(first)),
        exponent=exponent,
        weight_exponent=weight_exponent,
        grain=unit * largest,
        extent=jnp.maximum(diagonal, floor),
        log_weight=log_weight,
        roundoff=sums_roundoff(n, slices, X.dtype),
        n_inputs=p,
        kernel="jax",
    )


def sums_roundoff(n: int, slices: int, dtype: Any = "float64") -> float:
    """Bound the error of a Gram entry, as `fold.gram_roundoff` does.

    The order in which a device sums a block is its own: the bound is that of one
    accumulator for all of its rows. Adding blocks up as pairs counts too: in pairs of
    float32 it can be the larger part. In float64 the compiled fold may have run.
    """
    cut = cut_of(dtype)
    often = 2.0 if slices == 1 else 4.0
    growth = 2.0 + often * min(n, cut.rows) ** 0.5
    additions = 8.0 * (1.0 + n / cut.rows)
    last = 2.0 ** (-cut.digits - (cut.bits + 1) * (slices - 1))
    bound = float(last * growth + additions * 2.0 ** (2 - 2 * cut.digits))
    return max(bound, kernel_roundoff(n, slices)) if cut.digits == 53 else bound


def merge_over(m: Moments, axis: str) -> Moments:
    """Merge the moments of all devices along an axis of `shard_map`.

    Parameters
    ----------
    m : Moments
        Of the rows of this device.
    axis : str
        The name of the axis over which rows are split.

    Returns
    -------
    Moments
        Of the rows of all devices, the same on each of them.
    """
    jax = jax_module()
    jnp, size = jax.numpy, jax.lax.axis_size(axis)
    mine = jnp.arange(size) == jax.lax.axis_index(axis)

    def gathered(leaf: Any) -> Any:
        # A sum of one number and zeros is exact, and known to be the same everywhere.
        leaf = jnp.asarray(leaf)
        one = mine.reshape((size,) + (1,) * leaf.ndim)
        return jax.lax.psum(jnp.where(one, leaf[None], jnp.zeros_like(leaf)), axis)

    together = jax.tree.map(gathered, m)
    parts = (jax.tree.map(lambda leaf, i=i: leaf[i], together) for i in range(size))
    whole: Moments = reduce(merge, parts)
    return whole


def _constant(value: Traced) -> Traced:
    return jax_module().lax.stop_gradient(value)


def _first(X: Traced, Y: Traced, weights: Traced | None) -> Traced:
    """The first row that counts, as a constant."""
    jax = jax_module()
    jnp, at = jax.numpy, 0
    if weights is not None:
        # 32 bits: an index of 64 would be lowered outside of the scope of float64.
        at = jax.lax.argmax((weights > 0).astype(jnp.int32), 0, np.int32)
    return _constant(jnp.concatenate([X[at], Y[at]]))


@cache
def _sums() -> Any:
    """Make (slices, X, Y, w, first) -> hi, lo, exponent, largest; w at most 1."""
    jax = jax_module()

    @partial(jax.custom_jvp, nondiff_argnums=(0,))
    @partial(jax.jit, static_argnums=0)
    def sums(slices: int, X: Traced, Y: Traced, w: Traced, first: Traced) -> Any:
        rows = (X, Y, first) if w is None else (X, Y, first, w)
        return compiled_or(partial(sums_in_jax, slices), slices, rows)

    def tangent(slices: int, primals: Any, tangents: Any) -> Any:
        out = sums(slices, *primals)
        return out, _tangent(out, primals, tangents[:3])

    sums.defjvp(tangent)
    return sums


def sums_in_jax(
    slices: int, X: Traced, Y: Traced, first: Traced, w: Traced | None = None
) -> tuple[Traced, ...]:
    """Return the upper and lower part of the Gram, its units and the largest values.

    Parameters
    ----------
    slices : {1, 2, 3}
        How finely to cut.
    X, Y : array, shapes (n, p) and (n, k)
        Rows.
    first : array, shape (p + k,)
        The fixed point.
    w : array, shape (n,), optional
        Weights of at most 1; rows of weight 0 are left out.
    """
    exponent, largest = _survey(X, Y, w, first)
    total = _total(slices, X, Y, w, first, exponent)
    return total.hi, total.lo, exponent, largest


def _tangent(out: Any, rows: Any, tangents: Any) -> Any:
    """Derivative of the sums: plain products, because it needs no more digits."""
    jax = jax_module()
    jnp = jax.numpy
    _, lo, exponent, largest = out
    X, Y, w, first = rows
    dX, dY, dw = tangents
    z = scaled(jnp.concatenate([X, Y], axis=1) - first, -exponent)
    if w is not None:
        # What is left out may be anything, and 0 times anything may be NaN.
        z = jnp.where((w[:, None] > 0) | jnp.isfinite(z), z, 0.0)
    z = jnp.concatenate([jnp.ones_like(z[:, :1]), z], axis=1)
    dz = scaled(jnp.concatenate([dX, dY], axis=1), -exponent)
    dz = jnp.concatenate([jnp.zeros_like(dz[:, :1]), dz], axis=1)
    half = dot((z if w is None else w[:, None] * z).T, dz)
    change = half + half.T
    if w is not None:
        change = change + dot(z.T, dw[:, None] * z)
    none = np.zeros(exponent.shape, jax.dtypes.float0)
    return change, jnp.zeros_like(lo), none, jnp.zeros_like(largest)


def _survey(X: Traced, Y: Traced, w: Traced | None, first: Traced) -> Any:
    """The power of two that no value is farther from the first row, and sizes."""
    jnp = jax_module().numpy
    p = X.shape[1]
    ends = []
    for a, at in ((X, first[:p]), (Y, first[p:])):
        if w is not None:
            a = jnp.where(w[:, None] > 0, a, at)
        ends.append((a.min(axis=0), a.max(axis=0)))
    low, high = (jnp.concatenate(pair) for pair in zip(*ends, strict=True))
    largest = jnp.maximum(jnp.abs(low), jnp.abs(high))
    # Halves, so that the distance between the ends of the range does not overflow.
    spread = jnp.maximum(high / 2 - first / 2, first / 2 - low / 2)
    exponent = jnp.where(spread > 0, exponent_of(spread) + 1, exponent_of(largest))
    return exponent, largest


def _total(
    slices: int, X: Traced, Y: Traced, w: Traced | None, first: Traced, exponent: Traced
) -> Double:
    jax = jax_module()
    n, rows = X.shape[0], min(cut_of(X.dtype).rows, X.shape[0])
    shift = scaled(first, -exponent)

    def block(start: Any, size: int) -> Double:
        part = partial(jax.lax.dynamic_slice_in_dim, start_index=start, slice_size=size)
        weights = None if w is None else part(w)
        z = jax.numpy.concatenate([part(X), part(Y)], axis=1)
        if weights is not None:
            z = jax.numpy.where(weights[:, None] > 0, z, first)
        u, low = two_sum(scaled(z, -exponent), -shift[None, :])
        return _block_gram(u, low, weights, slices)

    def step(total: Double, start: Any) -> tuple[Double, None]:
        return total + block(start, rows), None

    whole = n // rows
    if whole == 1:
        total = block(0, rows)
    else:
        # Zeros made from the data: known to differ from device to device as they do.
        q = len(exponent) + 1
        zero = jax.numpy.zeros((q, q), X.dtype) + (0 * exponent[0]).astype(X.dtype)
        starts = jax.numpy.arange(whole) * rows
        total, _ = jax.lax.scan(step, Double(zero, zero), starts)
    if n % rows:
        total = total + block(whole * rows, n % rows)
    half = Double(0.5 * total.hi, 0.5 * total.lo)
    return half + half.T


def _block_gram(u: Traced, low: Traced, w: Traced | None, slices: int) -> Double:
    jnp = jax_module().numpy
    ones = jnp.ones_like(u[:, :1])
    u = jnp.concatenate([ones, u], axis=1)
    low = jnp.concatenate([jnp.zeros_like(ones), low], axis=1)
    if slices == 1:
        return Double.of(dot(u.T, u if w is None else w[:, None] * u))
    *heads, rest = left = _cut(u, low, slices)
    if w is None:
        right = left
    else:
        v, v_low = two_product(jnp.broadcast_to(w[:, None], u.shape), u)
        right = _cut(v, v_low + w[:, None] * low, slices)
    *others, other = right
    total: Double | None = None
    for i, a in enumerate(heads):
        for j, b in enumerate(others):
            if w is None and j < i:
                continue
            product = Double.of(dot(a.T, b))
            if w is None and j > i:
                product = product + product.T
            total = product if total is None else total + product
    # What rounds: heads' rest and rest' everything.
    head, everything = reduce(jnp.add, heads), reduce(jnp.add, right)
    for rough in (dot(head.T, other), dot(rest.T, everything)):
        total = Double.of(rough) if total is None else total + Double.of(rough)
    return total if total is not None else Double.of(dot(u.T, u))


def _cut(u: Traced, low: Traced, slices: int) -> list[Traced]:
    """Cut |u| <= 1 into slices; the last one holds all that is left."""
    jax = jax_module()
    bits = cut_of(u.dtype).bits
    nearest = jax.lax.RoundingMethod.TO_NEAREST_EVEN
    parts = []
    for level in range(1, slices):
        grid = 2.0 ** (bits * level + level - 1)
        top = jax.lax.round(u * grid, nearest) * (1.0 / grid)
        parts.append(top)
        u = u - top
    parts.append(u + low)
    return parts
