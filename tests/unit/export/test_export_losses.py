"""Fits of losses in other languages: what numpy and scipy make of the coefficients."""

from __future__ import annotations

import math
import runpy
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special

import leastwise as lw
from leastwise._kit.optional import need
from leastwise.model.export.expression import Column, Function, Score
from leastwise.model.export.mean import exponential
from leastwise.model.export.python import to_python
from leastwise.model.export.sql import to_sql

LANGUAGES = ("python", "sqlite", "duckdb", "onnx")
# Of the size of the response; a float64 has 16 digits.
TOLERANCE = 1e-12
N = 200


def data() -> dict[str, Any]:
    rng = np.random.default_rng(4)
    x = rng.normal(size=N)
    chance = special.expit(0.5 * x - 0.2)
    return {
        "x": x,
        "town": np.array(["Bern", "Ge'nf", "Rom"])[rng.integers(0, 3, N)],
        "t": rng.uniform(0.5, 2.0, N),
        "hit": (rng.random(N) < chance).astype(float),
        "count": rng.poisson(np.exp(0.4 * x + 1.0)).astype(float),
        "time": rng.gamma(3.0, np.exp(0.1 * x)) + 0.1,
        "share": rng.beta(4.0, 3.0, N),
        "kind": np.array(["cat", "dog", "it's"])[rng.integers(0, 3, N)],
        "y": x + rng.normal(size=N),
    }


DATA = data()
NEW: dict[str, list[Any]] = {
    "x": [0.0, 1.5, -2.0, 7.0, 0.25, None, 1.0],
    "town": ["Bern", "Ge'nf", "Rom", "Rom", "Bern", "Rom", None],
    "t": [1.0, 2.0, 0.5, 1.0, 3.0, 1.0, 1.0],
}
GOOD = slice(0, 5)


def function_of(module: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scoring.py")
        path.write_text(module, encoding="utf-8")
        return runpy.run_path(str(path))["predict"]


def run(model: Any, language: str) -> list[tuple[Any, ...]]:
    """Return a row of outputs for each new row."""
    count = len(NEW["x"])
    if language == "python":
        predict = function_of(model.to_python())
        rows = [{name: v[i] for name, v in NEW.items()} for i in range(count)]
        made = [predict(row) for row in rows]
        return [tuple(r.values()) if isinstance(r, dict) else (r,) for r in made]
    if language == "onnx":
        ort = need("onnxruntime", "the tests")
        session = ort.InferenceSession(model.to_onnx().SerializeToString())
        given = {
            i.name: np.array(
                [("" if i.name == "town" else np.nan) if v is None else v
                 for v in NEW[i.name]],
                dtype=object if i.name == "town" else np.float64,
            )
            for i in session.get_inputs()
        }  # fmt: skip
        found = session.run(None, given)
        return [
            (*np.atleast_1d(numbers).tolist(), *(part[i] for part in found[1:]))
            for i, numbers in enumerate(found[0])
        ]
    library = sqlite3 if language == "sqlite" else need("duckdb", "the tests")
    with library.connect(":memory:") as database:
        database.execute("create table new (x double, town varchar, t double)")
        database.executemany(
            "insert into new values (?, ?, ?)", list(zip(*NEW.values(), strict=True))
        )
        query = f"select {model.to_sql(language)} from new"
        return [tuple(row) for row in database.execute(query).fetchall()]


def eta_of(model: Any, *, offset: bool = True, start: int = 0) -> Any:
    """Return predictors by hand: Intercept, x, two towns."""
    b = model.estimates[start : start + 4]
    towns = np.array(NEW["town"][GOOD])
    eta = b[0] + b[1] * np.array(NEW["x"][GOOD], float)
    eta = eta + b[2] * (towns == "Ge'nf") + b[3] * (towns == "Rom")
    return eta + np.log(NEW["t"][GOOD]) if offset else eta


def agree(model: Any, right: Any, *, classes: tuple[str, ...] = ()) -> None:
    right = np.asarray(right).reshape(5, -1)
    size = np.maximum(1.0, np.abs(right).max())
    for language in LANGUAGES:
        found = run(model, language)
        k = right.shape[1]
        numbers = np.array([row[:k] for row in found[GOOD]], float)
        assert np.abs(numbers - right).max() <= TOLERANCE * size, language
        for row in found[5:]:
            missing = row[0]
            assert missing is None or math.isnan(missing), language
        if classes:
            best = [classes[i] for i in right.argmax(axis=1)]
            assert [row[k] for row in found[GOOD]] == best, language


INVERSES: dict[str, Any] = {
    "identity": lambda e: e,
    "log": np.exp,
    "logit": special.expit,
    "probit": special.ndtr,
    "cloglog": lambda e: -np.expm1(-np.exp(e)),
    "cauchit": lambda e: 0.5 + np.arctan(e) / np.pi,
    "inverse": lambda e: 1.0 / e,
    "1/mu^2": lambda e: 1.0 / np.sqrt(e),
    "sqrt": lambda e: e * e,
}


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "cauchit"])
def test_links_of_chances(link: str) -> None:
    family = lw.family.Binomial(link=link)
    m = lw.glm("hit ~ x + town + offset(log(t))", DATA, family=family)
    agree(m, INVERSES[link](eta_of(m)))


