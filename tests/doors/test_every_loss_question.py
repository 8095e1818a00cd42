"""Every question asked of every kind of fit of a loss: an answer, or what to do."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import leastwise as lw


def data() -> dict[str, Any]:
    make = np.random.default_rng(0)
    n = 60
    x = np.linspace(0, 8, n)
    return {
        "x": x,
        "w": make.uniform(1, 2, n),
        "t": make.choice(["u", "v"], n),
        "y": 5 * np.exp(-x / 3) + 0.1 * make.normal(size=n),
        "k": make.poisson(np.exp(0.2 * x)),
        "b": (make.random(n) < 0.5).astype(int),
        "c": make.choice(["one", "two", "three"], n),
    }


def decay(p: Any, d: Any) -> Any:
    return p["a"] * jnp.exp(-d["x"] / p["tau"])


def cosh(eta: Any, y: Any) -> Any:
    return jnp.logaddexp(y - eta, eta - y)


def in_blocks(d: dict[str, Any], fit: Callable[[Any], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        rows = zip(*(d[name].tolist() for name in d), strict=True)
        lines = [",".join(d), *(",".join(map(str, row)) for row in rows)]
        path.write_text("\n".join(lines))
        return fit(lw.Stream(path, rows=20))


START = {"a": 1.0, "tau": 2.0}
FITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "poisson": lambda d: lw.glm("k ~ x + t", d, family="poisson"),
    "binomial without rows": lambda d: lw.glm("b ~ 1", d, family="binomial"),
    "gamma with weights": lambda d: lw.glm("y ~ x", d, family="quasipoisson:log",
                                           weights="w"),
    "no intercept": lambda d: lw.glm("k ~ x - 1", d, family="poisson"),
    "aliased": lambda d: lw.glm("k ~ x + I(2 * x)", d, family="poisson"),
    "saturated": lambda d: lw.glm("k ~ x", {n: v[-2:] for n, v in d.items()},
                                  family="quasipoisson"),
    "negative binomial": lambda d: lw.glm("k ~ x", d | {"k": d["k"] ** 2},
                                          family="negative_binomial"),
    "multinomial": lambda d: lw.glm("c ~ x", d, family="multinomial"),
    "robust": lambda d: lw.robust("y ~ x", d, loss="bisquare"),
    "own": lambda d: lw.fit_loss(cosh, "y ~ x", d),
    "quantile": lambda d: lw.quantile("y ~ x", d, q=0.4),
    "expectile": lambda d: lw.expectile("y ~ x", d, q=0.4),
    "nonlinear": lambda d: lw.nonlinear(decay, d, y="y", start=START),
    "on a bound": lambda d: lw.nonlinear(decay, d, y="y", start=START,
                                         bounds={"tau": (None, 2)}),
    "two targets": lambda d: lw.nonlinear(lambda p, d: (decay(p, d), decay(p, d)), d,
                                          y=["y", "w"], start=START),
    "in blocks": lambda d: in_blocks(
        d, lambda rows: lw.glm("k ~ x + t", rows, family="poisson", cov="HC1")),
    "robust in blocks": lambda d: in_blocks(
        d, lambda rows: lw.robust("y ~ x", rows, scale=0.3)),
    "own in blocks": lambda d: in_blocks(
        d, lambda rows: lw.fit_loss(cosh, "y ~ x", rows)),
    "model in blocks": lambda d: in_blocks(
        d, lambda rows: lw.nonlinear(decay, rows, y="y", start=START, cov="HC0")),
    "walked quantile": lambda d: lw.quantile("y ~ x", d, solver=lw.GradientDescent()),
    "walked model": lambda d: lw.nonlinear(decay, d, y="y", start=START,
                                           solver=lw.GradientDescent()),
}  # fmt: skip
ASKS: dict[str, Callable[[Any, dict[str, Any], Path], Any]] = {
    "text": lambda m, d, f: str(m),
    "record": lambda m, d, f: m.record().to_json(),
    "html": lambda m, d, f: m.table("html"),
    "latex": lambda m, d, f: m.table("latex"),
    "frame": lambda m, d, f: m.frame("dict"),
    "covariance": lambda m, d, f: m.covariance_frame("dict"),
    "interval": lambda m, d, f: m.interval(0.9),
    "profile": lambda m, d, f: m.interval(0.9, method="profile"),
    "curve": lambda m, d, f: m.profile_curve(m.names[-1]),
    "HC3": lambda m, d, f: m.with_cov("HC3").se,
    "cluster": lambda m, d, f: m.with_cov("cluster:t").se,
    "classical": lambda m, d, f: m.with_cov("classical").se,
    "test": lambda m, d, f: m.test(f"{m.names[0]} = 0"),
    "linear": lambda m, d, f: m.linear(m.names[0]),
    "delta": lambda m, d, f: m.delta(lambda b: b[m.names[0]] ** 2),
    "anova": lambda m, d, f: m.anova(),
    "means": lambda m, d, f: m.means(),
    "slopes": lambda m, d, f: m.slopes("x"),
    "influence": lambda m, d, f: m.influence(),
    "fragility": lambda m, d, f: m.fragility(m.names[-1]),
    "check": lambda m, d, f: m.check(),
    "criteria": lambda m, d, f: m.criteria(),
    "residuals": lambda m, d, f: m.quantile_residuals(),
    "row weights": lambda m, d, f: m.row_weights,
    "predict": lambda m, d, f: m.predict(d),
    "link": lambda m, d, f: m.predict(d, kind="link"),
    "confidence": lambda m, d, f: m.predict(d, interval="confidence"),
    "prediction": lambda m, d, f: m.predict(d, interval="prediction"),
    "side by side": lambda m, d, f: str(lw.table(m, lw.ols("y ~ x", d))),
    "saved": lambda m, d, f: (m.save(f), str(lw.load(f)))[1],
}


@pytest.fixture(scope="module", params=FITS)
def fit(request: pytest.FixtureRequest) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lw.LeastwiseWarning)
        return FITS[request.param](data())


@pytest.mark.parametrize("ask", ASKS)
def test_there_is_an_answer_or_what_to_do(fit: Any, ask: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lw.LeastwiseWarning)
        try:
            answer = ASKS[ask](fit, data(), tmp_path / "m.json")
        except lw.LeastwiseError as error:
            assert error.fix, str(error)
        else:
            assert answer is not None
            str(answer)


def test_a_saved_fit_says_the_same(fit: Any, tmp_path: Path) -> None:
    fit.save(tmp_path / "m.json")
    assert str(lw.load(tmp_path / "m.json")) == str(fit)
