"""Bands for many rows, and rows that are outside of what a fit has seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import leastwise as lw
from leastwise.model.extrapolation import with_limits

R = Path(__file__).parents[1] / "data" / "r"
RNG = np.random.default_rng(12)
N = 60
A = RNG.normal(20.0, 5.0, N)
B = A + RNG.normal(0.0, 0.5, N)
DATA: dict[str, Any] = {"a": A, "b": B, "y": A - B + RNG.normal(size=N)}
X = np.column_stack([np.ones(N), A, B])
HAT = np.einsum("ij,jk,ik->i", X, np.linalg.inv(X.T @ X), X)


def reference(dataset: str, name: str) -> Any:
    return json.loads((R / f"{dataset}.json").read_text())["models"][name]


CASES = [
    ("mtcars", "simple", "mpg ~ wt", None),
    ("mtcars", "factor", "mpg ~ wt + hp + C(cyl)", None),
    ("mtcars", "wls", "mpg ~ wt + hp", "w1"),
    ("stackloss", "full", "stackloss ~ airflow + watertemp + acidconc", None),
    ("warpbreaks", "two_way", "breaks ~ wool * tension", None),
    ("toothgrowth", "num", "len ~ supp * dose", None),
    ("iris", "anc", "sepal_length ~ sepal_width + species", None),
]


@pytest.mark.parametrize(("dataset", "name", "formula", "weights"), CASES)
def test_predictions_and_intervals_of_r(
    dataset: str, name: str, formula: str, weights: str | None
) -> None:
    r = reference(dataset, name)
    m = lw.ols(formula, R / f"{dataset}.csv", weights=weights)
    new = {
        key: [int(v) for v in values] if key == "cyl" else values
        for key, values in r["predict"]["newdata"].items()
    }
    for interval, key in (("confidence", "conf"), ("prediction", "pred")):
        found = m.predict(new, interval=interval)
        right = np.array(r["predict"][key]["values"])
        # What R prints of itself in 17 digits has about 13 good ones.
        assert np.column_stack([found.fit, found.low, found.high]) == pytest.approx(
            right, rel=1e-11
        )
        assert found.std_error == pytest.approx(r["predict"]["se_fit"], rel=1e-11)
    right = dict(zip(r["confint99"]["rows"], r["confint99"]["values"], strict=True))
    bounds = m.interval(0.99)
    for ours, theirs in (("Intercept", "(Intercept)"), *((v, v) for v in right)):
        # R was told another order of the tensions, whose base the intercept is.
        if ours in m.names and dataset != "warpbreaks":
            assert bounds[ours] == pytest.approx(right[theirs], rel=1e-10)


@pytest.mark.parametrize("cov", [lw.cov.Classical(), lw.cov.HC3()])
@pytest.mark.parametrize("interval", ["confidence", "prediction"])
def test_bands_are_so_many_standard_errors_wide(cov: Any, interval: Any) -> None:
    m = lw.ols("y ~ a + b", DATA).with_cov(cov)
    new = {"a": [18.0, 20.0, 25.0, None], "b": [18.0, 21.0, 25.0, 1.0]}
    dof, count, tail = N - 3, 3, 0.1
    # The row without a value is not one of the rows that are asked about.
    wide = {
        "none": stats.t.isf(tail / 2, dof),
        "bonferroni": stats.t.isf(tail / 2 / count, dof),
        "scheffe": np.sqrt(3 * stats.f.isf(tail, 3, dof)),
    }
    extra = m.sigma if interval == "prediction" else 0.0
    for adjust, quantile in wide.items():
        found = m.predict(new, interval=interval, level=0.9, adjust=adjust)
        half = quantile * np.hypot(found.std_error[:3], extra)
        assert found.high[:3] - found.fit[:3] == pytest.approx(half, rel=1e-11)
        assert found.fit[:3] - found.low[:3] == pytest.approx(half, rel=1e-11)
        assert np.isnan(found.low[3]) and found.adjust == adjust


def test_scheffe_for_new_observations_counts_them() -> None:
    m = lw.ols("y ~ a + b", DATA)
    new = {"a": [18.0, 20.0], "b": [18.0, 21.0]}
    found = m.predict(new, interval="prediction", adjust="scheffe")
    half = np.sqrt(2 * stats.f.isf(0.05, 2, N - 3)) * np.hypot(found.std_error, m.sigma)
    assert found.high - found.fit == pytest.approx(half, rel=1e-11)


@pytest.mark.parametrize("cov", [lw.cov.Classical(), lw.cov.HC3()])
def test_intervals_of_all_coefficients_together(cov: Any) -> None:
    data = {**DATA, "twice": 2 * A}
    m = lw.ols("y ~ a + b + twice", data).with_cov(cov)
    dof = N - 3
    for adjust, quantile in (
        ("bonferroni", stats.t.isf(0.005 / 3, dof)),
        ("scheffe", np.sqrt(3 * stats.f.isf(0.01, 3, dof))),
    ):
        found = m.interval(0.99, adjust=adjust).array
        half = quantile * m.standard_errors
        right = np.column_stack([m.estimates - half, m.estimates + half])
        assert found == pytest.approx(right, rel=1e-11, nan_ok=True)
        assert np.isnan(found[m.names.index("twice")]).all()
    assert m.interval(adjust="none").array == pytest.approx(
        m.interval().array, nan_ok=True
    )


def test_the_leverage_is_the_diagonal_of_the_hat_matrix() -> None:
    m = lw.ols("y ~ a + b", DATA)
    for model in (m, m.with_cov(lw.cov.HC3())):
        found = model.predict(DATA, interval="confidence")
        assert found.leverage == pytest.approx(HAT, rel=1e-9)
        # No row of the fit is outside of it.
        assert found.extrapolates is not None and not found.extrapolates.any()
        assert found.shifted == ()
    limits = with_limits(m)
    assert limits.most_leverage == pytest.approx(HAT.max(), rel=1e-9)


def test_a_row_inside_both_ranges_may_be_outside_of_both_together() -> None:
    m = lw.ols("y ~ a + b", DATA)
    # a and b agree within 1 in the data: here they are as far apart as can be.
    hidden = {"a": [A.max(), A.mean(), None], "b": [B.min(), B.mean(), 20.0]}
    found = m.predict(hidden, interval="prediction")
    assert found.extrapolates is not None
    assert found.extrapolates.tolist() == [True, False, False]
    assert found.frame("dict")["extrapolates"].tolist() == [True, False, False]


def test_a_column_in_another_unit_is_named() -> None:
    m = lw.ols("y ~ a + b + C(g)", {**DATA, "g": ["p", "q"] * 30})
    new = {"a": A[:5], "b": 32 + 1.8 * B[:5], "g": ["p"] * 5}
    assert m.predict(new, interval="confidence").shifted == ("b",)
    # One row alone is no column; one value inside is enough.
    one = {name: values[:1] for name, values in new.items()}
    assert m.predict(one, interval="confidence").shifted == ()
    new["b"] = np.append(new["b"][:4], B.mean())
    assert m.predict(new, interval="confidence").shifted == ()


def test_saved_models_know_it_and_old_files_do_not(tmp_path: Path) -> None:
    m = lw.ols("y ~ a + b", DATA)
    m.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    far = {"a": [A.max(), 99.0], "b": [B.min(), 99.0]}
    one, two = (v.predict(far, interval="confidence") for v in (m, again))
    assert one.extrapolates.tolist() == two.extrapolates.tolist() == [True, True]
    assert one.leverage.tolist() == two.leverage.tolist()
    old = replace(again, basis=replace(again.basis, most_leverage=None, low=None))
    found = old.predict(far, interval="confidence")
    assert found.extrapolates is None and found.shifted == ()
    assert "extrapolates" not in found.frame("dict")


@settings(max_examples=30, deadline=None)
@given(st.floats(-8, 8), st.floats(-1e5, 1e5), st.booleans())
def test_units_change_no_flag(scale: float, offset: float, far: bool) -> None:
    unit = 10.0**scale
    m = lw.ols("y ~ a + b", DATA)
    moved = lw.ols("y ~ a + b", {**DATA, "a": offset * unit + unit * A})
    new = {
        "a": np.array([A.max(), 20.0]),
        "b": np.array([B.min() if far else 33, 20.0]),
    }
    other = {"a": offset * unit + unit * new["a"], "b": new["b"]}
    one = m.predict(new, interval="confidence")
    two = moved.predict(other, interval="confidence")
    assert one.extrapolates is not None and two.extrapolates is not None
    assert one.extrapolates.tolist() == two.extrapolates.tolist()
    # The offset leaves the values of a 10 digits fewer where it is 1e5.
    assert two.leverage == pytest.approx(one.leverage, rel=1e-6)


def test_what_cannot_be_asked() -> None:
    m = lw.ols("y ~ a + b", DATA)
    for ask in (
        lambda: m.interval(adjust="holm"),  # type: ignore[arg-type]
        lambda: m.predict(DATA, interval="confidence", adjust="tukey"),  # type: ignore[arg-type]
    ):
        with pytest.raises(lw.RequestError, match="adjust="):
            ask()
