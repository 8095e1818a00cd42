"""Single rows of a fit of a loss."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.loss_influence import LossInfluence
    from leastwise.model.loss_model import LossModel


class AsksLossRows(ABC):
    """The questions of single rows, as methods of `LossModel`."""

    formula: str

    def influence(self, *, label: str | None = None) -> LossInfluence:
        """Measure what each row does to the fit, without fitting again.

        Leverage, residuals of four kinds, standardized and studentized ones, Cook's
        distance, DFBETAS, and approximate predictions of each row from the others.

        Parameters
        ----------
        label : str, optional
            A column of the data that says what rows are called.

        Returns
        -------
        LossInfluence

        Raises
        ------
        RequestError
            When the loss is no family, or there are no rows.

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
