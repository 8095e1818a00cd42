"""Laws of covariances: repeated rows, order, units, rows left out and fitted again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leastwise as lw

C = lw.cov
# Those of rows that stand for themselves; "t" is the time, "g" a group.
OF_ROWS = ("HC0", "HC1", "HC2", "HC3", "HC4", "HC4m", "HC5", "jackknife", "classical")
OF_GROUPS = ("cluster:g", "cluster:g,t", "CR0:g", "CR2:g", "CR3:g", "jackknife:g")
OF_TIME = ("driscoll_kraay:t",)
SEEDS = st.integers(0, 2**32 - 1)
# Sums of a few dozen numbers, in another order: some roundings.
CLOSE = 1e-10


def rows_of(seed: int, n: int = 30) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    x, z = random.normal(size=(2, n))
    spread = np.exp(0.5 * x)
    return {
        "x": x,
        "z": z,
        "y": 1 + 2 * x - z + spread * random.normal(size=n),
        "g": np.arange(n) % 6.0,
        "t": np.arange(n) // 3.0,
        "w": random.integers(1, 4, n).astype(float),
    }


def same(one: lw.Model, other: lw.Model) -> None:
    # Of two ways the variance can be small or negative: a difference of others.
    size = other.with_cov("classical").se.array
    gap = np.abs(one.covariance - other.covariance)
    assert np.all(gap <= CLOSE * np.outer(size, size))
    if (np.diagonal(other.covariance) > 1e-3 * size**2).all():
        np.testing.assert_allclose(one.t.array, other.t.array, rtol=1e-6)
        np.testing.assert_allclose(one.f, other.f, rtol=1e-6)
    np.testing.assert_allclose(one.t_dof, other.t_dof, rtol=1e-8)


@settings(max_examples=5)
@given(seed=SEEDS)
@pytest.mark.parametrize("cov", OF_ROWS + OF_GROUPS + OF_TIME)
def test_a_row_that_counts_twice_is_two_rows(cov: str, seed: int) -> None:
    data = rows_of(seed)
    times = data["w"].astype(int)
    repeated = {name: np.repeat(values, times) for name, values in data.items()}
    counted = lw.weights.frequency("w")
    one = lw.ols("y ~ x + z", data, weights=counted, cov=cov)
    same(one, lw.ols("y ~ x + z", repeated, cov=cov))


@settings(max_examples=5)
@given(seed=SEEDS)
@pytest.mark.parametrize("cov", OF_ROWS + OF_GROUPS + OF_TIME)
def test_the_order_of_rows_changes_nothing(cov: str, seed: int) -> None:
    data = rows_of(seed)
    order = np.random.default_rng(seed).permutation(len(data["x"]))
    mixed = {name: values[order] for name, values in data.items()}
    same(lw.ols("y ~ x + z", mixed, cov=cov), lw.ols("y ~ x + z", data, cov=cov))


@settings(max_examples=5)
@given(seed=SEEDS)
def test_a_column_gives_hac_its_order(seed: int) -> None:
    data = rows_of(seed) | {"when": np.arange(30.0)}
    order = np.random.default_rng(seed).permutation(30)
    mixed = {name: values[order] for name, values in data.items()}
    cov = C.HAC(lags=3, order="when")
    same(lw.ols("y ~ x", mixed, cov=cov), lw.ols("y ~ x", data, cov="hac:3"))


@settings(max_examples=5)
@given(
    seed=SEEDS,
    power=st.tuples(st.integers(-600, 600), st.integers(-300, 300)),
)
@pytest.mark.parametrize("cov", [*OF_ROWS, *OF_GROUPS, *OF_TIME, "hac:2"])
def test_t_f_and_p_know_no_units(cov: str, power: tuple[int, int], seed: int) -> None:
    data = rows_of(seed)
    of_x, of_y = power
    data["x"], data["y"] = np.ldexp(data["x"], of_x), np.ldexp(data["y"], of_y)
    one = lw.ols("y ~ x + z", data, cov=cov)
    other = lw.ols("y ~ x + z", rows_of(seed), cov=cov)
    # Powers of two: every bit.
    np.testing.assert_array_equal(one.t.array, other.t.array)
    np.testing.assert_array_equal(one.p.array, other.p.array)
    np.testing.assert_equal(one.f, other.f)
    se = np.ldexp(other.se.array, of_y - np.array([0, of_x, 0]))
    np.testing.assert_array_equal(one.se.array, se)
    new = {"x": data["x"][:3], "z": data["z"][:3]}
    before = {"x": np.ldexp(new["x"], -of_x), "z": new["z"]}
    bands = [
        m.predict(rows, interval="confidence")
        for m, rows in ((one, new), (other, before))
    ]
    np.testing.assert_allclose(
        bands[0].std_error, np.ldexp(bands[1].std_error, of_y), rtol=CLOSE
    )


@settings(max_examples=5)
@given(seed=SEEDS)
def test_clusters_of_one_row_are_hc(seed: int) -> None:
    m = lw.ols("y ~ x + z", rows_of(seed), weights="w")
    each = np.arange(30)
    for kind, hc in (("CR0", "HC0"), ("CR1", "HC1"), ("CR2", "HC2"), ("CR3", "HC3")):
        found = m.with_cov(C.Cluster(each, kind=kind))  # type: ignore[arg-type]
        np.testing.assert_allclose(
            found.covariance, m.with_cov(hc).covariance, rtol=1e-8, atol=1e-12
        )
    np.testing.assert_allclose(
        m.with_cov(C.HAC(lags=0)).covariance,
        m.with_cov("HC0").covariance,
        rtol=1e-8,
        atol=1e-12,
    )


@settings(max_examples=5)
@given(seed=SEEDS)
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("by", [None, "g"])
def test_the_jackknife_is_that_of_fits_without_a_row(
    by: str | None, weights: str | None, seed: int
) -> None:
    data = rows_of(seed)
    groups = np.arange(30) if by is None else data[by]
    found = []
    for group in np.unique(groups):
        rest = {name: values[groups != group] for name, values in data.items()}
        found.append(lw.ols("y ~ x + z", rest, weights=weights).coef.array)
    about = np.array(found) - np.mean(found, axis=0)
    right = (len(found) - 1) / len(found) * about.T @ about
    cov = C.Jackknife(by)
    m = lw.ols("y ~ x + z", data, weights=weights, cov=cov)
    np.testing.assert_allclose(m.covariance, right, rtol=1e-7, atol=1e-12)


@settings(max_examples=5)
@given(seed=SEEDS)
def test_wald_is_the_quadratic_form(seed: int) -> None:
    m = lw.ols("y ~ x + z", rows_of(seed), cov="HC3")
    b, v = m.coef.array[1:], m.covariance[1:, 1:]
    np.testing.assert_allclose(m.f, b @ np.linalg.solve(v, b) / 2, rtol=1e-10)
    assert m.record().to_json()["covariance_kind"]["f"] == "Wald"
