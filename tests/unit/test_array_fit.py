"""`fit_arrays` is `ols` without names."""

from __future__ import annotations

import numpy as np
import pytest

import leastwise as lw
from leastwise.engine import quick as quick_module

RNG = np.random.default_rng(5)


def arrays(n: int, p: int, k: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    X = RNG.normal(size=(n, p)) * 10.0 ** RNG.integers(-4, 4, p) + 3.0
    y = RNG.normal(size=n if k is None else (n, k))
    return X, y + X.sum(axis=1).reshape(-1, *[1] * (y.ndim - 1))


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize(("n", "p"), [(5, 1), (400, 1), (129, 8), (3000, 17)])
def test_the_numbers_are_those_of_ols(n: int, p: int, intercept: bool) -> None:
    X, y = arrays(n, p)
    f = lw.fit_arrays(X, y, intercept=intercept)
    m = lw.ols(y=y, X=X, intercept=intercept)
    assert f.plan == m.plan
    same = {
        "coefficients": m.estimates, "standard_errors": m.standard_errors,
        "t": m.t.array, "p": m.p.array, "covariance": m.covariance,
        "digits": m.certified, "se_digits": m.se_certified, "sigma": m.sigma,
        "r_squared": m.r_squared, "n": m.n, "dof": m.dof, "rank": m.rank,
    }  # fmt: skip
    for name, right in same.items():
        assert np.allclose(getattr(f, name), right, rtol=1e-15, atol=0), name
    for field, value in vars(m.quality).items():
        assert getattr(f.quality, field) == pytest.approx(value, rel=1e-15), field
    assert np.allclose(
        np.column_stack(f.interval(0.9)), m.interval(0.9).array, rtol=1e-15
    )
    size = np.abs(X[:7]) @ np.abs(m.estimates[int(intercept) :])
    assert np.all(np.abs(f.predict(X[:7]) - m.predict(X[:7])) <= 1e-15 * size)


def test_several_targets() -> None:
    X, Y = arrays(60, 3, 2)
    f = lw.fit_arrays(X, Y)
    assert f.coefficients.shape == f.p.shape == (4, 2)
    assert f.covariance.shape == (2, 4, 4) and f.r_squared.shape == (2,)
    assert f.predict(X).shape == (60, 2)
    for t in range(2):
        one = lw.fit_arrays(X, Y[:, t])
        for name in ("coefficients", "standard_errors", "t", "p"):
            assert np.array_equal(getattr(f, name)[:, t], getattr(one, name))
        assert np.array_equal(f.covariance[t], one.covariance)
        assert f.sigma[t] == one.sigma and f.quality[t].f == one.quality.f


@pytest.mark.parametrize(
    "change",
    [
        lambda X, y: (X.tolist(), y.tolist()),
        lambda X, y: (np.asfortranarray(X), y),
        lambda X, y: (X[::-1], y[::-1]),
        lambda X, y: (X.astype(">f8"), y),
        lambda X, y: (np.ma.masked_array(X), y),
    ],
    ids=["lists", "columns", "backwards", "swapped", "masked"],
)
def test_what_arrays_are_made_of(change: object) -> None:
    X, y = arrays(50, 3)
    right, f = lw.fit_arrays(X, y), lw.fit_arrays(*change(X, y))  # type: ignore[operator]
    assert np.allclose(f.coefficients, right.coefficients, rtol=1e-15, atol=0)
    assert np.allclose(f.standard_errors, right.standard_errors, rtol=1e-15, atol=0)


def test_fields_of_records_and_odd_addresses() -> None:
    X, y = arrays(40, 2)
    right = lw.fit_arrays(X, y).coefficients
    records = np.zeros(40, dtype=[("y", "f8"), ("odd", "i4"), ("x", "f8", 2)])
    records["x"], records["y"] = X, y
    assert np.array_equal(lw.fit_arrays(records["x"], records["y"]).coefficients, right)
    packed = np.zeros(40, dtype=np.dtype([("odd", "i1"), ("x", "f8", 2)]))
    packed["x"] = X
    assert not packed["x"].flags.aligned
    assert np.allclose(lw.fit_arrays(packed["x"], y).coefficients, right, rtol=1e-15)


def test_float32_and_integers_are_taken_as_they_are() -> None:
    X, y = np.arange(12).reshape(6, 2) ** 2, np.array([1, 3, 2, 5, 4, 4])
    right = lw.fit_arrays(X.astype(float), y.astype(float)).coefficients
    for kind in ("f4", "i8", "u2"):
        f = lw.fit_arrays(X.astype(kind), y.astype(kind))
        assert np.allclose(f.coefficients, right, rtol=1e-15)


def test_a_combination_and_an_exact_fit_take_the_careful_way() -> None:
    x = np.arange(10.0)
    f = lw.fit_arrays(np.column_stack([x, x**2, 1.0 - x]), 7.0 - x)
    assert np.isnan(f.coefficients[3]) and f.rank == 3
    assert f.sigma == 0.0 and f.r_squared == 1.0 and f.quality.r_squared == 1.0
    assert f.coefficients[:2].tolist() == [7.0, -1.0]


def test_weights_are_those_of_wls() -> None:
    X, y = arrays(30, 2)
    w = RNG.uniform(0.1, 3.0, 30)
    f = lw.fit_arrays(X, y, weights=w)
    m = lw.wls("y ~ a + b", {"y": y, "a": X[:, 0], "b": X[:, 1], "w": w}, weights="w")
    assert np.allclose(f.coefficients, m.estimates, rtol=1e-15)
    assert np.allclose(f.p, m.p.array, rtol=1e-13)


@pytest.mark.parametrize("where", ["X", "y"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_refused_by_name(value: float, where: str) -> None:
    X, y = arrays(20, 2)
    (X[:, 1] if where == "X" else y)[7] = value
    with pytest.raises(lw.DataError, match=r"x2|y"):
        lw.fit_arrays(X, y)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.ones((3, 1)), np.ones(4)),
        (np.ones((0, 1)), np.ones(0)),
        (np.ones((3, 1, 1)), np.ones(3)),
        (np.ones((3, 1)), np.ones((3, 0))),
        (np.array([["a"], ["b"]]), np.ones(2)),
        (np.ones((3, 1)) * 1j, np.ones(3)),
    ],
)
def test_what_is_no_data_is_refused(X: np.ndarray, y: np.ndarray) -> None:
    with pytest.raises(lw.DataError):
        lw.fit_arrays(X, y)


def test_predict_checks_the_shape() -> None:
    f = lw.fit_arrays(*arrays(20, 2))
    with pytest.raises(lw.DataError, match=r"shape \(n, 2\)"):
        f.predict(np.ones((3, 3)))
    assert np.isnan(f.predict([[1.0, np.nan]])).all()


def test_no_inputs_is_the_mean() -> None:
    f = lw.fit_arrays(np.empty((4, 0)), np.array([1.0, 2.0, 3.0, 6.0]))
    assert f.coefficients.tolist() == [3.0]


def test_the_quick_way_leaves_large_data_to_the_ladder() -> None:
    X, y = arrays(100, 2)
    wide = np.broadcast_to(X[:, :1], (100, 600))
    assert quick_module.fit_quickly(wide, y[:, None], intercept=True) is None