@pytest.mark.parametrize("link", ["identity", "log", "inverse", "1/mu^2", "sqrt"])
def test_links_of_means(link: str) -> None:
    plain = {
        "x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0] * 3,
        "town": ["Bern"] * 8 + ["Ge'nf"] * 8 + ["Rom"] * 8,
    }
    eta = 2.0 + 0.3 * np.array(plain["x"])
    noise = 1.0 + 0.1 * np.sin(np.arange(24.0))
    plain["y"] = INVERSES[link](eta) * noise
    kind = lw.family.QuasiPoisson if link == "sqrt" else lw.family.InverseGaussian
    m = lw.glm("y ~ x + town", plain, family=kind(link=link))
    agree(m, INVERSES[link](eta_of(m, offset=False)))


@pytest.mark.parametrize(
    ("family", "target"),
    [
        (lw.family.NegativeBinomial(), "count"),
        (lw.family.Tweedie(power=1.5), "time"),
        (lw.family.Gamma(link="log"), "time"),
    ],
)
def test_families_with_a_log(family: Any, target: str) -> None:
    m = lw.glm(f"{target} ~ x + town + offset(log(t))", DATA, family=family)
    agree(m, np.exp(eta_of(m)))


def test_robust_quantile_expectile_and_own() -> None:
    formula = "y ~ x + town"
    fits = [
        lw.robust(formula, DATA),
        lw.quantile(formula, DATA, q=0.3, se="iid"),
        lw.expectile(formula, DATA, q=0.7),
        lw.fit_loss(lambda eta, y: (eta - y) ** 2, formula, DATA),
    ]
    for m in fits:
        agree(m, eta_of(m, offset=False))
    both = lw.quantile(formula, DATA, q=[0.25, 0.75], se="iid")
    agree(both, np.column_stack([eta_of(m, offset=False) for m in both.values()]))
    assert '"q=0.25"' in both.to_sql("postgres")


def test_a_mean_that_is_a_function_is_refused() -> None:
    import jax.numpy as jnp

    m = lw.fit_loss(
        lambda eta, y: jnp.exp(eta) - y * eta, "count ~ x", DATA, mean=jnp.exp
    )
    for ask in (m.to_python, m.to_onnx, lambda: m.to_sql("duckdb")):
        with pytest.raises(lw.RequestError, match="is a Python function"):
            ask()


def test_classes() -> None:
    m = lw.glm("kind ~ x + town", DATA, family=lw.family.Multinomial())
    etas = [np.zeros(5)] + [eta_of(m, offset=False, start=s) for s in (0, 4)]
    agree(m, special.softmax(np.column_stack(etas), axis=1), classes=m.loss.classes)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_classes_in_an_order(link: str) -> None:
    levels = ("dog", "cat", "it's")
    family = lw.family.Ordered(link=link, levels=levels)
    m = lw.glm("kind ~ x + town", DATA, family=family)
    b = np.append(0.0, m.estimates)
    towns = np.array(NEW["town"][GOOD])
    eta = b[1] * np.array(NEW["x"][GOOD], float)
    eta = eta + b[2] * (towns == "Ge'nf") + b[3] * (towns == "Rom")
    below = INVERSES[link](b[4:][None, :] - eta[:, None])
    edges = np.column_stack([np.zeros(5), below, np.ones(5)])
    agree(m, np.diff(edges, axis=1), classes=levels)


def test_beta_tobit_and_times() -> None:
    m = lw.glm("share ~ x + town", DATA, family=lw.family.Beta())
    agree(m, special.expit(eta_of(m, offset=False)))
    m = lw.glm("time ~ x + town", DATA, family=lw.family.Weibull())
    factor = special.gamma(1.0 + np.exp(m.estimates[4]))
    agree(m, np.exp(eta_of(m, offset=False)) * factor)
    cut = {**DATA, "y": np.maximum(DATA["y"], 0.0)}
    m = lw.glm("y ~ x + town", cut, family=lw.family.Tobit(lower=0.0))
    eta, sigma = eta_of(m, offset=False), float(np.exp(m.estimates[4]))
    bell = np.exp(-0.5 * (eta / sigma) ** 2) / np.sqrt(2.0 * np.pi)
    agree(m, eta * special.ndtr(eta / sigma) + sigma * bell)


def test_the_normal_distribution_function_of_sql() -> None:
    query = to_sql(Score("", "", Function("ndtr", Column("x")), ()), "sqlite")
    x = np.concatenate([np.linspace(-12.0, 12.0, 4001), [-400.0, 400.0]])
    with sqlite3.connect(":memory:") as database:
        database.execute("create table t (x double)")
        database.executemany("insert into t values (?)", [(v,) for v in x.tolist()])
        found = np.array(database.execute(f"select {query} from t").fetchall())[:, 0]
    assert np.abs(found - special.ndtr(x)).max() < 2e-15


def test_exponentials_do_not_overflow() -> None:
    score = Score("", "", exponential(Column("x")), (("x", "number"),))
    predict = function_of(to_python(score))
    found = [predict({"x": v}) for v in (-1e9, -745.0, 1.0, 709.7, 1e4)]
    assert found == [0.0, math.exp(-745.0), math.e, math.exp(709.7), math.inf]
