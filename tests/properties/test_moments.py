"""The laws of moments: split and merge, order, weights, maps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leastwise._kit.errors import DataError
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Double
from leastwise.moments.fold import add_targets, fold_rows
from leastwise.moments.serial import from_bytes, to_bytes
from leastwise.moments.state import (
    Moments,
    beside,
    merge,
    move,
    rescale,
    select,
    subtract,
)
from leastwise.solve.fit import solve

seeds = st.integers(0, 2**32 - 1)
slices = st.sampled_from([1, 2, 3])


def rows(seed: int, n: int = 60, weighted: bool = False) -> Rows:
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.uniform(-8, 8, size=3)
    offset = scale * 10.0 ** rng.uniform(-2, 6, size=3)
    X = rng.normal(size=(n, 3)) * scale + offset
    Y = X @ (rng.normal(size=(3, 2)) / scale[:, None]) + rng.normal(size=(n, 2))
    weights = rng.uniform(0.1, 5, size=n) if weighted else None
    return Rows(X, Y, weights)


def part(r: Rows, chosen: slice | np.ndarray) -> Rows:
    weights = None if r.weights is None else r.weights[chosen]
    return Rows(r.X[chosen], r.Y[chosen], weights)


def assert_same(a: Moments, b: Moments) -> None:
    """Equal within the errors that both state."""
    b = move(rescale(b, a.exponent, a.weight_exponent), a.shift)
    bound = a.roundoff * np.outer(a.extent, a.extent)
    bound += b.roundoff * np.outer(b.extent, b.extent)
    assert a.count == b.count
    assert np.all(np.abs((a.gram - b.gram).hi) <= bound)


@given(seeds, slices, st.integers(1, 59), st.booleans())
def test_split_and_merge_is_the_whole(
    seed: int, cut: int, at: int, weighted: bool
) -> None:
    r = rows(seed, weighted=weighted)
    whole = fold_rows(r, slices=cut)
    first = fold_rows(part(r, slice(0, at)), slices=cut)
    second = fold_rows(part(r, slice(at, None)), slices=cut)
    assert_same(whole, merge(first, second))
    assert_same(whole, second + first)


@given(seeds, slices)
def test_order_of_rows_and_of_merges_does_not_matter(seed: int, cut: int) -> None:
    r = rows(seed)
    shuffled = np.random.default_rng(seed).permutation(60)
    assert_same(fold_rows(r, slices=cut), fold_rows(part(r, shuffled), slices=cut))
    a, b, c = (fold_rows(part(r, slice(i, i + 20)), slices=cut) for i in (0, 20, 40))
    assert_same((a + b) + c, a + (b + c))


@given(seeds, st.integers(1, 5))
def test_a_weight_of_k_is_k_copies(seed: int, k: int) -> None:
    r = rows(seed)
    weighted = fold_rows(replace(r, weights=np.full(60, float(k))))
    copies = fold_rows(part(r, np.repeat(np.arange(60), k)))
    assert_same(replace(weighted, count=60 * k), copies)


@given(seeds)
def test_moving_there_and_back_is_nothing(seed: int) -> None:
    m = fold_rows(rows(seed))
    away = m.shift + Double.of(np.ldexp(1.0, m.exponent))
    assert_same(m, move(move(m, away), m.shift))


@given(seeds, st.lists(st.integers(-40, 40), min_size=5, max_size=5))
def test_powers_of_two_change_nothing(seed: int, powers: list[int]) -> None:
    m = fold_rows(rows(seed, weighted=True))
    other = rescale(m, m.exponent + np.array(powers), m.weight_exponent + 3)
    back = rescale(other, m.exponent, m.weight_exponent)
    assert np.array_equal(back.gram.hi, m.gram.hi)
    assert np.array_equal(back.gram.lo, m.gram.lo)


@given(seeds)
def test_selected_columns_are_those_of_a_smaller_fold(seed: int) -> None:
    r = rows(seed)
    chosen = select(fold_rows(r), [2, 0], [1])
    alone = fold_rows(Rows(r.X[:, [2, 0]], r.Y[:, [1]]))
    assert_same(alone, chosen)
    assert np.allclose(
        solve(chosen).coefficients, solve(alone).coefficients, rtol=1e-13, atol=0
    )


def targets(r: Rows, *chosen: int) -> Rows:
    return replace(r, Y=r.Y[:, list(chosen)])


@given(seeds, slices, st.booleans(), st.permutations([0, 1]))
def test_targets_added_later_are_those_of_one_fold(
    seed: int, cut: int, weighted: bool, order: list[int]
) -> None:
    r = rows(seed, weighted=weighted)
    whole = fold_rows(r, slices=cut)
    first, later = order
    # The rows may come in another order the second time.
    shuffled = np.random.default_rng(seed).permutation(60)
    other = part(targets(r, later), shuffled)
    grown = add_targets(fold_rows(targets(r, first), slices=cut), other, slices=cut)
    assert (grown.n_inputs, grown.n_targets) == (3, 2)
    inputs = [0, 1, 2]
    for at, target in enumerate(order):
        assert_same(select(whole, inputs, [target]), select(grown, inputs, [at]))
    # Adding and dropping again leaves what there was, to the bit.
    back, before = (
        select(m, inputs, [0])
        for m in (grown, fold_rows(targets(r, first), slices=cut))
    )
    assert np.array_equal(back.gram.hi, before.gram.hi)
    assert np.array_equal(back.gram.lo, before.gram.lo)
    # Products of targets that were never folded together are not made up.
    unknown = np.isnan(grown.gram.hi)
    assert unknown[4, 5] and unknown[5, 4] and unknown.sum() == 2
    fit, right = solve(grown), solve(select(whole, inputs, order))
    if cut == 3:
        assert np.allclose(fit.coefficients, right.coefficients, rtol=1e-13, atol=0)
        assert np.allclose(
            fit.standard_errors, right.standard_errors, rtol=1e-13, atol=0
        )


@given(seeds, slices, st.integers(1, 59), st.booleans())
def test_targets_are_added_to_parts_or_to_their_sum(
    seed: int, cut: int, at: int, weighted: bool
) -> None:
    r = rows(seed, weighted=weighted)
    halves = [
        [fold_rows(part(targets(r, k), chosen), slices=cut) for k in (0, 1)]
        for chosen in (slice(0, at), slice(at, None))
    ]
    (a0, a1), (b0, b1) = halves
    parts, sums = beside(a0, a1) + beside(b0, b1), beside(a0 + b0, a1 + b1)
    whole = fold_rows(r, slices=cut)
    for k in (0, 1):
        assert_same(select(whole, [0, 1, 2], [k]), select(parts, [0, 1, 2], [k]))
        assert_same(select(whole, [0, 1, 2], [k]), select(sums, [0, 1, 2], [k]))
    back = from_bytes(to_bytes(parts))
    assert np.array_equal(back.gram.hi, parts.gram.hi, equal_nan=True)


@given(seeds, st.integers(0, 59), st.integers(0, 2))
def test_targets_of_other_rows_are_refused(seed: int, row: int, column: int) -> None:
    r = rows(seed)
    X = r.X.copy()
    # One value in one row, by a part in 1e6 of its column's spread.
    X[row, column] += 1e-6 * np.ptp(X[:, column])
    with pytest.raises(ValueError, match="not of the same rows"):
        add_targets(fold_rows(r), Rows(X, r.Y))
    with pytest.raises(ValueError, match="60 rows of 3 inputs and of 59 rows of 3"):
        add_targets(fold_rows(r), part(r, slice(1, None)))
    with pytest.raises(ValueError, match="differ in the weights"):
        add_targets(fold_rows(r), replace(r, weights=np.full(60, 2.0)))


def test_nothing_is_the_neutral_element() -> None:
    m = fold_rows(rows(0))
    nothing = replace(m, count=0, gram=Double.zeros(m.gram.shape))
    assert merge(m, nothing) is m and merge(nothing, m) is m


def test_other_columns_do_not_merge() -> None:
    m = fold_rows(rows(0))
    with pytest.raises(ValueError, match="3 inputs and 2 targets cannot be merged"):
        merge(m, select(m, [0, 1], [0]))


@given(seeds, slices, st.integers(1, 59), st.booleans())
def test_taking_out_what_was_put_in_gives_the_rest(
    seed: int, cut: int, at: int, weighted: bool
) -> None:
    r = rows(seed, weighted=weighted)
    first = fold_rows(part(r, slice(0, at)), slices=cut)
    second = fold_rows(part(r, slice(at, None)), slices=cut)
    left = subtract(first + second, second)
    assert_same(left, first)
    assert left.log_weight == pytest.approx(first.log_weight, abs=1e-12 * 60)
    # What is left is fitted to the digits that it claims.
    if at > 10 and cut == 3:
        again, alone = solve(left), solve(first)
        # Claims of two numbers that each may be off by their own bound.
        allowed = 10.0 ** -np.fmin(again.digits, alone.digits) * 2
        off = np.abs(again.coefficients - alone.coefficients)
        assert np.all(off <= allowed * np.abs(alone.coefficients))


def test_more_than_there_is_cannot_be_taken_out() -> None:
    r = rows(0)
    few, many = fold_rows(part(r, slice(0, 5))), fold_rows(r)
    with pytest.raises(ValueError, match="60 rows cannot be taken out of 5"):
        _ = few - many


@given(seeds, st.booleans())
def test_bytes_keep_every_bit(seed: int, weighted: bool) -> None:
    m = fold_rows(rows(seed, weighted=weighted))
    data = to_bytes(m)
    back = from_bytes(data)
    assert to_bytes(back) == data
    assert np.array_equal(solve(back).coefficients, solve(m).coefficients)


@given(seeds, st.integers(0, 2**31))
def test_a_flipped_bit_is_found(seed: int, place: int) -> None:
    m = fold_rows(rows(seed % 5))
    data = bytearray(to_bytes(m))
    data[place % len(data)] ^= 1 << (seed % 8)
    with pytest.raises(DataError, match="no moments, or damaged"):
        from_bytes(bytes(data))


def test_bytes_cut_short_or_strange_are_refused() -> None:
    data = to_bytes(fold_rows(rows(0)))
    for bad in (b"", b"nonsense", data[: len(data) // 2]):
        with pytest.raises(DataError, match="no moments, or damaged"):
            from_bytes(bad)
