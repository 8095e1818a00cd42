"""The article's data, fitted with NumPy, as a record for the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from leastwise.record.comparison import RouteRecord
from leastwise.record.fit import CoefficientRow
from leastwise.report.page.record import (
    Band,
    Descent,
    FittedLine,
    PageRecord,
    Points,
)

TRUTH = {"Intercept": 32.0, "celsius": 1.8}
# Quantile 0.975 of t with 398 degrees of freedom, from R's qt(0.975, 398).
T_QUANTILE = 1.96594232


def article_points(n: int = 400, seed: int = 0) -> Points:
    """celsius from -5 in even steps below 15, fahrenheit with noise of sd 3."""
    celsius = np.linspace(-5.0, 15.0, n, endpoint=False)
    noise = np.random.default_rng(seed).normal(0.0, 3.0, n)
    return Points("celsius", "fahrenheit", celsius, 32.0 + 1.8 * celsius + noise)


def descend(x: Any, y: Any, steps: int = 300, rate: float = 0.1) -> Descent:
    """Full-batch descent on the standardised line, told in original units."""
    x_mean, y_mean, x_sd, y_sd = x.mean(), y.mean(), x.std(), y.std()
    r = float(np.mean((x - x_mean) * (y - y_mean)) / (x_sd * y_sd))
    weight, bias = 0.0, -1.5
    rows = []
    for step in range(steps + 1):
        slope = weight * y_sd / x_sd
        intercept = y_mean + bias * y_sd - slope * x_mean
        loss = 1.0 - 2 * r * weight + weight**2 + bias**2
        gradient = (2 * (weight - r), 2 * bias)
        distance = float(np.hypot(weight - r, bias))
        rows.append((step, intercept, slope, loss, distance, np.hypot(*gradient)))
        weight, bias = weight - rate * gradient[0], bias - rate * gradient[1]
    step, intercept, slope, loss, distance, norm = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    return Descent(step, intercept, slope, loss, distance, norm, rate)


def article_record(points: Points | None = None) -> PageRecord:
    """The page of the demo, from data that NumPy alone has fitted."""
    points = article_points() if points is None else points
    x, y = np.asarray(points.x), np.asarray(points.y)
    n, x_mean = x.size, x.mean()
    sxx = float(((x - x_mean) ** 2).sum())
    slope = float(((x - x_mean) * (y - y.mean())).sum() / sxx)
    intercept = float(y.mean() - slope * x_mean)
    sigma = float(np.sqrt(((y - intercept - slope * x) ** 2).sum() / (n - 2)))
    errors = {
        "Intercept": sigma * float(np.sqrt(1 / n + x_mean**2 / sxx)),
        points.x_name: sigma / float(np.sqrt(sxx)),
    }
    estimates = {"Intercept": intercept, points.x_name: slope}
    return PageRecord(
        title="From Celsius to Fahrenheit, learned from noisy thermometers",
        formula="fahrenheit ~ celsius",
        equation="",
        points=points,
        truth=dict(zip(estimates, TRUTH.values(), strict=True)),
        lines=tuple(
            FittedLine(route, intercept, slope)
            for route in ("statistics", "scikit-learn", "gradient-descent", "leastwise")
        ),
        band=_band(x, intercept, slope, sigma, sxx),
        descent=descend(x, y),
        coefficients=tuple(
            _row(name, estimates[name], errors[name]) for name in estimates
        ),
        routes=_routes(estimates),
        best_source="exact rational arithmetic",
        notes=("Gaussian noise with a standard deviation of 3.",),
    )


def hostile_record() -> PageRecord:
    """The same page with names that try to run as script."""
    points = article_points()
    x_name = "<script>window.broken=1;alert(1)</script>"
    y_name = '"><img src=x onerror="window.broken=2">'
    record = article_record(replace(points, x_name=x_name, y_name=y_name))
    evil = "</script><script>window.broken=3</script><!--<script>\u2028{{record}}"
    routes = (replace(record.routes[0], route=evil, note=evil), *record.routes[1:])
    return replace(
        record,
        title=evil,
        formula=f"`{y_name}` ~ `{x_name}`",
        notes=(evil, "'\"><svg onload=window.broken=4>", "javascript:window.broken=5"),
        best_source=evil,
        routes=routes,
        lines=(FittedLine(evil, 40.0, 3.0), *record.lines),
    )


def _row(name: str, estimate: float, error: float) -> CoefficientRow:
    low, high = estimate - T_QUANTILE * error, estimate + T_QUANTILE * error
    return CoefficientRow(name, estimate, error, estimate / error, 0.0, low, high, 15.9)


def _band(x: Any, intercept: float, slope: float, sigma: float, sxx: float) -> Band:
    grid = np.linspace(x.min(), x.max(), 101)
    fit = intercept + slope * grid
    share = 1 / x.size + (grid - x.mean()) ** 2 / sxx
    half = T_QUANTILE * sigma * np.sqrt(share)
    wide = T_QUANTILE * sigma * np.sqrt(1 + share)
    return Band(grid, fit, fit - half, fit + half, fit - wide, fit + wide)


def _routes(estimates: dict[str, float]) -> tuple[RouteRecord, ...]:
    def route(
        name: str, error: float, digits: float, times: tuple[float, float], note: str
    ) -> RouteRecord:
        found = {key: value * (1 + error) for key, value in estimates.items()}
        by_name = dict.fromkeys(estimates, digits)
        steps = 5000 if "descent" in name or name == "pytorch" else None
        run, setup = times
        return RouteRecord(name, found, digits, by_name, run, setup, 0.02, steps, note)

    return (
        route("statistics", 2e-16, 15.6, (2.1e-5, 0.0), "Sxy / Sxx, then the means"),
        route("scikit-learn", 1e-15, 14.9, (4.1e-4, 1.31), "LinearRegression"),
        route(
            "gradient-descent",
            3e-15,
            14.4,
            (0.0182, 0.61),
            "standardise, descend, restore; JAX under jit",
        ),
        route("leastwise", 0.0, 15.9, (9.7e-5, 0.004), "moments, then one solve"),
        route("pytorch", 3.1e-7, 6.5, (1.92, 2.4), "float32, as its users write it"),
        RouteRecord("tensorflow", *[None] * 7, 'not installed: pip install "..."'),
    )
