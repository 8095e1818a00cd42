"""Plots of fits of a loss: their points are those of the definitions."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy import optimize, stats

import leastwise as lw
from leastwise.model.loss_influence import LossInfluence
from leastwise.model.plots.loss.registry import PLOTS

N = 90
MAKE = np.random.default_rng(5)
X, Z = MAKE.uniform(0, 4, N), MAKE.normal(size=N)
DATA: dict[str, Any] = {
    "x": X,
    "z": Z,
    "g": np.where(Z > 0.2, "a", "b"),
    "c": np.where(X + Z > 2.5, "one", np.where(Z > 0, "two", "three")),
    "k": MAKE.poisson(np.exp(0.2 + 0.5 * X)),
    "y": 2 * np.exp(-0.7 * X) + 0.1 * MAKE.standard_t(3, size=N),
}


def decay(p: Any, d: Any) -> Any:
    return p["a"] * jnp.exp(-p["k"] * d["x"])


def own(eta: Any, y: Any) -> Any:
    return jnp.logaddexp(y - eta, eta - y)


@pytest.fixture(scope="module")
def counts() -> lw.LossModel:
    return lw.glm("k ~ x + z", DATA, family="poisson")


@pytest.fixture(scope="module")
def curve() -> lw.LossModel:
    return lw.nonlinear(decay, DATA, y="y", start={"a": 1.0, "k": 1.0})


def only(panels: tuple[Any, ...]) -> Any:
    (panel,) = panels
    return panel


def test_rows_of_a_family_are_the_measures_that_r_agrees_with(
    counts: lw.LossModel,
) -> None:
    # tests/unit/test_loss_influence.py holds these to R.
    found = counts.influence()
    assert isinstance(found, LossInfluence)
    eta = np.column_stack([np.ones(N), X, Z]) @ counts.coef.array
    four = counts.panels("diagnostics")
    assert [p.kind for p in four] == ["residuals", "qq", "scale", "leverage"]
    wanted = {
        "residuals": (eta, found.standardized),
        "scale": (eta, np.sqrt(np.abs(found.standardized))),
        "leverage": (found.leverage, found.standardized_pearson),
        "influence": (found.leverage, found.studentized),
    }
    for name, (x, y) in wanted.items():
        cloud = only(counts.panels(name)).clouds[0]
        np.testing.assert_allclose(cloud.x, x[cloud.rows - 1], rtol=1e-12, err_msg=name)
        np.testing.assert_allclose(cloud.y, y[cloud.rows - 1], rtol=1e-12, err_msg=name)


def test_quantile_residuals_stand_against_normal_quantiles() -> None:
    m = lw.glm("y ~ x", DATA, family="gaussian")
    panel = only(m.panels("qq"))
    cloud, line = panel.clouds[0], panel.curves[0]
    scores = stats.norm.ppf((np.arange(1, N + 1) - 0.5) / N)
    np.testing.assert_allclose(cloud.x, scores, atol=1e-12)
    left = (DATA["y"] - m.predict(DATA)) / m.sigma
    np.testing.assert_allclose(cloud.y, np.sort(left), rtol=1e-9)
    assert np.array_equal(line.x, line.y)
    low = stats.norm.ppf(stats.beta.ppf(0.025, 1, N))
    assert panel.ribbons[0].low[0] == pytest.approx(low, rel=1e-12)


def test_effects_hold_the_others_and_are_on_the_scale_of_the_target(
    counts: lw.LossModel,
) -> None:
    panel = only(counts.panels("effect", "x"))
    b0, b1, b2 = counts.coef.array
    (line,) = panel.curves
    np.testing.assert_allclose(line.y, np.exp(b0 + b1 * line.x + b2 * Z.mean()))
    assert panel.y_name == "k" and "z " in panel.note
    levels = only(lw.glm("k ~ g", DATA, family="poisson").panels("effect"))
    means = [DATA["k"][DATA["g"] == level].mean() for level in ("a", "b")]
    np.testing.assert_allclose(levels.bars[0].estimate, means, rtol=1e-10)


def test_the_band_of_the_fit_is_wald_of_the_predictor_carried_over() -> None:
    m = lw.glm("k ~ x", DATA, family="poisson")
    panel = only(m.panels())
    new, mean = panel.ribbons
    row = np.column_stack([np.ones(len(mean.x)), mean.x])
    se = np.sqrt(np.einsum("ij,jk,ik->i", row, m.covariance, row))
    eta = row @ m.coef.array
    z = stats.norm.ppf(0.975)
    np.testing.assert_allclose(mean.low, np.exp(eta - z * se), rtol=1e-9)
    np.testing.assert_allclose(mean.high, np.exp(eta + z * se), rtol=1e-9)
    assert (new.low <= mean.low).all() and (new.high >= mean.high).all()


def test_classes_have_a_panel_each() -> None:
    m = lw.glm("c ~ x", DATA, family="multinomial")
    panels = m.panels()
    assert sorted(p.y_name for p in panels) == [
        f"P(c = {name})" for name in ("one", "three", "two")
    ]
    total = sum(p.curves[0].y for p in panels)
    np.testing.assert_allclose(total, 1.0, rtol=1e-12)
    with pytest.raises(lw.RequestError, match="several predictors"):
        m.panels("fit")


def test_weights_are_those_of_huber() -> None:
    m = lw.robust("y ~ x", DATA, loss="huber")
    panel = only(m.panels("weights"))
    u = (DATA["y"] - m.predict(DATA)) / m.loss.scale  # type: ignore[attr-defined]
    cloud = panel.clouds[0]
    np.testing.assert_allclose(cloud.x, u[cloud.rows - 1], rtol=1e-9)
    want = np.minimum(1.0, 1.345 / np.abs(cloud.x))
    np.testing.assert_allclose(cloud.y, want, rtol=1e-12)
    light = int((want < 0.5).sum())
    assert panel.words.startswith(f"{light or 'No'} row")


def test_a_loss_of_ones_own_shows_its_slope() -> None:
    m = lw.fit_loss(own, "y ~ x", DATA)
    cloud = only(m.panels("residuals")).clouds[0]
    left = (DATA["y"] - m.predict(DATA))[cloud.rows - 1]
    np.testing.assert_allclose(cloud.y, np.tanh(left), rtol=1e-9, atol=1e-12)
    assert cloud.y.mean() == pytest.approx(0.0, abs=1e-12)


def test_the_profile_of_a_function_is_fits_with_a_parameter_held(
    curve: lw.LossModel,
) -> None:
    found = curve.profile_curve("k", level=0.95)
    low, high = curve.profile("k", level=0.95)["k"]
    assert found.value[[0, -1]] == pytest.approx([low, high], rel=1e-9)

    def rss(held: float) -> float:
        # The other parameter enters as a factor: least squares of one column.
        column = np.exp(-held * X)
        a = (column @ DATA["y"]) / (column @ column)
        return float(((DATA["y"] - a * column) ** 2).sum())

    best = optimize.minimize_scalar(rss, bracket=(0.5, 0.7, 0.9), tol=1e-12)
    rise = (np.array([rss(v) for v in found.value]) - best.fun) / (best.fun / (N - 2))
    np.testing.assert_allclose(found.rise, rise, atol=1e-7)
    assert np.sqrt(found.rise[0]) == pytest.approx(stats.t.ppf(0.975, N - 2), rel=1e-8)


def test_the_profile_of_a_family_meets_its_interval(counts: lw.LossModel) -> None:
    panel = only(counts.panels("profile", "x"))
    goal, below = (c.y[0] for c in panel.curves[:2])
    root = panel.curves[-1]
    ends = np.interp([below, goal], root.y, root.x)
    # Between 41 points a straight line stands in for the curve.
    assert ends == pytest.approx(counts.profile("x")["x"], rel=1e-4)


def test_correlations_are_those_of_the_jacobian(curve: lw.LossModel) -> None:
    a, k = curve.coef.array
    J = np.column_stack([np.exp(-k * X), -a * X * np.exp(-k * X)])
    V = np.linalg.inv(J.T @ J)
    want = V[0, 1] / np.sqrt(V[0, 0] * V[1, 1])
    (bars,) = only(curve.panels("correlation")).bars
    assert bars.estimate == pytest.approx([want], rel=1e-8)
    assert bars.low == pytest.approx([min(want, 0.0)], rel=1e-8)
    assert bars.high == pytest.approx([max(want, 0.0)], rel=1e-8)


def test_component_plus_working_residual(counts: lw.LossModel) -> None:
    cloud = only(counts.panels("component", "x")).clouds[0]
    mean = counts.predict(DATA)
    working = (DATA["k"] - mean) / mean
    want = counts.coef["x"] * (X - X.mean()) + working
    np.testing.assert_allclose(cloud.y, want[cloud.rows - 1], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", PLOTS)
def test_each_plot_draws_or_says_what_to_do(
    kind: str, counts: lw.LossModel, curve: lw.LossModel
) -> None:
    drawn = 0
    for m in (counts, curve, lw.robust("y ~ x", DATA), lw.quantile("y ~ x", DATA)):
        try:
            panels = m.panels(kind)
        except lw.RequestError as error:
            assert error.fix
            continue
        figure = Figure(figsize=(5, 4))
        FigureCanvasAgg(figure)
        places = np.ravel(np.array(figure.subplots(1, len(panels)), dtype=object))
        back = np.ravel([m.plot(kind, ax=places)])
        for panel, place in zip(panels, back, strict=True):
            assert place.get_xlabel() == panel.x_name and panel.words
            assert place.has_data()
        figure.canvas.draw()
        drawn += 1
    assert drawn


def test_what_is_not_there_is_named(counts: lw.LossModel, tmp_path: Path) -> None:
    refused = {
        ("fit", None): "the fit has 2 inputs",
        ("weights", None): "weighs no row down",
        ("partial", None): "there is no plot 'partial'",
        ("component", "q"): 'there is no slope "q"',
        ("profile", "q"): 'there is no coefficient "q"',
        ("effect", "q"): 'there is no input "q"',
    }
    for (kind, of), message in refused.items():
        with pytest.raises(lw.RequestError, match=message):
            counts.panels(kind, of)
    counts.save(tmp_path / "m.json")
    loaded = lw.load(tmp_path / "m.json")
    assert loaded.panels()[0].kind == "forest"
    with pytest.raises(lw.RequestError, match="has no rows"):
        loaded.panels("residuals")
    last = {name: values[-2:] for name, values in DATA.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lw.LeastwiseWarning)
        full = lw.glm("k ~ x", last, family="quasipoisson")
    for kind in ("scale", "leverage", "influence", "profile"):
        with pytest.raises(lw.RequestError, match=r"freedom|standard error"):
            full.panels(kind)
