"""Means at levels and effects of columns: by hand, by R, and by small differences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import RequestError
from leastwise.design.derivative import design_slopes
from leastwise.rows.read import read_table

R = Path(__file__).parents[1] / "data" / "r"
BREAKS = R / "warpbreaks.csv"
RNG = np.random.default_rng(6)
N = 50
DATA: dict[str, Any] = {
    "x": RNG.uniform(1.0, 9.0, N),
    "z": RNG.normal(size=N),
    "g": RNG.choice(["p", "q", "r"], N),
    "h": RNG.choice([True, False], N),
    "n": RNG.integers(1, 4, N),
}
DATA["y"] = DATA["x"] + DATA["z"] * (DATA["g"] == "q") + RNG.normal(size=N)


def by_hand(model: Any, weights: dict[str, float]) -> tuple[float, float]:
    """A combination of coefficients, with the covariance that R agrees with."""
    row = np.array([weights.get(name, 0.0) for name in model.names])
    return float(row @ model.estimates), float(np.sqrt(row @ model.covariance @ row))


def assert_line(line: Any, right: tuple[float, float]) -> None:
    assert (line.estimate, line.std_error) == pytest.approx(right, rel=1e-10)


@pytest.mark.parametrize("cov", [lw.cov.Classical(), lw.cov.HC3()])
def test_means_are_averages_of_predictions(cov: Any) -> None:
    m = lw.ols("y ~ x * g + h + log(x)", DATA).with_cov(cov)
    x = float(np.mean(DATA["x"]))
    found = m.means("g")
    common = {"Intercept": 1.0, "x": x, "h[T.True]": 0.5, "log(x)": np.log(x)}
    assert_line(found["p"], by_hand(m, common))
    assert_line(found["q"], by_hand(m, common | {"g[T.q]": 1.0, "x:g[T.q]": x}))
    one = found.contrasts("reference", adjust="none")["r - p"]
    assert_line(one, by_hand(m, {"g[T.r]": 1.0, "x:g[T.r]": x}))
    at = m.means("g", at={"x": 2.0, "h": True})["p"]
    ends = {"Intercept": 1.0, "x": 2.0, "h[T.True]": 1.0, "log(x)": np.log(2.0)}
    assert_line(at, by_hand(m, ends))
    two = m.means("x", at={"x": [2.0, 4.0]})
    assert list(two.levels) == [(2.0,), (4.0,)]
    third = {"g[T.q]": 1 / 3, "g[T.r]": 1 / 3, "h[T.True]": 0.5}
    slopes = {"x:g[T.q]": 2 / 3, "x:g[T.r]": 2 / 3}
    assert_line(two[2.0], by_hand(m, ends | third | slopes))


def test_the_differences_of_r() -> None:
    """R 4.2.2: TukeyHSD(aov(breaks ~ tension, warpbreaks)), and Holm by p.adjust."""
    m = lw.ols("breaks ~ C(tension, Treatment('L'))", BREAKS)
    found = m.means("tension").contrasts()
    right = {
        "L - M": (10.0, 0.440175556617131, 19.5598244439829, 0.0384597680648382),
        "L - H": (14.7222222222222, 5.162397778239352, 24.2820466662051,
                  0.00143150330797792),
        "M - H": (4.72222222222222, -4.83760222176064, 14.2820466662051,
                  0.46308309708618189),
    }  # fmt: skip
    labels = {row.label: row for row in found.rows}
    for label, (estimate, low, high, p) in right.items():
        first, second = label.split(" - ")
        row, sign = labels.get(label), 1.0
        if row is None:
            row, sign = labels[f"{second} - {first}"], -1.0
        assert sign * row.estimate == pytest.approx(estimate, rel=1e-12)
        ends = sorted([sign * row.low, sign * row.high])
        # R's qtukey stops at 1e-4 of a quantile near 1e-10 in p.
        assert ends == pytest.approx([low, high], abs=1e-8)
        # R's ptukey is off by as much: see test_ranges_of_means.py for ours.
        assert row.p_value == pytest.approx(p, rel=1e-8)
    raw = m.means("tension").contrasts(adjust="none")
    p = sorted(row.p_value for row in raw.rows)
    holm = m.means("tension").contrasts(adjust="holm")
    assert sorted(row.p_value for row in holm.rows) == pytest.approx(
        [min(1.0, 3 * p[0]), max(3 * p[0], 2 * p[1]), max(2 * p[1], p[2])], rel=1e-14
    )
    strict = m.means("tension").contrasts(adjust="bonferroni")
    assert [row.p_value for row in strict.rows] == pytest.approx(
        [min(1.0, 3 * row.p_value) for row in raw.rows], rel=1e-14
    )
    own = m.means("tension").contrasts({"ends": (1.0, 0.0, -1.0)}, adjust="none")
    assert len(own.rows) == 1 and abs(own.rows[0].estimate) > 4


def test_an_empty_cell_has_no_mean() -> None:
    used = ~((DATA["g"] == "r") & DATA["h"])
    rows = {name: column[used] for name, column in DATA.items()}
    m = lw.ols("y ~ g * h", rows)
    found = m.means("g", "h")
    assert np.isnan(found[("r", True)].estimate)
    cell = rows["y"][(rows["g"] == "r") & ~rows["h"]]
    assert found[("r", False)].estimate == pytest.approx(float(cell.mean()), rel=1e-12)
    # Averaged with an empty cell it cannot be told; as often as cells are there it can.
    assert np.isnan(m.means("g")["r"].estimate)
    assert m.means("g", weights="cells")["r"].estimate == pytest.approx(
        float(cell.mean()), rel=1e-12
    )
    # A column that is twice another one: what is asked keeps to that, or is not told.
    twice = rows | {"two": 2 * rows["x"]}
    both = lw.ols("y ~ x + two + g", twice)
    assert both.means("g")["p"].estimate == pytest.approx(
        lw.ols("y ~ x + g", rows).means("g")["p"].estimate, rel=1e-12
    )
    assert np.isnan(both.means("g", at={"x": 2.0, "two": 5.0})["p"].estimate)


def test_cells_count_as_the_data_have_them() -> None:
    m = lw.ols("y ~ g + h", DATA)
    share = {g: float(DATA["h"][DATA["g"] == g].mean()) for g in "pqr"}
    found = m.means("g", weights="cells")
    for g in "pqr":
        weights = {"Intercept": 1.0, "h[T.True]": share[g]} | {f"g[T.{g}]": 1.0}
        assert_line(found[g], by_hand(m, weights))
    counted = lw.ols("y ~ g + h + x", DATA, weights=lw.weights.frequency("n"))
    again = {name: np.repeat(column, DATA["n"]) for name, column in DATA.items()}
    rows = lw.ols("y ~ g + h + x", again)
    for kind in ("equal", "cells"):
        one, two = (m.means("g", weights=kind) for m in (counted, rows))
        np.testing.assert_allclose(
            one.combined.covariance, two.combined.covariance, rtol=1e-11
        )
    assert counted.slopes("x")["x"].std_error == pytest.approx(
        rows.slopes("x")["x"].std_error, rel=1e-12
    )


@pytest.mark.parametrize("cov", [lw.cov.Classical(), lw.cov.HC3()])
def test_slopes_by_hand(cov: Any) -> None:
    m = lw.ols("y ~ x * g + I(x ** 2) + z:h + z", DATA).with_cov(cov)
    x, z, share = DATA["x"], DATA["z"], float(DATA["h"].mean())
    q, r = (float((DATA["g"] == level).mean()) for level in "qr")
    whole = {"x": 1.0, "I(x ** 2)": 2 * float(x.mean()), "x:g[T.q]": q, "x:g[T.r]": r}
    assert_line(m.slopes("x")["x"], by_hand(m, whole))
    assert_line(m.slopes()["z"], by_hand(m, {"z": 1.0, "z:h[T.True]": share}))
    parts = m.slopes("x", by="g")
    mean = float(x[DATA["g"] == "q"].mean())
    own = {"x": 1.0, "I(x ** 2)": 2 * mean, "x:g[T.q]": 1.0}
    assert_line(parts["x, g = q"], by_hand(m, own))
    at = m.slopes("x", at={"x": [1.0, 3.0], "g": "p"})
    assert_line(at["x, x = 3, g = p"], by_hand(m, {"x": 1.0, "I(x ** 2)": 6.0}))
    middle = m.slopes("x", over="means")["x"]
    thirds = {"x:g[T.q]": 1 / 3, "x:g[T.r]": 1 / 3}
    assert_line(middle, by_hand(m, whole | thirds))
    assert z.shape == (N,)


FORMULAS = (
    "log(x) * z + I(x ** 2)",
    "x * g * z",
    "poly(x, 3) * g",
    "poly(x, 3, raw=True)",
    "bs(x, df=6)",
    "ns(x, df=4) * z",
    "cr(x, df=5)",
    "scale(x) * g + center(x)",
    "I(x ** z) + I(1 / (1 + x)) + exp(-x) + sqrt(x) + tanh(x)",
    "bs(log(x), df=5) * g",
    "I(x > 3) + abs(x - 4) + I(2 ** x) + sin(x) + cos(x) + tan(x / 9)",
    "log2(x) + log10(x) + log1p(x) + expm1(x / 9)",
)


@pytest.mark.parametrize("right", FORMULAS)
def test_derivatives_are_limits_of_differences(right: str) -> None:
    recipe = lw.ols(f"y ~ {right}", DATA).recipe
    # Beyond the boundary of a spline too.
    x = np.concatenate([DATA["x"], [0.3, 11.0]])
    table = {name: np.append(column, column[:2]) for name, column in DATA.items()}
    found = design_slopes(recipe, read_table(table | {"x": x}), "x")
    step = 1e-5
    ends = [recipe.replay(read_table(table | {"x": x + s * step})).X for s in (1, -1)]
    difference = (ends[0] - ends[1]) / (2 * step)
    # What a step of 1e-5 leaves: its square, and roundings by its inverse.
    np.testing.assert_allclose(found, difference, rtol=1e-7, atol=1e-8)


def test_offsets_and_arrays_have_slopes_too() -> None:
    m = lw.ols("y ~ z + offset(x * z)", DATA)
    plain = m.coef["z"] + float(DATA["x"].mean())
    assert m.slopes("z")["z"].estimate == pytest.approx(plain, rel=1e-12)
    X = np.column_stack([DATA["x"], DATA["z"]])
    m = lw.ols(y=DATA["y"], X=X)
    assert m.slopes()["x2"].estimate == pytest.approx(m.coef["x2"], rel=1e-14)


def test_a_loaded_model_takes_its_rows_again(tmp_path: Path) -> None:
    m = lw.ols("y ~ x * g", DATA)
    m.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    with pytest.raises(RequestError):
        again.means("g")
    assert str(again.means("g", data=DATA)) == str(m.means("g"))


def test_what_cannot_be_asked() -> None:
    m = lw.ols("y ~ x * g", DATA)
    for ask, said in (
        (lambda: m.means("x"), '"x" is no category'),
        (lambda: m.means("g", at={"zz": 1}), 'at= names "zz"'),
        (lambda: m.means("g", weights="some"), "weights='some' is unknown"),
        (lambda: m.means("g").contrasts("some"), "contrasts 'some' are unknown"),
        (lambda: m.means("g").contrasts(adjust="some"), "adjust='some'"),
        (lambda: m.means("g").contrasts("reference", adjust="tukey"), "all pairs"),
        (lambda: m.means().contrasts(), "one mean has no contrast"),
        (lambda: m.means("g").contrasts({"a": (1.0,)}), "3 weights"),
        (lambda: m.slopes("g"), "is a category"),
        (lambda: m.slopes("zz"), 'does not use "zz"'),
        (lambda: m.slopes("x", over="all"), "over='all'"),
        (lambda: m.slopes("x", by="g", over="means"), "by= is for the rows"),
        (lambda: lw.ols("y ~ g", DATA).slopes(), "no column of numbers"),
        (lambda: lw.ols("y ~ lag(x)", DATA).slopes("x"), "the row before"),
        (lambda: lw.ols("y ~ lag(x)", DATA).means(), "the row before"),
    ):
        with pytest.raises(RequestError, match=said):
            ask()
    with pytest.raises(KeyError, match="there is no level zz"):
        m.means("g")["zz"]
    with pytest.raises(KeyError, match="there is no"):
        m.slopes("x")["zz"]


def test_the_level_that_rare_ones_share_has_a_mean() -> None:
    rare = DATA | {"g": np.where(np.arange(N) < 2, "zz", DATA["g"])}
    m = lw.ols("y ~ x + g", rare, levels=lw.levels.Other(min_count=5))
    found = m.means("g")
    assert [levels[0] for levels in found.levels] == ["p", "q", "r", "other"]
    x = float(np.mean(DATA["x"]))
    assert_line(found["other"], by_hand(m, {"Intercept": 1, "x": x, "g[T.other]": 1}))
