"""Single rows of a fit of a loss."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Literal, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.infer.loss_criteria import LossCriteria
    from leastwise.model.check import Checks
    from leastwise.model.fragility import Fragility
    from leastwise.model.influence_rows import InfluenceOfRows
    from leastwise.model.loss_model import LossModel


class AsksLossRows(ABC):
    """The questions of single rows, as methods of `LossModel`."""

    formula: str

    def influence(self, *, label: str | None = None) -> InfluenceOfRows:
        """Measure what each row does to the fit, without fitting again.

        Leverage, Cook's distance, DFBETAS and approximate predictions of each row from
        the others; for a family, residuals of four kinds, standardized and studentized
        ones too.

        Parameters
        ----------
        label : str, optional
            A column of the data that says what rows are called.

        Returns
        -------
        LossInfluence or RowInfluence
            The second for a loss that is no family.

        Raises
        ------
        RequestError
            For a quantile, or when there are no rows.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> m.influence().most(1)
        (0,)
        """
        from leastwise.model.loss_influence import influence_of

        return influence_of(cast("LossModel", self), label)

    def quantile_residuals(self, *, seed: int = 0) -> Array:
        """Return randomized quantile residuals, normal where the model is true.

        ``Phi^-1(F(y))`` with F the fitted distribution; of counts a uniform draw from
        ``F(y - 1)`` to ``F(y)`` (Dunn and Smyth 1996, doi:10.2307/1390802).

        Parameters
        ----------
        seed : int
            Of the draws.

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        RequestError
            When the family has no distribution, or there are no rows.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> bool((abs(m.quantile_residuals(seed=1)) < 3).all())
        True
        """
        from leastwise.model.quantile_residuals import quantile_residuals_of

        return quantile_residuals_of(cast("LossModel", self), seed)

    def check(self) -> Checks:
        """Check what a fit of a family takes for granted, and say what it means.

        Whether the target varies as the family says, whether there are as many zeros as
        it expects, whether the link or the form is wrong, whether probabilities promise
        the right error, and which inputs go together. Sources stand with each check in
        ``leastwise.infer.check.loss``.

        Returns
        -------
        Checks

        Raises
        ------
        RequestError
            When the loss is no family, or there are no rows.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1, 2, 3, 4, 5, 6, 7], "y": [1, 0, 3, 2, 5, 9, 11, 19]}
        >>> lw.glm("y ~ x", data, family="poisson").check()["dispersion"].df
        (6.0,)
        """
        from leastwise.model.loss_check import checks_of_loss

        return checks_of_loss(cast("LossModel", self))

    def criteria(self) -> LossCriteria:
        """Return AIC, AICc, BIC, and how well left-out rows are predicted.

        Returns
        -------
        LossCriteria
            With Brier's score and the area under the ROC curve for probabilities.

        Raises
        ------
        RequestError
            When the loss is no family, or there are no rows.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [1.0, 2, 3, 4, 5, 6], "y": [0, 1, 0, 1, 0, 1]}
        >>> m = lw.glm("y ~ x", data, family="binomial")
        >>> round(m.criteria().auc, 6)
        0.666667
        """
        from leastwise.model.loss_check import criteria_of_loss

        return criteria_of_loss(cast("LossModel", self))

    def fragility(
        self,
        name: str,
        of: Literal["sign", "significance"] = "sign",
        *,
        most: int | None = None,
        level: float = 0.95,
        label: str | None = None,
    ) -> Fragility:
        """Find how few rows, left out, turn a conclusion about a coefficient round.

        Rows are put in order by what one step without each says (Broderick, Giordano
        and Meager 2020, arXiv:2011.14999); sets from the front of that order are fitted
        again until the fewest of them is known. It is an upper bound: another set may
        be smaller, except where one row does it.

        Parameters
        ----------
        name : str
            The coefficient.
        of : {"sign", "significance"}
            Whether its sign changes, or whether its interval gains or loses 0.
        most : int, optional
            How many rows may be left out; half of them when not given.
        level : float
            Coverage of that interval.
        label : str, optional
            A column of the data that says what rows are called.

        Returns
        -------
        Fragility

        Raises
        ------
        RequestError
            When the loss is no family, there are no rows, or no estimate.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1, 2, 3, 4, 9], "y": [1, 2, 2, 4, 5, 2]}
        >>> lw.glm("y ~ x", data, family="poisson").fragility("x").used
        6
        """
        from leastwise.model.loss_fragility import fragility_of_loss

        return fragility_of_loss(
            cast("LossModel", self), name, of, most=most, level=level, label=label
        )
