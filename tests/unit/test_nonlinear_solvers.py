"""First-order solvers of models: the fit of Levenberg and Marquardt is the witness."""

import jax.numpy as jnp
import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import LeastwiseWarning, RequestError
from leastwise._kit.precision import float64_scope
from leastwise.loops.bounded import Bounded, ends_of
from leastwise.loops.near import Box


def decay(p, d):
    return p["c"] + p["a"] * jnp.exp(-d["x"] / p["tau"])


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = np.linspace(0.0, 20.0, 300)
    # In units in which nothing is near 1.
    y = 1e6 * (3.0 + 5.0 * np.exp(-x / 4.0) + 0.2 * rng.normal(size=len(x)))
    return {"x": 1e-3 * x, "y": y, "w": rng.integers(1, 4, len(x))}


FAR = {"a": 2e6, "tau": 8e-3, "c": 4e6}


@pytest.mark.parametrize(
    "solver",
    [lw.LBFGS(), lw.Adam(steps=3000), lw.GradientDescent(), lw.Momentum()],
    ids=lambda one: one.name,
)
def test_a_solver_reaches_the_minimum_in_any_units(data, solver):
    ask = {"y": "y", "start": FAR, "weights": "w", "cov": "HC1"}
    whole = lw.nonlinear(decay, data, **ask)
    m = lw.nonlinear(decay, data, **ask, solver=solver)
    off = (m.coef.array - whole.coef.array) / whole.se.array
    assert np.abs(off).max() < 1e-9
    np.testing.assert_allclose(m.se.array, whole.se.array, rtol=1e-9)
    assert m.convergence.method == solver.name
    assert m.convergence.status.is_success
    # The certificate is not below what it is off by.
    truth = np.abs(m.coef.array / whole.coef.array - 1.0)
    assert (truth < 10.0 ** -(m.digits.array - 1.0)).all()
    np.testing.assert_array_equal(m.trace.coefficients[-1, :, 0], m.coef.array)
    start = [FAR["a"], FAR["c"], FAR["tau"]]
    np.testing.assert_allclose(m.trace.coefficients[0, :, 0], start, rtol=1e-12)


@pytest.mark.parametrize(
    "bounds",
    [
        {"tau": (0.0, None), "a": (0.0, 1e8)},
        {"c": (3.5e6, None)},
        {"tau": (None, 3e-3)},
        {"c": (3.2e6, 5e6), "tau": (8e-3, 8e-3)},
    ],
)
def test_bounds_are_kept(data, bounds):
    start = {**FAR, "tau": 2e-3} if "tau" in bounds and len(bounds) == 1 else FAR
    ask = {"y": "y", "start": start, "bounds": bounds}
    whole = lw.nonlinear(decay, data, **ask)
    m = lw.nonlinear(decay, data, **ask, solver=lw.Adam(steps=4000))
    np.testing.assert_allclose(m.coef.array, whole.coef.array, rtol=1e-7)
    np.testing.assert_allclose(m.se.array, whole.se.array, rtol=1e-6)
    np.testing.assert_array_equal(np.isnan(m.se.array), np.isnan(whole.se.array))


def test_coordinates_of_bounds_there_and_back():
    low = np.array([-np.inf, 1.0, -np.inf, -2.0, 5.0])
    high = np.array([np.inf, np.inf, 3.0, 2.0, 5.0])
    box, theta = Box(low, high), np.array([7.0, 4.0, -1.0, 0.5, 5.0])
    bounded = Bounded.of(box)
    ends = ends_of(box, theta)
    u = bounded.coordinates(theta, box, ends.size)
    with float64_scope():
        back = np.asarray(bounded.values(u, ends))
        step = 1e-6
        slopes = [
            (
                np.asarray(bounded.values(u + step * one, ends))
                - np.asarray(bounded.values(u - step * one, ends))
            )[j]
            / (2 * step)
            for j, one in enumerate(np.eye(5))
        ]
    np.testing.assert_allclose(back, theta, rtol=1e-14)
    np.testing.assert_allclose(bounded.slopes(u, box, ends.size), slopes, atol=1e-8)


def test_minibatches_say_how_far_they_are(data):
    whole = lw.nonlinear(decay, data, y="y", start=FAR)
    run = lw.Run(batch=50, seed=1)
    solver = lw.Adam(steps=1000, run=run)
    with pytest.warns(LeastwiseWarning, match="standard errors from the optimum"):
        m = lw.nonlinear(decay, data, y="y", start=FAR, solver=solver)
    off = m.coef.array - whole.coef.array
    far = np.sqrt(off @ np.linalg.solve(whole.covariance, off))
    assert m.convergence.decrement == pytest.approx(far, rel=0.1)
    assert far < 1
    assert (m.digits.array == 0).all()


def test_a_tree_of_parameters_and_two_targets():
    rng = np.random.default_rng(2)
    x = rng.uniform(-2, 2, 400)
    hidden = np.tanh(np.outer(x, [1.0, -0.5]) + np.array([0.3, 0.8]))
    Y = hidden @ np.array([[1.0, 0.5], [2.0, -1.0]]) + 0.05 * rng.normal(size=(400, 2))
    rows = {"x": x, "u": Y[:, 0], "v": Y[:, 1]}

    def net(p, d):
        inner = jnp.tanh(d["x"][:, None] * p["in"]["w"] + p["in"]["b"])
        return inner @ p["out"]

    start = {
        "in": {"w": np.array([0.7, -0.7]), "b": np.zeros(2) + 0.1},
        "out": np.array([[0.8, 0.3], [1.5, -0.6]]),
    }
    ask = {"y": ("u", "v"), "start": start}
    whole = lw.nonlinear(net, rows, **ask)
    m = lw.nonlinear(net, rows, **ask, solver=lw.Nesterov(steps=20_000))
    assert m.convergence.status.is_success
    off = np.abs(m.coef.array - whole.coef.array) / whole.se.array
    assert off.max() <= m.convergence.left < 0.01


@pytest.mark.parametrize(
    ("ask", "match"),
    [
        ({"transforms": {"tau": lw.transform.Log()}}, "transforms= does not go"),
        ({"multistart": 3}, "multistart= does not go"),
        ({"decimal": True}, "decimal= does not go"),
        ({"solver": lw.Adam(start=np.zeros(3))}, "starts from its start="),
        ({"solver": lw.GradientDescent(1e9)}, "diverged|no value"),
    ],
)
def test_what_does_not_go_with_a_solver(data, ask, match):
    given = {"solver": lw.LBFGS(), **ask}
    with pytest.raises(RequestError, match=match):
        lw.nonlinear(decay, data, y="y", start=FAR, **given)


def test_batches_of_rows_that_depend_on_others(data):
    def summed(p, d):
        return p["a"] * jnp.cumsum(d["x"])

    solver = lw.Adam(run=lw.Run(batch=10))
    with pytest.raises(RequestError, match="depends on other rows"):
        lw.nonlinear(summed, data, y="y", start={"a": 1.0}, solver=solver)


def test_a_run_is_taken_up(data, tmp_path):
    def fit(steps):
        run = lw.Run(checkpoint=tmp_path / "a.npz")
        solver = lw.GradientDescent(steps=steps, run=run)
        near = {**FAR, "tau": 5e-3}
        return lw.nonlinear(decay, data, y="y", start=near, solver=solver)

    first = fit(5000)
    again = fit(5000)
    assert again.coef.array.tobytes() == first.coef.array.tobytes()
    with pytest.raises(RequestError, match="another run"):
        fit(4000)
