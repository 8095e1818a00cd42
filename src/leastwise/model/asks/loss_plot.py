"""Plots of a fit of a loss."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel
    from leastwise.record.panel import Panel


class AsksLossPlot(ABC):
    """The question of a picture, as methods of `LossModel`."""

    covariance: Array

    def plot(
        self,
        kind: str | None = None,
        of: str | None = None,
        *,
        ax: Any = None,
        level: float = 0.95,
    ) -> Any:
        """Draw a plot with matplotlib.

        =============== =========================================================
        ``fit``         the one input, points, the fit with its bands
        ``forest``      coefficients with their intervals
        ``effect``      predictions along a column, the others held; of classes
                        each
        ``residuals``   deviance residuals and the linear predictor; of a loss
                        that is no family what is left of the target
        ``qq``          quantile residuals and normal quantiles, with an envelope
        ``scale``       size of deviance residuals and the linear predictor
        ``leverage``    Pearson residuals and leverage, contours of Cook's distance
        ``diagnostics`` these four, as R's ``plot.glm``; those that there are
        ``component``   the part of a column, plus working residuals
        ``influence``   residuals and leverage as bubbles of Cook's distance
        ``weights``     how much rows count in a robust fit
        ``profile``     the signed root of what holding a coefficient costs
        ``correlation`` the strongest correlations of two estimates
        =============== =========================================================

        Parameters
        ----------
        kind : str, optional
            Which; ``fit`` for one input, else ``forest``; of a model that is a
            function ``residuals``.
        of : str, optional
            The column (``effect``) or coefficient (``component``, ``profile``); all of
            them when None.
        ax : Axes, or sequence of Axes, optional
            Where to draw, one for each panel; new ones when None.
        level : float
            Coverage of bands and intervals, between 0 and 1.

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
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> m.panels()[0].words
        'Predicted y is 0.7217 at 0 and 5.897 at 3.'
        """
        from leastwise.report.plots.draw import draw

        return draw(self.panels(kind, of, level=level), ax)

    def panels(
        self,
        kind: str | None = None,
        of: str | None = None,
        *,
        level: float = 0.95,
    ) -> tuple[Panel, ...]:
        """Return what `plot` draws, as records: points, curves, bands and words.

        Parameters
        ----------
        kind, of, level
            As for `plot`.
        """
        from leastwise.model.named import check_level
        from leastwise.model.plots.loss.ask import LossAsk
        from leastwise.model.plots.loss.registry import panels_of

        model = cast("LossModel", self)
        return panels_of(kind, LossAsk(model, of, check_level(level)))
