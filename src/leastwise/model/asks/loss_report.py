"""How a fit of a loss is shown."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, cast

from leastwise.model.named import check_level
from leastwise.record.loss import LossRecord
from leastwise.rows.give import give_frame

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


class AsksLossReport(ABC):
    """How a `LossModel` is shown, as its methods."""

    formula: str

    def record(self, level: float = 0.95) -> LossRecord:
        """Return everything that is said about the fit, as a plain record."""
        from leastwise.model.loss_words import record_of

        return record_of(cast("LossModel", self), check_level(level))

    def frame(self, kind: str = "auto", level: float = 0.95) -> Any:
        """Return the coefficient table as a data frame.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        level : float
            Coverage of the interval.
        """
        record = self.record(level)
        rows = record.coefficients
        fields = {"name": "name", "estimate": "estimate", "std_error": "std_error"}
        fields |= {record.statistic: "t", "p_value": "p_value"}
        fields |= {"low": "low", "high": "high", "digits": "digits"}
        table = {key: [getattr(r, f) for r in rows] for key, f in fields.items()}
        return give_frame(table, kind)

    def table(self, form: str = "text", level: float = 0.95) -> str:
        """Return the table of coefficients for a document.

        Parameters
        ----------
        form : {"text", "markdown", "latex", "html"}
            In which language.
        level : float
            Coverage of the intervals.
        """
        from leastwise.report.loss_text import loss_grid
        from leastwise.report.tables.forms import in_form

        return in_form(loss_grid(self.record(level)), form)

    def __str__(self) -> str:
        from leastwise.report.loss_text import loss_table
        from leastwise.report.text import terminal_width

        return loss_table(self.record(), terminal_width())

    def _repr_html_(self) -> str:
        return self.table("html")

    def _repr_markdown_(self) -> str:
        return self.table("markdown")
