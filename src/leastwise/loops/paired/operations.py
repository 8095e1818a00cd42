"""Arithmetic, comparisons and sums of pairs, by the names that JAX gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from leastwise.loops.paired import functions as of
from leastwise.moments.double import Array, Double

Parameters = Mapping[str, Any]
HALF = Double.of(0.5)


def _compare(how: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    # The difference of two pairs has the sign of the exact one.
    return lambda p, a, b: how((a - b).hi, np.zeros(()))


def _not_equal(p: Parameters, a: Double, b: Double) -> Array:
    return np.asarray((a.hi != b.hi) | (a.lo != b.lo))


def _less(a: Double, b: Double) -> Array:
    return np.asarray((a.hi < b.hi) | ((a.hi == b.hi) & (a.lo < b.lo)))


def _sign(p: Parameters, a: Double) -> Double:
    return of.single(np.sign(a.hi))


def _floor(p: Parameters, a: Double) -> Double:
    whole = np.floor(a.hi)
    low = np.where(whole == a.hi, np.floor(a.lo), 0.0)
    return of.single(whole) + of.single(low)


def _ceil(p: Parameters, a: Double) -> Double:
    return -_floor(p, -a)


def _round(p: Parameters, a: Double) -> Double:
    down = _floor(p, a + HALF)
    tie = (a - _floor(p, a)).hi == 0.5
    odd = (down - _floor(p, down.scaled(-1)).scaled(1)).hi != 0
    if int(p["rounding_method"]) == 1:
        return of.where(tie & odd, down - of.ONE, down)
    return of.where(tie & (a.hi < 0), down - of.ONE, down)


def _sum(p: Parameters, a: Double) -> Double:
    for axis in sorted(map(int, p["axes"]), reverse=True):
        a = a.sum(axis=axis)
    return a


def _extreme(more: bool) -> Callable[..., Double]:
    def reduce(p: Parameters, a: Double) -> Double:
        for axis in sorted(map(int, p["axes"]), reverse=True):
            parts = [a[(slice(None),) * axis + (i,)] for i in range(a.shape[axis])]
            best = parts[0]
            for part in parts[1:]:
                best = of.where(_less(best, part) == more, part, best)
            a = best
        return a

    return reduce


def _product(p: Parameters, a: Double) -> Double:
    for axis in sorted(map(int, p["axes"]), reverse=True):
        total = of.ONE
        for i in range(a.shape[axis]):
            total = total * a[(slice(None),) * axis + (i,)]
        a = total
    return a


def _running(step: Callable[[Double, Double], Double]) -> Callable[..., Double]:
    def run(p: Parameters, a: Double) -> Double:
        axis, n = p["axis"], a.shape[p["axis"]]
        places = range(n - 1, -1, -1) if p["reverse"] else range(n)
        hi, lo = np.empty(a.shape), np.empty(a.shape)
        total = None
        for i in places:
            here = (slice(None),) * axis + (i,)
            total = a[here] if total is None else step(total, a[here])
            hi[here], lo[here] = total.hi, total.lo
        return Double(hi, lo)

    return run


def _dot(p: Parameters, a: Double, b: Double) -> Double:
    """Multiply, and sum over the contracted axes: batch, free of a, free of b."""
    (over_a, over_b), (batch_a, batch_b) = p["dimension_numbers"]
    free_a = [i for i in range(a.hi.ndim) if i not in (*over_a, *batch_a)]
    free_b = [i for i in range(b.hi.ndim) if i not in (*over_b, *batch_b)]

    def laid(x: Double, order: list[int], batch: int, gap: tuple[int, int]) -> Double:
        parts = [np.transpose(part, order) for part in (x.hi, x.lo)]
        before, after = gap
        shape = parts[0].shape
        mine = len(shape) - batch - len(over_a)
        full = (
            *shape[:batch],
            *(1,) * before,
            *shape[batch : batch + mine],
            *(1,) * after,
            int(np.prod(shape[batch + mine :])),
        )
        return Double(*(part.reshape(full) for part in parts))

    left = laid(a, [*batch_a, *free_a, *over_a], len(batch_a), (0, len(free_b)))
    right = laid(b, [*batch_b, *free_b, *over_b], len(batch_b), (len(free_a), 0))
    return (left * right).sum(axis=left.hi.ndim - 1)


def _larger(p: Parameters, a: Double, b: Double) -> Double:
    return of.where(_less(a, b) | np.isnan(b.hi), b, a)


def _smaller(p: Parameters, a: Double, b: Double) -> Double:
    return of.where(_less(b, a) | np.isnan(b.hi), b, a)


def _clamp(p: Parameters, low: Double, x: Double, high: Double) -> Double:
    return _smaller(p, _larger(p, low, x), high)


OPERATIONS: dict[str, Callable[..., Double | Array]] = {
    "abs": lambda p, a: of.where(a.hi < 0, -a, a),
    "acos": lambda p, a: of.acos(a),
    "acosh": lambda p, a: of.acosh(a),
    "add": lambda p, a, b: a + b,
    "add_any": lambda p, a, b: a + b,
    "asin": lambda p, a: of.asin(a),
    "asinh": lambda p, a: of.asinh(a),
    "atan": lambda p, a: of.atan(a),
    "atan2": lambda p, a, b: of.atan2(a, b),
    "atanh": lambda p, a: of.atanh(a),
    "cbrt": lambda p, a: of.cbrt(a),
    "ceil": _ceil,
    "clamp": _clamp,
    "cos": lambda p, a: of.sin_cos(a)[1],
    "cosh": lambda p, a: of.cosh(a),
    "cumprod": _running(lambda a, b: a * b),
    "cumsum": _running(lambda a, b: a + b),
    "div": lambda p, a, b: a / b,
    "dot_general": _dot,
    "eq": lambda p, a, b: ~_not_equal(p, a, b),
    "exp": lambda p, a: of.exp(a),
    "exp2": lambda p, a: of.power(of.TWO, a),
    "expm1": lambda p, a: of.expm1(a),
    "floor": _floor,
    "ge": _compare(np.greater_equal),
    "gt": _compare(np.greater),
    "integer_pow": lambda p, a: of.integer_power(a, int(p["y"])),
    "is_finite": lambda p, a: np.isfinite(a.hi),
    "le": _compare(np.less_equal),
    "log": lambda p, a: of.log(a),
    "log1p": lambda p, a: of.log1p(a),
    "logistic": lambda p, a: of.logistic(a),
    "lt": _compare(np.less),
    "lt_to": _compare(np.less),
    "max": _larger,
    "min": _smaller,
    "mul": lambda p, a, b: a * b,
    "ne": _not_equal,
    "neg": lambda p, a: -a,
    "pow": lambda p, a, b: of.power(a, b),
    "reduce_max": _extreme(more=True),
    "reduce_min": _extreme(more=False),
    "reduce_prod": _product,
    "reduce_sum": _sum,
    "round": _round,
    "rsqrt": lambda p, a: of.ONE / a.sqrt(),
    "sign": _sign,
    "sin": lambda p, a: of.sin_cos(a)[0],
    "sinh": lambda p, a: of.sinh(a),
    "sqrt": lambda p, a: a.sqrt(),
    "square": lambda p, a: a * a,
    "sub": lambda p, a, b: a - b,
    "tan": lambda p, a: of.tan(a),
    "tanh": lambda p, a: of.tanh(a),
}
