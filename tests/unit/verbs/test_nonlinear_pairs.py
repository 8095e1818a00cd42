"""Models in pairs: when they are used, and what is said where they cannot be."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import leastwise as lw

X = np.linspace(0.1, 4.0, 25)
RNG = np.random.default_rng(3)
DATA = {"x": X, "y": 2.0 * np.exp(-0.7 * X) + 0.01 * RNG.normal(size=25)}


def decay(p: Any, d: Any) -> Any:
    return p["a"] * jnp.exp(-p["k"] * d["x"])


def probit(p: Any, d: Any) -> Any:
    return p["a"] * jax.scipy.special.erf(p["k"] * d["x"])


START = {"a": 1.0, "k": 1.0}


def test_float64_is_enough_for_eight_digits() -> None:
    m = lw.nonlinear(decay, DATA, y="y", start=START)
    assert m.convergence.method == "Levenberg-Marquardt"
    fine = lw.nonlinear(decay, DATA, y="y", start=START, digits=15)
    assert fine.convergence.method == "Levenberg-Marquardt, in pairs at the end"
    assert (fine.certified > 15.9).all()
    np.testing.assert_allclose(m.estimates, fine.estimates, rtol=1e-10)
    np.testing.assert_allclose(m.standard_errors, fine.standard_errors, rtol=1e-10)


def test_blocks_weights_and_several_targets() -> None:
    """More rows than a block, each half of a target of its own, against one block."""
    n = 2100
    x = np.linspace(0, 3, n)
    noise = RNG.normal(size=(n, 2)) * 0.01
    w = RNG.uniform(0.5, 2.0, n)
    data = {"x": x, "u": np.exp(-x) + noise[:, 0], "v": 2 * np.exp(-x) + noise[:, 1]}

    def both(p: Any, d: Any) -> Any:
        e = jnp.exp(-p["k"] * d["x"])
        return jnp.stack([p["a"] * e, p["b"] * e], axis=-1)

    def long(p: Any, d: Any) -> Any:
        return jnp.where(d["first"] > 0, p["a"], p["b"]) * jnp.exp(-p["k"] * d["x"])

    start = {"a": 1.0, "b": 1.0, "k": 0.5}
    wide = lw.nonlinear(both, data, y=["u", "v"], start=start, weights=w, digits=15)
    stacked = {
        "x": np.tile(x, 2),
        "first": np.repeat([1.0, 0.0], n),
        "y": np.concatenate([data["u"], data["v"]]),
    }
    tall = lw.nonlinear(
        long, stacked, y="y", start=start, weights=np.tile(w, 2), digits=15
    )
    # The float64 nearest to the same numbers.
    np.testing.assert_array_equal(wide.estimates, tall.estimates)
    np.testing.assert_allclose(wide.standard_errors, tall.standard_errors, rtol=1e-15)


def test_a_bound_holds_in_pairs_too() -> None:
    bounds = {"k": (0.8, None)}
    m = lw.nonlinear(decay, DATA, y="y", start=START, bounds=bounds, digits=15)
    e = np.exp(-0.8 * X)
    assert m.coef["k"] == 0.8 and np.isnan(m.se["k"])
    assert m.coef["a"] == pytest.approx(e @ DATA["y"] / (e @ e), rel=1e-15)


def test_what_has_no_form_in_pairs_is_said() -> None:
    data = {"x": X, "y": 2 * np.tanh(X) + 0.01 * RNG.normal(size=25)}
    plain = lw.nonlinear(probit, data, y="y", start=START)
    assert not plain.notes
    m = lw.nonlinear(probit, data, y="y", start=START, digits=15)
    np.testing.assert_array_equal(m.estimates, plain.estimates)
    assert m.notes == (
        "15 digits were asked for, and float64 is where it ends: the model uses erf, "
        "which has no form in pairs.",
    )
    with pytest.raises(lw.RequestError, match="decimal=True: the model uses erf"):
        lw.nonlinear(probit, data, y="y", start=START, decimal=True)


def test_integers_beyond_float64_are_kept_as_decimals() -> None:
    big = 2**60 + np.arange(6)

    def line(p: Any, d: Any) -> Any:
        return p["a"] + p["b"] * (d["t"] - 2.0**60)

    data = {"t": big, "y": 1.0 + 3.0 * np.arange(6)}
    with pytest.raises(lw.DataError, match="or give decimal=True"):
        lw.nonlinear(line, data, y="y", start={"a": 0.0, "b": 1.0})
    m = lw.nonlinear(line, data, y="y", start={"a": 0.5, "b": 1.0}, decimal=True)
    np.testing.assert_allclose(m.estimates, [1.0, 3.0], rtol=1e-15)


@pytest.mark.parametrize(
    ("options", "text"),
    [({"digits": 16}, "digits=16"), ({"decimal": 1}, "decimal=1")],
)
def test_options_are_checked(options: dict[str, Any], text: str) -> None:
    with pytest.raises(lw.RequestError, match=text):
        lw.nonlinear(decay, DATA, y="y", start=START, **options)


def test_a_model_that_jumps_is_stuck_and_says_what_to_do() -> None:
    def steps(p: Any, d: Any) -> Any:
        return jnp.round(50 * decay(p, d)) / 50 + 1e-3 * p["a"]

    m = lw.nonlinear(steps, DATA, y="y", start=START)
    assert m.convergence.text.startswith("stuck after")
    assert "write it with functions that are smooth" in m.notes[0]
    assert not np.any(m.certified > 0)


def test_a_start_that_lacks_a_parameter_is_said() -> None:
    with pytest.raises(lw.RequestError, match=r"KeyError: 'k'.*start= \(a\)"):
        lw.nonlinear(decay, DATA, y="y", start={"a": 1.0})


@pytest.mark.parametrize("unit", [1e160, 1e-160])
def test_a_derivative_whose_square_leaves_float64_is_refused(unit: float) -> None:
    def line(p: Any, d: Any) -> Any:
        return p["a"] + p["b"] * d["x"]

    data = {"x": X * unit, "y": X}
    with pytest.raises(lw.DataError, match="derivative of the model by b is 4e"):
        lw.nonlinear(line, data, y="y", start={"a": 0.0, "b": 1.0 / unit})
