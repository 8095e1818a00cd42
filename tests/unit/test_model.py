"""The model as its users meet it: numbers by name, predictions, records, tables."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import stats

import leastwise as lw
from tests.helpers.exactly import assert_exact, digits_of

RNG = np.random.default_rng(42)
N = 60
A, B = RNG.normal(size=(2, N))
TOWN = np.array(["A", "B", "C"] * (N // 3))
Y = 1 + 2 * A - 3 * B + (TOWN == "B") + RNG.normal(size=N)
DATA = {"y": Y, "a": A, "b": B, "town": TOWN}
DESIGN = np.column_stack([A, B, TOWN == "B", TOWN == "C"]).astype(float)


@pytest.fixture(scope="module")
def model() -> Any:
    return lw.ols("y ~ a + b + town", DATA)


def test_the_numbers_are_right(model: Any) -> None:
    assert_exact(model, DESIGN, Y)
    x = np.column_stack([np.ones(N), DESIGN])
    e = Y - x @ model.coef.array
    rss, tss = e @ e, ((Y - Y.mean()) ** 2).sum()
    assert (model.n, model.dof, model.rank) == (N, N - 5, 5)
    sigma2 = rss / (N - 5)
    f = (tss - rss) / 4 / sigma2
    likelihood = -N / 2 * (np.log(2 * np.pi * rss / N) + 1)
    for name, right in {
        "sigma": np.sqrt(sigma2),
        "r_squared": 1 - rss / tss,
        "adj_r_squared": 1 - sigma2 / (tss / (N - 1)),
        "f": f,
        "f_p_value": stats.f.sf(f, 4, N - 5),
        "log_likelihood": likelihood,
        # R's count of parameters: sigma is one.
        "aic": -2 * likelihood + 2 * 6,
        "bic": -2 * likelihood + np.log(N) * 6,
    }.items():
        # The right side is computed in plain float64 with sums over 60 rows.
        assert digits_of(getattr(model, name), right) > 11, name
    cov = sigma2 * np.linalg.inv(x.T @ x)
    assert (digits_of(model.covariance, cov) > 10).all()
    assert (model.covariance == model.covariance.T).all()
    assert (digits_of(np.sqrt(np.diag(model.covariance)), model.se.array) > 15).all()
    t = model.coef.array / model.se.array
    assert (digits_of(model.t.array, t) > 15).all()
    assert (digits_of(model.p.array, 2 * stats.t.sf(np.abs(t), N - 5)) > 9).all()


@pytest.mark.parametrize("what", ["coef", "se", "t", "p", "digits", "se_digits"])
def test_numbers_by_name(what: str, model: Any) -> None:
    numbers = getattr(model, what)
    assert isinstance(numbers, Mapping)
    assert list(numbers) == ["Intercept", "a", "b", "town[T.B]", "town[T.C]"]
    assert numbers.array.tolist() == [numbers[name] for name in numbers]
    assert type(numbers["a"]) is float and "a" in numbers and "z" not in numbers
    assert dict(numbers) == dict(numbers.items()) and len(numbers) == 5
    assert repr(numbers) == repr(dict(numbers))
    with pytest.raises(KeyError) as caught:
        numbers["town[T.b]"]
    assert caught.value.args[0] == (
        'there is no coefficient "town[T.b]". Did you mean "town[T.B]"? The '
        'coefficients are "Intercept", "a", "b", "town[T.B]", "town[T.C]".'
    )
    assert numbers.get("z") is None
    with pytest.raises(TypeError, match="does not support item assignment"):
        numbers["a"] = 1.0


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999999])
def test_intervals_have_their_coverage(level: float, model: Any) -> None:
    q = stats.t.ppf(0.5 + level / 2, N - 5)
    found = model.interval(level)
    # scipy's quantile is good to about ten digits.
    right = model.coef.array[:, None] + q * np.outer(model.se.array, [-1, 1])
    assert (digits_of(found.array, right) > 8).all()
    assert found["a"] == tuple(found.array[1])
    low, high = found["a"]
    assert low < model.coef["a"] < high


def test_intervals_widen_with_their_level(model: Any) -> None:
    widths = [np.diff(model.interval(v).array) for v in (0.5, 0.9, 0.99)]
    assert (widths[0] < widths[1]).all() and (widths[1] < widths[2]).all()
    assert (model.interval().array == model.interval(0.95).array).all()


@pytest.mark.parametrize("kind", ["confidence", "prediction"])
def test_predictions(kind: Any, model: Any) -> None:
    new = {"a": [0.0, 5.0], "b": [1.0, -5.0], "town": ["C", "A"]}
    x = np.array([[1, 0, 1, 0, 1], [1, 5, -5, 0, 0]], float)
    mean = x @ model.coef.array
    assert model.predict(new) == pytest.approx(mean, rel=1e-14)
    found = model.predict(new, interval=kind, level=0.9)
    assert found.fit.tolist() == model.predict(new).tolist()
    error = np.sqrt(np.einsum("ij,jk,ik->i", x, model.covariance, x))
    assert (digits_of(found.std_error, error) > 12).all()
    wide = np.sqrt(error**2 + (kind == "prediction") * model.sigma**2)
    half = stats.t.ppf(0.95, N - 5) * wide
    assert (digits_of(found.low, mean - half) > 8).all()
    assert (digits_of(found.high, mean + half) > 8).all()
    assert (found.interval, found.level) == (kind, 0.9)
    names = ["fit", "std_error", "low", "high", "extrapolates"]
    assert list(found.frame("pandas").columns) == names


def test_predictions_of_the_rows_themselves_leave_no_mean_residual(model: Any) -> None:
    residuals = Y - model.predict(DATA)
    assert abs(residuals.mean()) < 1e-15 * 10  # means of values of about 10
    assert abs(residuals @ A) < 1e-12


def test_offsets_are_taken_off_and_added_again() -> None:
    model = lw.ols("y ~ a + offset(b)", DATA)
    assert_exact(model, A[:, None], Y - B)
    new = {"a": [1.0], "b": [10.0]}
    right = model.coef["Intercept"] + model.coef["a"] + 10.0
    assert model.predict(new)[0] == pytest.approx(right, rel=1e-14)
    found = model.predict(new, interval="prediction")
    assert found.low[0] < found.fit[0] < found.high[0]
    middle = (found.low[0] + found.high[0]) / 2
    assert middle == pytest.approx(right, rel=1e-13)


def test_without_an_intercept() -> None:
    model = lw.ols("y ~ a + b - 1", DATA)
    assert_exact(model, DESIGN[:, :2], Y, intercept=False)
    e = Y - DESIGN[:, :2] @ model.coef.array
    assert digits_of(model.r_squared, 1 - (e @ e) / (Y @ Y)) > 12
    said = model.record().to_json()
    assert said["r_squared_kind"] == "uncentred" and "(uncentred" in str(model)
    assert model.predict({"a": [0.0], "b": [0.0]})[0] == 0.0
    arrays = lw.ols(y=Y, X=DESIGN[:, :2], intercept=False)
    assert arrays.coef.array.tolist() == model.coef.array.tolist()


KEYS = {
    "formula", "n", "rank", "dof", "sigma", "r_squared", "adj_r_squared", "f",
    "f_p_value", "log_likelihood", "aic", "bic", "covariance", "coefficients",
    "aliased", "rows", "notes",
}  # fmt: skip
# Beside what was promised: which target, which R-squared, whose F, what level.
BESIDE = {
    "target", "r_squared_kind", "f_dof", "level", "arithmetic", "rss", "rss_digits",
    "r_squared_digits",
    "covariance_kind",
}  # fmt: skip
# What json.loads gives: no NumPy number, which prints as np.float64(1.0).
PLAIN = (float, int, str, bool, type(None))


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def test_json_has_the_keys_that_were_promised(model: Any) -> None:
    said = model.record().to_json()
    assert set(said) == KEYS | BESIDE
    assert list(said["coefficients"][0]) == [
        "name", "estimate", "std_error", "t", "p_value", "low", "high", "digits",
    ]  # fmt: skip
    assert set(said["rows"]) == {
        "read",
        "used",
        "dropped",
        "reasons",
        "missing",
    }
    assert said["notes"] == [] and said["aliased"] == []
    # Full precision, and nothing that JSON has not.
    back = json.loads(json.dumps(said, allow_nan=False))
    assert back == said
    assert [c["estimate"] for c in back["coefficients"]] == model.coef.array.tolist()
    assert [c["low"] for c in back["coefficients"]] == model.interval().array[
        :, 0
    ].tolist()
    assert back["covariance"] == model.covariance.tolist()
    assert back["n"] == N and isinstance(back["n"], int)
    assert {type(leaf) for leaf in leaves(said)} <= set(PLAIN)
    assert {type(leaf) for leaf in vars(model.quality).values()} <= set(PLAIN)
    # Small data: the finest tier. The model, the record and the JSON say the same.
    ran = said["arithmetic"]
    assert ran == {
        "text": model.record().plan, "tier": model.plan.tier, "undecided": 0,
        "kernel": model.plan.kernel, "reason": model.plan.reason, "target": 8.0,
    }  # fmt: skip
    assert ran["tier"] == 3 and f"arithmetic: {ran['text']}\n" in f"{model}\n"
    assert min(said["rss_digits"], said["r_squared_digits"]) > 15


def test_json_of_an_aliased_column_and_of_dropped_rows() -> None:
    columns = {"y": [*Y[:10], None], "a": [*A[:10], 1.0], "c": [*(2 * A[:10]), 2.0]}
    said = lw.ols("y ~ a + c", columns).record().to_json()
    (told,) = said["aliased"]
    assert told.pop("digits") >= 14
    assert told == {"name": "c", "reason": "c = 2 a", "left_out": True}
    assert said["rows"] == {
        "read": 11,
        "used": 10,
        "dropped": 1,
        "reasons": [{"reason": "missing value in y", "count": 1}],
        "missing": [{"column": "y", "rows": 1, "alone": 1}],
    }
    assert said["coefficients"][2]["estimate"] is None
    assert said["covariance"][2] == [None, None, None]


def test_the_record_keeps_its_level(model: Any) -> None:
    record = model.record(0.5)
    assert record.level == 0.5
    assert record.coefficients[1].low == model.interval(0.5)["a"][0]
    with pytest.raises(lw.RequestError, match="is not a coverage"):
        model.record(5)


@pytest.mark.parametrize(
    ("kind", "holder"),
    [
        ("pandas", pd.DataFrame),
        ("polars", pl.DataFrame),
        ("arrow", pa.Table),
        ("dict", dict),
    ],
)
def test_frames(kind: str, holder: type, model: Any) -> None:
    frame = model.frame(kind, level=0.9)
    assert isinstance(frame, holder)
    columns = frame.to_pydict() if kind == "arrow" else frame
    fields = ["name", "estimate", "std_error", "t", "p_value", "low", "high", "digits"]
    assert list(columns if kind == "dict" else frame.column_names if kind == "arrow"
                else frame.columns) == fields  # fmt: skip
    assert list(columns["name"]) == list(model.names)
    assert list(columns["estimate"]) == model.coef.array.tolist()
    assert list(columns["high"]) == model.interval(0.9).array[:, 1].tolist()


def test_frames_of_no_kind(model: Any) -> None:
    with pytest.raises(lw.RequestError, match="excel"):
        model.frame("excel")
    assert model.frame() is not None


def test_models_are_frozen(model: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        model.n = 3
    with pytest.raises(FrozenInstanceError):
        model.coef.names = ()
    before = copy.deepcopy(model.record().to_json())
    model.predict(DATA, interval="prediction")
    str(model), model.interval(0.5), model.frame("dict")
    assert model.record().to_json() == before


def test_what_users_write_into_is_theirs(model: Any) -> None:
    # The array of a model is not a way to change it.
    for numbers in (model.coef, model.se, model.digits):
        with pytest.raises(ValueError, match="read-only"):
            numbers.array[0] = 99.0
    with pytest.raises(ValueError, match="read-only"):
        model.covariance[0, 0] = 1.0


def test_printing(model: Any) -> None:
    text = str(model)
    assert text.splitlines()[0] == "y ~ a + b + town"
    assert "60 rows used" in text and "95% low" in text
    assert f"residual standard error {model.sigma:.6g} on 55 degrees of freedom" in text
    assert all(len(line) <= 88 for line in text.splitlines())
    assert repr(model) == "<Model 'y ~ a + b + town': n=60, rank=5>"


TARGETS = RNG.normal(size=(N, 3)) + A[:, None]


@pytest.mark.parametrize("door", ["cbind", "matrix"])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_of_several_targets_is_its_own_fit(door: str, weighted: bool) -> None:
    w = RNG.uniform(1, 2, N) if weighted else None
    names = ("u", "v", "w3")
    columns = dict(zip(names, TARGETS.T, strict=True)) | {"a": A, "b": B}
    if door == "cbind":
        models = lw.ols("cbind(u, v, w3) ~ a + b", columns, weights=w)
        single = [lw.ols(f"{n} ~ a + b", columns, weights=w) for n in names]
    else:
        models = lw.ols(y=TARGETS, X=DESIGN[:, :2], weights=w)
        single = [lw.ols(y=t, X=DESIGN[:, :2], weights=w) for t in TARGETS.T]
        names = ("y1", "y2", "y3")
    assert isinstance(models, lw.Models) and tuple(models) == names and len(models) == 3
    for name, one in zip(names, single, strict=True):
        joint = models[name]
        assert joint.target == name
        for what in ("coef", "se", "t", "p"):
            # One rounding: sums in pairs are put together in another order.
            found, right = getattr(joint, what).array, getattr(one, what).array
            assert np.abs(found - right).max() <= 4e-16 * np.abs(right).max(), what
        for what in ("sigma", "r_squared", "f", "log_likelihood", "aic", "bic"):
            assert digits_of(getattr(joint, what), getattr(one, what)) > 15, what
        found = joint.predict(columns if door == "cbind" else DESIGN[:, :2])
        right = one.predict(columns if door == "cbind" else DESIGN[:, :2])
        assert np.abs(found - right).max() < 1e-14
    with pytest.raises(KeyError, match="there is no target"):
        models["nobody"]
    frame = models.frame("pandas")
    assert list(frame["target"].unique()) == list(names) and len(frame) == 9
    assert str(models).count("60 rows used") == 3


def test_a_gap_in_one_target_drops_the_row_of_all() -> None:
    y = TARGETS.copy()
    y[3, 1] = np.nan
    models = lw.ols(y=y, X=A)
    assert models["y1"].n == N - 1
    assert_exact(models["y1"], np.delete(A, 3)[:, None], np.delete(TARGETS[:, 0], 3))


@pytest.mark.parametrize("rate", [None, 0.3])
def test_descent_comes_to_the_direct_answer(rate: float | None) -> None:
    solver = lw.GradientDescent(rate=rate, steps=20_000)
    model = lw.ols("y ~ a + b + town", DATA, solver=solver)
    direct = lw.ols("y ~ a + b + town", DATA)
    assert (digits_of(model.coef.array, direct.coef.array) > 12).all()
    assert (digits_of(model.se.array, direct.se.array) > 12).all()
    assert digits_of(model.sigma, direct.sigma) > 12
    assert direct.trace is None and model.trace is not None
    assert model.notes[-1].startswith("converged in ")
    assert (model.digits.array <= direct.digits.array).all()
    assert (digits_of(model.predict(DATA), direct.predict(DATA)) > 11).all()


def test_a_descent_that_stops_early_says_how_far_it_is() -> None:
    solver = lw.GradientDescent(rate=0.01, steps=20)
    with pytest.warns(lw.AccuracyWarning, match="Few digits"):
        model = lw.ols("y ~ a + b", DATA, solver=solver)
    direct = lw.ols("y ~ a + b", DATA)
    assert model.sigma > direct.sigma and model.r_squared < direct.r_squared
    e = Y - model.predict(DATA)
    # All numbers are those of the b that was reached.
    assert digits_of(model.sigma, np.sqrt(e @ e / (N - 3))) > 10
    assert model.digits.array.max() < 2
    assert "20 steps" in model.notes[-1]


def test_a_rate_that_diverges_names_the_largest_that_converges() -> None:
    with pytest.raises(lw.RequestError) as caught:
        lw.ols("y ~ a + b", DATA, solver=lw.GradientDescent(rate=5.0))
    said = str(caught.value)
    assert said.startswith("gradient descent: ") and "rate" in said
    largest = float(said.split("below ")[1].split()[0].rstrip(".,;"))
    slower = lw.GradientDescent(rate=0.99 * largest, steps=100_000)
    model = lw.ols("y ~ a + b", DATA, solver=slower)
    assert (
        digits_of(model.coef.array, lw.ols("y ~ a + b", DATA).coef.array) > 10
    ).all()
    with pytest.raises(lw.RequestError):
        faster = lw.GradientDescent(rate=1.01 * largest, steps=100_000)
        lw.ols("y ~ a + b", DATA, solver=faster)


def test_descent_at_odd_scales() -> None:
    wide = {"y": Y * 1e300, "a": A * 1e-200, "b": B * 1e200}
    model = lw.ols("y ~ b", wide, solver=lw.GradientDescent())
    direct = lw.ols("y ~ b", wide)
    assert (digits_of(model.coef.array, direct.coef.array) > 12).all()
    assert digits_of(model.r_squared, direct.r_squared) > 12
