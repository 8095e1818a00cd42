"""Criteria, and which terms to keep."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, Literal, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.infer.criteria import Criteria, Criterion
    from leastwise.model.model import Model
    from leastwise.model.selection import Selection


class AsksSelection(ABC):
    """The questions of criteria and selection, as methods of `Model`."""

    covariance: Array

    def criteria(self, *, data: Any = None) -> Criteria:
        """Return AIC, AICc, BIC and the exact errors of leaving out each row.

        Parameters
        ----------
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Criteria

        Raises
        ------
        RequestError
            When there are no rows.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
        >>> round(m.criteria().press_r_squared, 4)
        0.933
        """
        from leastwise.model.selection import criteria_of

        return criteria_of(cast("Model", self), data)

    def step(
        self,
        *,
        direction: Literal["both", "backward", "forward"] = "both",
        criterion: Criterion = "aic",
        start: str | None = None,
        data: Any = None,
    ) -> Selection:
        """Drop and add terms, one at a time, while that makes a criterion smaller.

        The terms of this model are all there are to choose from. A term stays while
        an interaction with it does, as in R's ``step``. No row is looked at: each
        model is a part of the same moments. Standard errors and p-values of the model
        that is chosen know nothing of the choice, and are too small.

        Parameters
        ----------
        direction : {"both", "backward", "forward"}
            What a step may do. Forward begins with no term, the others with all.
        criterion : {"aic", "aicc", "bic", "cp", "adj_r_squared"}
            What is made small (adjusted R-squared: large).
        start : str, optional
            Right side of a formula to begin with, such as ``"wt + hp"``.
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Selection

        Raises
        ------
        RequestError
            For a criterion or a direction that does not exist, terms in `start` that
            the model has not, or a model whose coding depends on which terms it has.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"a": [0.0, 1, 2, 3, 4, 5], "b": [1.0, 0, 0, 1, 0, 1]}
        >>> found = lw.ols("y ~ a + b", data | {"y": [1.0, 3, 5, 8, 9, 11]}).step()
        >>> found.formula
        'y ~ a'
        """
        from leastwise.model.selection import stepwise

        return stepwise(
            cast("Model", self), direction, criterion, start=start, data=data
        )

    def best_subset(
        self, *, criterion: Criterion = "aic", data: Any = None
    ) -> Selection:
        """Find the best model of each size among all subsets of the terms.

        By branch and bound on the moments (Furnival and Wilson 1974,
        doi:10.1080/00401706.1974.10489231): all subsets are covered, few are fitted.
        Standard errors and p-values of the model that is chosen know nothing of the
        choice, and are too small.

        Parameters
        ----------
        criterion : {"aic", "aicc", "bic", "cp", "adj_r_squared"}
            What decides between sizes; within a size all agree.
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Selection
            A model for each number of columns, smallest first.

        Raises
        ------
        RequestError
            For more than 30 terms, or as `step` does.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"a": [0.0, 1, 2, 3, 4, 5], "b": [1.0, 0, 0, 1, 0, 1]}
        >>> m = lw.ols("y ~ a + b", data | {"y": [1.0, 3, 5, 8, 9, 11]})
        >>> [c.terms for c in m.best_subset().candidates]
        [(), ('a',), ('a', 'b')]
        """
        from leastwise.model.selection import subsets

        return subsets(cast("Model", self), criterion, data=data)
