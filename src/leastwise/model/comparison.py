"""`Comparison`: what `compare` gives, named and printable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leastwise.record.comparison import ComparisonRecord, RouteRecord
from leastwise.report.text import comparison_table
from leastwise.rows.give import give_frame


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same data through every route, beside the truth and the exact answer.

    Printing it gives the table of the command line.

    Attributes
    ----------
    record : ComparisonRecord
        All of it as plain values.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.5]}
    >>> found = lw.compare("y ~ x", data, routes=["leastwise", "numpy"])
    >>> [route.route for route in found.routes], found["numpy"].digits > 12
    (['leastwise', 'numpy'], True)
    """

    record: ComparisonRecord

    @property
    def truth(self) -> Mapping[str, float] | None:
        """The ideal coefficients, when they were given."""
        return self.record.truth

    @property
    def best(self) -> Mapping[str, float]:
        """The answer that digits are counted against."""
        return self.record.best

    @property
    def routes(self) -> tuple[RouteRecord, ...]:
        """One record a route, in the order they ran."""
        return self.record.routes

    def __getitem__(self, route: str) -> RouteRecord:
        for found in self.routes:
            if found.route == route:
                return found
        names = ", ".join(found.route for found in self.routes)
        raise KeyError(f'no route "{route}": there are {names}')

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return self.record.to_json()

    def frame(self, kind: str = "auto") -> Any:
        """Return one row a route as a data frame.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        """
        columns: dict[str, list[Any]] = {"route": [r.route for r in self.routes]}
        for name in self.best:
            columns[name] = [(r.estimates or {}).get(name) for r in self.routes]
        for field in (
            "digits", "seconds", "setup_seconds", "peak_memory_mib", "steps", "note",
        ):  # fmt: skip
            columns[field] = [getattr(r, field) for r in self.routes]
        return give_frame(columns, kind)

    def __str__(self) -> str:
        return comparison_table(self.record)
