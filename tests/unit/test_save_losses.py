"""Fits of a loss, saved and read again; and files that are damaged."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw


def data() -> dict[str, Any]:
    make = np.random.default_rng(1)
    x = make.uniform(0, 3, 80)
    return {
        "x": x,
        "g": make.choice(["a", "b", "c"], 80),
        "k": make.poisson(np.exp(0.3 + 0.4 * x)),
        "b": (make.random(80) < 0.4).astype(int),
        "y": 1 + 2 * x + make.normal(size=80),
    }


def huber(eta: Any, y: Any) -> Any:
    """A smooth loss of a user."""
    import jax.numpy as jnp

    return jnp.sqrt(1 + (y - eta) ** 2) - 1


FITS = {
    "poisson": lambda d: lw.glm("k ~ x + g", d, family="poisson"),
    "probit": lambda d: lw.glm("b ~ x", d, family=lw.family.Binomial("probit")),
    "tweedie": lambda d: lw.glm("k ~ x", d, family=lw.family.Tweedie(power=1.3)),
    "theta": lambda d: lw.glm("k ~ x", d, family=lw.family.NegativeBinomial(theta=2.0)),
    "robust cov": lambda d: lw.glm("k ~ x", d, family="poisson", cov="cluster:g"),
    "weights": lambda d: lw.glm("k ~ x", d, family="poisson", weights="x"),
    "aliased": lambda d: lw.glm("k ~ x + I(2 * x)", d, family="poisson"),
    "spline": lambda d: lw.glm("k ~ bs(x, df=4)", d, family="poisson"),
    "bisquare": lambda d: lw.robust("y ~ x", d, loss="bisquare"),
    "expectile": lambda d: lw.expectile("y ~ x", d, q=0.7),
    "quantile": lambda d: lw.quantile("y ~ x", d, q=0.3, se="iid"),
    "own": lambda d: lw.fit_loss(huber, "y ~ x", d),
}


@pytest.fixture(params=FITS)
def fit(request: pytest.FixtureRequest) -> lw.LossModel:
    return FITS[request.param](data())


def test_all_that_it_says_comes_back(fit: lw.LossModel, tmp_path: Path) -> None:
    fit.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    assert isinstance(again, lw.LossModel)
    assert again.sample is None
    assert str(again) == str(fit)
    assert again.record().to_json() == fit.record().to_json()
    rows = {key: value[:9] for key, value in data().items()}
    for kind in ("mean", "link"):
        one = fit.predict(rows, kind=kind, interval="confidence", level=0.9)
        two = again.predict(rows, kind=kind, interval="confidence", level=0.9)
        for name in ("fit", "std_error", "low", "high"):
            assert np.array_equal(getattr(one, name), getattr(two, name))
    assert str(again.test("Intercept = 0")) == str(fit.test("Intercept = 0"))
    with pytest.raises(lw.RequestError, match="saved without its data"):
        again.with_cov("HC0")
    # And once more: nothing is lost by being read.
    again.save(tmp_path / "again.json")
    texts = [(tmp_path / f"{n}.json").read_text("utf-8") for n in ("m", "again")]
    bodies = [json.loads(text) for text in texts]
    for body in bodies:
        body["provenance"] = None
    assert bodies[0] == bodies[1]


MANY = {
    "multinomial": ("g ~ x", lw.family.Multinomial()),
    "ordered": ("g ~ x", lw.family.Ordered(levels=("a", "b", "c"))),
    "weibull": ("t ~ x", lw.family.Weibull()),
    "beta": ("s ~ x", lw.family.Beta()),
    "tobit": ("c ~ x", lw.family.Tobit(lower=0.0)),
}


@pytest.mark.parametrize("name", MANY)
def test_several_predictors_come_back(name: str, tmp_path: Path) -> None:
    d = data()
    d |= {"t": np.exp(0.1 * d["y"]), "s": 1 / (1 + np.exp(-0.1 * d["y"]))}
    d["c"] = np.maximum(d["y"] - 3.0, 0.0)
    formula, family = MANY[name]
    fit = lw.glm(formula, d, family=family)
    fit.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    assert np.array_equal(again.se.array, fit.se.array)
    assert np.array_equal(again.predict({"x": d["x"][:5]}), fit.predict(d)[:5])
    assert again.to_python() == fit.to_python()


def test_a_mean_of_ones_own_is_not_saved(tmp_path: Path) -> None:
    import jax.numpy as jnp

    m = lw.fit_loss(
        lambda eta, y: jnp.exp(eta) - y * eta, "k ~ x", data(), mean=jnp.exp
    )
    m.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    rows = {"x": [1.0, 2.0]}
    link = again.predict(rows, kind="link")
    assert np.array_equal(link, m.predict(rows, kind="link"))
    with pytest.raises(lw.RequestError, match="saved without the functions"):
        again.predict(rows)


def saved(tmp_path: Path) -> dict[str, Any]:
    FITS["poisson"](data()).save(tmp_path / "m.json")
    found: dict[str, Any] = json.loads((tmp_path / "m.json").read_text("utf-8"))
    return found


DAMAGE: dict[str, Any] = {
    "another loss": (("loss", "kind"), "System"),
    "a link it has not": (("loss", "values"), {"link": "os.system"}),
    "values it has not": (("loss", "values"), {"open": "file"}),
    "a value that is a list": (("loss", "values"), {"link": ["log"]}),
    "no loss": (("loss",), 3),
    "another predictor": (("predictor", "kind"), "code"),
    "no recipe": (("predictor", "recipe"), None),
    "other names": (("names",), ["Intercept", "x", "y", "z"]),
    "too few names": (("names",), ["Intercept"]),
    "an estimate that is text": (("estimates",), ["1", 2, 3, 4]),
    "a status there is not": (("convergence", "status"), "fine"),
    "no measure": (("measures",), {}),
    "rows": (("rows",), []),
    "a version to come": (("version",), 2),
    "a version that is none": (("version",), True),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_said(kind: str, tmp_path: Path) -> None:
    body = saved(tmp_path)
    (*way, last), value = DAMAGE[kind]
    inner = body
    for key in way:
        inner = inner[key]
    inner[last] = value
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(lw.DataError, match=r"bad\.json") as error:
        lw.load(file)
    assert error.value.fix


def test_every_field_is_needed(tmp_path: Path) -> None:
    body = saved(tmp_path)
    for name in body:
        if name in ("format", "version"):
            continue
        less = copy.deepcopy(body)
        del less[name]
        (tmp_path / "bad.json").write_text(json.dumps(less), encoding="utf-8")
        with pytest.raises(lw.DataError, match="is missing"):
            lw.load(tmp_path / "bad.json")
