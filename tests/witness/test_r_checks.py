"""R's influence measures, checks and variance inflation, to 10 digits."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from tests.witness.test_r import CASES, TOLERANCE, R, fitted, table_of

OURS = json.loads((R / "checks.json").read_text("utf-8"))
CARS = table_of("mtcars", {})
ALONE = CARS | {"one": [float(i == 6) for i in range(32)]}
MEASURES = {
    "hat": "leverage", "cooks": "cook", "rstudent": "studentized",
    "rstandard": "standardized", "dffits": "dffits", "covratio": "covratio",
}  # fmt: skip
# R's name, ours, and the models where the conventions differ: with weights and offsets
# lmtest fits again without them (ours: checks.json), and shapiro.test was given the
# residuals without their weights; without an intercept lmtest leaves it out of its
# auxiliary regression too.
WEIGHTED = {("mtcars", "wls"), ("mtcars", "wls_zero")}
REFITTED = WEIGHTED | {("mtcars", "offset")}
TESTS: dict[str, tuple[str, set[tuple[str, str]]]] = {
    "bp": ("Breusch-Pagan", REFITTED | {("mtcars", "noint")}),
    "bp_nonstudent": (
        "Breusch-Pagan (normal errors)", REFITTED | {("mtcars", "noint")},
    ),
    "ncv": ("score test on fitted values", set()),
    # lmtest counts powers that the groups already span; and coefficients that the
    # middle half does not determine.
    "reset": ("RESET", REFITTED | {("toothgrowth", "fac"), ("warpbreaks", "two_way")}),
    "rainbow": (
        "rainbow",
        REFITTED | {
            ("mtcars", "interaction"), ("toothgrowth", "fac"),
            ("airquality", "na_month"), ("warpbreaks", "two_way"),
        },
    ),
    "bg1": ("Breusch-Godfrey, lag 1", REFITTED),
    "bg2": ("Breusch-Godfrey, lag 1 to 2", REFITTED),
    "shapiro_resid": ("Shapiro-Wilk", WEIGHTED),
    # lmtest updates a rounded inverse: 4 digits of longley are left, see
    # tests/unit/test_checks.py for fractions.
    "harvey_collier": (
        "Harvey-Collier", REFITTED | {("longley_r", "full"), ("longley_r", "trend")},
    ),
}  # fmt: skip
# The same rounded inverse leaves lmtest 9 digits elsewhere.
WITHIN = {"harvey_collier": 1e-9}


def reference(case: tuple[str, str]) -> dict[str, Any]:
    text = (R / f"{case[0]}.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)["models"][case[1]]
    return found


WITH_INFLUENCE = [case for case in CASES if "influence" in reference(case)]
TESTED = [
    (case, test)
    for case in WITH_INFLUENCE
    for test, (_, apart) in TESTS.items()
    if case not in apart
    and isinstance(reference(case)["tests"][test].get("statistic"), float)
]


def near(ours: Any, truth: Any, within: float = TOLERANCE) -> None:
    right = np.array(truth, dtype=float)
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), right, rtol=within, atol=within * 1e-2
    )


@pytest.mark.parametrize("case", WITH_INFLUENCE, ids="-".join)
def test_influence_is_that_of_r(case: tuple[str, str]) -> None:
    m, r = fitted(*case)
    found, right = m.influence(), r["influence"]
    for name, field in MEASURES.items():
        near(getattr(found, field), right[name])
    values = right["dfbetas"]
    near(found.dfbetas, values["values"] if isinstance(values, dict) else values)
    if case not in WEIGHTED:  # make_refs.R leaves the weights out of this sum
        near(found.press, right["press"])
    if case != ("mtcars", "wls_zero"):  # R has residuals of rows it left out
        near(found.residual, r["resid"])


@pytest.mark.parametrize("weights", [None, "w1"])
def test_a_row_that_fits_itself_is_nan_where_it_is_in_r(weights: str | None) -> None:
    m = lw.ols("mpg ~ wt + one", ALONE, weights=weights)
    found, right = m.influence(), OURS["alone_weighted" if weights else "alone"]
    for field in (*MEASURES.values(), "dfbetas"):
        near(getattr(found, field), right[field])
    assert np.isnan(found.studentized[6]) and "Row 7: leverage 1" in found.notes[0]
    assert np.isnan(found.press)


@pytest.mark.parametrize(
    ("case", "test"), TESTED, ids=[f"{'-'.join(c)}-{t}" for c, t in TESTED]
)
def test_a_check_is_that_of_r(case: tuple[str, str], test: str) -> None:
    m, r = fitted(*case)
    found, right = m.check()[TESTS[test][0]], r["tests"][test]
    within = WITHIN.get(test, TOLERANCE)
    near(found.statistic, right["statistic"], within)
    near(found.p_value, right["p_value"], within)
    if right.get("parameter"):
        near(found.df, np.atleast_1d(right["parameter"]))


def test_enough_was_compared() -> None:
    assert len(TESTED) > 130
    assert {test for _, test in TESTED} == set(TESTS)


@pytest.mark.parametrize(
    "case", [case for case in WITH_INFLUENCE if case not in REFITTED], ids="-".join
)
def test_durbin_watson_from_a_hundred_rows_on_is_that_of_r(
    case: tuple[str, str],
) -> None:
    m, r = fitted(*case)
    right = r["tests"]["dw"]
    found = m.check()["Durbin-Watson"]
    near(found.statistic, right["statistic"])
    # Below, ours is exact and the reference normal: two digits agree at best.
    rough = m.n < 100
    assert abs(found.p_value - right["p_value"]) <= (
        0.02 if rough else TOLERANCE * right["p_value"]
    )


@pytest.mark.parametrize("case", WITH_INFLUENCE, ids="-".join)
def test_variance_inflation_is_that_of_car(case: tuple[str, str]) -> None:
    m, r = fitted(*case)
    found, right = m.check()["variance inflation"], r["vif"]
    if "error" in right:
        assert found.status == "none"
        return
    factors = [row[1] for row in found.table]
    if "rows" in right:
        near(factors, [row[0] for row in right["values"]])
        near([row[3] for row in found.table], [row[2] for row in right["values"]])
    else:
        near(factors, list(right.values()))


CHECKED: dict[str, tuple[str, str, str | None, str | None]] = {
    "dw": ("mpg ~ wt + hp", "Durbin-Watson", None, None),
    "dw_through": ("mpg ~ 0 + wt + hp", "Durbin-Watson", None, None),
    "dw_weighted": ("mpg ~ wt + hp", "Durbin-Watson", "w1", None),
    "bg_weighted": ("mpg ~ wt + hp", "Breusch-Godfrey, lag 1 to 2", "w1", None),
    "shapiro_weighted": ("mpg ~ wt + hp", "Shapiro-Wilk", "w1", None),
    "bp_through": ("mpg ~ 0 + wt + hp", "Breusch-Pagan", None, None),
    "white": ("mpg ~ wt + hp", "White", None, None),
    "dw_ordered": ("mpg ~ wt + hp", "Durbin-Watson", None, "qsec"),
    "rainbow_ordered": ("mpg ~ wt + hp", "rainbow", None, "qsec"),
    "harvey_ordered": ("mpg ~ wt + hp", "Harvey-Collier", None, "qsec"),
}


@pytest.mark.parametrize("name", CHECKED)
def test_checks_that_only_our_script_asks_r_for(name: str) -> None:
    formula, check, weights, order = CHECKED[name]
    found = lw.ols(formula, CARS, weights=weights).check(order=order)[check]
    near(found.statistic, OURS[name]["statistic"])
    near(found.p_value, OURS[name]["p_value"], 1e-9)


def test_few_rows_and_single_numbers() -> None:
    few = {name: column[:8] for name, column in CARS.items()}
    dw = lw.ols("mpg ~ wt + hp", few).check()["Durbin-Watson"]
    near(dw.p_value, OURS["dw_few"]["p_value"], 1e-9)
    weighted = lw.ols("mpg ~ wt + hp", CARS, weights="w1").check()
    near(weighted["RESET"].statistic, OURS["reset_weighted"])
    near(weighted["Breusch-Pagan"].statistic, OURS["bp_weighted"])
    near(weighted["outlier"].statistic, OURS["outlier_weighted"]["t"])
    plain = lw.ols("mpg ~ wt + hp", CARS).check()["outlier"]
    near(plain.statistic, OURS["outlier"]["t"])
    near(plain.p_value, OURS["outlier"]["p"])


@pytest.mark.parametrize("n", range(3, 13))
def test_shapiro_wilk_of_few_values(n: int) -> None:
    from leastwise.infer.check.royston import shapiro_wilk

    right = OURS["shapiro_few"][n - 3]
    w, p = shapiro_wilk(np.sort(np.array(CARS["mpg"][:n], float)))
    near([w, p], [right["statistic"], right["p_value"]])
