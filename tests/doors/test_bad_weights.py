"""Weights of every kind: the answer of exact arithmetic, or an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import leastwise as lw
from leastwise.engine import plan
from leastwise.solve.exact import exact_least_squares
from tests.helpers.exactly import DOORS, assert_exact, digits_of

RNG = np.random.default_rng(3)
N = 40
X = RNG.normal(size=(N, 2))
Y = 1 + X @ [2.0, -3.0] + 0.1 * RNG.normal(size=N)
W = RNG.uniform(0.5, 3.0, N)


def table(w: Any) -> dict[str, Any]:
    return {"y": Y, "a": X[:, 0], "b": X[:, 1], "w": w}


def changed(value: float, at: int = 4) -> Any:
    w = W.copy()
    w[at] = value
    return w


@pytest.mark.parametrize("bad", [-1.0, -1e-300, np.inf, -np.inf])
def test_weights_that_are_none(bad: float) -> None:
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ a + b", table(changed(bad)), weights="w")
    assert (
        f'weight "w" is {bad:g} in row 5. Weights are finite numbers, 0 or more'
        in str(caught.value)
    )
    with pytest.raises(lw.DataError, match=r'weight "weights" is .* in row 5'):
        lw.ols(y=Y, X=X, weights=changed(bad))


def test_missing_weights_drop_the_row_or_are_refused() -> None:
    model = lw.ols("y ~ a + b", table(changed(np.nan)), weights="w")
    assert model.rows.dropped == (("missing value in w", 1),)
    keep = np.arange(N) != 4
    assert_exact(model, X[keep], Y[keep], weights=W[keep])
    with pytest.raises(lw.DataError, match='missing in column "w", first in row 5'):
        lw.ols("y ~ a + b", table(changed(np.nan)), weights="w", missing="error")
    with pytest.raises(lw.DataError, match='missing in column "weights", first in row'):
        lw.ols(y=Y, X=X, weights=changed(np.nan), missing="error")


def test_all_zero() -> None:
    for call in (
        lambda: lw.ols("y ~ a + b", table(np.zeros(N)), weights="w"),
        lambda: lw.ols(y=Y, X=X, weights=np.zeros(N)),
    ):
        with pytest.raises(lw.DataError, match=r'40 of 40 weights in ".*" are zero'):
            call()


@pytest.mark.parametrize("door", DOORS)
def test_rows_of_weight_zero_are_not_there(door: str, tmp_path: Path) -> None:
    w = W.copy()
    w[[3, 7]] = 0.0
    y = Y.copy()
    y[3] = 1e6  # would show
    columns = {**table(w), "y": y}
    data = DOORS[door]({n: v.tolist() for n, v in columns.items()}, tmp_path)
    model = lw.ols("y ~ a + b", data, weights="w")
    assert (model.n, model.dof) == (N - 2, N - 5)
    assert model.rows.dropped == (("zero weight", 2),)
    keep = w > 0
    assert_exact(model, X[keep], y[keep], weights=w[keep])


@pytest.mark.parametrize("scale", [1e-200, 1e200, 1e-300, 1e300])
def test_weights_of_any_scale(scale: float) -> None:
    model = lw.ols(y=Y, X=X, weights=W * scale)
    assert_exact(model, X, Y, weights=W * scale)
    plain = lw.ols(y=Y, X=X, weights=W)
    # Analytic weights have no unit: only sigma knows it.
    for name in ("r_squared", "f", "log_likelihood", "aic", "bic"):
        assert digits_of(getattr(model, name), getattr(plain, name)) > 11, name
    assert digits_of(model.sigma / np.sqrt(scale), plain.sigma) > 13


def test_subnormal_weights() -> None:
    w = np.array([1, 2, 3, 4, 5] * 8) * 5e-324
    assert_exact(lw.ols(y=Y, X=X, weights=w), X, Y, weights=w)


@pytest.mark.parametrize("seed", [0, 1])
def test_weights_of_all_scales_at_once(seed: int) -> None:
    w = 10.0 ** np.random.default_rng(seed).uniform(-200, 200, N)
    w[:20] = 1e200  # enough heavy rows for the answer
    assert_exact(lw.ols(y=Y, X=X, weights=w), X, Y, weights=w)


def test_a_ladder_of_weights_is_answered_and_marked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each row 1e10 times lighter than the one before: three rows hold the plane, the
    # fourth the variance, and the Gram spans 1e21 to 1e31.
    w = np.geomspace(1e200, 1e-200, N)
    right = exact_least_squares(X, Y, weights=w)
    errors = [float(row[0]) for row in right.standard_errors() if row[0] is not None]
    # Exact arithmetic is gone to for so few rows, and has every digit.
    exact = lw.ols(y=Y, X=X, weights=w)
    assert exact.coef.array.tolist() == right.rounded()[:, 0].tolist()
    assert exact.se.array.tolist() == errors
    assert "exact arithmetic, because tier 3" in str(exact)
    monkeypatch.setattr(plan, "is_quick", lambda rows: False)
    with pytest.warns(lw.AccuracyWarning, match="Few digits are certified"):
        model = lw.ols(y=Y, X=X, weights=w)
    reached = digits_of(model.coef.array, right.rounded()[:, 0])
    assert (reached >= 6).all() and (model.digits.array <= reached).all()
    # The residual of the heaviest rows is lost, and not taken for an exact fit.
    assert not any("exact to the rounding" in note for note in model.notes)
    assert (model.se_digits.array <= digits_of(model.se.array, errors)).all()
    assert any("standard errors" in note for note in model.notes)


def test_shapes_of_weights() -> None:
    ones = np.ones((N, 1))
    assert_exact(lw.ols(y=Y, X=X, weights=ones), X, Y)
    for bad, said in (
        (np.ones(3), r"shape \(3, 1\), y has 40 rows"),
        (np.ones((N, 2)), r"shape \(40, 2\), y has 40 rows"),
        (2.0, r"its shape is \(\)"),
    ):
        with pytest.raises(lw.DataError, match=said):
            lw.ols(y=Y, X=X, weights=bad)
    with pytest.raises(lw.DataError, match="weights of 3 rows for 40 rows"):
        lw.ols("y ~ a", table(W), weights=np.ones(3))


def test_weights_beside_a_frame_must_have_its_labels() -> None:
    frame = pd.DataFrame(table(W))
    weights = pd.Series(W, index=frame.index[::-1])
    with pytest.raises(
        lw.DataError, match='"data" and "weights" have the same row lab'
    ):
        lw.ols("y ~ a", frame, weights=weights)
    with pytest.raises(lw.DataError, match='"y" and "weights" have the same row lab'):
        lw.ols(y=frame["y"], X=frame[["a"]], weights=weights)
    given = lw.ols("y ~ a + b", frame, weights=pd.Series(W))
    assert_exact(given, X, Y, weights=W)


def test_a_column_may_be_weight_and_input_and_target() -> None:
    model = lw.ols("y ~ a + w", table(W), weights="w")
    assert_exact(model, np.column_stack([X[:, 0], W]), Y, weights=W)
    model = lw.ols("w ~ a", table(W), weights="w")
    assert_exact(model, X[:, :1], W, weights=W)


def test_the_dot_leaves_the_weights_out() -> None:
    model = lw.ols("y ~ .", table(W), weights="w")
    assert model.names == ("Intercept", "a", "b")


def test_weights_that_name_nothing() -> None:
    with pytest.raises(lw.DataError, match=r'no column "ww"\. Did you mean "w"'):
        lw.ols("y ~ a", table(W), weights="ww")
    with pytest.raises(lw.RequestError, match='weights="w" names a column, and arrays'):
        lw.ols(y=Y, X=X, weights="w")
    with pytest.raises(lw.RequestError, match="wls needs weights"):
        lw.wls("y ~ a", table(W), weights=None)


def test_frequency_weights_are_whole() -> None:
    with pytest.raises(
        lw.DataError, match="frequency weights are whole numbers, found"
    ):
        lw.ols("y ~ a", table(W), weights=lw.weights.frequency("w"))


NUMBERS = (
    "sigma", "r_squared", "adj_r_squared", "f", "f_p_value", "log_likelihood", "aic",
    "bic", "n", "dof",
)  # fmt: skip


@pytest.mark.parametrize("zero", [False, True])
def test_frequency_weights_equal_repeated_rows(zero: bool) -> None:
    counts = RNG.integers(0 if zero else 1, 5, N)
    model = lw.ols("y ~ a + b", table(counts), weights=lw.weights.frequency("w"))
    long = {n: np.repeat(v, counts) for n, v in table(counts).items()}
    repeated = lw.ols("y ~ a + b", long)
    for name in NUMBERS:
        right = getattr(repeated, name)
        assert digits_of(getattr(model, name), right) > 13, name
    for name in ("coef", "se", "t", "p", "interval"):
        one, two = getattr(model, name), getattr(repeated, name)
        if name == "interval":
            one, two = one(0.9), two(0.9)
        assert (digits_of(one.array, two.array) > 12).all(), name
    assert (digits_of(model.covariance, repeated.covariance) > 12).all()
    for kind in ("confidence", "prediction"):
        one, two = (m.predict(table(W), interval=kind) for m in (model, repeated))
        assert (digits_of(one.low, two.low) > 12).all()
        assert (digits_of(one.std_error, two.std_error) > 12).all()
    arrays = lw.ols(y=Y, X=X, weights=lw.weights.frequency(counts))
    assert (arrays.coef.array == model.coef.array).all() and arrays.n == model.n


def test_analytic_weights_equal_statsmodels() -> None:
    peer = sm.WLS(Y, sm.add_constant(X), weights=W).fit()
    for weights in ("w", W, lw.weights.analytic("w"), lw.weights.analytic(W)):
        model = lw.wls("y ~ a + b", table(W), weights=weights)
        # statsmodels computes in plain float64 by a pseudo-inverse.
        assert (digits_of(model.coef.array, peer.params) > 11).all()
        assert (digits_of(model.se.array, peer.bse) > 11).all()
        assert (digits_of(model.p.array, peer.pvalues) > 9).all()
        assert (digits_of(model.covariance, peer.cov_params()) > 10).all()
        for ours, theirs in (
            ("r_squared", "rsquared"),
            ("adj_r_squared", "rsquared_adj"),
            ("f", "fvalue"),
            ("log_likelihood", "llf"),
        ):
            assert digits_of(getattr(model, ours), getattr(peer, theirs)) > 11, ours
        assert digits_of(model.sigma**2, peer.scale) > 11
        # R counts sigma as a parameter, statsmodels does not.
        assert model.aic == pytest.approx(peer.aic + 2, rel=1e-12)
