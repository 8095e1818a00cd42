"""Families of several predictors at the door: what they refuse, and what they keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw

F = lw.family
DATA: dict[str, Any] = {
    "x": [1.0, 2, 3, 4, 5, 6, 7, 8],
    "two": list("abababba"),
    "apart": list("aaaabbbb"),
    "one": list("aaaaaaaa"),
    "three": list("abcabcab"),
    "share": [0.1, 0.2, 0.15, 0.4, 0.5, 0.6, 0.7, 0.8],
    "ends": [0.1, 0.2, 0.0, 0.4, 0.5, 1.0, 0.7, 0.8],
    "time": [1.0, 2, 3, 9, 4, 5, 6, 7],
    "zero": [1.0, 2, 3, 0, 4, 5, 6, 7],
    "odd": [1, 0, 1, 1, 0, 2, 1, 1],
    "none": [0, 0, 0, 0, 0, 0, 0, 0],
    "count": [1, None, 2, 3, 1, 2, 3, 1],
}


@pytest.mark.parametrize(
    ("formula", "family", "says"),
    [
        ("one ~ x", F.Multinomial(), "one class only: 'a'"),
        ("three ~ x", F.Multinomial(base="z"), "no class 'z'"),
        ("three ~ x", F.Ordered(), "have no order"),
        ("three ~ x", F.Ordered(levels=("a", "b")), "are not the classes"),
        ("three ~ x", F.Ordered(levels=("a", "b", "c", "d")), "no row used has the cl"),
        ("three ~ x - 1", F.Ordered(levels=("a", "b", "c")), "are its intercept"),
        ("log(x) ~ share", F.Multinomial(), "is a column with classes"),
        ("ends ~ x", F.Beta(), "row 3 of ends: Beta takes shares above 0 and below 1"),
        ("zero ~ x", F.Weibull(), "row 4 of zero: Weibull takes times above 0"),
        ("time ~ x", F.Weibull("odd"), 'row 6 of time: the event "odd" is 2'),
        ("time ~ x", F.LogNormal("none"), "no event was seen"),
        ("time ~ x", F.Weibull("nope"), 'no column "nope"'),
        ("time ~ x", F.Tobit(None, 6), "row 4 of time: 9 is above the limit of 6"),
        ("none ~ x", F.Tobit(0), "every target is at a limit"),
        ("share ~ x + time + odd + zero + ends + count + three", F.Beta(), "7 rows"),
    ],
)
def test_what_cannot_be_fitted_is_refused(formula: str, family: Any, says: str) -> None:
    with pytest.raises((lw.DataError, lw.RequestError), match=says):
        lw.glm(formula, DATA, family=family)


def test_limits_and_links_are_checked() -> None:
    with pytest.raises(lw.RequestError, match="not below"):
        F.Tobit(2, 1)
    with pytest.raises(lw.RequestError, match="has a limit"):
        F.Tobit(None)
    with pytest.raises(lw.RequestError, match="no limit"):
        F.Tobit(float("nan"))
    with pytest.raises(lw.RequestError, match="no link"):
        F.Ordered("log")
    with pytest.raises(lw.RequestError, match="no link"):
        F.Beta("log")
    with pytest.raises(lw.RequestError, match="no offset"):
        lw.glm("three ~ 1", DATA, family=F.Multinomial(), offset="x")
    with pytest.raises(lw.RequestError, match="formula and data"):
        lw.glm(y=[0.1, 0.2], X=[[1.0], [2.0]], family="beta")


@pytest.mark.parametrize("family", [F.Multinomial(), F.Ordered(levels=("a", "b"))])
def test_separation_is_named(family: Any) -> None:
    with pytest.raises(lw.DataError, match=r"x tells all rows apart \(complete"):
        lw.glm("apart ~ x", DATA, family=family)


def test_a_class_that_is_separated_is_named() -> None:
    x = np.arange(12.0)
    kind = ["far"] * 4 + ["odd", "even"] * 4
    with pytest.raises(lw.DataError, match="x tells class far from the others"):
        lw.glm("kind ~ x", {"x": x, "kind": kind}, family=F.Multinomial(base="odd"))


@pytest.mark.parametrize(
    ("y", "family", "says"),
    [
        (2.0 + np.arange(8.0), F.Tobit(0), "sigma runs to 0"),
        (np.exp(np.arange(8.0)), F.LogNormal(), "sigma runs to 0"),
        (1.0 / (1.0 + np.exp(-np.arange(8.0))), F.Beta(), "phi runs to infinity"),
    ],
)
def test_an_exact_fit_has_no_likelihood(y: Any, family: Any, says: str) -> None:
    with pytest.raises(lw.DataError, match=says):
        lw.glm("y ~ x", {"x": np.arange(8.0), "y": y}, family=family)


def test_two_classes_of_text_are_0_and_1() -> None:
    m = lw.glm("two ~ x", DATA, family="binomial")
    numbers = [float(v == "b") for v in DATA["two"]]
    right = lw.glm("y ~ x", {"x": DATA["x"], "y": numbers}, family="binomial")
    np.testing.assert_array_equal(m.estimates, right.estimates)
    assert m.notes[0] == 'The target two is 1 for "b" and 0 for "a".'
    with pytest.raises(lw.DataError, match="3 classes"):
        lw.glm("three ~ x", DATA, family="binomial")


def test_two_classes_are_a_logistic_regression() -> None:
    """All three say the same of two classes."""
    data = {"x": DATA["x"], "y": DATA["two"]}
    logistic = lw.glm("y ~ x", data, family="binomial")
    multinomial = lw.glm("y ~ x", data, family="multinomial")
    ordered = lw.glm("y ~ x", data, family=F.Ordered(levels=("a", "b")))
    np.testing.assert_allclose(multinomial.estimates, logistic.estimates, rtol=1e-11)
    np.testing.assert_allclose(multinomial.covariance, logistic.covariance, rtol=1e-10)
    assert ordered.coef["x"] == pytest.approx(logistic.coef["x"], rel=1e-11)
    assert ordered.coef["a|b"] == pytest.approx(-logistic.coef["Intercept"], rel=1e-11)
    for cov in ("HC0", "HC1"):
        ours, theirs = multinomial.with_cov(cov), logistic.with_cov(cov)
        np.testing.assert_allclose(ours.covariance, theirs.covariance, rtol=1e-9)
    groups = {"cluster": list("uuvvwwzz"), **data}
    ours = lw.glm("y ~ x", groups, family="multinomial", cov="cluster:cluster")
    theirs = lw.glm("y ~ x", groups, family="binomial", cov="cluster:cluster")
    np.testing.assert_allclose(ours.covariance, theirs.covariance, rtol=1e-9)
    np.testing.assert_allclose(ours.p.array, theirs.p.array, rtol=1e-8)


def test_units_and_offsets_cost_no_digits() -> None:
    make = np.random.default_rng(5)
    x = make.integers(0, 100, 60).astype(float)
    y = np.array(list("abc"))[make.integers(0, 3, 60)]
    plain = lw.glm("y ~ x", {"x": x, "y": y}, family="multinomial")
    far = lw.glm("y ~ x", {"x": x * 2.0**20 + 2.0**40, "y": y}, family="multinomial")
    for name in ("b: x", "c: x"):
        assert far.coef[name] * 2.0**20 == pytest.approx(plain.coef[name], rel=1e-11)
        assert far.se[name] * 2.0**20 == pytest.approx(plain.se[name], rel=1e-11)
    there = {"x": [30.0 * 2.0**20 + 2.0**40]}
    found = far.predict(there, interval="confidence")
    right = plain.predict({"x": [30.0]}, interval="confidence")
    np.testing.assert_allclose(found.fit, right.fit, rtol=1e-11)
    np.testing.assert_allclose(found.std_error, right.std_error, rtol=1e-11)


def test_weights_that_count_rows_are_rows() -> None:
    counts = [1, 3, 2, 1, 2, 1, 3, 2]
    long = {name: np.repeat(DATA[name], counts) for name in ("x", "share")}
    long["share"] = long["share"].astype(float)
    right = lw.glm("share ~ x", long, family="beta")
    data = {"x": DATA["x"], "share": DATA["share"], "n": counts}
    m = lw.glm("share ~ x", data, family="beta", weights=lw.weights.frequency("n"))
    np.testing.assert_allclose(m.estimates, right.estimates, rtol=1e-11)
    for cov in ("classical", "HC0", "HC1"):
        np.testing.assert_allclose(
            m.with_cov(cov).covariance, right.with_cov(cov).covariance, rtol=1e-9
        )
    assert (m.n, m.dof) == (right.n, right.dof)


def test_a_combination_of_others_is_left_out() -> None:
    data = {"x": DATA["x"], "w": 2.0 * np.array(DATA["x"]), "y": DATA["three"]}
    m = lw.glm("y ~ x + w", data, family="multinomial")
    right = lw.glm("y ~ x", data, family="multinomial")
    assert np.isnan(m.coef["b: w"]) and np.isnan(m.coef["c: w"])
    assert m.coef["b: x"] == pytest.approx(right.coef["b: x"], rel=1e-12)
    assert m.rank == right.rank
    np.testing.assert_allclose(
        m.predict({"x": [2.5], "w": [5.0]}), right.predict({"x": [2.5]}), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("three ~ x", F.Multinomial(base="b")),
        ("three ~ x", F.Ordered(levels=("c", "a", "b"))),
        ("share ~ x", F.Beta("probit")),
        ("time ~ x", F.LogLogistic()),
        ("time ~ x", F.Tobit(2.0, 8.5)),
    ],
)
def test_a_saved_model_predicts(tmp_path: Path, formula: str, family: Any) -> None:
    data = dict(DATA)
    if isinstance(family, F.Tobit):
        data["time"] = np.clip(DATA["time"], family.lower, family.upper)
    m = lw.glm(formula, data, family=family, cov="HC0")
    m.save(tmp_path / "m.json")
    read = lw.load(tmp_path / "m.json")
    new = {"x": [1.5, None, 9.0]}
    one = m.predict(new, interval="confidence")
    two = read.predict(new, interval="confidence")
    for name in ("fit", "std_error", "low", "high"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert str(read) == str(m)
    assert np.isnan(one.fit[1]).all() and np.isfinite(one.fit[0]).all()
    assert (one.low[0] < one.fit[0]).all() and (one.fit[0] < one.high[0]).all()
    if m.loss.classes:
        np.testing.assert_allclose(one.fit[[0, 2]].sum(axis=1), 1.0, rtol=1e-14)


def test_the_delta_method_of_a_mean() -> None:
    """Against differences: the mean as a function of the coefficients."""
    m = lw.glm("time ~ x", DATA, family=F.Weibull())
    found = m.predict({"x": [3.0]}, interval="confidence")

    def mean(b: Any) -> float:
        return float(m.loss.mean(np.array([[b[0] + 3.0 * b[1], b[2]]]))[0])

    steps = 1e-6 * np.eye(3)
    slope = [(mean(m.estimates + s) - mean(m.estimates - s)) / 2e-6 for s in steps]
    right = np.sqrt(slope @ m.covariance @ slope)
    # What differences of this step leave.
    assert found.std_error[0] == pytest.approx(right, rel=1e-7)
    eta = m.predict({"x": [3.0]}, kind="link")
    loss = m.loss
    assert isinstance(loss, F.Weibull)
    median = loss.quantile(eta, 0.5)[0]
    assert 1.0 - np.exp(-((median / np.exp(eta[0, 0])) ** np.exp(-eta[0, 1]))) == (
        pytest.approx(0.5, rel=1e-12)
    )


def test_what_is_not_answered_says_so() -> None:
    m = lw.glm("three ~ x", DATA, family="multinomial")
    with pytest.raises(lw.RequestError, match="several predictors"):
        _ = m.row_weights
    for cov in ("HC3", "hac", "CR2:two"):
        with pytest.raises(lw.RequestError, match="not made for"):
            m.with_cov(cov)
    with pytest.raises(lw.RequestError, match="one cluster"):
        m.with_cov("cluster:one")
    assert "chi-squared" in str(m.test("b: x = 0", "c: x = b: x"))


@pytest.mark.parametrize("seed", [5, 19])
def test_a_class_behind_a_line_is_separated(seed: int) -> None:
    """No one input tells it; together they do, and no fit is claimed."""
    make = np.random.default_rng(seed)
    a, b = make.normal(size=(2, 40))
    kind = np.where(a + 2.0 * b > 0.5, "far", np.array(["odd", "even"] * 20))
    data = {"a": 1e3 + a, "b": 1e-3 * b, "kind": kind}
    with pytest.raises(lw.DataError, match="a, far: b tell class far from the others"):
        lw.glm("kind ~ a + b", data, family=F.Multinomial(base="odd"))


def test_a_precision_that_is_large_is_reached() -> None:
    """Near its optimum the likelihood has fewer digits than its slope."""
    make = np.random.default_rng(50)
    x = make.normal(size=40)
    share = 1.0 / (1.0 + np.exp(-x - 0.005 * make.normal(size=40)))
    m = lw.glm("share ~ x", {"x": x, "share": share}, family="beta")
    assert m.convergence.status.is_success
    assert m.estimates[-1] > 11 and (m.certified > 6).all()
