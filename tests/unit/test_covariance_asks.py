"""How a covariance is asked for, what is refused, and what a saved model does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import DataError, LeastwiseError, RequestError
from leastwise.cli.app import main
from tests.unit.test_covariance import DATA, LEVER

C = lw.cov


@pytest.mark.parametrize(
    ("word", "cov"),
    [
        ("classical", C.Classical()),
        ("hc0", C.HC0()),
        ("HC4m", C.HC4m()),
        ("cluster:g", C.Cluster("g")),
        ("cluster: g , t", C.Cluster("g", "t")),
        ("cr3:g", C.Cluster("g", kind="CR3")),
        ("hac:2", C.HAC(lags=2)),
        ("HAC", C.HAC()),
        ("driscoll_kraay:t", C.DriscollKraay("t")),
        ("driscoll_kraay:t,1", C.DriscollKraay("t", 1)),
        ("jackknife", C.Jackknife()),
        ("jackknife:g", C.Jackknife("g")),
    ],
)
def test_a_word_is_the_estimator(word: str, cov: Any) -> None:
    m = lw.ols("y ~ x", LEVER)
    if cov.name != "Classical":
        # What a model says of its covariance asks for the same again.
        told = m.with_cov(cov).cov
        assert m.with_cov(str(told.word)).cov == told
        assert str(told.call).startswith("lw.cov.")
    one, two = m.with_cov(word), lw.ols("y ~ x", LEVER, cov=cov)
    np.testing.assert_array_equal(one.covariance, two.covariance)
    assert one.cov == two.cov


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("HC6", 'Did you mean "HC5"'),
        ("clster:g", "is no covariance"),
        ("cluster:", "is no covariance"),
        ("hac:many", "is no covariance"),
        ("HC3:g", "is no covariance"),
        (C.HC3, "lw.cov.HC3()"),
        (3, "is no covariance"),
    ],
)
def test_what_is_no_covariance_is_refused(word: Any, says: str) -> None:
    with pytest.raises(RequestError, match=re.escape(says)):
        lw.ols("y ~ x", DATA).with_cov(word)
    with pytest.raises(RequestError, match="is no covariance"):
        lw.ols("y ~ x", DATA, cov=word)


@pytest.mark.parametrize(
    ("cov", "says"),
    [
        (C.Cluster("one"), "all rows are in one cluster"),
        (C.Cluster("gg"), 'no column "gg"'),
        (C.Cluster("gap"), 'column "gap" has no value in row 3'),
        (C.Cluster(LEVER["gap"]), "no value in row 3"),
        (C.Cluster(np.array([None, *"abcabcabcab"], object)), "no value in row 1"),
        (C.Cluster([1, 2]), "2 values for 12 rows"),
        (C.HAC(lags=1, order="t"), "row 1 and row 7 both have 0 in t"),
        (C.HAC(lags=12), "lags=12 with 12 rows"),
        (C.DriscollKraay("t", lags=6), "6 points in time"),
        (C.Survey("g", "g"), "one sampling unit"),
    ],
)
def test_rows_that_cannot_answer_are_refused(cov: Any, says: str) -> None:
    with pytest.raises(LeastwiseError, match=says):
        lw.ols("y ~ x", LEVER, cov=cov)


PANEL = 'DriscollKraay(time="t"'


@pytest.mark.parametrize(
    ("cov", "call", "word"),
    [
        (C.Cluster("g", "t", kind="CR0"), 'Cluster("g", "t", kind="CR0")', "CR0:g,t"),
        (C.Cluster(list(range(12))), None, None),
        (C.HAC(lags=1, adjust=True), "HAC(lags=1, adjust=True)", None),
        (C.HAC(lags=1, order="one"), 'HAC(lags=1, order="one")', None),
        (C.HC4m(), "HC4m()", "HC4m"),
        (C.Jackknife("g"), 'Jackknife(by="g")', "jackknife:g"),
        (C.DriscollKraay("t", 2), f"{PANEL}, lags=2)", "driscoll_kraay:t,2"),
        (C.DriscollKraay("t", adjust=True), f"{PANEL}, adjust=True)", None),
        (C.Survey("g"), 'Survey(strata="g")', None),
    ],
)  # fmt: skip
def test_an_estimator_says_what_makes_it(
    cov: Any, call: str | None, word: str | None
) -> None:
    said = None if cov.call is None else cov.call.replace("'", '"')
    assert (said, cov.word) == (None if call is None else f"lw.cov.{call}", word)


def test_choices_that_do_not_exist_are_refused() -> None:
    for call in (
        lambda: C.Cluster(),
        lambda: C.Cluster("g", kind="CR4"),  # type: ignore[arg-type]
        lambda: C.HAC(lags=-1),
        lambda: C.HAC(lags=True),
        lambda: C.HAC(kernel="box"),  # type: ignore[arg-type]
        lambda: C.HAC(kernel="truncated"),
        lambda: C.HAC(bandwidth="best"),
        lambda: C.HAC(bandwidth=0.0),
        lambda: C.DriscollKraay("t", kernel="box"),  # type: ignore[arg-type]
    ):
        with pytest.raises(RequestError):
            call()
    counted = lw.weights.frequency("one")
    with pytest.raises(RequestError, match="not frequency weights"):
        lw.ols("y ~ x", LEVER, weights=counted, cov="hac:1")


def test_values_of_dropped_rows_are_left_out() -> None:
    """A column, its values as an array, and as objects are the same clusters."""
    data = LEVER | {"x": np.where(np.arange(12) == 7, np.nan, LEVER["x"])}
    m = lw.ols("y ~ x", data)
    right = m.with_cov("cluster:g").covariance
    for given in (data["g"], data["g"].tolist(), data["g"].astype(object)):
        found = m.with_cov(C.Cluster(given)).covariance
        np.testing.assert_allclose(found, right, rtol=1e-13)
    note = m.with_cov("hac:1").cov.notes[0]
    assert note.startswith("1 rows were left out") or note.startswith("1 row was")
    rest = {name: np.delete(values, 7) for name, values in data.items()}
    for cov in ("cluster:g", "HC3", "hac:1", "driscoll_kraay:t"):
        np.testing.assert_allclose(
            m.with_cov(cov).covariance,
            lw.ols("y ~ x", rest, cov=cov).covariance,
            rtol=1e-12,
        )


def test_notes_and_degrees_of_freedom_are_those_of_the_last_one() -> None:
    m = lw.ols("y ~ x + d", LEVER)
    there = m.with_cov("cluster:g")
    assert set(np.asarray(there.t_dof)) == {3.0} and there.record().f_dof == (2, 3)
    band = there.predict({"x": [0.0], "d": [0.0]}, interval="confidence")
    half = (band.high - band.low)[0] / 2 / band.std_error[0]
    np.testing.assert_allclose(half, 3.182446305284264, rtol=1e-12)  # qt(.975, 3)
    back = there.with_cov("HC3").with_cov("classical")
    assert back.cov.notes == () and back.own_dof is None
    for field in ("covariance", "standard_errors", "se_certified"):
        np.testing.assert_array_equal(getattr(back, field), getattr(m, field))
    assert back.quality == m.quality and str(back) == str(m)


def test_a_saved_model_keeps_its_covariance_and_has_no_rows(tmp_path: Path) -> None:
    robust = lw.ols("y ~ x + d", LEVER, cov="CR2:g")
    robust.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    assert again.cov == robust.cov and again.cov.notes
    np.testing.assert_array_equal(again.p.array, robust.p.array)
    for interval in ("confidence", "prediction"):
        one, two = (
            m.predict({"x": [4.0], "d": [0.0]}, interval=interval)
            for m in (robust, again)
        )
        np.testing.assert_array_equal(one.low, two.low)
    with pytest.raises(RequestError, match=r"no rows.*data="):
        again.with_cov("HC0")


GIVEN = LEVER | {
    "w": np.arange(1.0, 13.0),
    "x": np.where(np.arange(12) == 7, np.nan, LEVER["x"]),
}


@pytest.mark.parametrize("kind", [None, "analytic", "frequency", "probability"])
@pytest.mark.parametrize("formula", ["y ~ x + C(g)", "cbind(t, y) ~ x", "y ~ x + d"])
def test_a_loaded_model_takes_its_rows_again(
    formula: str, kind: str | None, tmp_path: Path
) -> None:
    weights = None if kind is None else getattr(lw.weights, kind)("w")
    m = lw.ols(formula, GIVEN, weights=weights)
    m = m["y"] if isinstance(m, lw.Models) else m
    m.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    for cov in ("HC3", "cluster:g", "jackknife"):
        found = again.with_cov(cov, data=GIVEN)
        np.testing.assert_allclose(
            found.covariance, m.with_cov(cov).covariance, rtol=1e-12
        )
        assert str(found.quality) == str(m.with_cov(cov).quality)
    order = np.random.default_rng(0).permutation(12)
    mixed = {name: np.asarray(values)[order] for name, values in GIVEN.items()}
    np.testing.assert_allclose(
        again.with_cov("HC3", data=mixed).covariance,
        m.with_cov("HC3").covariance,
        rtol=1e-9,
    )
    other = GIVEN | {"y": np.where(np.arange(12) == 3, 0.5, GIVEN["y"])}
    fewer = {name: np.asarray(values)[:-1] for name, values in GIVEN.items()}
    for rows, says in ((other, "other rows"), (fewer, "10 rows can be used")):
        with pytest.raises(DataError, match=says):
            again.with_cov("HC3", data=rows)


def test_a_loaded_model_of_arrays_takes_columns_by_name(tmp_path: Path) -> None:
    X, y = LEVER["x"][:, None], LEVER["y"]
    m = lw.ols(y=y, X=X)
    m.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    found = again.with_cov("HC3", data={"x1": LEVER["x"], "y": y})
    np.testing.assert_allclose(found.se.array, m.with_cov("HC3").se.array, rtol=1e-13)
    weighted = lw.ols(y=y, X=X, weights=GIVEN["w"])
    weighted.save(tmp_path / "w.json")
    with pytest.raises(RequestError, match="weights of the model were an array"):
        lw.load(tmp_path / "w.json").with_cov("HC3", data={"x1": X[:, 0], "y": y})
    with pytest.raises(DataError, match="fitted to arrays"):
        m.with_cov("cluster:g")


def test_kinds_of_weights_are_told_apart() -> None:
    """One column, three meanings: the same coefficients, other errors."""
    analytic = lw.ols("y ~ x", GIVEN, weights="w")
    counts = lw.ols("y ~ x", GIVEN, weights=lw.weights.frequency("w"))
    drawn = lw.ols("y ~ x", GIVEN, weights=lw.weights.probability("w"))
    np.testing.assert_allclose(counts.coef.array, analytic.coef.array, rtol=1e-13)
    np.testing.assert_allclose(drawn.coef.array, analytic.coef.array, rtol=1e-13)
    robust = analytic.with_cov("HC0").se.array * np.sqrt(11 / 10)
    np.testing.assert_allclose(drawn.se.array, robust, rtol=1e-12)
    assert len({m.se["x"] for m in (analytic, counts, drawn)}) == 3
    kinds = [m.weighing.kind for m in (analytic, counts, drawn)]
    assert kinds == ["analytic", "frequency", "probability"]
    assert drawn.cov.name == "Survey" and counts.n == GIVEN["w"].sum() - 8
    # The unit of probabilities is nobody's: errors and sigma know none.
    scaled = lw.ols("y ~ x", GIVEN, weights=lw.weights.probability(GIVEN["w"] * 1000))
    np.testing.assert_allclose(scaled.se.array, drawn.se.array, rtol=1e-12)
    np.testing.assert_allclose(scaled.sigma, drawn.sigma, rtol=1e-12)
    classical = drawn.with_cov("classical")
    np.testing.assert_array_equal(classical.se.array, analytic.se.array)
    assert any("for precisions" in note for note in classical.record().notes)
    assert np.isnan(drawn.criteria().aic)
    with pytest.raises(RequestError, match="no likelihood"):
        drawn.step()


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.csv"
    names = ("x", "y", "g", "w")
    lines = [",".join(names)]
    for row in zip(*(GIVEN[name] for name in names), strict=True):
        lines.append(",".join("" if v != v else str(v) for v in row))
    file.write_text("\n".join(lines), encoding="utf-8")
    asked = ["fit", "y ~ x", str(file), "--json"]
    for more, m in (
        (["--cov", "CR2:g"], lw.ols("y ~ x", GIVEN, cov="CR2:g")),
        (
            ["--probability", "w"],
            lw.ols("y ~ x", GIVEN, weights=lw.weights.probability("w")),
        ),
    ):
        assert main([*asked, *more]) == 0
        said = json.loads(capsys.readouterr().out)
        errors = [row["std_error"] for row in said["coefficients"]]
        np.testing.assert_allclose(errors, m.se.array, rtol=1e-12)
        assert said["covariance_kind"]["name"] == m.cov.name
        assert said["covariance_kind"]["dof"] == (m.cov.dof or m.dof)
    assert main([*asked, "--cov", "HC9"]) == 2
    assert "is no covariance" in capsys.readouterr().err
    assert main([*asked, "--probability", "w", "--weights", "w"]) == 2
