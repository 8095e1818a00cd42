"""The article's example done right: data, every route, a page to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise.api import compare, ols
from leastwise.design.simulate import Simulation, simulate
from leastwise.loops.descent import GradientDescent
from leastwise.model.comparison import Comparison
from leastwise.model.model import Model
from leastwise.report.page.record import (
    Band,
    Descent,
    FittedLine,
    PageRecord,
    Points,
    line_of,
)

EQUATION = "fahrenheit = 32 + 1.8 * celsius"
CELSIUS = (-5.0, 15.0, 0.05)  # 400 values, as in the article
NOISE = 3.0
RATE, STEPS = 0.1, 5000
GRID_POINTS = 81


@dataclass(frozen=True, eq=False)
class Demo:
    """Everything the demo shows.

    Attributes
    ----------
    data : Simulation
        The article's data, with the truth.
    model : Model
        leastwise's answer.
    comparison : Comparison
        Every route beside it.
    page : PageRecord
        What the page shows.
    """

    data: Simulation
    model: Model
    comparison: Comparison
    page: PageRecord


def run_demo(*, seed: int = 0, routes: Sequence[str] | None = None) -> Demo:
    """Make the article's data, fit it by every route, and collect the page.

    Parameters
    ----------
    seed : int
        Of the noise.
    routes : sequence of str, optional
        Which routes to compare; all when None.

    Returns
    -------
    Demo
    """
    data = simulate(EQUATION, celsius=CELSIUS, noise=NOISE, seed=seed, frame="dict")
    comparison = compare(data.formula, data.data, truth=data.truth, routes=routes)
    model = ols(data.formula, data.data)
    walked = ols(
        data.formula, data.data, solver=GradientDescent(rate=RATE, steps=STEPS)
    )
    page = _page(data, model, walked, comparison)
    return Demo(data, model, comparison, page)


def _page(
    data: Simulation, model: Model, walked: Model, comparison: Comparison
) -> PageRecord:
    x, y = data.data["celsius"], data.data["fahrenheit"]
    record = model.record()
    lines = [
        line_of(route.estimates, "celsius", route.route)
        for route in comparison.routes
        if route.estimates is not None
    ]
    return PageRecord(
        title="Celsius to Fahrenheit: a line and how sure it is",
        formula=data.formula,
        equation="",
        points=Points("celsius", "fahrenheit", x, y),
        truth=dict(data.truth),
        lines=tuple(line for line in lines if line is not None)
        or (FittedLine("leastwise", *model.estimates.tolist()),),
        band=_band(model, x),
        descent=_descent(walked),
        coefficients=record.coefficients,
        routes=comparison.routes,
        best_source=comparison.record.best_source,
        level=record.level,
        notes=(*record.notes, _about_descent(walked)),
    )


def _about_descent(walked: Model) -> str:
    last = 0 if walked.trace is None else int(walked.trace.step[-1])
    return (
        f"The descent shown takes the article's steps (rate {RATE:g}) on the moments "
        f"of the rows and stops where it has converged, after {last} steps; the row "
        f"gradient-descent takes all {STEPS:,}, over the rows, as the article does."
    )


def _band(model: Model, x: Any) -> Band:
    grid = np.linspace(float(np.min(x)), float(np.max(x)), GRID_POINTS)
    mean = model.predict({"celsius": grid}, interval="confidence")
    one = model.predict({"celsius": grid}, interval="prediction")
    return Band(grid, mean.fit, mean.low, mean.high, one.low, one.high)


def _descent(walked: Model) -> Descent | None:
    trace = walked.trace
    if trace is None:
        return None
    return Descent(
        step=trace.step,
        intercept=trace.coefficients[:, 0, 0],
        slope=trace.coefficients[:, 1, 0],
        loss=trace.loss,
        distance=trace.distance,
        gradient_norm=trace.gradient_norm,
        rate=RATE,
    )
