"""Functions of pairs against mpmath with 260 bits, and at the ends of their range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from leastwise.loops.paired import functions as of
from leastwise.moments.double import Double

RNG = np.random.default_rng(7)
AROUND = np.concatenate(
    [RNG.uniform(-30, 30, 30), RNG.uniform(-1, 1, 30), 10.0 ** RNG.uniform(-12, 0, 30)]
)
POSITIVE = np.concatenate(
    [
        10.0 ** RNG.uniform(-200, 200, 30),
        RNG.uniform(0.5, 2, 30),
        1 + 10.0 ** RNG.uniform(-14, -1, 30),
    ]
)
UNIT = AROUND[30:] * 0.99
ANGLES = np.concatenate([AROUND, RNG.uniform(-1e6, 1e6, 30)])
SIGNED = np.concatenate([POSITIVE, -POSITIVE])


def _cube_root(x: Any) -> Any:
    return mpmath.sign(x) * mpmath.cbrt(abs(x))


CASES: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]] = {
    "exp": (of.exp, mpmath.exp, (np.append(AROUND, RNG.uniform(-600, 600, 30)),)),
    "expm1": (of.expm1, mpmath.expm1, (AROUND,)),
    "log": (of.log, mpmath.log, (POSITIVE,)),
    "log1p": (of.log1p, mpmath.log1p, (np.append(UNIT, POSITIVE),)),
    "sin": (lambda x: of.sin_cos(x)[0], mpmath.sin, (ANGLES,)),
    "cos": (lambda x: of.sin_cos(x)[1], mpmath.cos, (ANGLES,)),
    "tan": (of.tan, mpmath.tan, (AROUND,)),
    "atan": (of.atan, mpmath.atan, (np.append(AROUND, SIGNED),)),
    "asin": (of.asin, mpmath.asin, (UNIT,)),
    "acos": (of.acos, mpmath.acos, (UNIT,)),
    "sinh": (of.sinh, mpmath.sinh, (AROUND,)),
    "cosh": (of.cosh, mpmath.cosh, (AROUND,)),
    "tanh": (of.tanh, mpmath.tanh, (AROUND,)),
    "asinh": (of.asinh, mpmath.asinh, (AROUND,)),
    "acosh": (of.acosh, mpmath.acosh, (1 + POSITIVE[30:],)),
    "atanh": (of.atanh, mpmath.atanh, (UNIT,)),
    "logistic": (of.logistic, lambda x: 1 / (1 + mpmath.exp(-x)), (AROUND,)),
    "cbrt": (of.cbrt, _cube_root, (SIGNED,)),
    "sqrt": (lambda x: x.sqrt(), mpmath.sqrt, (POSITIVE,)),
    "atan2": (of.atan2, mpmath.atan2, (AROUND, AROUND[::-1].copy())),
    "power": (of.power, mpmath.power, (POSITIVE[30:], RNG.uniform(-20, 20, 60))),
    "integer_power": (
        lambda x: of.integer_power(x, -7),
        lambda x: x**-7,
        (SIGNED[30:90],),
    ),
}


def _pairs(values: np.ndarray) -> Double:
    """Give numbers low parts, so that all bits of both are asked for."""
    return Double.of(values, values * RNG.uniform(-1, 1, len(values)) * 2.0**-54)


@pytest.mark.parametrize("name", CASES)
def test_as_many_digits_as_a_pair_has(name: str) -> None:
    function, truth, arguments = CASES[name]
    pairs = [_pairs(values) for values in arguments]
    found = function(*pairs)
    with mp.workprec(260):
        for i in range(len(found.hi)):
            x = [mpf(float(a.hi[i])) + mpf(float(a.lo[i])) for a in pairs]
            value = mpf(float(found.hi[i])) + mpf(float(found.lo[i]))
            # Near a zero of the sine, what pi/2 in 137 bits leaves of the angle.
            assert abs(value / truth(*x) - 1) < mpf(2) ** -98, x


def test_what_is_not_finite_is_as_in_float64() -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 800.0, -800.0, -720.0, 0.0])
    with np.errstate(all="ignore"):
        for pairs, plain in (
            (of.exp, np.exp),
            (of.expm1, np.expm1),
            (of.log, np.log),
            (of.tanh, np.tanh),
        ):
            np.testing.assert_array_equal(pairs(Double.of(odd)).hi, plain(odd))
        bases = np.array([0.0, 0.0, -2.0, -2.0, np.inf, 2.0])
        powers = np.array([2.0, 0.0, 3.0, 0.5, 2.0, np.nan])
        found = of.power(Double.of(bases), Double.of(powers))
        np.testing.assert_array_equal(found.hi, np.power(bases, powers))
        sine, cosine = of.sin_cos(Double.of(odd[:2]))
    assert np.isnan(sine.hi).all() and np.isnan(cosine.hi).all()


def test_points_on_the_axes() -> None:
    y, x = np.array([0.0, 0.0, 1.0, -1.0]), np.array([1.0, -1.0, 0.0, 0.0])
    found = of.atan2(Double.of(y), Double.of(x))
    np.testing.assert_array_equal(found.hi, np.arctan2(y, x))
    assert of.integer_power(Double.of(np.zeros(1)), 0).hi == 1.0


def test_an_angle_that_is_too_large_is_refused() -> None:
    with pytest.raises(of.TooFarError):
        of.sin_cos(Double.of(np.array([1e8])))
