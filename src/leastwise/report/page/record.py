"""What the page is made of: plain frozen records, filled by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leastwise.record.comparison import RouteRecord
from leastwise.record.fit import CoefficientRow

Floats = npt.NDArray[np.floating[Any]]
Numbers = npt.NDArray[np.number[Any]]


@dataclass(frozen=True)
class Points:
    """The rows as they are drawn: one input and the target.

    Attributes
    ----------
    x_name, y_name : str
        Column names, as the data has them.
    x, y : ndarray of shape (n,)
        Values. Rows with a value that is not finite are counted, not drawn.

    Examples
    --------
    >>> Points("celsius", "fahrenheit", np.zeros(3), np.ones(3)).x_name
    'celsius'
    """

    x_name: str
    y_name: str
    x: Numbers
    y: Numbers


@dataclass(frozen=True)
class FittedLine:
    """The line one route found, in original units.

    Examples
    --------
    >>> FittedLine("leastwise", 32.0, 1.8).slope
    1.8
    """

    route: str
    intercept: float
    slope: float


@dataclass(frozen=True)
class Band:
    """Intervals around the fitted line over a grid of inputs.

    Attributes
    ----------
    grid, fit : ndarray of shape (m,)
        Inputs in rising order and the fitted line over them.
    low, high : ndarray of shape (m,)
        Confidence band: where the line is.
    predict_low, predict_high : ndarray of shape (m,)
        Prediction band: where one new row would fall.

    Examples
    --------
    >>> g = np.linspace(0.0, 1.0, 3)
    >>> Band(g, g, g - 1, g + 1, g - 2, g + 2).grid.shape
    (3,)
    """

    grid: Floats
    fit: Floats
    low: Floats
    high: Floats
    predict_low: Floats
    predict_high: Floats


@dataclass(frozen=True)
class Descent:
    """The recorded steps of a gradient descent, in original units.

    Attributes
    ----------
    step : ndarray of int, shape (m,)
        Step numbers, rising; the first is usually 0.
    intercept, slope : ndarray of shape (m,)
        The line at each recorded step.
    loss, distance, gradient_norm : ndarray of shape (m,)
        Loss, distance to the exact solution and norm of the gradient.
    rate : float
        The learning rate.
    route : str
        The route it belongs to.

    Examples
    --------
    >>> z = np.zeros(2)
    >>> Descent(np.array([0, 1]), z, z, z, z, z, rate=0.1).route
    'gradient-descent'
    """

    step: npt.NDArray[np.integer[Any]]
    intercept: Floats
    slope: Floats
    loss: Floats
    distance: Floats
    gradient_norm: Floats
    rate: float
    route: str = "gradient-descent"


@dataclass(frozen=True)
class PageRecord:
    """Everything the page shows; the page computes no statistics.

    Attributes
    ----------
    title : str
        What the page is called.
    formula : str
        The formula that was fitted.
    equation : str
        The answer as a sentence, ``fahrenheit = 31.89 + 1.806 celsius``; empty
        to have it written from `coefficients`.
    points : Points
        The rows.
    truth : Mapping of str to float, or None
        The coefficients the data was made from, when known.
    lines : tuple of FittedLine
        One line a route. The one called ``leastwise`` (else the first) is the
        fit; the others are drawn behind it.
    band : Band or None
        Bands around the fit.
    descent : Descent or None
        The trace to play; without it the page has no player.
    coefficients : tuple of CoefficientRow
        The coefficient table.
    routes : tuple of RouteRecord
        The comparison table.
    best_source : str
        Where the answer comes from that digits are counted against.
    level : float
        Coverage of the intervals and the bands.
    notes : tuple of str
        Sentences to show under the tables.

    Examples
    --------
    >>> points = Points("x", "y", np.zeros(2), np.ones(2))
    >>> PageRecord("A line", "y ~ x", "y = 1", points).level
    0.95
    """

    title: str
    formula: str
    equation: str
    points: Points
    truth: Mapping[str, float] | None = None
    lines: tuple[FittedLine, ...] = ()
    band: Band | None = None
    descent: Descent | None = None
    coefficients: tuple[CoefficientRow, ...] = ()
    routes: tuple[RouteRecord, ...] = ()
    best_source: str = ""
    level: float = 0.95
    notes: tuple[str, ...] = ()

    def true_line(self) -> FittedLine | None:
        """Return the true line, or None when it is not known or not a line in x."""
        return line_of(self.truth, self.points.x_name, "truth")

    def fitted_line(self) -> FittedLine | None:
        """Return leastwise's line, else the first one, else None."""
        for line in self.lines:
            if line.route == "leastwise":
                return line
        return self.lines[0] if self.lines else None


def line_of(
    estimates: Mapping[str, float] | None, x_name: str, route: str
) -> FittedLine | None:
    """Read a line from named coefficients; None when they are not a line in x.

    Examples
    --------
    >>> line_of({"Intercept": 32.0, "celsius": 1.8}, "celsius", "truth")
    FittedLine(route='truth', intercept=32.0, slope=1.8)
    >>> line_of({"Intercept": 32.0, "kelvin": 1.8}, "celsius", "truth") is None
    True
    """
    if estimates is None or not set(estimates) <= {"Intercept", x_name}:
        return None
    return FittedLine(
        route,
        float(estimates.get("Intercept", 0.0)),
        float(estimates.get(x_name, 0.0)),
    )
