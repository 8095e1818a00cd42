"""What is read off a model by name: numbers that it holds, or one step from them."""

from __future__ import annotations

from abc import ABC

from leastwise.design.recipe import Recipe
from leastwise.infer.combine import Combined, combine_coefficients
from leastwise.infer.predict import Basis
from leastwise.infer.summary import Quality, Tests, coefficient_tests
from leastwise.model.named import Named
from leastwise.moments.double import Array
from leastwise.record.fit import CovarianceRecord


class Reads(ABC):
    """The properties of a `Model`; what they are made of is declared here."""

    names: tuple[str, ...]
    estimates: Array
    standard_errors: Array
    certified: Array
    se_certified: Array
    quality: Quality
    dof: float
    own_dof: Array | None
    cov: CovarianceRecord
    basis: Basis
    recipe: Recipe

    def combined(self, matrix: Array) -> Combined:
        """Return combinations of the coefficients with their covariance.

        Parameters
        ----------
        matrix : ndarray, shape (r, m)
            What each coefficient counts.
        """
        return combine_coefficients(
            self.basis, self.sigma, matrix, intercept=self.recipe.intercept
        )

    @property
    def t_dof(self) -> Array | float:
        """Degrees of freedom of t: one number, or one for each coefficient."""
        return self.dof if self.own_dof is None else self.own_dof

    @property
    def band_dof(self) -> float:
        """Degrees of freedom of intervals about predictions."""
        return self.dof if self.cov.dof is None else self.cov.dof

    @property
    def coef(self) -> Named:
        """Estimates by name, in original units."""
        return Named(self.names, self.estimates)

    @property
    def se(self) -> Named:
        """Standard errors by name."""
        return Named(self.names, self.standard_errors)

    @property
    def t(self) -> Named:
        """The t statistics against zero, by name."""
        return Named(self.names, self._tests().t)

    @property
    def p(self) -> Named:
        """Two-sided p-values of t, by name."""
        return Named(self.names, self._tests().p)

    @property
    def digits(self) -> Named:
        """Certified correct decimal digits of each estimate, by name."""
        return Named(self.names, self.certified)

    @property
    def se_digits(self) -> Named:
        """Certified correct decimal digits of each standard error, by name."""
        return Named(self.names, self.se_certified)

    @property
    def r_squared(self) -> float:
        """Share of the variation explained; see `quality.centred` for which."""
        return self.quality.r_squared

    @property
    def adj_r_squared(self) -> float:
        """R-squared with degrees of freedom taken off."""
        return self.quality.adj_r_squared

    @property
    def sigma(self) -> float:
        """Residual standard error, in units of the target."""
        return self.quality.sigma

    @property
    def f(self) -> float:
        """Overall F statistic."""
        return self.quality.f

    @property
    def f_p_value(self) -> float:
        """The p-value of the overall F."""
        return self.quality.f_p_value

    @property
    def log_likelihood(self) -> float:
        """Gaussian log-likelihood at the maximum."""
        return self.quality.log_likelihood

    @property
    def aic(self) -> float:
        """Akaike's criterion, sigma counted as a parameter (as R does)."""
        return self.quality.aic

    @property
    def bic(self) -> float:
        """Schwarz's criterion, sigma counted as a parameter (as R does)."""
        return self.quality.bic

    def _tests(self) -> Tests:
        return coefficient_tests(
            self.estimates, self.standard_errors, self.t_dof, self.certified
        )
