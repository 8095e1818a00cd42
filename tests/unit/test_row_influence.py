"""Influence of rows on losses that are no families, against fits without each row."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import leastwise as lw

N = 60
RNG = np.random.default_rng(5)
X, Z = RNG.normal(size=N), RNG.normal(size=N)
DATA = {
    "x": X,
    "z": Z,
    "y": 1 + 2 * X - Z + RNG.standard_t(4, size=N),
    "w": RNG.integers(1, 4, N).astype(float),
    "who": [f"row {i}" for i in range(N)],
}


def smooth(eta: Any, y: Any) -> Any:
    return jnp.sqrt(1.0 + (y - eta) ** 2) - 1.0


def square(eta: Any, y: Any) -> Any:
    return 0.5 * (y - eta) ** 2


def without(row: int) -> dict[str, Any]:
    keep = np.arange(N) != row
    return {name: np.asarray(column)[keep] for name, column in DATA.items()}


def _own(data: Any) -> Any:
    return lw.fit_loss(smooth, "y ~ x + z", data)


def _own_weighted(data: Any) -> Any:
    return lw.fit_loss(smooth, "y ~ x + z", data, weights="w")


def _huber(data: Any) -> Any:
    return lw.robust("y ~ x + z", data, loss=lw.loss.Huber(), scale=1.2)


def _bisquare(data: Any) -> Any:
    return lw.robust("y ~ x + z", data, loss=lw.loss.Bisquare(), scale=1.2)


def _expectile(data: Any) -> Any:
    return lw.fit_loss(lw.loss.Expectile(0.8), "y ~ x + z", data)


FITS = {
    "own": _own,
    "own, weighted": _own_weighted,
    "huber": _huber,
    "bisquare": _bisquare,
}


@pytest.mark.parametrize("name", FITS)
def test_one_step_is_near_the_fit_without_the_row(name: str) -> None:
    """Off by a fifth of the change at most, over all rows together."""
    fit = FITS[name]
    full = fit(DATA)
    found = full.influence()
    again = np.array([fit(without(i)).estimates for i in range(N)])
    change = np.linalg.norm(again - full.estimates)
    assert np.linalg.norm(found.one_step - again) < 0.2 * change
    rows = np.column_stack([np.ones(N), X, Z])
    away = np.einsum("ij,ij->i", rows, found.one_step)
    np.testing.assert_allclose(found.left_out, away, rtol=1e-9, atol=1e-10)
    # Cook's distance by its definition.
    moved = full.estimates - found.one_step
    cook = np.einsum("ij,jk,ik->i", moved, np.linalg.inv(full.covariance), moved) / 3
    np.testing.assert_allclose(found.cook, cook, rtol=1e-8)
    np.testing.assert_allclose(found.dfbetas, moved / full.standard_errors, rtol=1e-9)


def test_it_is_exact_where_the_loss_is_a_square() -> None:
    """One step without a row is the fit without it: that of least squares."""
    found = lw.fit_loss(square, "y ~ x + z", DATA, weights="w").influence()
    wls = lw.wls("y ~ x + z", DATA, weights="w")
    for row in (0, 17, 59):
        again = lw.wls("y ~ x + z", without(row), weights="w")
        np.testing.assert_allclose(found.one_step[row], again.estimates, rtol=1e-9)
    plain = wls.influence()
    np.testing.assert_allclose(found.leverage, plain.leverage, rtol=1e-9)


def test_a_copy_of_a_row_is_what_leaves() -> None:
    counted = lw.fit_loss(
        smooth, "y ~ x + z", DATA, weights=lw.weights.frequency("w")
    ).influence()
    copies = np.repeat(np.arange(N), DATA["w"].astype(int))
    long = {name: np.asarray(column)[copies] for name, column in DATA.items()}
    written = lw.fit_loss(smooth, "y ~ x + z", long).influence()
    first = np.unique(copies, return_index=True)[1]
    for name in ("leverage", "left_out", "one_step", "left_out_loss"):
        np.testing.assert_allclose(
            getattr(counted, name), getattr(written, name)[first], rtol=1e-8, atol=1e-10
        )


def test_a_row_far_out_pulls_no_harder_and_is_named() -> None:
    far = dict(DATA, y=np.where(np.arange(N) == 3, 1e4, DATA["y"]))
    m = lw.robust("y ~ x + z", far, loss=lw.loss.Bisquare(), scale=1.2)
    found = m.influence(label="who")
    # Beyond the tuning constant a row has no pull, and leaves without a trace.
    assert found.score[3] == 0 and found.cook[3] == 0 and found.leverage[3] == 0
    np.testing.assert_allclose(found.one_step[3], m.estimates, rtol=1e-12)
    text = str(found)
    assert "score" in text and "row " in text
    frame = found.frame("dict")
    assert frame["left_out_loss"].shape == (N,) and "dfbetas(x)" in frame
    with pytest.raises(lw.RequestError, match="neither a measure nor a coefficient"):
        found.most(by="q")


def test_a_quantile_has_none_and_says_why() -> None:
    with pytest.raises(lw.RequestError, match="jumps when one is left out"):
        lw.quantile("y ~ x", DATA).influence()


def test_a_function_predicts_left_out_rows_on_its_own_scale() -> None:
    """A straight line written as a function leaves rows out as least squares does."""
    m = lw.nonlinear(
        lambda p, d: p["a"] + p["b"] * d["x"], DATA, y="y", start={"a": 0.0, "b": 1.0}
    )
    linear = lw.glm("y ~ x", DATA, family="gaussian")
    for name in ("left_out", "left_out_deviance", "cook", "one_step"):
        np.testing.assert_allclose(
            getattr(m.influence(), name), getattr(linear.influence(), name), rtol=1e-8
        )
