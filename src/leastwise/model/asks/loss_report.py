"""How a fit of a loss is shown."""

from __future__ import annotations

import os
from abc import ABC
from typing import TYPE_CHECKING, Any, cast

from leastwise.model.named import check_level
from leastwise.record.loss import LossRecord
from leastwise.record.report import ReportRecord
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

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        level: float = 0.95,
    ) -> None:
        """Write one self-contained page: coefficients, plots, checks, rows that pull.

        It needs no network, and escapes whatever came from the data. What a fit does
        not have is said under "To know".

        Parameters
        ----------
        path : str or path
            The HTML file to write.
        title : str, optional
            What the page is called; the formula when None.
        level : float
            Coverage of intervals, between 0 and 1.

        Raises
        ------
        RequestError
            When the file cannot be written.

        Examples
        --------
        >>> import tempfile, pathlib, leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "report.html")
        ...     m.report(file)
        ...     "Poisson" in file.read_text("utf-8")
        True
        """
        from leastwise.model.write_page import write_page

        write_page(path, self.report_record(level, title=title))

    def report_record(
        self, level: float = 0.95, *, title: str | None = None
    ) -> ReportRecord:
        """Return what `report` shows, as a record.

        Parameters
        ----------
        level, title
            As for `report`.
        """
        from leastwise.model.loss_page import report_of_loss

        model = cast("LossModel", self)
        return report_of_loss(model, level=check_level(level), title=title)

    def __str__(self) -> str:
        from leastwise.report.loss_text import loss_table
        from leastwise.report.text import terminal_width

        return loss_table(self.record(), terminal_width())

    def _repr_html_(self) -> str:
        return self.table("html")

    def _repr_markdown_(self) -> str:
        return self.table("markdown")
