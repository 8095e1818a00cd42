"""Means at levels, and effects of columns, of a fit of a loss."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from leastwise.model.estimates import Estimates
    from leastwise.model.loss_model import LossModel
    from leastwise.model.means import Means


class AsksLossMargins(ABC):
    """The questions of margins, as methods of `LossModel`."""

    formula: str

    def means(
        self,
        *names: str,
        at: Mapping[str, Any] | None = None,
        weights: Literal["equal", "cells"] = "equal",
        kind: Literal["mean", "link"] = "mean",
        level: float = 0.95,
    ) -> Means:
        """Estimate the mean of the target at the levels of some columns.

        As `Model.means`. With ``kind="mean"`` the means of cells are averaged (as R's
        ``emmeans`` with ``regrid="response"``), standard errors by the delta method;
        with ``"link"`` their predictors. An offset counts with its value at the mean of
        its column.

        Parameters
        ----------
        *names : str
            Categories; none for one mean over all.
        at : Mapping of str to value or sequence, optional
            Values of columns, in place of the mean or of all levels.
        weights : {"equal", "cells"}
            How the categories that are not named are averaged.
        kind : {"mean", "link"}
            On which scale.
        level : float
            Coverage of the intervals.

        Returns
        -------
        Means

        Raises
        ------
        RequestError
            For a column that is no category of the model.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"y": [1, 2, 4, 6], "g": ["a", "a", "b", "b"]}
        >>> m = lw.glm("y ~ g", data, family="poisson")
        >>> round(m.means("g")["b"].estimate, 9)
        5.0
        """
        from leastwise.model.loss_margins import means_of_loss

        model = cast("LossModel", self)
        return means_of_loss(
            model, names, at=at or {}, weights=weights, kind=kind, level=level
        )

    def slopes(
        self,
        *names: str,
        at: Mapping[str, Any] | None = None,
        by: str | None = None,
        kind: Literal["mean", "link"] = "mean",
        level: float = 0.95,
    ) -> Estimates:
        """Estimate how much the mean changes by unit of a column, averaged over rows.

        Average marginal effects: ``mu'(eta_i)`` times the derivative of each row's
        predictor, by the rules of calculus through every function and interaction of
        the formula; standard errors by the delta method.

        Parameters
        ----------
        *names : str
            Columns of numbers; all when none is named.
        at : Mapping of str to value or sequence, optional
            Values that columns are set to in all rows: one line for each combination.
        by : str, optional
            A column whose values have averages of their own.
        kind : {"mean", "link"}
            On which scale.
        level : float
            Coverage of the intervals.

        Returns
        -------
        Estimates

        Raises
        ------
        RequestError
            For a category, or a column the model does not use.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> round(m.slopes("x")["x"].estimate, 6)  # 0.700200525 times the mean, 2.75
        1.925551
        """
        from leastwise.model.loss_margins import slopes_of_loss

        model = cast("LossModel", self)
        return slopes_of_loss(model, names, at=at or {}, by=by, kind=kind, level=level)
