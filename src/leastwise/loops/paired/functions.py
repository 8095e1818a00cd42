"""Exponential functions and their kin, of pairs of float64.

Each brings its argument near zero by an exact step, sums a Taylor series there, and
comes back; the inverse functions take one step of Newton's from the float64 value,
which is past the last digit of a pair. Relative errors are a few 2^-100 where the
function is well conditioned; what a badly conditioned one makes of the error of its
argument is of the same size as in float64, 2^-104 in place of 2^-52. Numbers that are
not finite pass through as in float64, with the warnings of NumPy: call these functions
in `np.errstate`.

Y. Hida, X. S. Li, D. H. Bailey (2001), doi:10.1109/ARITH.2001.930115.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np

from leastwise.moments.double import Array, Double

# ln 2 in parts of 40 bits: a whole number of 11 bits times the first two is exact.
LN2 = tuple(
    float.fromhex(part)
    for part in ("0x1.62e42fefa2p-1", "0x1.9ef35793c6p-41", "0x1.673007e5ed5e8p-81")
)
# pi/2 in parts of 33 bits: a whole number of 20 bits times all but the last is exact.
HALF_PI = tuple(
    float.fromhex(part)
    for part in (
        "0x1.921fb544p+0",
        "0x1.0b4611a6p-34",
        "0x1.3198a2ep-69",
        "0x1.b839a252049c1p-104",
    )
)
RIGHT_ANGLE = Double.of(1.5707963267948966, 6.123233995736766e-17)
# Beyond this many right angles the parts above are not enough.
MOST_TURNS = 2.0**20
# expm1 is found of x/256, and doubled eight times.
HALVINGS, EXP_TERMS, SIN_TERMS = 8, 11, 15


class TooFarError(ArithmeticError):
    """An angle is too large to be brought near zero."""


def _reciprocal(of: int) -> Double:
    hi = 1 / of
    return Double.of(hi, float(Fraction(1, of) - Fraction(hi)))


_EXP = [_reciprocal(factorial(n)) for n in range(1, EXP_TERMS + 1)]
_SIN = [_reciprocal((-1) ** n * factorial(2 * n + 1)) for n in range(SIN_TERMS)]
_COS = [_reciprocal((-1) ** n * factorial(2 * n)) for n in range(SIN_TERMS)]
ONE = Double.of(1.0)
TWO = Double.of(2.0)


def where(choose: Array, yes: Double, no: Double) -> Double:
    """Take pairs from one or the other."""
    return Double(np.where(choose, yes.hi, no.hi), np.where(choose, yes.lo, no.lo))


def single(value: Array) -> Double:
    """Make pairs of float64 numbers."""
    return Double.of(value)


def _series(terms: list[Double], x: Double) -> Double:
    total = terms[-1]
    for term in terms[-2::-1]:
        total = total * x + term
    return total


def _minus(x: Double, times: Array, parts: tuple[float, ...]) -> Double:
    for part in parts:
        x = x - single(times * part)
    return x


def expm1(x: Double) -> Double:
    """Return ``exp(x) - 1``, with its digits where x is small."""
    near, k = _near_expm1(x)
    far = (near + ONE).scaled(k) - ONE
    return _ends(x, where(k == 0, near, far), np.expm1)


def exp(x: Double) -> Double:
    """Return the exponential."""
    near, k = _near_expm1(x)
    return _ends(x, (near + ONE).scaled(k), np.exp)


def _near_expm1(x: Double) -> tuple[Double, Array]:
    """Return expm1 of what is left of x after k ln 2, and k."""
    inside = np.where(np.abs(x.hi) < 800.0, x.hi, 0.0)
    k = np.rint(inside / np.log(2.0))
    left = _minus(Double.of(inside, np.where(inside == x.hi, x.lo, 0.0)), k, LN2)
    r = left.scaled(-HALVINGS)
    e = _series(_EXP, r) * r
    for _ in range(HALVINGS):
        e = e.scaled(1) + e * e
    return e, k.astype(int)


def _ends(x: Double, found: Double, plain: np.ufunc) -> Double:
    """Put in what float64 says where the argument is far out or not a number."""
    return where(np.abs(x.hi) < 700.0, found, single(plain(x.hi)))


def log1p(x: Double) -> Double:
    """Return ``log(1 + x)``, with its digits where x is small."""
    small = np.abs(x.hi) < 0.25
    u = where(small, x, Double.of(np.zeros_like(x.hi)))
    return where(small, _near_log1p(u), log(x + ONE))


def _near_log1p(u: Double) -> Double:
    start = single(np.log1p(u.hi))
    e = expm1(start)
    return start + TWO * (u - e) / (TWO + u + e)


def log(x: Double) -> Double:
    """Return the natural logarithm; NaN below 0, minus infinity at 0."""
    good = (x.hi > 0) & np.isfinite(x.hi)
    inside = where(good, x, ONE)
    mantissa, k = np.frexp(inside.hi)
    k = k - (mantissa < np.sqrt(0.5))
    near = _near_log1p(inside.scaled(-k) - ONE)
    for part in reversed(LN2):
        near = near + single(k * part)
    return where(good, near, single(np.log(x.hi)))


def sin_cos(x: Double) -> tuple[Double, Double]:
    """Return sine and cosine.

    Raises
    ------
    TooFarError
        Beyond 2^20 right angles.
    """
    finite = np.isfinite(x.hi)
    inside = where(finite, x, Double.of(np.zeros_like(x.hi)))
    turns = np.rint(inside.hi * (2 / np.pi))
    if np.any(np.abs(turns) > MOST_TURNS):
        raise TooFarError
    r = _minus(inside, turns, HALF_PI)
    square = r * r
    sine, cosine = _series(_SIN, square) * r, _series(_COS, square)
    quarter = turns.astype(int) % 4
    odd, back = quarter % 2 == 1, quarter >= 2
    s, c = where(odd, cosine, sine), where(odd, sine, cosine)
    nan = single(np.full_like(x.hi, np.nan))
    s = where(finite, where(back, -s, s), nan)
    # cos turns over a quarter earlier than sin.
    return s, where(finite, where(odd != back, -c, c), nan)


def tan(x: Double) -> Double:
    """Return the tangent."""
    s, c = sin_cos(x)
    return s / c


def atan(x: Double) -> Double:
    """Return the angle in (-pi/2, pi/2) that has a tangent."""
    steep = np.abs(x.hi) > 1.0
    t = where(steep, ONE / where(steep, x, ONE), x)
    start = single(np.arctan(t.hi))
    s, c = sin_cos(start)
    near = start + (t * c - s) / (c + t * s)
    sign = np.where(x.hi < 0, -1.0, 1.0)
    up = Double(RIGHT_ANGLE.hi * sign, RIGHT_ANGLE.lo * sign)
    return where(steep, up - near, near)


def atan2(y: Double, x: Double) -> Double:
    """Return the angle of a point, in [-pi, pi]."""
    straight = x.hi == 0
    slope = atan(y / where(straight, ONE, x))
    sign = single(np.where(np.signbit(y.hi), -1.0, 1.0))
    half = RIGHT_ANGLE * sign
    turned = where(x.hi < 0, slope + half.scaled(1), slope)
    upright = where(y.hi == 0, single(np.zeros_like(y.hi)), half)
    return where(straight, upright, turned)


def asin(x: Double) -> Double:
    """Return the angle in [-pi/2, pi/2] that has a sine."""
    return atan2(x, ((ONE - x) * (ONE + x)).sqrt())


def acos(x: Double) -> Double:
    """Return the angle in [0, pi] that has a cosine."""
    return atan2(((ONE - x) * (ONE + x)).sqrt(), x)


def sinh(x: Double) -> Double:
    """Return the hyperbolic sine."""
    e = expm1(_absolute(x))
    return _with_sign((e + e / (e + ONE)).scaled(-1), x)


def cosh(x: Double) -> Double:
    """Return the hyperbolic cosine."""
    e = exp(_absolute(x))
    return (e + ONE / e).scaled(-1)


def tanh(x: Double) -> Double:
    """Return the hyperbolic tangent."""
    size = _absolute(x)
    far = size.hi > 40.0
    e = expm1(where(far, ONE, size).scaled(1))
    return _with_sign(where(far, ONE, e / (e + TWO)), x)


def asinh(x: Double) -> Double:
    """Return the inverse of the hyperbolic sine."""
    a = _absolute(x)
    return _with_sign(log1p(a + a * a / (ONE + (ONE + a * a).sqrt())), x)


def acosh(x: Double) -> Double:
    """Return the inverse of the hyperbolic cosine."""
    u = x - ONE
    return log1p(u + (u * (u + TWO)).sqrt())


def atanh(x: Double) -> Double:
    """Return the inverse of the hyperbolic tangent."""
    a = _absolute(x)
    return _with_sign(log1p(a.scaled(1) / (ONE - a)).scaled(-1), x)


def logistic(x: Double) -> Double:
    """Return ``1 / (1 + exp(-x))``."""
    e = exp(-_absolute(x))
    return where(x.hi < 0, e / (ONE + e), ONE / (ONE + e))


def cbrt(x: Double) -> Double:
    """Return the cube root."""
    zero = x.hi == 0
    root = single(np.where(zero, 1.0, np.cbrt(x.hi)))
    square = root * root
    better = root - (root * square - x) / (square + square.scaled(1))
    return where(zero, x, better)


def power(x: Double, y: Double) -> Double:
    """Return ``x**y``; of a negative x for whole y."""
    size = _absolute(x)
    found = exp(y * log(where(size.hi == 0, ONE, size)))
    plain = np.power(x.hi, y.hi)
    found = where(plain < 0, -found, found)
    # 0 and infinity, and what is not a number, are as they are in float64.
    special = ~np.isfinite(plain) | (x.hi == 0)
    return where(special, single(plain), found)


def integer_power(x: Double, n: int) -> Double:
    """Return a whole power, by squares."""
    if n < 0:
        return ONE / integer_power(x, -n)
    found = Double.of(np.ones_like(x.hi))
    while n:
        if n % 2:
            found = found * x
        x, n = x * x if n > 1 else x, n // 2
    return found


def _absolute(x: Double) -> Double:
    return where(x.hi < 0, -x, x)


def _with_sign(size: Double, of: Double) -> Double:
    return where(of.hi < 0, -size, size)
