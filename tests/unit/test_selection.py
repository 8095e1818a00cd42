"""Criteria and the choice of terms: brute force, refits of every row, and R."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import RequestError

R = Path(__file__).parents[1] / "data" / "r"
CARS = R / "mtcars.csv"
NAMES = ("wt", "hp", "qsec", "drat", "disp", "carb", "gear")
RNG = np.random.default_rng(4)


def data(n: int = 25) -> dict[str, Any]:
    a, b, c = RNG.normal(size=(3, n))
    g = RNG.choice(["p", "q", "r"], n)
    y = a + 0.4 * b * (g == "q") + RNG.normal(size=n)
    return {"y": y, "a": a, "b": b, "c": c, "g": g, "w": RNG.uniform(0.3, 2.0, n)}


@pytest.mark.parametrize("weights", [None, "w"])
def test_rows_are_left_out_for_real(weights: str | None) -> None:
    table = data()
    m = lw.ols("y ~ a + b * g", table, weights=weights)
    errors = []
    for i in range(25):
        rest = {name: np.delete(column, i) for name, column in table.items()}
        fit = lw.ols("y ~ a + b * g", rest, weights=weights)
        one = {name: column[i : i + 1] for name, column in table.items()}
        errors.append(table["y"][i] - fit.predict(one)[0])
    w = np.ones(25) if weights is None else table["w"]
    press = float((w * np.array(errors) ** 2).sum())
    found = m.criteria()
    assert found.press == pytest.approx(press, rel=1e-11)
    assert found.loo_mse == pytest.approx(press / 25, rel=1e-11)
    assert found.press_r_squared == pytest.approx(1 - press / m.quality.tss, rel=1e-11)
    # 7 coefficients and sigma.
    assert found.aicc == pytest.approx(m.aic + 2 * 8 * 9 / (25 - 9), rel=1e-12)


def test_a_row_that_counts_twice_is_left_out_once() -> None:
    table = data()
    count = RNG.integers(1, 4, 25)
    again = np.repeat(np.arange(25), count)
    rows = {name: column[again] for name, column in table.items()}
    whole = lw.ols("y ~ a + g", rows).criteria()
    counted = lw.ols(
        "y ~ a + g", table | {"n": count}, weights=lw.weights.frequency("n")
    ).criteria()
    for name in ("press", "press_r_squared", "loo_mse", "aicc"):
        want = getattr(whole, name)
        assert getattr(counted, name) == pytest.approx(want, rel=1e-11)


def test_the_steps_of_r() -> None:
    ref = json.loads((R / "mtcars.json").read_text("utf-8"))["models"]["step"]
    m = lw.ols("mpg ~ wt + hp + qsec + drat + disp + carb", CARS)
    found = m.step()
    assert found.formula.replace(" ", "") == ref["selected"].replace(" ", "")
    best = found.candidates[found.chosen]
    n = m.n
    # R's extractAIC leaves out what all models have in common.
    assert n * np.log(best.rss / n) + 2 * best.rank == pytest.approx(
        ref["aic_extract"][1], rel=1e-12
    )
    assert lw.ols(found.formula, CARS).aic == pytest.approx(best.aic, rel=1e-12)
    assert "chosen" in str(found) and found.frame("dict")["rank"][0] == 7


@pytest.mark.parametrize("criterion", ["aic", "aicc", "bic", "cp", "adj_r_squared"])
def test_the_best_subset_is_the_best_of_all(criterion: Any) -> None:
    m = lw.ols("mpg ~ " + " + ".join(NAMES), CARS)
    found = m.best_subset(criterion=criterion)
    for size, candidate in enumerate(found.candidates):
        assert len(candidate.terms) == size
        all_of_size = {
            terms: lw.ols("mpg ~ " + (" + ".join(terms) or "1"), CARS).quality.rss
            for terms in combinations(NAMES, size)
        }
        best = min(all_of_size, key=all_of_size.__getitem__)
        assert set(candidate.terms) == set(best)
        assert candidate.rss == pytest.approx(all_of_size[best], rel=1e-12)
        s2 = m.sigma**2
        assert candidate.cp == pytest.approx(
            candidate.rss / s2 - m.n + 2 * (size + 1), rel=1e-9
        )
    values = [c.value(criterion) for c in found.candidates]
    assert found.chosen == int(np.argmin(values))


def test_terms_of_several_columns_and_interactions_stay_together() -> None:
    table = data(60)
    m = lw.ols("y ~ a + b * g + c", table)
    found = m.best_subset()
    for candidate in found.candidates:
        if "b:g" in candidate.terms:
            assert {"b", "g"} <= set(candidate.terms)
        formula = "y ~ " + (" + ".join(candidate.terms) or "1")
        assert lw.ols(formula, table).quality.rss == pytest.approx(
            candidate.rss, rel=1e-11
        )
    way = m.step(direction="forward")
    changes = [c.change for c in way.candidates]
    assert changes[0] == "" and all(change.startswith("+ ") for change in changes[1:])
    back = m.step(direction="backward", criterion="bic", start="a + b * g")
    assert all(c.change.startswith("- ") for c in back.candidates[1:])
    assert "c" not in back.candidates[0].terms


def test_no_intercept_an_offset_and_a_target_in_a_formula() -> None:
    table = data(60)
    m = lw.ols("log(y + 9) ~ 0 + a + b + offset(c)", table)
    found = m.best_subset()
    assert found.formula.startswith("log(y + 9) ~ ") and "offset(c)" in found.formula
    again = lw.ols(found.formula, table)
    best = found.candidates[found.chosen]
    assert again.quality.rss == pytest.approx(best.rss, rel=1e-12)
    with pytest.raises(RequestError, match="at least one term"):
        m.step(direction="forward")
    assert m.step(direction="forward", start="a").formula.startswith("log(y + 9) ~ a")
    both = lw.ols("cbind(a, b) ~ c", table)
    assert both["b"].best_subset().candidates[1].rss == pytest.approx(
        lw.ols("b ~ c", table).quality.rss, rel=1e-12
    )


def test_what_cannot_be_asked() -> None:
    m = lw.ols("y ~ a + b:g", data())
    for ask, said in (
        (lambda: m.step(), "depend on which other terms"),
        (lambda: m.best_subset(criterion="mdl"), "criterion='mdl' is unknown"),
        (lambda: m.step(direction="up"), "direction='up' is unknown"),
    ):
        with pytest.raises(RequestError, match=said):
            ask()
    m = lw.ols("y ~ a + b * g", data())
    with pytest.raises(RequestError, match='start names "zz"'):
        m.step(start="a + zz")
    with pytest.raises(RequestError, match="without the terms in it"):
        m.step(start="b + b:g")
    many = {f"x{i}": RNG.normal(size=60) for i in range(31)}
    wide = lw.ols("y ~ .", many | {"y": RNG.normal(size=60)})
    with pytest.raises(RequestError, match="31 terms"):
        wide.best_subset()


def test_columns_that_nearly_agree_cost_no_digit() -> None:
    """A polynomial of years leaves the same rows out as one of years since 1990."""
    year = np.arange(1960.0, 2021.0)
    y = np.sin(year / 9) + 0.1 * np.cos(year)
    formula = "y ~ t + I(t ** 2) + I(t ** 3) + I(t ** 4)"
    one, two = (lw.ols(formula, {"y": y, "t": year - at}) for at in (0.0, 1990.0))
    assert one.criteria().press == pytest.approx(two.criteria().press, rel=1e-13)
