"""A comparison of routes, as a record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RouteRecord:
    """One route to the coefficients and what it cost.

    Attributes
    ----------
    route : str
        Its name: ``statistics``, ``scikit-learn``, ``gradient-descent``, ...
    estimates : Mapping of str to float, or None
        Coefficients in original units; None when the route is missing or failed.
    digits : float or None
        Fewest correct decimal digits over the coefficients.
    digits_by_coefficient : Mapping of str to float, or None
        The same for each coefficient.
    seconds, setup_seconds : float or None
        Median time of one run; time to import and compile before the first.
    peak_memory_mib : float or None
        Peak memory of a run above what was held before it, in MiB.
    steps : int or None
        Steps an iterative route took.
    note : str
        What the route is, or why it is missing, or how it failed.
    """

    route: str
    estimates: Mapping[str, float] | None
    digits: float | None
    digits_by_coefficient: Mapping[str, float] | None
    seconds: float | None
    setup_seconds: float | None
    peak_memory_mib: float | None
    steps: int | None
    note: str


@dataclass(frozen=True)
class ComparisonRecord:
    """The same data through every route, beside the truth and the exact answer.

    Attributes
    ----------
    formula : str
        The formula every route was given.
    truth : Mapping of str to float, or None
        The ideal coefficients, when known.
    best : Mapping of str to float
        The answer that digits are counted against.
    best_source : str
        How that answer was found.
    routes : tuple of RouteRecord
        One record a route, in the order they ran.
    """

    formula: str
    truth: Mapping[str, float] | None
    best: Mapping[str, float]
    best_source: str
    routes: tuple[RouteRecord, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; what is not finite becomes null."""
        return {
            "formula": self.formula,
            "truth": None if self.truth is None else dict(self.truth),
            "best": _plain_map(self.best),
            "best_source": self.best_source,
            "routes": [
                {
                    "route": row.route,
                    "estimates": _plain_map(row.estimates),
                    "digits": _plain(row.digits),
                    "digits_by_coefficient": _plain_map(row.digits_by_coefficient),
                    "seconds": row.seconds,
                    "setup_seconds": row.setup_seconds,
                    "peak_memory_mib": row.peak_memory_mib,
                    "steps": row.steps,
                    "note": row.note,
                }
                for row in self.routes
            ],
        }


def _plain(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _plain_map(values: Mapping[str, float] | None) -> dict[str, float | None] | None:
    if values is None:
        return None
    return {name: _plain(value) for name, value in values.items()}
