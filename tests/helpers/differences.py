"""Derivatives along a line by differences, extrapolated: ten digits and more."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

STEP, HALVINGS = 2e-2, 6


def richardson(f: Callable[[float], Any]) -> Any:
    """Return the derivative at 0 of a function of a number, a tree of arrays.

    Central differences err by even powers of the step: each halving takes one away
    (Richardson 1911). Six leave about 1e-12 where the function is of the size 1.
    """
    steps = [STEP / 2**i for i in range(HALVINGS)]
    ends = [(f(h), f(-h)) for h in steps]
    table = [
        jax.tree.map(lambda a, b, h=h: (np.asarray(a) - np.asarray(b)) / (2 * h), *pair)
        for h, pair in zip(steps, ends, strict=True)
    ]
    for j in range(1, HALVINGS):
        table = [
            jax.tree.map(lambda a, b, j=j: b + (b - a) / (4**j - 1), *pair)
            for pair in itertools.pairwise(table)
        ]
    return table[0]


def check_derivatives(f: Callable[..., Any], at: list[Any], ways: list[Any]) -> None:
    """Hold first and second derivatives along a line against differences.

    The first against those of the values, the second against those of the first, and
    the way back (vjp) against the way forth (jvp). To 1e-7 of the largest of an array.
    """

    def along(e: Any) -> Any:
        return f(*(a + e * way for a, way in zip(at, ways, strict=True)))

    def first(e: Any) -> Any:
        return jax.jvp(along, (e,), (1.0,))

    @jax.jit
    def both(e: Any) -> Any:
        (value, slope), (_, bend) = jax.jvp(first, (e,), (1.0,))
        return value, slope, bend

    _, slope, bend = both(0.0)
    slopes, bends = richardson(lambda e: both(e)[:2])
    _close(slope, slopes)
    _close(bend, bends)
    weights = jax.tree.map(lambda a: np.cos(np.arange(a.size)).reshape(a.shape), slope)

    @jax.jit
    def back(*at: Any) -> Any:
        return jax.vjp(f, *at)[1](weights)

    pulled = sum(float(np.sum(a * b)) for a, b in zip(back(*at), ways, strict=True))
    leaves = map(jax.tree.leaves, (slope, weights))
    pushed = [np.sum(a * b) for a, b in zip(*leaves, strict=True)]
    # The sums of as many terms.
    size = float(np.sum(np.abs(pushed))) + 1.0
    assert abs(pulled - float(np.sum(pushed))) <= 1e-11 * size


def _close(found: Any, near: Any) -> None:
    pairs = zip(jax.tree.leaves_with_path(found), jax.tree.leaves(near), strict=True)
    for (path, a), b in pairs:
        largest = np.abs(b).max() + 1e-9
        np.testing.assert_allclose(
            np.asarray(a) / largest, b / largest, rtol=0, atol=1e-7, err_msg=str(path)
        )
