"""The two operations of pairs that XLA would break, in forms that it cannot.

XLA contracts multiply-add, folds constants and flushes subnormal numbers, so an
error-free product in Dekker's form passes a test of its own and loses its error
where it is fused. Here every product is exact by its number of bits, and a
contraction of exact products changes nothing. Powers of two are made of bits:
`2 ** x` of a compiler may be off by a rounding.

float64 or float32, whichever comes in; jax is imported when a function runs.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

# Any array that JAX takes, tracers included.
Traced = Any


class Format(NamedTuple):
    """The lay-out of a floating point type.

    Attributes
    ----------
    bits : str
        The integer type of the same width.
    fraction : int
        Bits behind the leading one.
    bias : int
        Exponent field of 1.0.
    """

    bits: str
    fraction: int
    bias: int


def format_of(dtype: Any) -> Format:
    """Return the lay-out of float64 or float32.

    Examples
    --------
    >>> format_of(np.float32).fraction
    23
    """
    if np.dtype(dtype) == np.float64:
        return Format("int64", 52, 1023)
    return Format("int32", 23, 127)


def two_product(a: Traced, b: Traced) -> tuple[Traced, Traced]:
    """Return the rounded product and its error, whatever is contracted.

    Both factors are split by rounding their bits, so that each partial product is
    exact; the pair is off by 2^-104 of the product at most (float32: 2^-46).
    Differentiable: the error is a constant.
    """
    product: tuple[Traced, Traced] = _two_product()(a, b)
    return product


@cache
def _two_product() -> Any:
    import jax

    @jax.custom_jvp
    def product(a: Traced, b: Traced) -> tuple[Traced, Traced]:
        ah, bh = _upper_half(a), _upper_half(b)
        al, bl = a - ah, b - bh
        middle = ah * bl + al * bh
        high = ah * bh + middle
        low = (middle - (high - ah * bh)) + al * bl
        p = high + low
        return p, low - (p - high)

    @product.defjvp
    def tangent(primals: Any, tangents: Any) -> Any:
        (a, b), (da, db) = primals, tangents
        p, e = product(a, b)
        dp = a * db + da * b
        return (p, e), (dp, jax.numpy.zeros_like(e))

    return product


def dot(a: Traced, b: Traced) -> Traced:
    """Return the matrix product, in the arithmetic of the type on every device.

    The type of the result is left unsaid: where it is said, JAX looks at it again
    when it makes a batch or a gradient of the product, and outside of a scope of
    float64 it would cut it down.
    """
    import jax

    over = (((a.ndim - 1,), (0,)), ((), ()))
    return jax.lax.dot_general(a, b, over, precision=jax.lax.Precision.HIGHEST)


def _upper_half(a: Traced) -> Traced:
    """Round to half of the bits."""
    import jax

    form = format_of(a.dtype)
    drop = (form.fraction + 2) // 2
    bits = jax.lax.bitcast_convert_type(a, form.bits)
    rounded = (bits + (1 << (drop - 1))) & -(1 << drop)
    return jax.lax.bitcast_convert_type(rounded, a.dtype)


def exponent_of(a: Traced) -> Traced:
    """Return e with ``|a| < 2**e <= 2 |a|``, as frexp does; 0 for 0."""
    import jax
    import jax.numpy as jnp

    form = format_of(a.dtype)
    bits = jax.lax.bitcast_convert_type(jax.lax.stop_gradient(a), form.bits)
    field = (bits >> form.fraction) & ((1 << (form.bits == "int64") * 3 + 8) - 1)
    return jnp.where(field == 0, 0, field - (form.bias - 1)).astype(jnp.int32)


def scaled(a: Traced, exponent: Traced) -> Traced:
    """Multiply by ``2**exponent``: exact unless it leaves the range."""
    one, two = _power_pair(exponent, a.dtype)
    return (a * one) * two


def _power_pair(exponent: Traced, dtype: Any) -> tuple[Traced, Traced]:
    # Two factors, because 2^exponent alone can leave the range.
    half = exponent // 2
    return _power(half, dtype), _power(exponent - half, dtype)


def _power(exponent: Traced, dtype: Any) -> Traced:
    import jax
    import jax.numpy as jnp

    form = format_of(dtype)
    held = jnp.clip(jnp.asarray(exponent), 1 - form.bias, form.bias)
    bits = (held.astype(form.bits) + form.bias) << form.fraction
    return jax.lax.bitcast_convert_type(bits, dtype)
