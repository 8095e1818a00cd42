"""`lw.quantile` and `lw.expectile`: what the model says, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.cli.app import main
from tests.witness.test_r import R

STACK = R / "stackloss.csv"
FORMULA = "stackloss ~ airflow + watertemp + acidconc"


def noisy(n: int = 200, seed: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n), rng.normal(size=n)
    y = 1 + x - z + (1 + 0.3 * np.abs(x)) * rng.standard_t(4, n)
    return {"x": x, "z": z, "y": y, "g": rng.integers(0, 20, n)}


def test_working_rows_are_the_fit() -> None:
    """Their least squares fit is the quantile, to the digits of its weights."""
    m = lw.quantile("y ~ x + z", noisy(), q=0.3)
    assert m.sample is not None
    inside = m.sample.sample.solved.fit.coefficients[:, 0]
    np.testing.assert_allclose(inside, m.coef.array, rtol=1e-9)


@pytest.mark.parametrize("weights", [None, "w"])
def test_robust_and_cluster_sandwiches(weights: Any) -> None:
    """With the pulls written out: D^-1 (sum of squares of sums of pulls) D^-1."""
    data = noisy()
    data["w"] = np.random.default_rng(1).uniform(0.5, 2, 200)
    m = lw.quantile("y ~ x + z", data, q=0.3, weights=weights, se="ker")
    assert m.sample is not None
    look = m.sample.look
    X = np.column_stack([np.ones(200), data["x"], data["z"]])
    w = look.case_weights
    bread = np.linalg.inv((X * (w * look.there.curvature)[:, None]).T @ X)
    scores = X * (-w * look.there.score)[:, None]
    np.testing.assert_allclose(scores.sum(axis=0), 0.0, atol=1e-11)
    rough = bread @ (scores.T @ scores) @ bread
    np.testing.assert_allclose(m.with_cov("HC0").covariance, rough, rtol=1e-7)
    sums = np.array([scores[data["g"] == g].sum(axis=0) for g in range(20)])
    cluster = bread @ (sums.T @ sums) @ bread
    np.testing.assert_allclose(m.with_cov("CR0:g").covariance, cluster, rtol=1e-7)
    back = m.with_cov("HC0").with_cov("classical")
    np.testing.assert_allclose(back.covariance, m.covariance, rtol=1e-12)


def test_combinations_are_left_out_and_named() -> None:
    data = noisy()
    data["twice"] = 2 * data["x"] + 3
    m = lw.quantile("y ~ x + twice + z", data, q=0.5)
    plain = lw.quantile("y ~ x + z", data, q=0.5)
    assert [row.name for row in m.aliased] == ["twice"]
    assert np.isnan(m.coef["twice"])
    for name in plain.names:
        assert m.coef[name] == plain.coef[name]
        np.testing.assert_allclose(m.se[name], plain.se[name], rtol=1e-9)


def test_predictions_intervals_and_tests() -> None:
    data = noisy()
    m = lw.quantile("y ~ x + z", data, q=0.9)
    new = {"x": [0.5, -1.0], "z": [1.0, 2.0]}
    wanted = m.coef["Intercept"] + m.coef["x"] * np.array(new["x"]) + (
        m.coef["z"] * np.array(new["z"])
    )  # fmt: skip
    np.testing.assert_allclose(m.predict(new), wanted, rtol=1e-9)
    interval = m.predict(new, interval="confidence")
    assert (interval.low < wanted).all() and (wanted < interval.high).all()
    found = m.test("x = 0")
    np.testing.assert_allclose(found.statistic, m.statistic["x"] ** 2, rtol=1e-9)


def test_several_quantiles() -> None:
    data = noisy()
    many = lw.quantile("y ~ x + z", data, q=[0.9, 0.1, 0.5])
    assert list(many) == [0.9, 0.1, 0.5]
    assert many[0.5].coef["x"] == lw.quantile("y ~ x + z", data).coef["x"]
    table = many.frame("dict")
    assert table["q"] == [0.9] * 3 + [0.1] * 3 + [0.5] * 3
    assert table["name"][:3] == ["Intercept", "x", "z"]
    with pytest.raises(KeyError, match="no quantile"):
        many[0.3]


def test_quantiles_that_cross() -> None:
    data = noisy(40)
    many = lw.quantile("y ~ x", data, q=[0.6, 0.4, 0.5])
    far = {"x": [-1e3, 0.0, 1e3]}
    with pytest.warns(lw.LevelWarning, match="quantiles cross at"):
        plain = many.predict(far)
    sorted_ = many.predict(far, crossing="rearrange")
    np.testing.assert_array_equal(np.sort(plain, axis=1), np.sort(sorted_, axis=1))
    assert (sorted_[:, 0] >= sorted_[:, 2]).all()
    assert (sorted_[:, 2] >= sorted_[:, 1]).all()


def test_notes() -> None:
    two = lw.quantile("y ~ 1", {"y": [1.0, 2.0, 3.0, 5.0, 8.0, 13.0]}, se="iid")
    assert any("not unique" in note for note in two.notes)
    few = lw.quantile(FORMULA, STACK, q=0.99)
    assert any("fewer than the 4 coefficients" in note for note in few.notes)
    flat = lw.quantile("y ~ x", {"x": [1.0, 2, 3, 4, 5], "y": [7.0] * 5})
    assert flat.coef.array.tolist() == [7.0, 0.0]
    assert any("no standard errors" in note for note in flat.notes)
    assert np.isnan(flat.se.array).all()
    as_many = lw.quantile("y ~ x", {"x": [1.0, 2.0], "y": [1.0, 3.0]})
    assert as_many.coef.array.tolist() == [-1.0, 2.0]
    assert np.isnan(as_many.se.array).all()


def test_offset_and_arrays() -> None:
    data = noisy()
    m = lw.quantile("y ~ x + offset(z)", data, q=0.4)
    data["less"] = data["y"] - data["z"]
    same = lw.quantile("less ~ x", data, q=0.4)
    np.testing.assert_allclose(m.coef.array, same.coef.array, rtol=1e-14)
    X = np.column_stack([data["x"], data["z"]])
    arrays = lw.quantile(y=data["y"], X=X, q=0.4)
    named = lw.quantile("y ~ x + z", data, q=0.4)
    np.testing.assert_array_equal(arrays.coef.array, named.coef.array)


@pytest.mark.parametrize(
    ("q", "said"),
    [
        (0, "not between"),
        (1.0, "not between"),
        (float("nan"), "not between"),
        (90, "90 percent is 0.9"),
        ("0.5", "no number"),
        (None, "no number"),
        (True, "no number"),
        ([], "empty"),
        ([0.5, 0.5], "twice"),
        ([0.5, 2], "not between"),
    ],
)
def test_a_share_that_is_none(q: Any, said: str) -> None:
    with pytest.raises(lw.RequestError, match=said):
        lw.quantile("y ~ x", noisy(), q=q)


def test_bad_rows() -> None:
    data = noisy(30)
    with pytest.raises(lw.RequestError, match="se='boot'"):
        lw.quantile("y ~ x", data, se="boot")
    with pytest.raises(lw.RequestError, match="one target"):
        lw.quantile("cbind(y, z) ~ x", data)
    with pytest.raises(lw.LeastwiseError):
        lw.quantile("y ~ x", data, weights=np.zeros(30))
    with pytest.raises(lw.DataError, match="inf"):
        lw.quantile("y ~ x", {**data, "y": np.append(data["y"][1:], np.inf)})
    gone = {**data, "y": np.append(data["y"][1:], np.nan)}
    assert lw.quantile("y ~ x", gone).rows.used == 29


def test_expectiles() -> None:
    """At one half the mean; elsewhere the scores balance (Newey and Powell)."""
    data = noisy()
    half, line = lw.expectile("y ~ x + z", data), lw.ols("y ~ x + z", data)
    np.testing.assert_allclose(half.coef.array, line.coef.array, rtol=1e-10)
    np.testing.assert_allclose(half.se.array, line.with_cov("HC0").se.array, rtol=1e-9)
    m = lw.expectile("y ~ x + z", data, q=0.8)
    X = np.column_stack([np.ones(200), data["x"], data["z"]])
    r = data["y"] - X @ m.coef.array
    weight = np.where(r < 0, 0.2, 0.8)
    np.testing.assert_allclose(X.T @ (weight * r), 0.0, atol=1e-10)
    with pytest.raises(lw.RequestError, match="not between"):
        lw.expectile("y ~ x", data, q=1.2)


def test_a_saved_model_predicts(tmp_path: Any) -> None:
    m = lw.quantile(FORMULA, STACK, q=0.75)
    m.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    np.testing.assert_array_equal(again.coef.array, m.coef.array)
    new = {"airflow": [60.0], "watertemp": [20.0], "acidconc": [85.0]}
    np.testing.assert_array_equal(again.predict(new), m.predict(new))
    assert str(again).splitlines()[1] == "Quantile regression, q = 0.75"


def test_command_line(capsys: Any) -> None:
    assert main(["fit", FORMULA, str(STACK), "--quantile", "0.75", "--json"]) == 0
    one = json.loads(capsys.readouterr().out)
    m = lw.quantile(FORMULA, STACK, q=0.75)
    assert [r["estimate"] for r in one["coefficients"]] == m.coef.array.tolist()
    assert main(["fit", FORMULA, str(STACK), "--quantile", "0.25,0.75", "--json"]) == 0
    two = json.loads(capsys.readouterr().out)["models"]
    assert two[1]["coefficients"] == one["coefficients"]
    assert main(["fit", FORMULA, str(STACK), "--expectile", "0.75"]) == 0
    assert "Expectile regression, q = 0.75" in capsys.readouterr().out
    assert main(["fit", FORMULA, str(STACK), "--quantile", "many"]) == 2
    assert '"many" is no number' in capsys.readouterr().err
