"""The observed Hessian of models that are functions: JAX's own is the witness."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import RequestError


def decay(p, d):
    return p["a"] * jnp.exp(-d["x"] / p["t"])


@pytest.mark.parametrize("unit", [1.0, 1e-7, 2.0**40])
def test_the_hessian_holds_the_curvature_of_the_model(unit):
    rng = np.random.default_rng(0)
    x, w = rng.uniform(0, 10, 40), rng.uniform(0.5, 2, 40)
    y = unit * (3 * np.exp(-x / 2.5) + 0.5 * rng.normal(size=40))
    town = np.arange(40) // 5
    data = {"x": x, "y": y, "w": w, "town": town}
    m = lw.nonlinear(decay, data, y="y", start={"a": 1.0 * unit, "t": 3.0}, weights="w")
    a, t = m.estimates

    def cost(theta):
        return 0.5 * jnp.sum(w * (y - theta[0] * jnp.exp(-x / theta[1])) ** 2)

    with jax.enable_x64(True):
        hessian = np.asarray(jax.hessian(cost)(jnp.asarray(m.estimates)))
    bread = np.linalg.inv(hessian)
    e = np.exp(-x / t)
    J = np.column_stack([e, a * e * x / t**2])
    score = J * (w * (y - a * e))[:, None]
    found = m.with_cov(lw.cov.Hessian()).covariance
    np.testing.assert_allclose(found, m.measures.dispersion * bread, rtol=1e-12)
    found = m.with_cov(lw.cov.Sandwich()).covariance
    np.testing.assert_allclose(found, bread @ score.T @ score @ bread, rtol=1e-12)
    sums = np.add.reduceat(score, np.arange(0, 40, 5))
    found = m.with_cov(lw.cov.Sandwich(lw.cov.Cluster("town", kind="CR0"))).covariance
    np.testing.assert_allclose(found, bread @ sums.T @ sums @ bread, rtol=1e-12)
    # Without it the difference is one that a reader would see.
    assert abs(m.se["t"] / m.with_cov(lw.cov.Hessian()).se["t"] - 1) > 0.005


def test_parameters_on_a_bound_and_too_many():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 10, 300)
    y = 3 * np.exp(-x / 2.5) + 0.5 * rng.normal(size=300)
    data = {"x": x, "y": y}
    start = {"a": 1.0, "t": 1.5}
    m = lw.nonlinear(decay, data, y="y", start=start, bounds={"t": (None, 2.0)})
    m = m.with_cov(lw.cov.Hessian())
    # With t held the model is a line through 0: its Hessian is that of the line.
    e = np.exp(-x / 2.0)
    line = lw.ols("y ~ e - 1", {"y": y, "e": e})
    assert m.se["a"] == pytest.approx(line.se["e"], rel=1e-12)
    assert np.isnan(m.se["t"])

    def steps(p, d):
        return p["w"][jnp.asarray(d["at"], int)]

    many = {"at": np.repeat(np.arange(201.0), 2), "y": rng.normal(size=402)}
    m = lw.nonlinear(steps, many, y="y", start={"w": np.zeros(201)})
    with pytest.raises(RequestError, match="all pairs of 201 parameters"):
        m.with_cov(lw.cov.Hessian())
