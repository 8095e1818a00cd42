"""The record as JSON inside the page, harmless whatever its texts hold."""

from __future__ import annotations

import json
import math
from typing import Any

from leastwise.report.page import draw, number
from leastwise.report.page.chart import Scene, descent_lines, marker_places
from leastwise.report.page.record import Descent, PageRecord
from leastwise.report.page.thin import Indices, at

# What could end the script element, open a comment in it, or end a line of
# JavaScript that quotes it.
_UNSAFE = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def safe_json(value: Any) -> str:
    """Write JSON that can stand inside a script element.

    Not-a-number becomes null, infinities become the words JavaScript's
    ``Number`` reads.

    Examples
    --------
    >>> safe_json({"a": "</script>", "b": float("nan"), "c": float("-inf")})
    '{"a":"\\\\u003c/script\\\\u003e","b":null,"c":"-Infinity"}'
    """
    text = json.dumps(
        _plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    for letter, escape in _UNSAFE.items():
        text = text.replace(letter, escape)
    # A lone surrogate (a broken name) has no UTF-8; JSON can still spell it.
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)


def payload(record: PageRecord, scene: Scene) -> dict[str, Any]:
    """Return what the page embeds: the record as shown, and the player's frames.

    Examples
    --------
    >>> import numpy as np
    >>> from leastwise.report.page.chart import scene_of
    >>> from leastwise.report.page.record import Points
    >>> points = Points("x", "y", np.zeros(2), np.ones(2))
    >>> record = PageRecord("A", "y ~ x", "", points)
    >>> payload(record, scene_of(record))["data"]["total"]
    2
    """
    points, descent = record.points, record.descent
    return {
        "title": record.title,
        "formula": record.formula,
        "equation": record.equation,
        "level": record.level,
        "truth": None if record.truth is None else dict(record.truth),
        "data": {
            "x_name": points.x_name,
            "y_name": points.y_name,
            "x": at(points.x, scene.rows).tolist(),
            "y": at(points.y, scene.rows).tolist(),
            "total": len(points.x),
        },
        "lines": [vars(line) for line in record.lines],
        "coefficients": [vars(row) for row in record.coefficients],
        "routes": [
            {
                **vars(route),
                "estimates": _mapping(route.estimates),
                "digits_by_coefficient": _mapping(route.digits_by_coefficient),
            }
            for route in record.routes
        ],
        "best_source": record.best_source,
        "notes": list(record.notes),
        "axes": {
            "x": [scene.x.low, scene.x.high],
            "y": [scene.y.low, scene.y.high],
        },
        "descent": None if descent is None else _trace(descent, scene.steps),
        "frames": frames(record, scene),
    }


def frames(record: PageRecord, scene: Scene) -> list[dict[str, Any]]:
    """Return, for each shown step, what the player moves and writes.

    Examples
    --------
    >>> import numpy as np
    >>> from leastwise.report.page.chart import scene_of
    >>> from leastwise.report.page.record import Points
    >>> z = np.ones(1)
    >>> trace = Descent(np.array([0]), z, z, z, z, z, 0.1)
    >>> record = PageRecord("A", "y ~ x", "", Points("x", "y", z, z), descent=trace)
    >>> sorted(frames(record, scene_of(record))[0])
    ['line', 'mark', 'step', 'text']
    """
    descent, steps = record.descent, scene.steps
    if descent is None or steps.size == 0:
        return []
    lines = descent_lines(descent, steps)
    goal = record.fitted_line() or lines[-1]
    # Six figures of the goal, and as many decimals all the way: no jumping text.
    intercept = number.places_for(goal.intercept, 6)
    slope = number.places_for(goal.slope, 6)
    numbers = zip(
        at(descent.step, steps),
        lines,
        at(descent.loss, steps),
        at(descent.distance, steps),
        marker_places(record, scene),
        strict=True,
    )
    return [
        {
            "step": int(step),
            "line": draw.segment(line, scene.x, scene.y),
            "mark": mark,
            "text": {
                "step": number.count(int(step)),
                "intercept": _steady(line.intercept, intercept),
                "slope": _steady(line.slope, slope),
                "loss": number.significant(float(loss), 6),
                "distance": "0" if distance == 0 else _small(float(distance)),
            },
        }
        for step, line, loss, distance, mark in numbers
    ]


def _steady(value: float, places: int | None) -> str:
    if places is None:
        return number.significant(value, 6)
    return number.fixed(value, places)


def _small(value: float) -> str:
    size = abs(value)
    if 0.01 <= size < 1000:
        return number.significant(value, 3)
    return number.scientific(value, 3)


def _trace(descent: Descent, steps: Indices) -> dict[str, Any]:
    return {
        "route": descent.route,
        "rate": float(descent.rate),
        "step": [int(step) for step in descent.step[steps]],
        "intercept": at(descent.intercept, steps).tolist(),
        "slope": at(descent.slope, steps).tolist(),
        "loss": at(descent.loss, steps).tolist(),
        "distance": at(descent.distance, steps).tolist(),
        "gradient_norm": at(descent.gradient_norm, steps).tolist(),
    }


def _mapping(values: Any) -> dict[str, float] | None:
    return None if values is None else dict(values)


def _plain(value: Any) -> Any:
    """Return the same value from plain parts only, numbers that JSON can hold."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    real = float(value)
    if math.isnan(real):
        return None
    if math.isinf(real):
        return "Infinity" if real > 0 else "-Infinity"
    return real
