"""Plots."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.model import Model
    from leastwise.record.panel import Panel


class AsksPlot(ABC):
    """The question of a picture, as methods of `Model`."""

    covariance: Array

    def plot(
        self,
        kind: str | None = None,
        of: str | None = None,
        *,
        ax: Any = None,
        level: float = 0.95,
        data: Any = None,
    ) -> Any:
        """Draw a plot with matplotlib.

        ============= ===========================================================
        ``fit``       the one input, points, the fit with its bands
        ``forest``    coefficients with their intervals
        ``effect``    predictions along a column, the others held
        ``residuals`` residuals and fitted values, with a smooth
        ``qq``        standardized residuals and normal quantiles, with an envelope
        ``scale``     size of residuals and fitted values
        ``leverage``  residuals and leverage, with contours of Cook's distance
        ``diagnostics`` these four, as R's ``plot.lm``
        ``partial``   what a column adds to the others
        ``component`` the part of a column, plus residuals
        ``influence`` residuals and leverage as bubbles of Cook's distance
        ============= ===========================================================

        Parameters
        ----------
        kind : str, optional
            Which; ``fit`` for a model of one input, else ``forest``.
        of : str, optional
            The column (``effect``) or coefficient (``partial``, ``component``); all
            of them when None.
        ax : Axes, or sequence of Axes, optional
            Where to draw, one for each panel; new ones when None.
        level : float
            Coverage of bands and intervals, between 0 and 1.
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Axes, or ndarray of Axes
            The latter when there are several panels.

        Raises
        ------
        RequestError
            When there is no such plot or column, or no rows.
        MissingDependency
            Without matplotlib.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
        >>> m.panels("partial", "x")[0].words
        'The slope is the coefficient, 2.3.'
        """
        from leastwise.report.plots.draw import draw

        return draw(self.panels(kind, of, level=level, data=data), ax)

    def panels(
        self,
        kind: str | None = None,
        of: str | None = None,
        *,
        level: float = 0.95,
        data: Any = None,
    ) -> tuple[Panel, ...]:
        """Return what `plot` draws, as records: points, curves, bands and words.

        Parameters
        ----------
        kind, of, level, data
            As for `plot`.
        """
        from leastwise.model.named import check_level
        from leastwise.model.plots.ask import Ask, with_rows
        from leastwise.model.plots.registry import panels_of

        model = with_rows(cast("Model", self), data)
        return panels_of(kind, Ask(model, of, check_level(level)))
