"""Tables of variance under any covariance, and likelihood ratios."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

import leastwise as lw

RNG = np.random.default_rng(15)
N = 80
DATA: dict[str, Any] = {
    "a": RNG.uniform(1.0, 5.0, N),
    "b": RNG.normal(size=N),
    "g": RNG.choice(["p", "q", "r"], N),
    "w": RNG.uniform(0.5, 2.0, N),
}
DATA["y"] = DATA["a"] + DATA["b"] * (DATA["g"] == "q") + RNG.normal(size=N) * DATA["a"]


def design_of(m: Any) -> Any:
    assert m.sample is not None
    return np.column_stack([np.ones(N), m.sample.design.X])


# Terms of y ~ a * g + b, by their columns, and which columns are away for each type.
COLUMNS = {"a": [1], "g": [2, 3], "b": [4], "a:g": [5, 6]}
AWAY = {
    1: {"a": [2, 3, 4, 5, 6], "g": [4, 5, 6], "b": [5, 6], "a:g": []},
    2: {"a": [5, 6], "g": [5, 6], "b": [], "a:g": []},
    3: {"a": [], "g": [], "b": [], "a:g": []},
}


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("weights", [None, "w"])
def test_wald_tests_of_terms_by_hand(kind: Any, weights: str | None) -> None:
    m = lw.ols("y ~ a * g + b", DATA, weights=weights).with_cov(lw.cov.HC3())
    assert m.names[4] == "b", "the terms of the first degree come first"
    X = design_of(m)
    root = np.sqrt(DATA["w"])[:, None] if weights else 1.0
    found = m.anova(type=kind)
    for term, own in COLUMNS.items():
        stay = [j for j in range(7) if j not in AWAY[kind][term]]
        # Least squares of all columns on those that stay: a map of the coefficients.
        maps = np.linalg.lstsq(root * X[:, stay], root * X, rcond=None)[0]
        maps = maps[[stay.index(j) for j in own]]
        d, V = maps @ m.estimates, maps @ m.covariance @ maps.T
        f = d @ np.linalg.solve(V, d) / len(own)
        assert found[term].f == pytest.approx(f, rel=1e-9), term
        p = stats.f.sf(f, len(own), m.dof)
        assert found[term].p_value == pytest.approx(p, rel=1e-8)
        assert found[term].df == len(own) and np.isnan(found[term].squares)


def test_the_map_of_coefficients_gives_the_sums_of_squares_too() -> None:
    m = lw.ols("y ~ a * g + b", DATA)
    for kind in (1, 2, 3):
        X, rss = design_of(m), {}
        for term, own in COLUMNS.items():
            stay = [j for j in range(7) if j not in AWAY[kind][term]]
            for part in (stay, [j for j in stay if j not in own]):
                e = (
                    DATA["y"]
                    - X[:, part] @ np.linalg.lstsq(X[:, part], DATA["y"], rcond=None)[0]
                )
                rss[term, len(part)] = e @ e
            squares = rss[term, len(stay)], rss[term, len(stay) - len(own)]
            assert m.anova(type=kind)[term].squares == pytest.approx(
                squares[1] - squares[0], rel=1e-9
            )


def test_likelihood_ratios_of_statsmodels() -> None:
    one, two = lw.ols("y ~ a", DATA), lw.ols("y ~ a * g", DATA)
    row = lw.anova(one, two).rows[0]
    theirs = [sm.OLS(DATA["y"], design_of(m)).fit() for m in (one, two)]
    statistic, p, df = theirs[1].compare_lr_test(theirs[0])
    assert (row.chi2, row.df) == (pytest.approx(statistic, rel=1e-10), df)
    assert row.chi2_p_value == pytest.approx(p, rel=1e-9)
    said = str(lw.anova(one, two))
    assert "chi2" in said and list(lw.anova(one, two).frame("dict"))[-1] == (
        "chi2_p_value"
    )
    assert "chi2" not in two.anova().frame("dict")


def test_models_inside_each_other_under_another_covariance() -> None:
    cov = lw.cov.HC3()
    one = lw.ols("y ~ a", DATA).with_cov(cov)
    two = lw.ols("y ~ a + g + b", DATA).with_cov(cov)
    right = two.test(*two.names[2:])
    row = lw.anova(one, two).rows[0]
    assert (row.f, row.df) == (pytest.approx(right.statistic, rel=1e-10), 3)
    assert row.p_value == pytest.approx(right.p_value, rel=1e-9)
    assert np.isnan(row.squares) and np.isnan(row.chi2)
    # The same spaces in other columns and units, without an intercept by its name.
    other = lw.ols("y ~ 0 + C(g) + I(1e6 * a + b) + I(a - b)", DATA).with_cov(cov)
    assert lw.anova(one, other).rows[0].f == pytest.approx(row.f, rel=1e-8)
    lone = lw.ols("y ~ I(3 * a) - 1", DATA).with_cov(cov)
    assert lw.anova(lone, two).rows[0].f == pytest.approx(
        two.test("Intercept", *two.names[2:]).statistic, rel=1e-10
    )


def test_what_little_a_column_explains_keeps_its_digits() -> None:
    x, z, noise = RNG.normal(size=(3, N))
    e = (
        noise
        - np.column_stack([np.ones(N), x])
        @ np.linalg.lstsq(np.column_stack([np.ones(N), x]), noise, rcond=None)[0]
    )
    # z explains about 1e-14 of what x leaves.
    z = z - e * (z @ e) / (e @ e) * (1 - 1e-7)
    data = {"y": x + noise, "x": x, "z": z}
    one, two = lw.ols("y ~ x", data), lw.ols("y ~ x + z", data)
    right = two.t["z"] ** 2
    assert 0 < right < 1e-12
    assert lw.anova(one, two).rows[0].f == pytest.approx(right, rel=1e-9)


def test_type_three_says_where_it_depends_on_a_coding() -> None:
    (note,) = lw.ols("y ~ a * g + b", DATA).anova(type=3).notes
    assert "coding of g does not sum to zero" in note and "C(g, Sum)" in note
    assert not lw.ols("y ~ a * C(g, Sum)", DATA).anova(type=3).notes
    assert not lw.ols("y ~ a + g", DATA).anova(type=3).notes
    assert not lw.ols("y ~ a * g", DATA).anova(type=2).notes


def test_units_change_no_test() -> None:
    other = {**DATA, "a": 1e6 - 1e-3 * DATA["a"], "b": 1e9 * DATA["b"]}
    for cov in (lw.cov.Classical(), lw.cov.HC3()):
        one = lw.ols("y ~ a + g + b", DATA).with_cov(cov)
        two = lw.ols("y ~ a + g + b", other).with_cov(cov)
        for kind in (1, 2, 3):
            pairs = zip(
                one.anova(type=kind).rows, two.anova(type=kind).rows, strict=True
            )
            for a, b in pairs:
                # 1e6 - 1e-3 a keeps 7 digits of a.
                assert b.f == pytest.approx(a.f, rel=1e-5, nan_ok=True)
        order = two.test("a", "b"), two.test("b", "a")
        assert order[0].statistic == pytest.approx(order[1].statistic, rel=1e-12)
