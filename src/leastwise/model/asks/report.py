"""Tables and the page."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from leastwise.record.fit import FitRecord


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
