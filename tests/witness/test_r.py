"""R 4.2.2's lm on public data sets: every number we print, to 10 digits."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.rows.read import read_table

R = Path(__file__).parents[1] / "data" / "r"

# R's spelling -> ours. Categories that R was told about (factors whose values look
# like numbers) are told to us by C().
MODELS: dict[str, dict[str, str]] = {
    "mtcars": {
        "simple": "mpg ~ wt",
        "multi": "mpg ~ wt + hp + qsec + drat",
        "factor": "mpg ~ wt + hp + C(cyl)",
        "interaction": "mpg ~ wt * C(cyl) + hp",
        "poly_raw": "mpg ~ hp + I(hp^2)",
        "log": "log(mpg) ~ log(wt) + sqrt(hp)",
        "noint": "mpg ~ 0 + wt + hp",
        "wls": "mpg ~ wt + hp",
        "wls_zero": "mpg ~ wt + hp",
        "offset": "mpg ~ wt + offset(logwt)",
        "aliased": "mpg ~ wt + dup + hp",
        "aliased_all_dummies": "mpg ~ 0 + C(cyl) + am + I(cyl == 4)",
    },
    "stackloss": {"full": "stackloss ~ airflow + watertemp + acidconc"},
    "longley_r": {
        "full": "Employed ~ GNPdeflator + GNP + Unemployed + ArmedForces + Population"
        " + Year",
        "trend": "Employed ~ Year",
    },
    "warpbreaks": {
        "two_way": "breaks ~ wool * tension",
        "additive": "breaks ~ wool + tension",
    },
    "toothgrowth": {
        "num": "len ~ supp * dose",
        "fac": "len ~ supp * C(dosef)",
        "fac_add": "len ~ supp + C(dosef)",
    },
    "iris": {
        "anc": "sepal_length ~ sepal_width + species",
        "full": "sepal_length ~ sepal_width + petal_length + petal_width + species",
        "inter": "petal_width ~ petal_length * species",
    },
    "airquality": {
        "na": "Ozone ~ Solar.R + Wind + Temp",
        "na_month": "Ozone ~ Wind + Temp + factor(Month)",
    },
}
WEIGHTS = {("mtcars", "wls"): "w1", ("mtcars", "wls_zero"): "w0"}
CASES = [(data, model) for data, models in MODELS.items() for model in models]

# R's own error: accuracy.md gives its coefficients 13 digits and its errors 14 on
# these sets; the issue asks for agreement to 10.
TOLERANCE = 1e-10


def table_of(dataset: str, levels: dict[str, list[str]]) -> dict[str, Any]:
    """Read the CSV; give categorical columns the order of levels R used."""
    import pandas as pd

    table = read_table(R / f"{dataset}.csv")
    frame: dict[str, Any] = {}
    for name, column in table.columns.items():
        if column.kind == "text":
            assert column.levels is not None
            words = [column.levels[c] if c >= 0 else None for c in column.values]
            frame[name] = (
                pd.Categorical(words, categories=levels[name])
                if name in levels
                else words
            )
        else:
            values = column.values.astype(float)
            if column.missing is not None:
                values[column.missing] = np.nan
            frame[name] = values if column.missing is not None else column.values
    return frame


def fitted(dataset: str, model: str) -> tuple[lw.Model, dict[str, Any]]:
    reference = json.loads((R / f"{dataset}.json").read_text())
    formula = MODELS[dataset][model]
    levels = reference["factor_levels"] or {}
    data = table_of(dataset, levels)
    weights = WEIGHTS.get((dataset, model))
    return lw.ols(formula, data, weights=weights), reference["models"][model]


def close(value: float, truth: Any, scale: float = 0.0) -> bool:
    truth = float("nan") if truth is None else float(truth)
    if math.isnan(truth):
        return math.isnan(value)
    return abs(value - truth) <= TOLERANCE * max(abs(truth), scale)


def with_offset_taken_off(r: dict[str, Any]) -> dict[str, Any]:
    dof = r["df_residual"]
    f = r["t"]["wt"] ** 2
    r2 = f / (f + dof)
    fstat = {**r["fstat"], "value": f, "p": r["p"]["wt"]}
    return {**r, "fstat": fstat, "r2": r2, "adj_r2": 1 - (1 - r2) * (dof + 1) / dof}


@pytest.mark.parametrize(("dataset", "model"), CASES)
def test_every_number_agrees_with_r(dataset: str, model: str) -> None:
    m, r = fitted(dataset, model)
    assert len(m.names) == len(r["coef"])
    kept = [
        (ours, name)
        for ours, name in zip(m.names, r["coef"], strict=True)
        if r["coef"][name] is not None
    ]
    aliased = [
        ours
        for ours, name in zip(m.names, r["coef"], strict=True)
        if r["coef"][name] is None
    ]
    assert [row.name for row in m.aliased] == aliased
    for ours, name in kept:
        assert close(m.coef[ours], r["coef"][name]), ours
        assert close(m.se[ours], r["se"][name]), ours
        assert close(m.t[ours], r["t"][name]), ours
        # A p-value moves dof * t times as much as t does: two digits fewer.
        assert abs(m.p[ours] / r["p"][name] - 1) <= 100 * TOLERANCE, ours
    assert (m.n, m.rank, m.dof) == (r["nobs"], r["rank"], r["df_residual"])
    if model == "offset":
        # R 4.2.2 counts the offset as explained; later releases take it off, as we
        # do. With one input F is the square of t, which R has right.
        r = with_offset_taken_off(r)
    assert close(m.sigma, r["sigma"])
    assert close(m.r_squared, r["r2"])
    assert close(m.adj_r_squared, r["adj_r2"])
    assert close(m.f, r["fstat"]["value"])
    assert (m.quality.f_numerator, m.quality.dof) == (
        r["fstat"]["numdf"],
        r["fstat"]["dendf"],
    )
    assert abs(m.f_p_value / r["fstat"]["p"] - 1) <= 100 * TOLERANCE
    assert close(m.quality.rss, r["rss"])
    assert close(m.log_likelihood, r["loglik"])
    assert close(m.aic, r["aic"])
    assert close(m.bic, r["bic"])


@pytest.mark.parametrize(("dataset", "model"), CASES)
def test_intervals_and_covariance_agree_with_r(dataset: str, model: str) -> None:
    m, r = fitted(dataset, model)
    for level, key in ((0.95, "confint95"), (0.99, "confint99")):
        for ours, row in zip(m.interval(level).array, r[key]["values"], strict=True):
            for value, truth in zip(ours, row, strict=True):
                scale = 0.0 if truth is None else max(abs(v) for v in row)
                assert close(float(value), truth, scale)
    keep = np.isfinite(m.estimates)
    ours = m.covariance[np.ix_(keep, keep)]
    truth = np.array(r["vcov"]["values"], dtype=float)
    size = np.sqrt(np.outer(np.diagonal(truth), np.diagonal(truth)))
    assert np.all(np.abs(ours - truth) <= TOLERANCE * size)


WITH_PREDICTIONS = [
    case
    for case in CASES
    if "predict" in json.loads((R / f"{case[0]}.json").read_text())["models"][case[1]]
]


@pytest.mark.parametrize(("dataset", "model"), WITH_PREDICTIONS)
def test_predictions_agree_with_r(dataset: str, model: str) -> None:
    m, r = fitted(dataset, model)
    reference = r["predict"]
    new = {
        name: ([float(v) for v in values] if name == "cyl" else values)
        for name, values in reference["newdata"].items()
    }
    for kind, key in (("confidence", "conf"), ("prediction", "pred")):
        truth = np.array(reference[key]["values"], dtype=float)
        p = m.predict(new, interval=kind, level=0.95)
        ours = np.column_stack([p.fit, p.low, p.high])
        assert np.all(np.abs(ours - truth) <= TOLERANCE * np.abs(truth).max(axis=0))
    se = np.array(reference["se_fit"], dtype=float)
    assert np.all(np.abs(p.std_error - se) <= TOLERANCE * se)
    assert len(WITH_PREDICTIONS) >= 6
