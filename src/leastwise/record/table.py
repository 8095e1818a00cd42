"""Several fits side by side, as a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from leastwise.record.fit import CoefficientRow, FitRecord
from leastwise.record.loss import LossRecord

Under = Literal["std_error", "interval", "t", "p_value"]


@dataclass(frozen=True)
class TableRecord:
    """Fits side by side: a column each, coefficients by name.

    Attributes
    ----------
    fits : tuple of FitRecord and LossRecord
        One a column.
    titles : tuple of str
        What stands over each.
    under : {"std_error", "interval", "t", "p_value"}
        What stands under each estimate.
    stars : bool
        Whether p-values below 0.05, 0.01 and 0.001 are marked.
    labels : Mapping of str to str
        What coefficients are called in the table, where not by their names.
    """

    fits: tuple[FitRecord | LossRecord, ...]
    titles: tuple[str, ...]
    under: Under = "std_error"
    stars: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Every coefficient once: in the order of the first fit that has it."""
        found: dict[str, None] = {}
        for fit in self.fits:
            found.update(dict.fromkeys(row.name for row in fit.coefficients))
        # The intercept is the same in all, and stands where the first has it.
        return tuple(found)

    def cell(self, fit: int, name: str) -> CoefficientRow | None:
        """Return a coefficient of a fit, or None where it has none.

        Parameters
        ----------
        fit : int
            Which fit, from 0.
        name : str
            The coefficient.
        """
        rows = self.fits[fit].coefficients
        return next((row for row in rows if row.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "titles": list(self.titles),
            "models": [fit.to_json() for fit in self.fits],
        }
