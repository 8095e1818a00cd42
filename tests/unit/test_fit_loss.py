"""`fit_loss`: what it agrees with, and what it says of losses that have no minimum."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import leastwise as lw

DATA = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [1.0, 1.0, 3.0, 6.0, 9.0]}
JAGGED = [0.0, -1.0, 2.0, -2.0, 1.0, 0.5, -0.5, 1.5]


def poisson(eta: Any, y: Any) -> Any:
    return jnp.exp(eta) - y * eta


def fit(loss: Any, **more: Any) -> lw.LossModel:
    return lw.fit_loss(loss, "y ~ x", DATA, **more)


def test_a_likelihood_of_ones_own_is_that_of_the_family() -> None:
    own = fit(poisson, likelihood=True, mean=jnp.exp)
    family = lw.glm("y ~ x", DATA, family="poisson")
    np.testing.assert_allclose(own.coef.array, family.coef.array, rtol=1e-12)
    np.testing.assert_allclose(own.se.array, family.se.array, rtol=1e-10)
    np.testing.assert_allclose(own.predict(DATA), family.predict(DATA), rtol=1e-11)
    assert own.measures.test == pytest.approx(family.measures.test, rel=1e-10)
    robust = family.with_cov("HC0")
    np.testing.assert_allclose(
        own.with_cov("HC0").se.array, robust.se.array, rtol=1e-10
    )


def test_weights_and_offset() -> None:
    counts = lw.weights.frequency([1, 2, 1, 3, 2])
    offset = [0.1, 0.2, 0.0, -0.3, 0.4]
    own = fit(poisson, weights=counts, offset=offset, likelihood=True)
    family = lw.glm("y ~ x", DATA, family="poisson", weights=counts, offset=offset)
    np.testing.assert_allclose(own.coef.array, family.coef.array, rtol=1e-12)
    np.testing.assert_allclose(own.se.array, family.se.array, rtol=1e-10)
    copies = {k: np.repeat(v, [1, 2, 1, 3, 2]) for k, v in DATA.items()}
    away = np.repeat(offset, [1, 2, 1, 3, 2])
    long = lw.fit_loss(poisson, "y ~ x", copies, offset=away)
    np.testing.assert_allclose(own.with_cov("HC0").se.array, long.se.array, rtol=1e-10)


def test_tobit_with_a_known_scale_is_its_likelihood() -> None:
    """Rows at 0 are censored from below: brute force on a grid finds nothing less."""
    from scipy.optimize import minimize
    from scipy.stats import norm

    def tobit(eta: Any, y: Any) -> Any:
        from jax.scipy.special import log_ndtr

        return jnp.where(y > 0, 0.5 * (y - eta) ** 2, -log_ndtr(-eta))

    draw = np.random.default_rng(4)
    x = draw.normal(size=60)
    y = np.maximum(0.3 + x + draw.normal(size=60), 0.0)
    m = lw.fit_loss(tobit, "y ~ x", {"x": x, "y": y}, likelihood=True)

    def total(b: Any) -> float:
        eta = b[0] + b[1] * x
        return -float(np.where(y > 0, norm.logpdf(y - eta), norm.logcdf(-eta)).sum())

    found = minimize(total, [0.0, 0.0], method="Nelder-Mead",
                     options={"xatol": 1e-9, "fatol": 1e-13})  # fmt: skip
    np.testing.assert_allclose(m.coef.array, found.x, atol=1e-6)
    step, H = 1e-4, np.empty((2, 2))
    for i, j in np.ndindex(2, 2):
        a, b = np.eye(2)[i] * step, np.eye(2)[j] * step
        at = m.coef.array
        H[i, j] = (
            total(at + a + b) - total(at + a - b) - total(at - a + b)
            + total(at - a - b)
        ) / (4 * step**2)  # fmt: skip
    errors = np.sqrt(np.diag(np.linalg.inv(H)))
    np.testing.assert_allclose(m.se.array, errors, rtol=1e-5)


def test_a_loss_of_several_minima_is_followed_to_the_one_near_the_start() -> None:
    def wells(e: Any, y: Any) -> Any:
        return -jnp.exp(-((y - e) ** 2))

    near = [fit(wells, start={"x": b, "Intercept": a}) for a, b in ((-3, 3), (1, 0))]
    y, x = np.asarray(DATA["y"]), np.asarray(DATA["x"])
    for m in near:
        assert m.convergence.status.is_success
        r = y - m.coef["Intercept"] - m.coef["x"] * x
        psi = r * np.exp(-r * r)
        np.testing.assert_allclose([psi.sum(), psi @ x], 0.0, atol=1e-12)
    assert abs(near[0].coef["x"] - near[1].coef["x"]) > 1.0


REFUSED = {
    "linear": (lambda e, y: y * e, "linear in eta"),
    "corners": (lambda e, y: jnp.abs(y - e), "use leastwise.quantile"),
    "concave": (lambda e, y: -((y - e) ** 2), "bends downwards in every row"),
    "constant": (lambda e, y: y**2, "does not change with eta"),
    "branch": (lambda e, y: (y - e) ** 2 if y > e else 0.0, "jnp.where"),
    "numpy": (lambda e, y: np.log(e) * y, "jnp.log"),
    "array": (lambda e, y: jnp.array([e, y]), r"shape \(2,\)"),
    "integer": (lambda e, y: jnp.where(y > e, 1, 0), "int64, which has no derivative"),
    "complex": (lambda e, y: (y - e) * 1j, "complex128"),
    "nothing": (lambda e, y: None, "does not run"),
    "one": (lambda e: e, "called as loss"),
    "no function": (5, "not a function"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_loss_is_refused(name: str) -> None:
    loss, says = REFUSED[name]
    with pytest.raises(lw.RequestError, match=says):
        fit(loss)


def test_a_row_without_a_value_is_named() -> None:
    with pytest.raises(lw.DataError, match=r"row 3: the loss is nan at eta = .*y = -2"):
        lw.fit_loss(
            lambda e, y: jnp.exp(e) - jnp.log(y) * e,
            "y ~ x",
            {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 2.0, -2.0, 4.0]},
        )


def test_the_row_counts_from_the_data_and_not_from_what_is_left() -> None:
    data = {"x": [0.0, np.nan, 2.0, 3.0, 4.0], "y": [1.0, 2.0, 3.0, -2.0, 4.0]}
    with pytest.raises(lw.DataError, match="row 4: the loss is nan"):
        lw.fit_loss(lambda e, y: jnp.exp(e) - jnp.log(y) * e, "y ~ x", data)


@pytest.mark.parametrize(
    "loss", [lambda e, y: jnp.exp(-e), lambda e, y: jnp.logaddexp(0.0, e) - (y > 2) * e]
)
def test_a_loss_that_falls_for_ever_is_said_to(loss: Any) -> None:
    with pytest.raises(lw.DataError, match="falls for ever"):
        fit(loss)


def test_counts_that_are_all_zero_run_away_without_a_dispersion_too() -> None:
    data = {"x": [0.0, 1.0], "k": [0, 0]}
    with pytest.raises(lw.DataError, match="every target is 0"):
        lw.glm("k ~ x", data, family="quasipoisson")


def test_a_start_is_checked() -> None:
    with pytest.raises(lw.RequestError, match="'z', which is no coefficient"):
        fit(poisson, start={"z": 1.0})
    with pytest.raises(lw.RequestError, match="there are 2 coefficients"):
        fit(poisson, start=[1.0])
    with pytest.raises(lw.RequestError, match="not finite"):
        fit(poisson, start=[1.0, np.nan])


def test_the_hessian_of_a_saddle_is_refused_with_names() -> None:
    """At a maximum along x there is no covariance: rows that weigh one another."""
    m = fit(lambda e, y: jnp.cos(e - y), start=[4.0, 0.4])
    at = lw.glm("y ~ x", DATA)
    from dataclasses import replace

    from leastwise.loops.working import Look
    from leastwise.model.loss_model import LossSample

    kept = m.sample
    assert isinstance(kept, LossSample)
    eta = np.asarray(DATA["y"])
    look = Look(eta, kept.problem.look(eta).there, kept.look.case_weights)
    moved = replace(m, sample=replace(kept, look=look))
    with pytest.raises(lw.DataError, match=r"negative curvature.*no minimum"):
        moved.with_cov("hessian")
    assert at.names == m.names


def test_a_loss_of_the_project_goes_in_at_a_scale_of_one() -> None:
    data = {"x": np.arange(8.0), "y": JAGGED}
    own = lw.fit_loss(lw.loss.Huber(1.2), "y ~ x", data)
    robust = lw.robust("y ~ x", data, loss=lw.loss.Huber(1.2), scale=1.0, cov="HC0")
    np.testing.assert_allclose(own.coef.array, robust.coef.array, rtol=1e-10)
    np.testing.assert_allclose(own.se.array, robust.se.array, rtol=1e-10)
