"""The report of every kind of fit of a loss: what it shows, and what it lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import leastwise as lw

N = 80
RNG = np.random.default_rng(11)
X, Z = RNG.uniform(0, 4, N), RNG.normal(size=N)
DATA = {
    "x": X,
    "z": Z,
    "g": np.where(RNG.uniform(size=N) < 0.5, "a", "b"),
    "k": RNG.poisson(np.exp(0.2 + 0.5 * X)),
    "y": 2 * np.exp(-0.7 * X) + 0.1 * RNG.normal(size=N),
}


def smooth(eta: Any, y: Any) -> Any:
    return jnp.sqrt(1.0 + (y - eta) ** 2) - 1.0


def decay(p: Any, d: Any) -> Any:
    return p["a"] * jnp.exp(-p["k"] * d["x"])


FAMILY = ("residuals", "qq", "scale", "leverage", "influence")
CASES: dict[str, tuple[Any, tuple[str, ...], int]] = {
    "poisson": (lambda: lw.glm("k ~ x", DATA, family="poisson"), ("fit", *FAMILY), 5),
    "two inputs": (
        lambda: lw.glm("k ~ x + g", DATA, family="poisson"),
        ("forest", "effect", "effect", *FAMILY),
        5,
    ),
    "level": (lambda: lw.glm("k ~ 1", DATA, family="poisson"), FAMILY, 5),
    "huber": (
        lambda: lw.robust("y ~ x", DATA),
        ("fit", "residuals", "weights", "influence"),
        0,
    ),
    "quantile": (
        lambda: lw.quantile("y ~ x", DATA, q=0.9),
        ("fit", "residuals"),
        0,
    ),
    "own": (
        lambda: lw.fit_loss(smooth, "y ~ x + z", DATA),
        ("forest", "effect", "effect", "residuals", "influence"),
        0,
    ),
    "classes": (
        lambda: lw.glm("g ~ x", DATA, family="multinomial"),
        ("forest", "effect", "effect"),
        0,
    ),
    "function": (
        lambda: lw.nonlinear(decay, DATA, y="y", start={"a": 1.0, "k": 1.0}),
        ("fit", *FAMILY, "correlation", "profile", "profile"),
        0,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_kind_has_its_plots(name: str, tmp_path: Path) -> None:
    fit, kinds, checks = CASES[name]
    m = fit()
    record = m.report_record()
    assert tuple(panel.kind for panel in record.panels) == kinds
    assert len(record.checks) == checks
    page = tmp_path / "page.html"
    m.report(page, title="A <title>")
    text = page.read_text("utf-8")
    assert "A &lt;title&gt;" in text and m.convergence.text.split(",")[0] in text
    for row in m.record().coefficients:
        assert f'<data value="{row.estimate!r}"' in text


def test_the_curve_is_the_prediction() -> None:
    m = lw.glm("k ~ x", DATA, family="poisson")
    curve = m.report_record().panels[0].curves[0]
    intercept, slope = m.estimates
    np.testing.assert_allclose(curve.y, np.exp(intercept + slope * curve.x), rtol=1e-12)


def test_what_is_missing_is_said() -> None:
    quasi = lw.glm("k ~ g", DATA, family="quasipoisson").report_record()
    assert any("no distribution to take residuals from" in t for t in quasi.missing)
    quantile = lw.quantile("y ~ x", DATA).report_record()
    assert any("jumps when one is left out" in text for text in quantile.missing)


def test_the_answer_names_what_is_clear() -> None:
    answers = {
        "k ~ x": "k: the sign of x is clear",
        "k ~ 1": "k at its level alone",
    }
    for formula, answer in answers.items():
        m = lw.glm(formula, DATA, family="poisson")
        assert m.report_record().answer == answer
    noise = dict(DATA, q=RNG.normal(size=N))
    weak = lw.robust("z ~ q", noise).report_record().answer
    assert weak == "No sign of z's coefficients is clear from these rows"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    m = lw.robust("y ~ x", DATA)
    with pytest.raises(lw.RequestError, match="cannot be written"):
        m.report(tmp_path / "no" / "page.html")
