"""The laws of exact moments, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leastwise._kit.errors import DataError
from leastwise.moments import exact_fold
from leastwise.moments.blocks import NotFiniteError, Rows
from leastwise.moments.exact import (
    ExactMoments,
    beside,
    fold_exact,
    merge,
    rescaled,
    select,
    shifted,
    subtract,
)
from leastwise.moments.exact_serial import exact_from_bytes, exact_to_bytes

N, P, K = 24, 2, 2
seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["plain", "wide", "edges", "whole"])


def rows(seed: int, kind: str = "plain", weighted: bool = False) -> Rows:
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(N, P + K))
    w = rng.uniform(0.1, 5, size=N)
    if kind == "wide":
        Z = Z * 10.0 ** rng.uniform(-300, 300, size=Z.shape)
        w = 10.0 ** rng.uniform(-300, 300, size=N)
    if kind == "edges":
        some = np.array([5e-324, -1e-310, 0.0, 2.0**-1022, 0.5, -(2.0**20), 1.7e308])
        some = np.append(some, [-np.finfo(np.float64).max, 2.0**960, 2.0**-22])
        Z = rng.choice(some, size=Z.shape)
    if kind == "whole":
        Z = rng.integers(-3, 4, size=Z.shape)
    return Rows(Z[:, :P], Z[:, P:], w if weighted else None)


def part(r: Rows, chosen: slice | np.ndarray) -> Rows:
    weights = None if r.weights is None else r.weights[chosen]
    return Rows(r.X[chosen], r.Y[chosen], weights)


def by_fractions(r: Rows) -> list[list[Fraction]]:
    """The definition, in rational arithmetic."""
    n = len(r.X)
    low = [np.zeros(a.shape) if b is None else b
           for a, b in ((r.X, r.X_low), (r.Y, r.Y_low))]  # fmt: skip
    high, low_parts = np.hstack([r.X, r.Y]).tolist(), np.hstack(low).tolist()
    q = len(high[0])
    origin = np.zeros(q) if r.origin is None else r.origin
    z = [
        [Fraction(1)]
        + [Fraction(a) + Fraction(b) + Fraction(float(c))
           for a, b, c in zip(high[i], low_parts[i], origin, strict=True)]
        for i in range(n)
    ]  # fmt: skip
    w = (
        [Fraction(1)] * n
        if r.weights is None
        else list(map(Fraction, r.weights.tolist()))
    )
    return [
        [sum((w[i] * z[i][a] * z[i][b] for i in range(n)), Fraction(0))
         for b in range(q + 1)]
        for a in range(q + 1)
    ]  # fmt: skip


def values(m: ExactMoments) -> list[list[Fraction]]:
    return [[Fraction(a) * Fraction(2) ** b for a, b in row] for row in m.entries]


@settings(max_examples=15)
@given(seeds, kinds, st.booleans())
def test_sums_are_those_of_rational_arithmetic(
    seed: int, kind: str, weighted: bool
) -> None:
    r = rows(seed, kind, weighted)
    assert values(fold_exact(r)) == by_fractions(r)


@settings(max_examples=20)
@given(seeds, st.booleans())
def test_low_parts_and_origins_count(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    r = rows(seed, weighted=weighted)
    r = replace(
        r,
        X_low=r.X * rng.uniform(-1, 1, r.X.shape) * 2.0**-53,
        origin=rng.normal(size=P + K) * 1e20,
    )
    assert values(fold_exact(r)) == by_fractions(r)


@settings(max_examples=12)
@given(seeds, kinds, st.integers(1, N - 1), st.booleans())
def test_split_merge_order_and_taking_out(
    seed: int, kind: str, at: int, weighted: bool
) -> None:
    r = rows(seed, kind, weighted)
    whole = fold_exact(r)
    a, b = fold_exact(part(r, slice(0, at))), fold_exact(part(r, slice(at, None)))
    assert merge(a, b) == whole == b + a
    assert subtract(whole, b) == a and whole - a == b
    shuffled = np.random.default_rng(seed).permutation(N)
    assert fold_exact(part(r, shuffled)) == whole
    assert exact_to_bytes(fold_exact(part(r, shuffled))) == exact_to_bytes(whole)


@settings(max_examples=15)
@given(seeds, kinds, st.integers(1, 5))
def test_a_weight_of_k_is_k_copies(seed: int, kind: str, k: int) -> None:
    r = rows(seed, kind)
    weighted = fold_exact(replace(r, weights=np.full(N, float(k))))
    copies = fold_exact(part(r, np.repeat(np.arange(N), k)))
    assert weighted.entries == copies.entries


@settings(max_examples=20)
@given(
    seeds, kinds, st.booleans(), st.lists(st.integers(-99, 99), min_size=4, max_size=4)
)
def test_affine_maps_there_and_back_are_nothing(
    seed: int, kind: str, weighted: bool, powers: list[int]
) -> None:
    r = rows(seed, kind, weighted)
    m = fold_exact(r)
    c = np.random.default_rng(seed + 1).normal(size=P + K) * 10.0 ** np.array(powers)
    assert shifted(shifted(m, c), -c) == m
    back = rescaled(rescaled(m, powers, 5), [-v for v in powers], -5)
    assert back == m
    # A map of the moments is the map of the rows.
    moved = replace(r, origin=c)
    assert fold_exact(moved).entries == shifted(m, c).entries


@settings(max_examples=10)
@given(seeds, kinds, st.booleans())
def test_targets_are_dropped_and_added(seed: int, kind: str, weighted: bool) -> None:
    r = rows(seed, kind, weighted)
    whole = fold_exact(r)
    first, second = (fold_exact(replace(r, Y=r.Y[:, [t]])) for t in range(K))
    assert select(whole, [0, 1], [0]) == first
    assert select(whole, [1, 0], [1]) == select(second, [1, 0], [0])
    both = beside(first, second)
    assert (both.n_inputs, both.n_targets) == (P, K)
    assert select(both, [0, 1], [0]) == first and select(both, [0, 1], [1]) == second
    assert both.entries[P + 1][P + 2] is None is both.entries[P + 2][P + 1]
    assert shifted(both, np.ones(P + K)).entries[P + 1][P + 2] is None
    assert exact_from_bytes(exact_to_bytes(both)) == both
    with pytest.raises(ValueError, match="not of the same rows"):
        beside(first, fold_exact(part(r, slice(1, None))))
    with pytest.raises(ValueError, match="cannot be merged"):
        merge(whole, first)
    with pytest.raises(ValueError, match="cannot be taken out"):
        subtract(fold_exact(part(r, slice(0, 3))), whole)


@settings(max_examples=20)
@given(seeds, kinds, st.data())
def test_bytes_come_back_and_damage_is_seen(
    seed: int, kind: str, data: st.DataObject
) -> None:
    m = fold_exact(rows(seed, kind, weighted=True))
    written = exact_to_bytes(m)
    back = exact_from_bytes(written)
    assert back == m and np.array_equal(back.grain, m.grain)
    at = data.draw(st.integers(0, len(written) - 1))
    bit = data.draw(st.integers(0, 7))
    damaged = bytearray(written)
    damaged[at] ^= 1 << bit
    for bad in (bytes(damaged), written[:at], written + b" "):
        with pytest.raises(DataError, match="damaged"):
            exact_from_bytes(bad)


def test_the_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    r = Rows(rng.normal(size=(9000, 3)) ** 9, rng.normal(size=(9000, 1)),
             rng.uniform(size=9000))  # fmt: skip
    found = set()
    for block in (4096, 1000, 17):
        monkeypatch.setattr(exact_fold, "BLOCK", block)
        found.add(fold_exact(r))
    assert len(found) == 1


def test_the_largest_products_of_a_block_are_exact() -> None:
    """Every limb of every row at its largest, half a unit, in a block that is full."""
    x = np.full((4096, 1), 2.0**20 + 2.0**-1)
    m = fold_exact(Rows(x, -x, x[:, 0]))
    once = Fraction(2) ** 20 + Fraction(1, 2)
    assert values(m)[1][1] == 4096 * once**3 == -values(m)[1][2]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    x = np.array([[1.0], [bad]])
    with pytest.raises(NotFiniteError):
        fold_exact(Rows(x, np.ones((2, 1))))
