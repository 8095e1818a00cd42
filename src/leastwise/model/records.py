"""What reports and files are made of: plain, frozen, complete, no arrays of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
class Comparison:
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
