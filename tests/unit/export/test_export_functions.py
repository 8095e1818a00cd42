"""Models that are functions in other languages: what numpy makes of the parameters."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

import leastwise as lw
from leastwise._kit.optional import need
from leastwise.model.export.expression import Score
from leastwise.model.export.python import to_python
from leastwise.model.export.sql import to_sql
from leastwise.model.export.traced import traced
from tests.unit.export.test_export_losses import function_of

X = np.array([-3.0, -1.0, -0.4, 0.0, 0.3, 1.0, 2.5])
Z = np.array([0.5, 1.0, 2.0, 3.0, 0.25, 1.5, 4.0])

# JAX is given the first, NumPy and SciPy say what it is.
FUNCTIONS: dict[str, Any] = {
    "powers": (
        lambda p, c: c["x"] ** 3 + p[0] * c["z"] ** 1.5 - c["x"] ** -2 * c["z"] * 0,
        lambda p, x, z: x**3 + p[0] * z**1.5,
    ),
    "waves": (
        lambda p, c: jnp.sin(c["x"]) * jnp.cos(p[1] * c["z"]) - jnp.tan(c["x"] / 4),
        lambda p, x, z: np.sin(x) * np.cos(p[1] * z) - np.tan(x / 4),
    ),
    "logs": (
        lambda p, c: jnp.log(c["z"]) / jnp.sqrt(c["z"]) + jnp.log1p(c["z"]) ** p[0],
        lambda p, x, z: np.log(z) / np.sqrt(z) + np.log1p(z) ** p[0],
    ),
    "curves": (
        lambda p, c: jnp.tanh(c["x"]) + jnp.expm1(p[0] * c["x"]) - jnp.exp(-c["z"]),
        lambda p, x, z: np.tanh(x) + np.expm1(p[0] * x) - np.exp(-z),
    ),
    "sigmoids": (
        lambda p, c: (
            jax.nn.sigmoid(c["x"]) * p[0]
            + jax.scipy.special.erf(c["x"])
            + jnp.arctan(p[1] * c["x"])
        ),
        lambda p, x, z: special.expit(x) * p[0] + special.erf(x) + np.arctan(p[1] * x),
    ),
    "hyperbolas": (
        lambda p, c: (
            jnp.sinh(c["x"]) * p[0] + jnp.cosh(c["z"]) + jax.nn.softplus(c["x"])
        ),
        lambda p, x, z: np.sinh(x) * p[0] + np.cosh(z) + np.log1p(np.exp(x)),
    ),
    "choices": (
        lambda p, c: (
            jnp.where((c["x"] > 0) & (c["z"] < 3), p[0] * c["x"], c["z"])
            + jnp.maximum(c["x"], p[0]) * jnp.minimum(c["z"], 1.2)
            + jnp.clip(c["x"], -0.5, 0.5)
            + jnp.sign(c["x"])
            + jnp.abs(c["x"])
        ),
        lambda p, x, z: (
            np.where((x > 0) & (z < 3), p[0] * x, z)
            + np.maximum(x, p[0]) * np.minimum(z, 1.2)
            + np.clip(x, -0.5, 0.5)
            + np.sign(x)
            + np.abs(x)
        ),
    ),
    "stacked": (
        lambda p, c: jnp.sum(jnp.stack([c["x"], c["z"]], axis=1) * p, axis=1),
        lambda p, x, z: p[0] * x + p[1] * z,
    ),
}
P = np.array([0.7, 1.3])


def away_from_zero(name: str) -> Any:
    return X != 0 if name == "powers" else np.full(len(X), True)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arithmetic_of_columns(name: str) -> None:
    function, plain = FUNCTIONS[name]
    good = away_from_zero(name)
    x, z = X[good], Z[good]
    (value,) = traced(lambda p, c: function(p, c)[:, None], P, ("x", "z"))
    right = plain(P, x, z)
    score = Score("", "", value, (("x", "number"), ("z", "number")))
    predict = function_of(to_python(score))
    rows = list(zip(x.tolist(), z.tolist(), strict=True))
    found = [predict({"x": a, "z": b}) for a, b in rows]
    assert np.abs(found - right).max() < 1e-14 * max(1.0, np.abs(right).max())
    with sqlite3.connect(":memory:") as database:
        database.execute("create table t (x double, z double)")
        database.executemany("insert into t values (?, ?)", rows)
        query = f"select {to_sql(score, 'sqlite')} from t"
        numbers = np.array(database.execute(query).fetchall(), float)[:, 0]
    assert np.abs(numbers - right).max() < 1e-12 * max(1.0, np.abs(right).max())


def rows() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    x, z = np.linspace(0.1, 5.0, 60), rng.normal(size=60)
    y = 3.0 * np.exp(-0.7 * x) + 0.2 * z + 1.0 + 0.02 * rng.normal(size=60)
    return {"x": x, "z": z, "y": y, "double": 2.0 * y + x}


def decay(p: Any, c: Any) -> Any:
    """Fall off, and half of z where it is below 0."""
    rest = jnp.where(c["z"] > 0, p["c"] * c["z"], 0.5 * c["z"])
    return p["a"] * jnp.exp(-p["k"] * c["x"]) + rest


def test_a_nonlinear_fit_in_every_language(tmp_path: Path) -> None:
    start = {"a": 1.0, "c": 0.1, "k": 1.0}
    m = lw.nonlinear(decay, rows(), y="y", start=start)
    p = dict(zip(m.names, m.estimates, strict=True))
    x, z = np.array([0.5, 2.0, 4.0]), np.array([-1.0, 0.5, 0.0])
    rest = np.where(z > 0, p["c"] * z, 0.5 * z)
    right = p["a"] * np.exp(-p["k"] * x) + rest
    predict = function_of(m.to_python())
    new = [*zip(x.tolist(), z.tolist(), strict=True), (None, 1.0), (1.0, None)]
    found = np.array([predict({"x": a, "z": b}) for a, b in new])
    assert np.abs(found[:3] - right).max() < 1e-14 and np.isnan(found[3:]).all()
    for name, library in (("sqlite", sqlite3), ("duckdb", need("duckdb", "the tests"))):
        with library.connect(":memory:") as database:
            database.execute("create table t (x double, z double)")
            database.executemany("insert into t values (?, ?)", new)
            query = f"select {m.to_sql(name)} from t"
            numbers = [row[0] for row in database.execute(query).fetchall()]
        assert numbers[3:] == [None, None]
        assert np.abs(np.array(numbers[:3]) - right).max() < 1e-14
    ort = need("onnxruntime", "the tests")
    session = ort.InferenceSession(m.to_onnx().SerializeToString())
    columns = np.array(new, float).T
    (numbers,) = session.run(None, {"x": columns[0], "z": columns[1]})
    assert np.abs(numbers[:3] - right).max() < 1e-14 and np.isnan(numbers[3:]).all()
    m.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    with pytest.raises(lw.RequestError, match="saved without its function"):
        again.to_sql("sqlite")


def test_several_targets_are_several_columns() -> None:
    def both(p: Any, c: Any) -> Any:
        one = p["a"] * jnp.exp(-p["k"] * c["x"])
        return jnp.stack([one, 2.0 * one + c["x"]], axis=1)

    start = {"a": 1.0, "k": 1.0}
    m = lw.nonlinear(both, rows(), y=["y", "double"], start=start)
    p = dict(zip(m.names, m.estimates, strict=True))
    one = p["a"] * np.exp(-0.5 * p["k"])
    found = function_of(m.to_python())({"x": 0.5})
    assert list(found) == ["y", "double"]
    assert np.abs(np.array([*found.values()]) - [one, 2.0 * one + 0.5]).max() < 1e-14


REFUSED: dict[str, Any] = {
    "cumsum of columns": lambda p, c: jnp.cumsum(c["x"])[:, None],
    "sort of columns": lambda p, c: jnp.sort(c["x"])[:, None],
    "depends on other rows": lambda p, c: (c["x"] - jnp.mean(c["x"]))[:, None],
    "lgamma of columns": lambda p, c: jax.scipy.special.gammaln(c["x"])[:, None],
    "floor of columns": lambda p, c: jnp.floor(c["x"])[:, None],
    "number -inf has no form": lambda p, c: jnp.maximum(c["x"], -jnp.inf)[:, None],
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_no_arithmetic_of_a_row_is_named(message: str) -> None:
    with pytest.raises(lw.RequestError, match=message):
        traced(REFUSED[message], P, ("x", "z"))
