"""What the likelihood says: tables of deviance, profiles."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, Literal, cast

from leastwise.model.asks.tests import AsksTests

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel
    from leastwise.model.named import Named
    from leastwise.model.profile import Profile


class AsksDeviance(AsksTests, ABC):
    """The questions that are answered by other fits of the same rows."""

    def anova(
        self,
        *,
        type: Literal[1, 2, 3] = 2,
        data: Any = None,
        test: Literal["ratio", "score"] = "ratio",
    ) -> Any:
        """Test the terms of the model by what leaving them out costs.

        The likelihood ratio is the rise of the deviance, chi-squared where the
        dispersion is known; else ``F = (rise / df) / dispersion`` with Pearson's
        dispersion of the whole model. The score test (Rao 1948,
        doi:10.1017/S0305004100023987) is ``s' H^-1 s / dispersion`` with the scores of
        the larger model where the smaller one is fitted, chi-squared.

        Parameters
        ----------
        type : {1, 2, 3}
            Each term after those before it (R's ``anova.glm``); after all that do not
            contain it (``car::Anova``, the default); after all others.
        data : None
            The rows have to be in memory.
        test : {"ratio", "score"}
            Which.

        Returns
        -------
        Deviances

        Raises
        ------
        RequestError
            When the loss is no family, under another covariance than the classical
            one, or without rows.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> round(m.anova()["x"].statistic, 6)
        5.5792
        """
        from leastwise.model.deviance import of_loss

        return of_loss(cast("LossModel", self), type, test)

    def profile(self, *names: str, level: float = 0.95) -> Named:
        """Return intervals of the profile likelihood by name, as (low, high).

        An end is where the deviance, the other coefficients fitted again, has risen by
        as much as the likelihood ratio allows: the quantile of chi-squared, or of F
        times the dispersion where that is estimated (R's ``confint`` takes chi-squared
        there too). Newton's method finds it, with the derivative of the profile, to the
        digits of the fits. Where the deviance never rises so far the end is infinite.

        Parameters
        ----------
        *names : str
            Coefficients; all when none is named.
        level : float
            Coverage, between 0 and 1.

        Raises
        ------
        RequestError
            When the loss is no family, a coefficient is not one or was left out, or
            there are no rows.

        References
        ----------
        Venzon and Moolgavkar (1988), doi:10.2307/2347496.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> [round(v, 6) for v in m.profile("x")["x"]]
        [0.112425, 1.423083]
        """
        from leastwise.model.profile import profile_of

        return profile_of(cast("LossModel", self), names, level)

    def profile_curve(self, name: str, *, level: float = 0.99) -> Profile:
        """Return the profile likelihood of a coefficient as a curve.

        Parameters
        ----------
        name : str
            The coefficient.
        level : float
            It reaches as far as an interval of this coverage.

        Returns
        -------
        Profile

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> found = lw.glm("y ~ x", data, family="poisson").profile_curve("x")
        >>> float(found.rise.min())
        0.0
        """
        from leastwise.model.profile import curve_of

        return curve_of(cast("LossModel", self), name, level)
