"""Tables and the page."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, cast

from leastwise.record.fit import FitRecord

if TYPE_CHECKING:
    from leastwise.model.model import Model
    from leastwise.record.report import ReportRecord


class AsksReport(ABC):
    """How a `Model` is shown, as its methods."""

    @abstractmethod
    def record(self, level: float = 0.95) -> FitRecord:
        """Return everything that is said about the fit, as a plain record."""

    def table(self, form: str = "text", level: float = 0.95) -> str:
        """Return the table of coefficients for a document.

        Estimates have the decimals that two digits of the standard error make worth
        reading; `frame` has all of them.

        Parameters
        ----------
        form : {"text", "markdown", "latex", "html"}
            In which language. LaTeX needs the package booktabs.
        level : float
            Coverage of the intervals, between 0 and 1.

        Returns
        -------
        str
            Names are escaped: it can stand in a document as it is.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
        >>> print(m.table("markdown").splitlines()[3])
        | x | 2.30 | 0.17 | 13.28 | 0.00562 | 1.55 | 3.05 | 15.9 |
        """
        from leastwise.model.named import check_level
        from leastwise.report.tables.forms import in_form
        from leastwise.report.tables.grid import fit_grid

        return in_form(fit_grid(self.record(check_level(level))), form)

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        level: float = 0.95,
        data: Any = None,
    ) -> None:
        """Write one self-contained page: the answer in words, then all behind it.

        Coefficients, plots, the rows that pull most, how it was computed and the
        line that makes the page again. It needs no network, and escapes whatever
        came from the data.

        Parameters
        ----------
        path : str or path
            The HTML file to write.
        title : str, optional
            What the page is called; the formula when None.
        level : float
            Coverage of intervals, between 0 and 1.
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded;
            without them the page shows what it can and says so.

        Raises
        ------
        RequestError
            When the file cannot be written.

        Examples
        --------
        >>> import tempfile, pathlib, leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "report.html")
        ...     m.report(file)
        ...     "One more x goes with 2.30 more y" in file.read_text("utf-8")
        True
        """
        from leastwise.model.write_page import write_page

        write_page(path, self.report_record(level, data=data, title=title))

    def report_record(
        self, level: float = 0.95, *, data: Any = None, title: str | None = None
    ) -> ReportRecord:
        """Return what `report` shows, as a record.

        Parameters
        ----------
        level, data, title
            As for `report`.
        """
        from leastwise.model.named import check_level
        from leastwise.model.report import report_of

        model = cast("Model", self)
        return report_of(model, level=check_level(level), data=data, title=title)

    def _repr_html_(self) -> str:
        return self.table("html")

    def _repr_markdown_(self) -> str:
        return self.table("markdown")

    def __rich__(self) -> Any:
        from leastwise.report.tables.grid import fit_grid
        from leastwise.report.tables.rich_table import as_rich

        return as_rich(fit_grid(self.record()))

    def __str__(self) -> str:
        from leastwise.report.text import fit_table, terminal_width

        return fit_table(self.record(), terminal_width())
