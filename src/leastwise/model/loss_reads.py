"""What is read off a fit of a loss by name."""

from __future__ import annotations

from abc import ABC

import numpy as np

from leastwise.infer.deviance import Measures
from leastwise.infer.summary import Tests, coefficient_tests
from leastwise.loss.base import Loss
from leastwise.model.named import Named
from leastwise.moments.double import Array


class LossReads(ABC):
    """The properties of a `LossModel`; what they are made of is declared here."""

    names: tuple[str, ...]
    estimates: Array
    standard_errors: Array
    certified: Array
    measures: Measures
    dof: float
    own_dof: Array | None
    loss: Loss

    @property
    def t_dof(self) -> Array | float:
        """Degrees of freedom of t; infinite where the dispersion is known."""
        if self.own_dof is not None:
            return self.own_dof
        return np.inf if self.loss.has_known_dispersion else self.dof

    @property
    def sigma(self) -> float:
        """Root of the dispersion."""
        return float(np.sqrt(self.measures.dispersion))

    @property
    def coef(self) -> Named:
        """Estimates by name, in original units."""
        return Named(self.names, self.estimates)

    @property
    def se(self) -> Named:
        """Standard errors by name."""
        return Named(self.names, self.standard_errors)

    @property
    def statistic(self) -> Named:
        """Estimates over standard errors, by name: z where the dispersion is known."""
        return Named(self.names, self._tests().t)

    @property
    def p(self) -> Named:
        """Two-sided p-values of the statistics, by name."""
        return Named(self.names, self._tests().p)

    @property
    def digits(self) -> Named:
        """Certified correct decimal digits of each estimate, by name."""
        return Named(self.names, self.certified)

    @property
    def deviance(self) -> float:
        """Twice the loss; for a family twice what the likelihood lacks."""
        return self.measures.deviance

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the maximum; NaN where the loss is none."""
        return self.measures.log_likelihood

    @property
    def aic(self) -> float:
        """Akaike's criterion, an estimated dispersion counted (as R does)."""
        return self.measures.aic

    @property
    def bic(self) -> float:
        """Schwarz's criterion, an estimated dispersion counted (as R does)."""
        return self.measures.bic

    def _tests(self) -> Tests:
        return coefficient_tests(
            self.estimates, self.standard_errors, self.t_dof, self.certified
        )
