"""Every question of every odd model: an answer, or an error that says what to do."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

import leastwise as lw

matplotlib.use("Agg")
N = 30
RNG = np.random.default_rng(0)
BASE: dict[str, Any] = {
    "y": RNG.normal(size=N),
    "a": RNG.normal(size=N),
    "b": RNG.normal(size=N),
    "g": RNG.choice(["p", "q"], N),
    "w": RNG.integers(0, 3, N).astype(float),
    "one": np.ones(N),
    "day": (np.arange(N) == 3).astype(float),
}
BASE |= {"twice": 2 * BASE["a"], "line": 3 + 2 * BASE["a"], "far": BASE["a"] * 1e200}
BASE |= {"near": BASE["a"] + 1e-9 * BASE["b"]}
GAPS = BASE | {"a": np.where(np.arange(N) == 5, np.nan, BASE["a"])}


def first(n: int) -> dict[str, Any]:
    return {name: column[:n] for name, column in BASE.items()}


MODELS: dict[str, Callable[[], Any]] = {
    "a mean": lambda: lw.ols("y ~ 1", BASE),
    "an exact fit": lambda: lw.ols("line ~ a", BASE),
    "no degree of freedom": lambda: lw.ols("y ~ a", first(2)),
    "one row": lambda: lw.ols("y ~ a", first(1)),
    "an aliased column": lambda: lw.ols("y ~ a + twice + g", BASE),
    "least norm": lambda: lw.ols("y ~ a + twice", BASE, rank="minimum_norm"),
    "no intercept": lambda: lw.ols("y ~ 0 + g + a", BASE),
    "zero weights": lambda: lw.ols("y ~ a + g", BASE, weights="w"),
    "counts": lambda: lw.ols("y ~ a + g", BASE, weights=lw.weights.frequency("w")),
    "a sample": lambda: lw.ols("y ~ a + g", BASE, weights=lw.weights.probability("w")),
    "a row of its own": lambda: lw.ols("y ~ a + day", BASE),
    "large numbers": lambda: lw.ols("y ~ far", BASE),
    "near columns": lambda: lw.ols("y ~ a + near", BASE),
    "arrays": lambda: lw.ols(y=BASE["y"], X=np.c_[BASE["a"], BASE["b"]]),
    "a constant target": lambda: lw.ols("one ~ a", BASE),
    "a missing value": lambda: lw.ols("y ~ a", GAPS),
    "exact arithmetic": lambda: lw.ols("y ~ a + g", BASE, exact=True),
    "one of two targets": lambda: lw.ols("cbind(y, b) ~ a + g", BASE)["b"],
}


def asked(model: Any, folder: Path) -> dict[str, Callable[[], Any]]:
    new = np.zeros((2, 2)) if model.recipe.kind == "arrays" else BASE
    kept = folder / "m.json"

    def saved() -> Any:
        model.save(kept)
        return str(lw.load(kept)) + lw.load(kept).table("html")

    words = ("HC0", "HC2", "HC3", "HC4", "CR2:g", "cluster:g", "hac:2", "jackknife")
    robust = {word: lambda word=word: str(model.with_cov(word)) for word in words}
    plots = ("residuals", "qq", "scale", "leverage", "diagnostics", "influence",
             "forest", "effect", "partial", "component", "fit")  # fmt: skip
    drawn = {f"plot {kind}": lambda kind=kind: model.plot(kind) for kind in plots}
    return {
        **robust,
        **drawn,
        "test": lambda: str(model.test(model.names[0])),
        "delta": lambda: str(model.delta(f"2 * {model.names[0]}")),
        "anova 1": lambda: str(model.anova(type=1)),
        "anova 2": lambda: model.anova().to_json(),
        "anova 3": lambda: str(model.anova(type=3)),
        "means": lambda: str(model.means()),
        "slopes": lambda: str(model.slopes()),
        "influence": lambda: str(model.influence()),
        "fragility": lambda: str(model.fragility(model.names[-1], of="sign")),
        "check": lambda: str(model.check()),
        "criteria": lambda: str(model.criteria()),
        "step": lambda: str(model.step()),
        "best subset": lambda: str(model.best_subset()),
        "table": lambda: model.table("latex") + model.table("markdown"),
        "side by side": lambda: str(lw.table(model, model.with_cov("HC1"))),
        "report": lambda: model.report(folder / "r.html"),
        "record": lambda: model.record().to_json(),
        "sql": lambda: model.to_sql("duckdb"),
        "python": lambda: model.to_python(),
        "saved": saved,
        "predict": lambda: model.predict(new, interval="prediction"),
    }


# What each odd model rightly refuses: everything else has to answer.
REFUSED = {
    "a mean": {"slopes", "plot fit", "plot effect", "plot partial", "plot component",
               "plot forest"},
    "an exact fit": {"fragility", "check", "plot qq", "plot diagnostics",
                     "plot influence", "plot leverage"},
    "no intercept": {"step", "best subset"},
    "a sample": {"step", "best subset"},
    "counts": {"hac:2"},
    "arrays": {"CR2:g", "cluster:g"},
    "a constant target": {"fragility", "check", "plot qq", "plot diagnostics",
                          "plot influence", "plot leverage"},
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_an_answer_or_an_error_of_ours(name: str, tmp_path: Path) -> None:
    refused = set()
    with warnings.catch_warnings():
        # Few digits and covariances of few clusters are said in warnings.
        warnings.simplefilter("ignore", lw.LeastwiseWarning)
        for question, ask in asked(MODELS[name](), tmp_path).items():
            try:
                ask()
            except lw.LeastwiseError as error:
                assert error.fix or "\n" in str(error), (question, str(error))
                refused.add(question)
            finally:
                plt.close("all")
    allowed = REFUSED.get(name)
    if allowed is not None:
        # The plot of a fit is for one input.
        assert refused <= allowed | {"plot fit"}, refused - allowed
