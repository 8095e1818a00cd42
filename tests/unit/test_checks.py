"""Checks: numbers by other ways, verdicts, words, the command."""

from __future__ import annotations

import csv
import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import leastwise as lw
from leastwise._kit.errors import RequestError
from leastwise.cli.app import main
from leastwise.infer.check.durbin_watson import below
from leastwise.infer.check.royston import francia, shapiro_wilk
from tests.witness.test_r import R

CARS = str(R / "mtcars.csv")


def table(n: int, bend: float = 0.0, spread: float = 0.0) -> dict[str, Any]:
    rng = np.random.default_rng(12)
    a, b = rng.normal(size=(2, n))
    e = rng.normal(size=n) * np.exp(spread * a)
    return {
        "y": 1 + a + b + bend * a**2 + e, "a": a, "b": b,
        "g": np.array(["p", "q", "r", "s"])[np.arange(n) % 4],
        "n": rng.integers(1, 4, n), "w": rng.uniform(0.3, 2.0, n),
    }  # fmt: skip


def solved(rows: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    m = [[*row, value] for row, value in zip(rows, right, strict=True)]
    for i in range(len(m)):
        p = next(k for k in range(i, len(m)) if m[k][i] != 0)
        m[i], m[p] = m[p], m[i]
        for k in range(len(m)):
            if k != i and m[k][i] != 0:
                f = m[k][i] / m[i][i]
                m[k] = [x - f * y for x, y in zip(m[k], m[i], strict=True)]
    return [row[-1] / row[i] for i, row in enumerate(m)]


@pytest.mark.parametrize("names", [["Year"], ["GNP", "Year"], ["GNP", "Armed", "Year"]])
def test_harvey_collier_in_fractions(names: list[str]) -> None:
    """Longley, where updates of a rounded inverse keep no more than 6 digits."""
    with (R / "longley_r.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["Armed"] = row["ArmedForces"]
    x = [[Fraction(1), *(Fraction(float(row[n])) for n in names)] for row in rows]
    y = [Fraction(float(row["Employed"])) for row in rows]
    k, errors = len(x[0]), []
    for r in range(k, len(x)):
        gram = [
            [sum((x[i][a] * x[i][b] for i in range(r)), Fraction(0)) for b in range(k)]
            for a in range(k)
        ]
        right = [sum((x[i][a] * y[i] for i in range(r)), Fraction(0)) for a in range(k)]
        b, v = solved(gram, right), solved(gram, x[r])
        size = 1 + sum(p * q for p, q in zip(x[r], v, strict=True))
        miss = y[r] - sum(p * q for p, q in zip(x[r], b, strict=True))
        errors.append(float(miss) / math.sqrt(size))
    want = abs(sum(errors)) / math.sqrt(len(errors)) / float(np.std(errors, ddof=1))
    data = {name: [float(row[name]) for row in rows] for name in (*names, "Employed")}
    found = lw.ols("Employed ~ " + " + ".join(names), data).check()["Harvey-Collier"]
    assert found.statistic == pytest.approx(want, rel=1e-10)


@pytest.mark.parametrize("n", [5, 12, 50, 800, 4999])
def test_shapiro_wilk_is_that_of_scipy(n: int) -> None:
    x = np.sort(np.random.default_rng(1).standard_t(6, size=n))
    w, p = shapiro_wilk(x)
    right = stats.shapiro(x)
    # scipy's is a translation of the same algorithm, with some float32 constants.
    assert w == pytest.approx(right.statistic, rel=1e-7)
    assert p == pytest.approx(right.pvalue, rel=1e-4, abs=1e-12)


def test_francia_is_the_correlation_of_the_plot() -> None:
    x = np.sort(np.random.default_rng(1).exponential(size=200))
    scores = stats.norm.ppf((np.arange(1, 201) - 0.375) / 200.25)
    r, p = francia(x)
    assert r == pytest.approx(np.corrcoef(x, scores)[0, 1], rel=1e-12)
    assert p < 1e-8


def test_jarque_bera_is_that_of_scipy() -> None:
    m = lw.ols("y ~ a + b", table(120))
    found, e = m.check()["Jarque-Bera"], m.influence().residual
    right = stats.jarque_bera(e)
    assert found.statistic == pytest.approx(right.statistic, rel=1e-10)
    assert found.p_value == pytest.approx(right.pvalue, rel=1e-10)
    assert found.table[0][1] == pytest.approx(stats.skew(e), rel=1e-9)


def test_belsley_kuh_welsch_by_singular_values() -> None:
    m = lw.ols("mpg ~ wt + hp + C(cyl)", CARS)
    with open(CARS) as file:
        rows = list(csv.DictReader(file))
    x = np.array(
        [
            [1, float(r["wt"]), float(r["hp"]), r["cyl"] == "6", r["cyl"] == "8"]
            for r in rows
        ],
        float,
    )
    x /= np.sqrt((x**2).sum(axis=0))
    _, s, v = np.linalg.svd(x)
    share = (v / s[:, None]) ** 2
    share /= share.sum(axis=0)
    found = m.check()["condition indices"]
    np.testing.assert_allclose([row[1] for row in found.table], s[0] / s, rtol=1e-11)
    ours = np.array([row[2:] for row in found.table], float)
    np.testing.assert_allclose(ours, share, rtol=1e-9, atol=1e-12)


def test_the_known_index_of_longley() -> None:
    names = "GNPdeflator + GNP + Unemployed + ArmedForces + Population + Year"
    m = lw.ols(f"Employed ~ {names}", str(R / "longley_r.csv"))
    found = m.check()["condition indices"]
    # 43275 in Belsley, Kuh and Welsch's scaling, as SAS and others print it.
    assert found.statistic == pytest.approx(43275, abs=1)
    assert found.status == "fails" and "Year" in found.verdict


def test_white_in_chunks_is_white(monkeypatch: pytest.MonkeyPatch) -> None:
    m = lw.ols("y ~ a + b", table(300))
    whole = m.check()["White"]
    monkeypatch.setattr("leastwise.infer.check.white.CHUNK", 64)
    parts = m.check()["White"]
    assert parts.statistic == pytest.approx(whole.statistic, rel=1e-11)
    monkeypatch.setattr("leastwise.infer.check.white.MOST_WORK", 0)
    short = m.check()["White (fitted values)"]
    u = m.predict(m.sample.source)  # type: ignore[union-attr]
    e2 = m.influence().residual ** 2
    x = np.column_stack([np.ones(300), u, u * u])
    left = e2 - x @ np.linalg.lstsq(x, e2, rcond=None)[0]
    want = 300 * (1 - (left @ left) / ((e2 - e2.mean()) ** 2).sum())
    assert short.statistic == pytest.approx(want, rel=1e-9) and short.df == (2,)


def test_imhof_against_known_distributions() -> None:
    # Of two equal parts the share is beta(1/2, 1/2); of many, beta(a/2, b/2).
    assert below(np.array([0.0, 1.0]), 0.3) == pytest.approx(
        stats.beta(0.5, 0.5).cdf(0.3), rel=1e-12
    )
    values = np.concatenate([np.zeros(7), np.ones(4)])
    for at in (0.02, 0.3, 0.9):
        want = stats.beta(2.0, 3.5).cdf(at)
        assert below(values, at) == pytest.approx(want, rel=1e-10, abs=1e-15)
    assert below(values, -0.1) == 0.0 and below(values, 1.1) == 1.0


def test_counted_rows_are_copies_where_order_does_not_matter() -> None:
    data = table(40)
    again = np.repeat(np.arange(40), data["n"])
    whole = lw.ols("y ~ a + g", {k: v[again] for k, v in data.items()}).check()
    weights = lw.weights.frequency("n")
    counted = lw.ols("y ~ a + g", data, weights=weights).check()
    by_order = {c.name for c in counted if "have no order" in c.verdict}
    assert by_order == {
        "Durbin-Watson", "Breusch-Godfrey, lag 1", "Breusch-Godfrey, lag 1 to 2",
        "rainbow", "Harvey-Collier",
    }  # fmt: skip
    for check in counted:
        if check.name not in by_order:
            one = whole[check.name]
            assert check.statistic == pytest.approx(one.statistic, rel=1e-9)
            assert check.df == pytest.approx(one.df)
            assert check.status == one.status


def test_what_is_wrong_is_found_and_told() -> None:
    bad = lw.ols("y ~ a + b", table(400, bend=0.5, spread=0.5)).check()
    for name in ("Breusch-Pagan", "White", "Jarque-Bera", "RESET"):
        assert bad[name].status == "fails" and bad[name].advice
    assert not bad.passed
    assert "HC3" in bad["Breusch-Pagan"].advice
    assert "FAILS" in str(bad) and "what to do" in str(bad)


def test_few_rows_cannot_tell() -> None:
    few = lw.ols("y ~ a", table(8)).check()
    assert few["Breusch-Pagan"].status == "unclear"
    assert few["Breusch-Pagan"].verdict.startswith("Too few rows to tell")


def test_many_rows_make_little_significant() -> None:
    n = 40_000
    rng = np.random.default_rng(8)
    a = rng.normal(size=n)
    y = a + 0.03 * a**2 + rng.normal(size=n) * np.exp(0.02 * a)
    found = lw.ols("y ~ a", {"y": y, "a": a}).check()
    for name in ("Breusch-Pagan", "RESET"):
        assert found[name].p_value < 0.05 and found[name].status == "slight"
        assert "So many rows show even that" in found[name].verdict
    assert found["Shapiro-Wilk"].status == "none"
    assert math.isnan(found["QQ correlation"].p_value)
    assert found["QQ correlation"].status == "ok"


def test_values_far_from_zero_blame_the_intercept_alone() -> None:
    year = np.arange(1960.0, 2000.0)
    m = lw.ols(
        "y ~ year", {"y": np.random.default_rng(1).normal(size=40), "year": year}
    )
    found = m.check()["condition indices"]
    assert found.status == "slight" and "centre them" in found.verdict


@pytest.mark.parametrize("formula", ["y ~ 1", "y ~ 0 + a", "y ~ a + I(2 * a) + g"])
def test_odd_models_are_checked(formula: str) -> None:
    found = lw.ols(formula, table(40)).check()
    assert len(found) == 16 and str(found)
    if formula == "y ~ 1":
        assert "no input" in found["White"].verdict


def test_aliased_columns_change_nothing() -> None:
    data = table(40)
    one = lw.ols("y ~ a + g", data).check()
    more = lw.ols("y ~ a + I(2 * a) + g", data).check()
    least = lw.ols("y ~ a + I(2 * a) + g", data, rank="minimum_norm").check()
    for check in one:
        for other in (more, least):
            if check.about != "inputs that go together":
                found = other[check.name]
                assert found.statistic == pytest.approx(check.statistic, rel=1e-8)
    assert least["condition indices"].status == "none"


def test_exact_fits_are_not_checked() -> None:
    with pytest.raises(RequestError, match="exact"):
        lw.ols("y ~ x", {"x": [1.0, 2, 3, 4], "y": [2.0, 4, 6, 8]}).check()
    with pytest.raises(KeyError, match="Did you mean"):
        lw.ols("y ~ a", table(9)).check()["Whit"]


@settings(max_examples=8, deadline=None)
@given(st.integers(-300, 300), st.integers(-300, 300), st.randoms())
def test_units_and_row_order_change_nothing(y: int, x: int, random: Any) -> None:
    rng = np.random.default_rng(5)
    a, e = rng.normal(size=(2, 30))
    one = lw.ols("y ~ a", {"y": a + e, "a": a}).check(order="a")
    rows = list(range(30))
    random.shuffle(rows)
    data = {"y": (a + e)[rows] * 2.0**y, "a": a[rows] * 2.0**x}
    two = lw.ols("y ~ a", data).check(order="a")
    for check in one:
        found = two[check.name]
        assert found.status == check.status
        assert found.statistic == pytest.approx(check.statistic, rel=1e-9, nan_ok=True)
        assert found.p_value == pytest.approx(check.p_value, rel=1e-8, nan_ok=True)


def test_the_command_says_and_exits(capsys: Any, tmp_path: Any) -> None:
    assert main(["check", "mpg ~ wt + hp", CARS]) == 1
    out = capsys.readouterr().out
    assert "RESET" in out and "FAILS" in out and "RSS" not in out
    assert main(["check", "log(mpg) ~ log(wt)", CARS, "--json", "--order", "qsec"]) in (
        0,
        1,
    )
    found = json.loads(capsys.readouterr().out)
    assert found["order"] == "qsec" and len(found["checks"]) == 16
    assert found["checks"][0]["p_value"] is not None
    m = lw.ols("mpg ~ wt + hp", CARS)
    m.save(tmp_path / "m.json")
    assert main(["check", str(tmp_path / "m.json"), CARS]) == 1
    assert capsys.readouterr().out == f"{m.check()}\n"
    assert main(["check", str(tmp_path / "m.json"), CARS, "--weights", "w1"]) == 2
    assert main(["check", "cbind(mpg, qsec) ~ wt", CARS]) == 2
    assert "one target at a time" in capsys.readouterr().err


def test_the_frame_has_a_row_for_each() -> None:
    found = lw.ols("y ~ a", table(30)).check()
    frame = found.frame("dict")
    assert len(frame["name"]) == 16 and frame["verdict"][0]
