"""Single rows: what each does, and how few decide."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, Literal, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.fragility import Fragility
    from leastwise.model.influence import Influence
    from leastwise.model.model import Model


class AsksInfluence(ABC):
    """The questions of single rows, as methods of `Model`."""

    covariance: Array

    def influence(self, *, label: str | None = None, data: Any = None) -> Influence:
        """Measure what each row does to the fit, without fitting again.

        Leverage, residuals of four kinds, Cook's distance, DFFITS, COVRATIO and
        DFBETAS, in R's conventions; `leastwise.model.influence.Influence` has the
        formulas. One pass over the rows: O(n p^2).

        Parameters
        ----------
        label : str, optional
            A column of the data that says what rows are called.
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Influence

        Raises
        ------
        RequestError
            When there are no rows.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
        >>> m.influence().left_out.round(4).tolist()
        [0.6667, -0.1429, -0.5714, 1.0]
        """
        from leastwise.model.influence import influence_of

        return influence_of(cast("Model", self), label, data)

    def fragility(
        self,
        name: str,
        of: Literal["sign", "significance"] = "sign",
        *,
        most: int | None = None,
        level: float = 0.95,
        label: str | None = None,
        data: Any = None,
    ) -> Fragility:
        """Find how few rows, left out, turn a conclusion about a coefficient round.

        All single rows are tried, all pairs of up to 2000 rows, larger sets while they
        are at most 20000; beyond that a greedy search gives an upper bound. Each step
        is exact (Broderick, Giordano and Meager 2020, arXiv:2011.14999, approximate
        it), and what was found is fitted again.

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
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Fragility

        Raises
        ------
        RequestError
            When there are no rows, no estimate, or another covariance than the
            classical one and `of` is "significance".

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1, 2, 3, 9], "y": [1.0, 3, 5, 8, 2]}
        >>> found = lw.ols("y ~ x", data).fragility("x", "significance")
        >>> found.rows, found.minimal
        ((5,), True)
        """
        from leastwise.model.fragility import fragility_of

        return fragility_of(
            cast("Model", self), name, of,
            most=most, level=level, label=label, data=data,
        )  # fmt: skip
