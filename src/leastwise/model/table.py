"""`table`: models side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.model.loss_model import LossModel
from leastwise.model.model import Model
from leastwise.model.models import Models
from leastwise.model.named import check_level
from leastwise.model.quantiles import Quantiles
from leastwise.record.fit import FitRecord
from leastwise.record.loss import LossRecord
from leastwise.record.table import TableRecord, Under
from leastwise.report.tables.grid import UNDER, Grid, models_grid
from leastwise.rows.give import give_frame

ENDINGS = {
    ".md": "markdown",
    ".tex": "latex",
    ".html": "html",
    ".htm": "html",
    ".txt": "text",
}


@dataclass(frozen=True, eq=False)
class ModelTable:
    """Models side by side: estimates by name, what is known of each under it.

    Printing it gives text, a notebook shows it as HTML. Numbers are rounded by their
    standard errors where they are shown, and whole in `frame`.

    Attributes
    ----------
    record : TableRecord
        All of it as plain values.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]}
    >>> found = lw.table(lw.ols("y ~ 1", data), lw.ols("y ~ x", data))
    >>> found.record.names
    ('Intercept', 'x')
    """

    record: TableRecord

    @property
    def grid(self) -> Grid:
        """The table as text cells."""
        return models_grid(self.record)

    def text(self, width: int | None = None) -> str:
        """Return text for a terminal of so many columns; of this one when None."""
        from leastwise.report.tables.text import as_text
        from leastwise.report.text import terminal_width

        return as_text(self.grid, terminal_width() if width is None else width)

    def markdown(self) -> str:
        """Return a Markdown table."""
        return self._form("markdown")

    def latex(self) -> str:
        """Return a LaTeX ``tabular`` with the rules of booktabs."""
        return self._form("latex")

    def html(self) -> str:
        """Return an HTML table, its texts escaped."""
        return self._form("html")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table in the form that the ending names.

        Parameters
        ----------
        path : str or path
            Ends in .md, .tex, .html or .txt.
        """
        ending = Path(path).suffix.lower()
        if ending not in ENDINGS:
            raise RequestError(
                f"the ending {ending!r} names no form of a table",
                where=os.fspath(path),
                fix=f"End the name in {', '.join(ENDINGS)}",
            )
        form = ENDINGS[ending]
        text = self.text(88) if form == "text" else self._form(form)
        Path(path).write_text(text + "\n", encoding="utf-8")

    def frame(self, kind: str = "auto") -> Any:
        """Return a row a coefficient a model as a data frame, all digits kept.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        """
        fields = ("name", "estimate", "std_error", "t", "p_value", "low", "high")
        columns: dict[str, list[Any]] = {"model": []}
        for title, fit in zip(self.record.titles, self.record.fits, strict=True):
            columns["model"] += [title] * len(fit.coefficients)
            for name in fields:
                values = [getattr(row, name) for row in fit.coefficients]
                columns.setdefault(name, []).extend(values)
        return give_frame(columns, kind)

    def great_table(self) -> Any:
        """Return a ``great_tables.GT``, to be styled further; needs great-tables."""
        from leastwise.report.tables.export import as_great_table, columns_of

        grid = self.grid
        return as_great_table(grid, give_frame(columns_of(grid)))

    def maketable(self) -> Any:
        """Return a ``maketables.MTable``, to be styled further; needs maketables."""
        from leastwise.report.tables.export import as_maketables

        return as_maketables(self.grid)

    def plot(self, ax: Any = None) -> Any:
        """Draw the coefficients of all models with their intervals.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; a new one when None.

        Returns
        -------
        Axes
        """
        from leastwise.model.plots.forest import forest_of
        from leastwise.report.plots.draw import draw

        return draw((forest_of(self.record.fits, self.record.titles),), ax)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return self.record.to_json()

    def _form(self, form: str) -> str:
        from leastwise.report.tables.forms import in_form

        return in_form(self.grid, form)

    def _repr_html_(self) -> str:
        return self.html()

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def __rich__(self) -> Any:
        from leastwise.report.tables.rich_table import as_rich

        return as_rich(self.grid)

    def __str__(self) -> str:
        return self.text()


def table(
    *models: Model | Models | LossModel | Quantiles,
    titles: Sequence[str] | None = None,
    under: Under = "std_error",
    stars: bool = False,
    labels: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> ModelTable:
    """Put models side by side: coefficients by name, R-squared and sigma below.

    Parameters
    ----------
    *models : Model, Models, LossModel or Quantiles
        One or more.
    titles : sequence of str, optional
        What stands over each; its target when they differ, else (1), (2), ...
    under : {"std_error", "interval", "t", "p_value"}
        What stands under each estimate.
    stars : bool
        Mark p-values below 0.05, 0.01 and 0.001; off unless asked for.
    labels : Mapping of str to str, optional
        What coefficients are called in the table.
    level : float
        Coverage of intervals, between 0 and 1.

    Returns
    -------
    ModelTable
        Prints as text; has `markdown`, `latex`, `html`, `save`, `frame`.

    Raises
    ------
    RequestError
        When there is no model, or as many titles as there are not models.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [1.0, 3.0, 5.0, 8.0, 9.0]}
    >>> print(lw.table(lw.ols("y ~ 1", data), lw.ols("y ~ x", data)).text(60))
                 (1)     (2)
    Intercept    5.2    1.00
               (1.5)  (0.37)
    x                   2.10
                      (0.15)
    <BLANKLINE>
    n              5       5
    R-squared  0.000   0.984
    adjusted   0.000   0.979
    sigma      3.347   0.483
    <BLANKLINE>
    Standard errors in brackets.
    Standard errors: classical.
    """
    given: list[Model | LossModel] = []
    for model in models:
        given += model.models if isinstance(model, (Models, Quantiles)) else (model,)
    for model in given:
        if not isinstance(model, (Model, LossModel)):
            raise RequestError(
                f"{type(model).__name__} is no model",
                fix="Give what lw.ols, lw.glm and the like return",
            )
    if not given:
        raise RequestError("a table of no models", fix="Give one or more")
    if under not in UNDER:
        raise RequestError(
            f"under={under!r} is unknown", fix=f"Use one of {', '.join(UNDER)}"
        )
    check_level(level)
    records = tuple(model.record(level) for model in given)
    chosen = _titles(records) if titles is None else tuple(map(str, titles))
    if len(chosen) != len(records):
        raise RequestError(
            f"{len(chosen)} titles for {len(records)} models", fix="Give one for each"
        )
    return ModelTable(TableRecord(records, chosen, under, stars, dict(labels or {})))


def _titles(records: tuple[FitRecord | LossRecord, ...]) -> tuple[str, ...]:
    targets = [record.target for record in records]
    if len(records) > 1 and len(set(targets)) == len(targets):
        return tuple(targets)
    return tuple(f"({i})" for i in range(1, len(records) + 1))
