"""Hypotheses about coefficients, tables of terms, and functions of coefficients."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.anova import Anova
    from leastwise.model.delta import Delta
    from leastwise.model.estimates import Estimates
    from leastwise.model.hypothesis import HypothesisTest
    from leastwise.model.model import Model


class AsksTests(ABC):
    """The questions of tests, as methods of `Model`."""

    covariance: Array

    def test(
        self, *hypotheses: Any, values: Any = None, use: Literal["F", "chi2"] = "F"
    ) -> HypothesisTest:
        """Test linear hypotheses about the coefficients, all together.

        ``F = d' V^-1 d / q`` with d what is on the left less what is on the right, V
        its covariance under the model's (see `with_cov`) and q hypotheses: Wald's
        test, which is the F test of least squares under the classical covariance. One
        hypothesis has ``t = d / sqrt(V)``.

        Parameters
        ----------
        *hypotheses : str, or one array-like of shape (q, m)
            Such as ``"a = 2 * b"`` or ``"C(town)[T.B] = 0"``, with the names of the
            coefficients; without an equals sign, 0 is meant. Or a row for each, a
            column for each coefficient.
        values : array-like, shape (q,), optional
            What the rows of a matrix are equal to; 0 when not given.
        use : {"F", "chi2"}
            F (or t) with the residual degrees of freedom, or ``q F`` as chi-squared,
            which has as good as infinitely many. Where the covariance gives each
            coefficient its own degrees of freedom, the fewest of those named count.

        Returns
        -------
        HypothesisTest

        Raises
        ------
        RequestError
            For hypotheses that follow from others or contradict them, and for
            coefficients that were left out of the fit; all are named.
        FormulaError
            For text that is not linear in coefficients; points at the character.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"a": [0.0, 1, 2, 3, 4], "b": [1.0, 0, 0, 1, 0]}
        >>> m = lw.ols("y ~ a + b", data | {"y": [1.0, 3, 5, 8, 9]})
        >>> test = m.test("a = 2", "b = 0")
        >>> test.name, round(test.statistic, 6), test.df
        ('F', 2.333333, (2.0, 2.0))
        """
        from leastwise.model.hypothesis import test_together

        return test_together(cast("Model", self), hypotheses, values, use)

    def tests(
        self,
        *hypotheses: Any,
        values: Any = None,
        adjust: Literal["none", "bonferroni", "holm", "scheffe"] = "holm",
        level: float = 0.95,
    ) -> Estimates:
        """Test linear hypotheses one by one, with p-values for their number.

        Parameters
        ----------
        *hypotheses, values
            As in `test`. They may follow from each other.
        adjust : {"none", "bonferroni", "holm", "scheffe"}
            How p-values and intervals are adjusted. Holm has no intervals of its
            own: Bonferroni's are shown. Scheffe's hold for all combinations of these
            hypotheses at once (1953, doi:10.1093/biomet/40.1-2.87). Tukey's range is
            for means: ``m.means("g").contrasts()``.
        level : float
            Coverage of the intervals.

        Returns
        -------
        Estimates
            A line each: the left side less the right side, tested against 0.

        Raises
        ------
        RequestError, FormulaError
            As `test`.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"a": [0.0, 1, 2, 3, 4], "b": [1.0, 0, 0, 1, 0]}
        >>> m = lw.ols("y ~ a + b", data | {"y": [1.0, 3, 5, 8, 9]})
        >>> round(m.tests("a = 2", "b = 0")["a = 2"].estimate, 6)
        0.1
        """
        from leastwise.model.hypothesis import test_each

        return test_each(cast("Model", self), hypotheses, values, adjust, level)

    def anova(self, type: Literal[1, 2, 3] = 1, *, data: Any = None) -> Anova:
        """Test the terms of the model: an analysis of variance.

        What a term explains beside other terms, from the moments alone: type 1 beside
        those before it (R's ``anova``), type 2 beside all that do not contain it, type
        3 beside all others (``car::Anova``). Mean squares are compared with that of the
        residuals of the whole model. Under another covariance than the classical one,
        Wald tests of the same coefficients.

        Parameters
        ----------
        type : {1, 2, 3}
            Which terms stay beside each. Type 3 asks about main effects where the
            others are 0: with treatment coding, at the base levels. A note says so.
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Anova

        Raises
        ------
        RequestError
            When there are no rows, or another type is asked for.

        Notes
        -----
        Under a robust covariance, type 2 (and 1) tests the least squares coefficients
        of the model without the terms that contain (or follow) the term. ``car::Anova``
        weighs them by the robust covariance instead, which differs where there are
        such terms.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"a": [0.0, 1, 2, 3, 4], "b": [1.0, 0, 0, 1, 0]}
        >>> m = lw.ols("y ~ a + b", data | {"y": [1.0, 3, 5, 8, 9]})
        >>> [round(row.sum_sq, 6) for row in m.anova().rows]
        [44.1, 0.6, 0.3]
        """
        from leastwise.model.anova import anova_of

        return anova_of(cast("Model", self), type, data)

    def delta(
        self,
        function: str | Callable[[Mapping[str, Any]], Any],
        *,
        null: float = 0.0,
        level: float = 0.95,
    ) -> Delta:
        """Estimate a function of the coefficients, by the delta method.

        The variance is ``g' V g`` with g the gradient at the estimates, by automatic
        differentiation: right where the function is nearly straight over the
        uncertainty of the coefficients.

        Parameters
        ----------
        function : str or callable
            Text with the names of coefficients, ``+ - * / ^``, ``exp``, ``log`` and
            ``sqrt``: ``"-b / (2 * c)"``. Or a function of a mapping from names to
            numbers, written with `jax.numpy`, that returns one number.
        null : float
            What the function is tested against.
        level : float
            Coverage of the interval.

        Returns
        -------
        Delta

        Raises
        ------
        RequestError
            For a function that is not finite at the estimates, returns no number, or
            is about coefficients that were left out of the fit.
        FormulaError
            For text that is not understood; points at the character.

        References
        ----------
        Oehlert (1992), doi:10.1080/00031305.1992.10475842.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
        >>> found = m.delta("-Intercept / x")
        >>> round(found.estimate, 6), round(found.std_error, 6)
        (-0.347826, 0.123355)
        """
        from leastwise.model.delta import delta

        return delta(cast("Model", self), function, null=null, level=level)
