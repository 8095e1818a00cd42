"""Means at levels, and effects of columns."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.estimates import Estimates
    from leastwise.model.means import Means
    from leastwise.model.model import Model


class AsksMargins(ABC):
    """The questions of margins, as methods of `Model`."""

    covariance: Array

    def means(
        self,
        *names: str,
        at: Mapping[str, Any] | None = None,
        weights: Literal["equal", "cells"] = "equal",
        level: float = 0.95,
        data: Any = None,
    ) -> Means:
        """Estimate the mean of the target at the levels of some columns.

        The model predicts every combination of the levels of its categories, numbers
        at their mean over the rows of the fit, and the predictions are averaged over
        all categories that are not named (estimated marginal means; Searle, Speed and
        Milliken 1980, doi:10.1080/00031305.1980.10483031).

        Parameters
        ----------
        *names : str
            Categories; none for one mean over all.
        at : Mapping of str to value or sequence, optional
            Values of columns, in place of the mean or of all levels. A number with
            values here can be named too.
        weights : {"equal", "cells"}
            How the categories that are not named are averaged: each level the same
            (as R's emmeans), or as often as it stands with the others in the data.
        level : float
            Coverage of the intervals.
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Means
            With `contrasts`. The standard errors are those of the covariance of the
            model; a mean that the data cannot tell (an empty cell) is NaN.

        Raises
        ------
        RequestError
            For a column that is no category of the model.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"y": [1.0, 2.0, 4.0, 6.0], "g": ["a", "a", "b", "b"]}
        >>> m = lw.ols("y ~ g", data).means("g")
        >>> round(m["a"].estimate, 9), round(m["b"].estimate, 9)
        (1.5, 5.0)
        """
        from leastwise.model.means import means

        return means(
            cast("Model", self),
            names,
            at=at or {},
            weights=weights,
            level=level,
            data=data,
        )

    def slopes(
        self,
        *names: str,
        at: Mapping[str, Any] | None = None,
        by: str | None = None,
        over: Literal["rows", "means"] = "rows",
        level: float = 0.95,
        data: Any = None,
    ) -> Estimates:
        """Estimate how much the prediction changes by unit of a column.

        The derivative of each row's prediction, by the rules of calculus through
        every function and interaction of the formula, averaged (average marginal
        effects). It is linear in the coefficients: standard errors are exact, those
        of the covariance of the model. A target such as ``log(y)`` has the effects on
        the logarithm.

        Parameters
        ----------
        *names : str
            Columns of numbers; all when none is named.
        at : Mapping of str to value or sequence, optional
            Values that columns are set to in all rows: one line for each combination.
        by : str, optional
            A column whose values have averages of their own.
        over : {"rows", "means"}
            Average over the rows of the fit, or one row with all numbers at their
            mean (and over all levels of the categories).
        level : float
            Coverage of the intervals.
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Estimates

        Raises
        ------
        RequestError
            For a category, a column the model does not use, or a function that looks
            at the row before.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"y": [1.0, 3.0, 6.0, 11.0, 18.0], "x": [0.0, 1, 2, 3, 4]}
        >>> m = lw.ols("y ~ x + I(x ** 2)", data)
        >>> found = m.slopes("x", at={"x": [0, 2]})
        >>> round(found["x, x = 2"].estimate, 6)
        4.2
        """
        from leastwise.model.slopes import slopes

        return slopes(
            cast("Model", self),
            names,
            at=at or {},
            by=by,
            over=over,
            level=level,
            data=data,
        )
