"""Tests of hypotheses, combinations and functions of coefficients."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.anova import Anova
    from leastwise.model.estimates import Estimates
    from leastwise.model.hypotheses import HypothesisTest
    from leastwise.model.model import Model


class AsksTests(ABC):
    """The questions of tests, as methods of `Model`."""

    covariance: Array

    def test(self, *hypotheses: Any, values: Any = None) -> HypothesisTest:
        """Test linear hypotheses about the coefficients, together.

        ``F = (R b - r)' (R V R')^-1 (R b - r) / q`` with the covariance of the model.

        Parameters
        ----------
        *hypotheses : str, or one array-like of shape (q, m)
            Such as ``"distance = 2 * age"``, with the names of the coefficient table
            as they stand there; ``"a = b = 0"`` are two; without ``=``, equals zero.
            Or the matrix R, a column for each coefficient.
        values : array-like, shape (q,), optional
            r, where R is given; 0 when not.

        Returns
        -------
        HypothesisTest

        Raises
        ------
        FormulaError
            When one cannot be read; points at the character.
        RequestError
            When one is not linear, names a coefficient that was left out, or follows
            from the others.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"y": [1.0, 3.0, 4.0, 8.0], "a": [0.0, 1, 2, 3], "b": [0.0, 1, 0, 1]}
        >>> m = lw.ols("y ~ a + b", data)
        >>> round(m.test("a = 2 * b", "Intercept = 0").statistic, 6)
        0.168919
        """
        from leastwise.model.hypotheses import test

        return test(cast("Model", self), hypotheses, values)

    def linear(
        self,
        *expressions: str,
        adjust: Literal["none", "bonferroni", "holm", "scheffe"] = "none",
        level: float = 0.95,
    ) -> Estimates:
        """Estimate linear combinations of the coefficients, each on its own line.

        Parameters
        ----------
        *expressions : str
            Such as ``"a - 2 * b"``, or ``"a = 3"`` for the difference from 3.
        adjust : {"none", "bonferroni", "holm", "scheffe"}
            For their number. Scheffe's intervals (1953, doi:10.1093/biomet/40.1-2.87)
            hold for all combinations of these together. Holm has none of its own:
            Bonferroni's are shown.
        level : float
            Coverage of the intervals.

        Returns
        -------
        Estimates

        Raises
        ------
        FormulaError, RequestError
            As `test` does.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"y": [1.0, 3.0, 4.0, 8.0], "a": [0.0, 1, 2, 3], "b": [0.0, 1, 0, 1]}
        >>> found = lw.ols("y ~ a + b", data).linear("a - b", "a + b")
        >>> round(found["a - b"].estimate, 9)
        1.0
        """
        from leastwise.model.hypotheses import linear

        return linear(cast("Model", self), expressions, adjust=adjust, level=level)

    def delta(
        self, *expressions: str | Callable[..., Any], level: float = 0.95
    ) -> Estimates:
        """Estimate functions of the coefficients by the delta method.

        ``var f(b) = g' V g`` with the gradient g by automatic differentiation.

        Parameters
        ----------
        *expressions : str or callable
            Text such as ``"-a / (2 * b)"`` (``+ - * / **``, exp, log, sqrt, tanh, sin,
            cos), or a function of a dict of coefficients by name that JAX can
            differentiate.
        level : float
            Coverage of the intervals.

        Returns
        -------
        Estimates

        Raises
        ------
        FormulaError, RequestError
            When one cannot be read, or has no derivative at the estimates.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"y": [4.0, 1.0, 0.2, 1.0, 4.0], "x": [0.0, 1, 2, 3, 4]}
        >>> m = lw.ols("y ~ x + I(x ** 2)", data)
        >>> round(m.delta("-x / (2 * I(x ** 2))").rows[0].estimate, 9)
        2.0
        """
        from leastwise.model.hypotheses import delta

        return delta(cast("Model", self), expressions, level=level)

    def anova(self, *, type: Literal[1, 2, 3] = 2, data: Any = None) -> Anova:
        """Test the terms of the model, from moments alone.

        Parameters
        ----------
        type : {1, 2, 3}
            Each term after those before it (R's ``anova``); after all that do not
            contain it (``car::Anova``, the default); after all others. With type 3
            the test of a term inside an interaction is at the base of the other
            categories unless these have a coding that sums to zero
            (``C(g, Sum)``, Helmert or polynomial); a note says so. Under another
            covariance: Wald tests of the coefficients that the term has in a model
            of the terms that stay (``car::Anova`` weighs these by the covariance for
            type 2, which differs where an interaction contains the term).
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Anova

        Raises
        ------
        RequestError
            For a type that there is not.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"y": [1.0, 3.0, 4.0, 8.0, 9.0], "a": [0.0, 1, 2, 3, 4]}
        >>> round(lw.ols("y ~ a", data).anova()["a"].squares, 9)
        44.1
        """
        from leastwise.model.anova import of_terms

        return of_terms(cast("Model", self), type, data)
