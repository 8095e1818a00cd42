"""`lw.nonlinear`: what it takes, what it gives, and what it refuses."""

from __future__ import annotations

import warnings
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.stats import distributions as dist

import leastwise as lw


def data(n: int = 60, seed: int = 0) -> dict[str, Any]:
    make = np.random.default_rng(seed)
    x = make.uniform(0, 8, n)
    return {
        "x": x,
        "w": make.uniform(0.5, 2, n),
        "g": make.choice([1, 2, 3, 4, 5, 6], n),
        "t": make.choice(["a", "b"], n),
        "signal": 5 * np.exp(-x / 3) + 1 + 0.1 * make.normal(size=n),
        "other": 2 * np.exp(-x / 3) + 0.1 * make.normal(size=n),
    }


def decay(p: Any, d: Any) -> Any:
    return p["a"] * jnp.exp(-d["x"] / p["tau"]) + p["c"]


START = {"a": 1.0, "tau": 2.0, "c": 0.0}


def test_it_is_what_scipy_finds() -> None:
    d = data()
    m = lw.nonlinear(decay, d, y="signal", start=START)

    def f(x: Any, a: float, c: float, tau: float) -> Any:
        return a * np.exp(-x / tau) + c

    right, spread = curve_fit(
        f, d["x"], d["signal"], (1.0, 0.0, 2.0), xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    assert m.names == ("a", "c", "tau")
    np.testing.assert_allclose(m.estimates, right, rtol=1e-7)
    # SciPy's Jacobian is of differences: its errors have fewer digits.
    np.testing.assert_allclose(m.standard_errors, np.sqrt(np.diag(spread)), rtol=1e-5)
    assert m.digits["tau"] > 12


def test_a_straight_line_is_the_linear_fit() -> None:
    d = data()
    m = lw.nonlinear(
        lambda p, d: p["Intercept"] + p["x"] * d["x"], d, y="signal",
        start={"Intercept": 0.0, "x": 0.0}, weights="w",
    )  # fmt: skip
    right = lw.ols("signal ~ x", d, weights="w")
    np.testing.assert_allclose(m.estimates, right.estimates, rtol=1e-12)
    np.testing.assert_allclose(m.covariance, right.covariance, rtol=1e-11)
    assert m.log_likelihood == pytest.approx(right.log_likelihood, rel=1e-12)
    for cov in ("HC0", "HC3", "cluster:g"):
        np.testing.assert_allclose(
            m.with_cov(cov).standard_errors,
            right.with_cov(cov).standard_errors,
            rtol=1e-10,
        )
    one = m.predict({"x": [1.0, np.nan, 9.0]}, interval="confidence")
    two = right.predict({"x": [1.0, np.nan, 9.0]}, interval="confidence")
    np.testing.assert_allclose(one.low, two.low, rtol=1e-11)
    assert str(m.test("x = 0").p_value)[:8] == str(right.test("x = 0").p_value)[:8]


def test_frequency_weights_are_rows() -> None:
    d = data()
    m = lw.nonlinear(
        decay, d, y="signal", start=START, weights=lw.weights.frequency(d["g"])
    )
    rows = {k: np.repeat(v, d["g"]) for k, v in d.items()}
    right = lw.nonlinear(decay, rows, y="signal", start=START)
    np.testing.assert_allclose(m.estimates, right.estimates, rtol=1e-10)
    np.testing.assert_allclose(m.standard_errors, right.standard_errors, rtol=1e-9)
    assert m.n == right.n


def test_parameters_are_any_pytree() -> None:
    d = data()
    start = {"size": [1.0, 0.0], "rate": np.array([0.5])}
    m = lw.nonlinear(
        lambda p, d: p["size"][0] * jnp.exp(-d["x"] * p["rate"][0]) + p["size"][1],
        d, y="signal", start=start,
    )  # fmt: skip
    right = lw.nonlinear(decay, d, y="signal", start=START)
    assert m.names == ("rate[0]", "size[0]", "size[1]")
    assert m.coef["size[0]"] == pytest.approx(right.coef["a"], rel=1e-9)
    assert 1 / m.coef["rate[0]"] == pytest.approx(right.coef["tau"], rel=1e-9)


def test_several_targets_share_parameters() -> None:
    d = data()

    def both(p: Any, d: Any) -> Any:
        fall = jnp.exp(-d["x"] / p["tau"])
        return p["a"] * fall + p["c"], p["b"] * fall

    m = lw.nonlinear(both, d, y=["signal", "other"], start=START | {"b": 1.0})
    long = {
        "x": np.repeat(d["x"], 2),
        "first": np.tile([1.0, 0.0], len(d["x"])),
        "y": np.column_stack([d["signal"], d["other"]]).ravel(),
    }

    def stacked(p: Any, d: Any) -> Any:
        fall = jnp.exp(-d["x"] / p["tau"])
        size = d["first"] * p["a"] + (1 - d["first"]) * p["b"]
        return size * fall + d["first"] * p["c"]

    right = lw.nonlinear(stacked, long, y="y", start=START | {"b": 1.0})
    np.testing.assert_allclose(m.estimates, right.estimates, rtol=1e-9)
    np.testing.assert_allclose(m.standard_errors, right.standard_errors, rtol=1e-8)
    assert m.predict({"x": [1.0, 2.0]}).shape == (2, 2)


def test_a_model_whose_rows_hang_together_is_taken_whole() -> None:
    d = data()
    m = lw.nonlinear(
        lambda p, d: p["a"] + p["b"] * jnp.cumsum(d["x"]), d, y="signal",
        start={"a": 0.0, "b": 0.0},
    )  # fmt: skip
    right = lw.ols("signal ~ s", d | {"s": np.cumsum(d["x"])})
    np.testing.assert_allclose(m.estimates, right.estimates, rtol=1e-10)


def test_a_bound_is_said_and_a_held_parameter_is_known() -> None:
    d = data()
    m = lw.nonlinear(decay, d, y="signal", start=START, bounds={"c": (None, 0.5)})
    assert m.coef["c"] == 0.5
    assert np.isnan(m.se["c"])
    assert any("lies on a bound" in note for note in m.notes)
    held = lw.nonlinear(
        decay, d, y="signal", start=START | {"c": 0.5}, bounds={"c": (0.5, 0.5)}
    )
    np.testing.assert_allclose(m.estimates, held.estimates, rtol=1e-8)
    assert m.with_cov("HC0").se["a"] > 0


def test_many_starts_find_the_lowest_minimum() -> None:
    make = np.random.default_rng(1)
    x = np.linspace(0, 6, 80)
    d = {"x": x, "y": np.sin(2.5 * x) + 0.05 * make.normal(size=80)}

    def wave(p: Any, d: Any) -> Any:
        return p["a"] * jnp.sin(p["w"] * d["x"])

    poor = lw.nonlinear(wave, d, y="y", start={"a": 1.0, "w": 6.0})
    good = lw.nonlinear(
        wave,
        d,
        y="y",
        start={"a": 1.0, "w": 6.0},
        bounds={"w": (0.1, 8)},
        multistart=20,
    )
    assert good.measures.deviance < poor.measures.deviance
    assert good.coef["w"] == pytest.approx(2.5, abs=0.02)


def test_missing_rows_are_dropped_and_counted() -> None:
    d = data()
    d["x"] = d["x"].copy()
    d["x"][3] = np.nan
    d["unused"] = np.full(len(d["x"]), np.nan)
    m = lw.nonlinear(decay, d, y="signal", start=START)
    assert (m.rows.read, m.rows.used) == (60, 59)
    with pytest.raises(lw.DataError, match="missing"):
        lw.nonlinear(decay, d, y="signal", start=START, missing="error")


def test_a_parameter_without_influence_is_named() -> None:
    m = lw.nonlinear(
        lambda p, d: p["a"] + 0 * p["b"] * d["x"], data(), y="signal",
        start={"a": 1.0, "b": 1.0},
    )  # fmt: skip
    assert np.isnan(m.coef["b"])
    assert m.aliased[0].name == "b"


def test_parameters_that_cannot_be_told_apart_are_named() -> None:
    m = lw.nonlinear(
        lambda p, d: (p["a"] + p["b"]) * d["x"], data(), y="signal",
        start={"a": 1.0, "b": 1.0},
    )  # fmt: skip
    assert [row.name for row in m.aliased] == ["b"]
    assert "b = a" in m.aliased[0].reason


REFUSED: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "a start outside": (
        decay, {"bounds": {"tau": (3, 9)}}, lw.RequestError, "start of tau is 2"),
    "bounds of nothing": (
        decay, {"bounds": {"tao": (0, 9)}}, lw.RequestError, '"tao", which is no'),
    "bounds the wrong way": (
        decay, {"bounds": {"tau": (9, 0)}}, lw.RequestError, "lower one first"),
    "bounds that are no pair": (
        decay, {"bounds": {"tau": 3}}, lw.RequestError, "bounds of tau are 3"),
    "a start that is text": (
        decay, {"start": START | {"a": "1"}}, lw.RequestError, "no real number"),
    "a start that is complex": (
        decay, {"start": START | {"a": 1j}}, lw.RequestError, "no real number"),
    "a start that is NaN": (
        decay, {"start": START | {"a": np.nan}}, lw.RequestError, "not finite"),
    "no parameter": (decay, {"start": {}}, lw.RequestError, "no parameter"),
    "a column there is not": (
        lambda p, d: p["a"] * d["z"], {}, lw.DataError, 'no column "z"'),
    "a target there is not": (decay, {"y": "sign"}, lw.DataError, 'no column "sign"'),
    "a column of text": (
        lambda p, d: p["a"] * d["t"], {}, lw.DataError, 'column "t" is text'),
    "NumPy in the model": (
        lambda p, d: p["a"] * np.exp(-np.asarray(p["tau"])) * d["x"], {},
        lw.RequestError, "cannot be traced"),
    "a branch on a parameter": (
        lambda p, d: d["x"] if p["a"] > 0 else -d["x"], {},
        lw.RequestError, "cannot be traced"),
    "a value that is a float": (
        lambda p, d: float(p["a"]) * d["x"], {}, lw.RequestError, "cannot be traced"),
    "an output of another shape": (
        lambda p, d: p["a"] * d["x"][:3], {}, lw.RequestError, "output of shape"),
    "two outputs for one target": (
        lambda p, d: (p["a"] * d["x"], d["x"]), {}, lw.RequestError, "1 target"),
    "complex numbers": (
        lambda p, d: p["a"] * d["x"] * 1j, {}, lw.RequestError, "complex"),
    "no value at the start": (
        lambda p, d: p["a"] * jnp.log(d["x"] - 4), {}, lw.DataError,
        "the model is nan in row"),
    "no derivative at the start": (
        lambda p, d: jnp.sqrt(p["c"]) * d["x"], {}, lw.DataError,
        "derivative of the model by . is (nan|inf) in row"),
    "an option there is not": (decay, {"method": "lm"}, TypeError, "method"),
    "a number of starts": (
        decay, {"multistart": "many"}, lw.RequestError, "no number of starts"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_said(what: str) -> None:
    function, more, kind, said = REFUSED[what]
    asked = {"y": "signal", "start": START} | more
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(kind, match=said):
            lw.nonlinear(function, data(), **asked)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(lw.DataError, match="2 residuals cannot determine 3"):
        lw.nonlinear(decay, data(2), y="signal", start=START)


def test_one_function_is_compiled_once() -> None:
    import jax

    d = data()
    lw.nonlinear(decay, d, y="signal", start=START)
    with jax.log_compiles(), warnings.catch_warnings():
        warnings.simplefilter("error")
        import logging

        seen: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: seen.append(record.getMessage())  # type: ignore[method-assign]
        logger = logging.getLogger("jax")
        logger.addHandler(handler)
        try:
            lw.nonlinear(decay, data(62, seed=3), y="signal", start=START)
        finally:
            logger.removeHandler(handler)
    assert not [text for text in seen if "_bend" in text or "_forward" in text]


def test_profile_ends_are_where_the_sum_of_squares_has_risen() -> None:
    """The size given the time is linear: its best is a quotient of two sums."""
    from scipy.optimize import brentq
    from scipy.stats import t as student

    d = data()
    m = lw.nonlinear(
        lambda p, d: p["a"] * jnp.exp(-d["x"] / p["tau"]), d, y="other",
        start={"a": 1.0, "tau": 2.0},
    )  # fmt: skip

    def rss(tau: float) -> float:
        fall = np.exp(-d["x"] / tau)
        a = fall @ d["other"] / (fall @ fall)
        return float(((d["other"] - a * fall) ** 2).sum())

    best, tau = rss(m.coef["tau"]), m.coef["tau"]
    dof = len(d["x"]) - 2
    goal = float(student.ppf(0.95, dof)) ** 2 * best / dof

    def above(value: float) -> float:
        return rss(value) - best - goal

    right = (brentq(above, 0.5 * tau, tau, xtol=1e-13), brentq(above, tau, 3 * tau))
    np.testing.assert_allclose(m.profile("tau", level=0.9)["tau"], right, rtol=1e-9)
    assert (
        m.interval(0.9, method="profile")["tau"] == m.profile("tau", level=0.9)["tau"]
    )


def test_profiles_stop_at_bounds_and_reach_infinity() -> None:
    d = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [0.2, 1.9, 2.1, 2.0, 2.05]}

    def rise(p: Any, d: Any) -> Any:
        return p["top"] * (1 - jnp.exp(-p["rate"] * d["x"]))

    start = {"top": 2.0, "rate": 2.0}
    free = lw.nonlinear(rise, d, y="y", start=start).profile("rate", level=0.999)
    assert free["rate"][1] == np.inf
    kept = lw.nonlinear(rise, d, y="y", start=start, bounds={"rate": (0, 9)})
    assert kept.profile("rate", level=0.999)["rate"][1] == 9.0


def test_a_profile_does_not_step_across_a_wall() -> None:
    """No curve of height 0 fits; beyond it, bent the other way, some do again."""
    make = np.random.default_rng(10)
    x = make.normal(size=120)
    d = {"x": x, "y": 1.7 + 0.7 * x + 0.02 * x**2 + 0.6 * make.normal(size=120)}

    def growth(p: Any, d: Any) -> Any:
        return p["a"] * jnp.exp(p["k"] * d["x"]) + p["c"]

    m = lw.nonlinear(growth, d, y="y", start={"a": 1.0, "k": 0.5, "c": 0.1})
    low, high = m.profile("a")["a"]

    def root(a: float, rates: np.ndarray) -> float:
        """Every rate is tried; the level is a mean."""
        left = d["y"] - a * np.exp(np.outer(rates, x))
        rss = np.var(left, axis=1).min() * len(x)
        return float(np.sqrt((rss - m.measures.deviance) / m.measures.dispersion))

    goal = dist.t.ppf(0.975, m.dof)
    assert root(low, np.linspace(0.01, 2, 200_001)) == pytest.approx(goal, rel=1e-6)
    assert m.estimates[0] - 2 * m.standard_errors[0] < 0 < low
    # The other part of the region, which is not that of the estimate.
    assert root(-50.0, np.linspace(-0.1, 0.1, 20_001)) < goal
    assert high == np.inf


def test_a_linear_model_as_a_function_answers_as_the_linear_one() -> None:
    d = data()
    m = lw.nonlinear(
        lambda p, d: p["Intercept"] + p["x"] * d["x"], d, y="signal",
        start={"Intercept": 0.0, "x": 0.0},
    )  # fmt: skip
    right = lw.glm("signal ~ x", d)
    one, two = m.influence(), right.influence()
    for name in ("leverage", "cook", "studentized"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-9)
    rows = {"x": [1.0, 2.0]}
    one = m.predict(rows, interval="prediction")
    two = right.predict(rows, interval="prediction")
    np.testing.assert_allclose(one.low, two.low, rtol=1e-9)
    assert m.criteria().left_out_deviance == pytest.approx(
        right.criteria().left_out_deviance, rel=1e-9
    )
    np.testing.assert_allclose(
        m.quantile_residuals(), right.quantile_residuals(), rtol=1e-7, atol=1e-9
    )
    np.testing.assert_allclose(m.profile("x")["x"], right.profile("x")["x"], rtol=1e-8)
    for ask in ("anova", "check", "means"):
        with pytest.raises(lw.RequestError, match="Nonlinear least squares"):
            getattr(m, ask)()
    with pytest.raises(lw.RequestError, match="Nonlinear least squares"):
        m.fragility("x")


def test_transforms_shorten_the_way_and_change_no_answer() -> None:
    d = data()
    start = {"a": 1e-3, "tau": 1e4, "c": 0.5}
    moved = lw.nonlinear(
        decay, d, y="signal", start=start,
        transforms={
            "a": lw.transform.Log(),
            "tau": lw.transform.Log(),
            "c": lw.transform.Logit(0.0, 2.0),
        },
    )  # fmt: skip
    right = lw.nonlinear(decay, d, y="signal", start=START)
    np.testing.assert_allclose(moved.estimates, right.estimates, rtol=1e-10)
    np.testing.assert_allclose(moved.covariance, right.covariance, rtol=1e-8)
    assert moved.convergence.status.is_success


TRANSFORMS: dict[str, tuple[Any, str]] = {
    "a start that has no logarithm": (
        {"c": lw.transform.Log()},
        "takes values above 0",
    ),
    "a start outside": ({"tau": lw.transform.Logit(0, 1)}, "between 0 and 1"),
    "a name there is not": ({"tao": lw.transform.Log()}, '"tao", which is no'),
    "a word": ({"tau": "log"}, "transform of tau is 'log'"),
}


@pytest.mark.parametrize("what", TRANSFORMS)
def test_a_transform_that_cannot_be_is_said(what: str) -> None:
    transforms, said = TRANSFORMS[what]
    with pytest.raises(lw.RequestError, match=said):
        lw.nonlinear(decay, data(), y="signal", start=START, transforms=transforms)
    with pytest.raises(lw.RequestError, match="no range"):
        lw.transform.Logit(1.0, 0.0)
