"""R's covariances: sandwich 3.0, clubSandwich 0.5, survey 4.1; to 10 digits."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.infer.cov.base import Covariance
from tests.witness.test_r import CASES, TOLERANCE, R, fitted, table_of

C = lw.cov
OURS = json.loads((R / "covariances.json").read_text("utf-8"))
AIR, CARS = table_of("airquality", {}), table_of("mtcars", {})
CARS |= {"f": [1.0, 2.0, 3.0, 1.0] * 8, "one": list(range(32))}
FORMULAS = {
    "ozone": ("Ozone ~ Solar.R + Wind + Temp", AIR, None),
    "loss": (
        "stackloss ~ airflow + watertemp + acidconc", table_of("stackloss", {}), None,
    ),
    "heavy": ("mpg ~ wt + hp", CARS, "w1"),
    "part": ("mpg ~ wt + hp", CARS, "w0"),
    "through": ("mpg ~ 0 + wt + hp", CARS, None),
    "mpg": ("mpg ~ wt + hp", CARS, None),
}  # fmt: skip
# R's own digits on longley are 7 (its bread is a product of rounded inverses, against
# fractions in tests/unit/test_covariance.py); with zero weights sandwich divides by all
# rows and lm by those that count: `part` is R without these rows.
R_IS_OFF = {("longley_r", "full"): 1e-7, ("longley_r", "trend"): 1e-9}
LEFT_OUT = ("mtcars", "wls_zero")
WITH_HC = [
    case
    for case in CASES
    if "hc" in json.loads((R / f"{case[0]}.json").read_text("utf-8"))["models"][case[1]]
    and case != LEFT_OUT
]
CLUSTERED = [
    ("mtcars", "multi"), ("mtcars", "factor"), ("toothgrowth", "num"),
    ("toothgrowth", "fac_add"), ("iris", "anc"),
]  # fmt: skip


def model_of(name: str) -> lw.Model:
    formula, data, weights = FORMULAS[name]
    fit = lw.ols(formula, data, weights=weights)
    assert isinstance(fit, lw.Model)
    return fit


def agree(
    m: lw.Model, truth: Any, within: float = TOLERANCE, kept: Any = slice(None)
) -> None:
    right = np.array(truth, dtype=float)[kept][:, kept]
    size = np.sqrt(np.outer(np.diagonal(right), np.diagonal(right)))
    assert np.isfinite(size).all()
    assert np.all(np.abs(m.covariance[kept][:, kept] - right) <= within * size)


@pytest.mark.parametrize(("dataset", "model"), WITH_HC)
def test_hc_and_its_table_agree_with_r(dataset: str, model: str) -> None:
    m, r = fitted(dataset, model)
    within = R_IS_OFF.get((dataset, model), TOLERANCE)
    for kind in ("HC0", "HC1", "HC2", "HC3", "HC4"):
        agree(m.with_cov(kind), r["hc"][kind]["values"], within)
    robust = m.with_cov("HC3")
    ours = np.column_stack(
        [robust.coef.array, robust.se.array, robust.t.array, robust.p.array]
    )
    right = np.array(r["hc3_coeftest"]["values"], dtype=float)
    np.testing.assert_allclose(ours[:, :3], right[:, :3], rtol=within)
    # A p-value moves dof * t times as much as t does.
    np.testing.assert_allclose(ours[:, 3], right[:, 3], rtol=100 * within)


@pytest.mark.parametrize("name", list(OURS["hc"]))
def test_every_hc_agrees_with_sandwich(name: str) -> None:
    m = model_of(name)
    for kind, truth in OURS["hc"][name].items():
        agree(m.with_cov(kind), truth)


@pytest.mark.parametrize(("dataset", "model"), CLUSTERED)
def test_clusters_agree_with_r(dataset: str, model: str) -> None:
    m, r = fitted(dataset, model)
    r = r["cluster"]
    # Where the residuals of a coefficient cancel in each cluster R has rounding, 1e-16.
    cancel = (dataset, model) == ("toothgrowth", "fac_add")
    kept = np.array([True, True] + [not cancel] * (len(m.names) - 2))
    for key, kind in (("CR0_nocadj", "CR0"), ("CR1_stata", "CR1"), ("CR2", "CR2")):
        found = m.with_cov(C.Cluster(r["by"], kind=kind))  # type: ignore[arg-type]
        agree(found, r[key]["values"], kept=kept)
        assert np.isnan(found.se.array[~kept]).all()
    satterthwaite = r["CR2_satterthwaite"]
    assert found.own_dof is not None
    for ours, truth in (
        (found.se.array, satterthwaite["se"]),
        (found.own_dof, satterthwaite["df"]),
        (found.p.array, satterthwaite["p"]),
    ):
        right = np.array(truth, dtype=float)
        np.testing.assert_allclose(ours[kept], right[kept], rtol=TOLERANCE)
    if model in ("multi", "num"):
        agree(m.with_cov(f"CR3:{r['by']}"), r["CR3"]["values"])


CLUSTERS = {
    "CR2": ("ozone", C.Cluster("Day", kind="CR2")),
    "CR3": ("ozone", C.Cluster("Day", kind="CR3")),
    "CR2_heavy": ("heavy", C.Cluster("carb", kind="CR2")),
    "CR3_heavy": ("heavy", C.Cluster("carb", kind="CR3")),
    "CR2_through": ("through", C.Cluster("carb", kind="CR2")),
    "CR2_rows": ("mpg", C.Cluster("one", kind="CR2")),
}


@pytest.mark.parametrize("key", list(CLUSTERS))
def test_more_clusters_agree_with_clubsandwich(key: str) -> None:
    name, estimator = CLUSTERS[key]
    found = model_of(name).with_cov(estimator)
    agree(found, OURS["cluster"][key]["covariance"])
    if estimator.kind == "CR2":
        assert found.own_dof is not None
        right = np.array(OURS["cluster"][key]["dof"])
        np.testing.assert_allclose(found.own_dof, right, rtol=TOLERANCE)


def test_several_ways_agree_with_sandwich() -> None:
    agree(
        model_of("ozone").with_cov(C.Cluster("Month", "Day", kind="CR0")),
        OURS["two_way"]["HC0"],
    )
    two = model_of("ozone").with_cov("cluster:Month,Day")
    agree(two, OURS["two_way"]["HC1"])
    assert set(np.asarray(two.t_dof)) == {4.0}  # five months less one
    agree(model_of("mpg").with_cov("cluster:gear,carb,f"), OURS["three_way"])


HACS: dict[str, Covariance] = {
    "nw_auto": C.HAC(),
    "nw_lag3": C.HAC(lags=3),
    "nw_lag3_adjust": C.HAC(lags=3, adjust=True),
    "nw_prewhite": C.HAC(prewhite=True),
    "nw_lag2_prewhite": C.HAC(lags=2, prewhite=True),
}


@pytest.mark.parametrize("name", list(OURS["hac"]))
def test_hac_agrees_with_sandwich(name: str) -> None:
    m, right = model_of(name), OURS["hac"][name]
    for key, estimator in HACS.items():
        agree(m.with_cov(estimator), right[key])
    for kernel, truth in right["andrews"].items():
        agree(m.with_cov(C.HAC(kernel=kernel, bandwidth="andrews")), truth)
    for kernel, truth in right["andrews_prewhite"].items():
        found = C.HAC(kernel=kernel, bandwidth="andrews", prewhite=True, adjust=True)
        agree(m.with_cov(found), truth)
    for kernel, truth in right["newey_west"].items():
        # For the Bartlett kernel whole lags, as NeweyWest has it: see nw_auto.
        if kernel != "bartlett":
            agree(m.with_cov(C.HAC(kernel=kernel)), truth)
    for kernel, truth in right["fixed"].items():
        agree(m.with_cov(C.HAC(kernel=kernel, bandwidth=4.5)), truth)


def test_hac_of_stackloss_and_longley_agrees_with_the_first_references() -> None:
    for dataset, model in (("stackloss", "full"), ("longley_r", "trend")):
        m, r = fitted(dataset, model)
        lags = r["hac"]["lag"]
        within = R_IS_OFF.get((dataset, model), TOLERANCE)
        agree(m.with_cov(f"hac:{lags}"), r["hac"]["nw_noadjust"]["values"], within)
        adjusted = C.HAC(lags=lags, adjust=True)
        agree(m.with_cov(adjusted), r["hac"]["nw_adjust"]["values"], within)


def test_driscoll_and_kraay_agree_with_sandwich() -> None:
    m, right = model_of("ozone"), OURS["panel"]
    agree(m.with_cov("driscoll_kraay:Day"), right["nw1994"])
    agree(m.with_cov("driscoll_kraay:Day,2"), right["lag2"])
    adjusted = C.DriscollKraay("Day", lags=2, adjust=True)
    agree(m.with_cov(adjusted), right["nw1987"])


@pytest.mark.parametrize(
    ("key", "strata", "cluster"),
    [
        ("plain", None, None),
        ("strata", "am", None),
        ("cluster", None, "carb"),
        ("both", "am", "qsec"),
    ],
)
def test_probability_weights_agree_with_survey(
    key: str, strata: str | None, cluster: str | None
) -> None:
    weights = lw.weights.probability("w1", strata=strata, cluster=cluster)
    m = lw.ols("mpg ~ wt + hp", CARS, weights=weights)
    right = OURS["survey"][key]
    agree(m, right["covariance"])
    np.testing.assert_allclose(m.coef.array, right["coef"], rtol=TOLERANCE)
    np.testing.assert_allclose(np.asarray(m.t_dof) + 0 * m.p.array, right["dof"])
    np.testing.assert_allclose(m.p.array, right["p"], rtol=100 * TOLERANCE)
    assert np.isnan([m.log_likelihood, m.aic, m.bic]).all()
    assert any("no likelihood" in note for note in m.record().notes)
