"""Plots: the points are R's, the marks are drawn, names stay names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy import stats
from statsmodels.nonparametric.smoothers_lowess import lowess as peer

import leastwise as lw
from leastwise.infer.order import normal_scores, order_band
from leastwise.infer.smooth import lowess
from leastwise.model.plots.looked import look
from leastwise.model.plots.points import MOST_POINTS
from leastwise.model.plots.registry import PLOTS
from leastwise.record.panel import Panel

R = Path(__file__).parents[2] / "data" / "r"
CARS = R / "mtcars.csv"
FITS = {
    "multi": ("mpg ~ wt + hp + qsec + am", {}),
    "wls": ("mpg ~ wt + hp", {"weights": "w1"}),
    "wls_zero": ("mpg ~ wt + hp", {"weights": "w0"}),
}


@pytest.fixture(scope="module")
def references() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((R / "mtcars.json").read_text())["models"]
    return found


@pytest.fixture(scope="module")
def cars() -> lw.Model:
    return lw.ols("mpg ~ wt + hp + C(cyl)", CARS)


def axes(count: int = 1) -> Any:
    figure = Figure(figsize=(5, 4))
    FigureCanvasAgg(figure)
    places = np.ravel(np.array(figure.subplots(1, count), dtype=object))
    return places[0] if count == 1 else places


@pytest.mark.parametrize("name", FITS)
def test_what_is_drawn_of_a_row_is_what_r_says(
    name: str, references: dict[str, Any]
) -> None:
    wanted = references[name]
    formula = wanted["formula"].replace("factor(", "C(")
    seen = look(lw.ols(formula, CARS, **FITS[name][1]))
    influence = wanted["influence"]
    chosen = seen.rows - 1

    def r(values: Any) -> Any:
        return np.array(
            [np.nan if v in (None, "NA", "NaN") else float(v) for v in values]
        )[chosen]

    assert seen.residual == pytest.approx(r(wanted["resid"]), rel=1e-9, abs=1e-9)
    assert seen.fitted == pytest.approx(r(wanted["fitted"]), rel=1e-9)
    pairs = {
        "hat": seen.leverage,
        "rstandard": seen.standardized,
        "rstudent": seen.studentized,
        "cooks": seen.cook,
    }
    for key, mine in pairs.items():
        there = influence[key]
        # R gives the leverages of zero weights too, or leaves them out.
        values = np.array([np.nan if v is None else float(v) for v in there])
        values = values[chosen] if len(values) == 32 else values
        assert mine == pytest.approx(values, rel=1e-9, abs=1e-11), key


def test_a_frequency_is_so_many_rows() -> None:
    x, y = [0.0, 1.0, 2.0, 4.0], [1.0, 2.5, 2.0, 6.0]
    often = [1, 3, 2, 1]
    data = {"x": x, "y": y, "n": often}
    short = look(lw.ols("y ~ x", data, weights=lw.weights.frequency("n")))
    long = look(lw.ols("y ~ x", {"x": np.repeat(x, often), "y": np.repeat(y, often)}))
    for name in ("residual", "leverage", "standardized", "cook"):
        again = np.repeat(getattr(short, name), often)
        assert again == pytest.approx(getattr(long, name), rel=1e-12), name


def test_added_variables_have_the_slope_and_the_residuals_of_the_fit(
    cars: lw.Model,
) -> None:
    sample = cars.sample
    assert sample is not None
    X = np.column_stack([np.ones(32), sample.design.X])
    y = sample.design.Y[:, 0]
    for j, panel in enumerate(cars.panels("partial"), 1):
        others = np.delete(X, j, axis=1)

        def less(v: Any, others: Any = others) -> Any:
            return v - others @ np.linalg.lstsq(others, v, rcond=None)[0]

        (cloud,) = panel.clouds
        order = cloud.rows - 1
        assert cloud.x == pytest.approx(less(X[:, j])[order], rel=1e-8, abs=1e-8)
        assert cloud.y == pytest.approx(less(y)[order], rel=1e-8, abs=1e-8)


def test_component_plus_residual(cars: lw.Model) -> None:
    (panel,) = cars.panels("component", "wt")
    (cloud,) = panel.clouds
    seen = look(cars)
    back = cloud.y - cars.coef["wt"] * (cloud.x - cloud.x.mean())
    assert back == pytest.approx(seen.residual[cloud.rows - 1], abs=1e-12)


def test_fit_is_what_predict_says() -> None:
    m = lw.ols("mpg ~ log(wt)", CARS)
    (panel,) = m.panels()
    assert (panel.kind, panel.x_name, panel.y_name) == ("fit", "wt", "mpg")
    (curve,) = panel.curves
    new, mean = panel.ribbons
    want = m.predict({"wt": curve.x}, interval="prediction")
    assert np.array_equal(curve.y, want.fit) and np.array_equal(new.low, want.low)
    assert (mean.high < new.high).all()
    assert sorted(panel.clouds[0].rows) == list(range(1, 33))


def test_effect_holds_the_others_where_the_data_are(cars: lw.Model) -> None:
    wt, hp, cyl = cars.panels("effect")
    rows = {"wt": [2.0], "hp": [cars.sample.column("hp").values.mean()], "cyl": [8]}
    at = np.interp(2.0, wt.curves[0].x, wt.curves[0].y)
    assert at == pytest.approx(cars.predict(rows)[0], rel=1e-12)
    assert cyl.names == ("4", "6", "8") and cyl.upright
    assert "cyl 8" in hp.note


def test_lowess_is_that_of_statsmodels_without_ties() -> None:
    rng = np.random.default_rng(3)
    for n in (8, 60, 333):
        x = np.sort(rng.normal(size=n))
        y = np.sin(2 * x) + rng.standard_t(3, size=n)
        want = peer(y, x, frac=2 / 3, it=3, delta=0.0, return_sorted=False)
        # Two ways to sum; the medians of the residuals decide the same weights.
        assert lowess(x, y) == pytest.approx(want, rel=1e-7, abs=1e-7)


def test_lowess_of_ties_is_that_of_r() -> None:
    # lowess(c(1,2,2,3,5,8,9), c(1,3,2,5,4,9,7), delta = 0)$y in R 4.
    want = [1.0, 2.5, 2.5, 5.0, 4.0, 6.7222376054, 7.5025454233]
    x, y = [1.0, 2, 2, 3, 5, 8, 9], [1.0, 3, 2, 5, 4, 9, 7]
    assert lowess(np.array(x), np.array(y)) == pytest.approx(want, abs=1e-10)


def test_scores_are_those_of_qqnorm() -> None:
    # qnorm(ppoints(4)) and qnorm(ppoints(11)[1:2]) in R 4.
    assert normal_scores(4) == pytest.approx(
        [-1.04913140, -0.29930691, 0.29930691, 1.04913140], abs=1e-8
    )
    assert normal_scores(11)[:2] == pytest.approx([-1.69062163, -1.09680356], abs=1e-8)


def test_envelope_is_the_distribution_of_order_statistics() -> None:
    low, high = order_band(9, np.array([0, 4]), 0.9)
    for k, i in enumerate((1, 5)):
        ends = stats.norm.ppf(stats.beta.ppf([0.05, 0.95], i, 10 - i))
        assert [low[k], high[k]] == pytest.approx(ends.tolist(), rel=1e-12)


def test_contours_are_at_their_distance(cars: lw.Model) -> None:
    (panel,) = cars.panels("leverage")
    contours = [c for c in panel.curves if c.kind == "contour"]
    assert {c.label for c in contours} - {""} <= {
        "Cook's distance 0.5",
        "Cook's distance 1",
    }
    for curve in contours:
        cook = curve.y**2 * curve.x / (1 - curve.x) / cars.rank
        seen = cook[np.isfinite(cook)]
        assert seen == pytest.approx(np.full(len(seen), seen[0]), rel=1e-12)
        assert seen[0] == pytest.approx(0.5) or seen[0] == pytest.approx(1.0)


@pytest.mark.parametrize("kind", PLOTS)
def test_each_plot_draws_into_the_axes_it_is_given(kind: str) -> None:
    formula = "mpg ~ wt" if kind == "fit" else "mpg ~ wt + C(cyl)"
    m = lw.ols(formula, CARS)
    panels = m.panels(kind)
    given = axes(len(panels))
    back = m.plot(kind, ax=given)
    assert back is given or np.array_equal(back, given)
    for panel, place in zip(panels, np.ravel([back]), strict=True):
        assert place.get_xlabel() == panel.x_name and panel.words
        assert place.has_data()
    np.ravel([back])[0].figure.canvas.draw()


def test_new_axes_are_made_where_none_are_given() -> None:
    from matplotlib import pyplot

    m = lw.ols("mpg ~ wt", CARS)
    try:
        assert m.plot().get_xlabel() == "wt"
        assert len(m.plot("diagnostics")) == 4
    finally:
        pyplot.close("all")


def test_models_side_by_side_are_told_apart_without_colour() -> None:
    fits = [lw.ols(f, CARS) for f in ("mpg ~ wt", "mpg ~ wt + hp")]
    place = lw.table(*fits).plot(axes())
    points = [line for line in place.lines if line.get_marker() not in ("", "None")]
    assert len({line.get_marker() for line in points}) == 2
    assert [t.get_text() for t in place.get_legend().get_texts()] == ["(1)", "(2)"]


def test_many_rows_are_counted_and_the_outstanding_drawn() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=20_000)
    y = x + rng.normal(size=len(x))
    y[17] = 40.0
    m = lw.ols("y ~ x", {"x": x, "y": y})
    for kind in ("fit", "residuals", "scale", "leverage", "influence", "qq"):
        (panel,) = m.panels(kind)
        (cloud,) = panel.clouds
        assert len(cloud.x) <= MOST_POINTS and cloud.total == len(x)
        assert 18 in cloud.rows[list(cloud.named)]
        if kind != "qq":
            assert panel.cells[0].counts.sum() == len(x)
    m.plot("residuals", ax=axes()).figure.canvas.draw()


def test_names_with_units_and_dollars_are_shown_as_they_are() -> None:
    data = {"size [m$^2$]": [1.0, 2.0, 3.0, 4.0], "rent $": [1.0, 2.5, 2.0, 4.0]}
    m = lw.ols("`rent $` ~ `size [m$^2$]`", data)
    place = m.plot(ax=axes())
    place.figure.canvas.draw()
    assert place.get_xlabel() == "size [m$^2$]" and place.get_ylabel() == "rent $"
    forest = m.plot("forest", ax=axes())
    forest.figure.canvas.draw()
    assert [t.get_text() for t in forest.get_yticklabels()] == [m.names[1]]


def test_a_saved_model_shows_its_estimates_and_asks_for_rows(
    tmp_path: Path,
) -> None:
    m = lw.ols("mpg ~ wt", CARS)
    m.save(tmp_path / "m.json")
    loaded = lw.load(tmp_path / "m.json")
    assert loaded.panels()[0].kind == "forest"
    with pytest.raises(lw.RequestError, match="no rows"):
        loaded.panels("residuals")


def test_arrays_have_plots_too() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    m = lw.ols(y=y, X=X)
    assert [p.x_name for p in m.panels("effect")] == ["x1", "x2"]
    assert m.panels("effect", "x2")[0].curves[0].x[0] == X[:, 1].min()
    assert lw.ols(y=y, X=X[:, :1]).panels()[0].kind == "fit"


def test_what_cannot_be_asked(cars: lw.Model) -> None:
    with pytest.raises(lw.RequestError, match="no plot 'pie'"):
        cars.plot("pie")
    with pytest.raises(lw.RequestError, match='no slope "wd"'):
        cars.plot("partial", "wd")
    with pytest.raises(lw.RequestError, match='no input "mpg"'):
        cars.plot("effect", "mpg")
    with pytest.raises(lw.RequestError, match="4 panels"):
        cars.plot("diagnostics", ax=axes())
    with pytest.raises(lw.RequestError, match="has 3 inputs"):
        cars.plot("fit")
    full = lw.ols("y ~ x", {"x": [1.0, 2.0], "y": [1.0, 5.0]})
    with pytest.raises(lw.RequestError, match="no degrees of freedom"):
        full.plot("qq")
    with pytest.raises(lw.RequestError, match="coverage"):
        cars.plot("forest", level=2.0)


def test_panels_hold_no_more_than_they_draw(cars: lw.Model) -> None:
    for kind in PLOTS:
        if kind == "fit":
            continue
        for panel in cars.panels(kind):
            assert isinstance(panel, Panel)
            assert all(np.isfinite(c.x).all() for c in panel.clouds)


def test_without_matplotlib_the_pip_line_is_given(
    cars: lw.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leastwise._kit.optional.installed", lambda name: False)
    with pytest.raises(lw.MissingDependency, match=r"leastwise\[plot\]"):
        cars.plot("forest")
