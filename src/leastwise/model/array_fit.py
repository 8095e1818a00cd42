"""`ArrayFit`: the answer for arrays, numbers without names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.engine.plan import Plan
from leastwise.infer.dist import t_two_sided
from leastwise.infer.predict import basis_of, predict_rows
from leastwise.infer.summary import Quality, interval, quality
from leastwise.model.named import check_level
from leastwise.solve.result import Fit

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class ArrayFit:
    """A least squares fit of arrays.

    Coefficients have the intercept first when there is one (m = p + 1, else m = p).
    For a target of shape (n,) they have the shape (m,), for (n, k) the shape (m, k).
    Everything is in original units.

    Attributes
    ----------
    fit : Fit
        All numbers, for k targets.
    plan : Plan
        Which arithmetic ran and why.
    single : bool
        Whether y had one dimension.

    Examples
    --------
    >>> import numpy as np
    >>> import leastwise as lw
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> f = lw.fit_arrays(x, np.array([1.0, 3.0, 5.0, 8.0]))
    >>> f.coefficients.round(12).tolist(), f.dof
    ([0.8, 2.3], 2.0)
    """

    fit: Fit
    plan: Plan
    single: bool

    @property
    def coefficients(self) -> Array:
        """Estimates, shape (m,) or (m, k); NaN for a column that is left out."""
        return self._of(self.fit.coefficients)

    @property
    def standard_errors(self) -> Array:
        """Classical standard errors, shaped as the coefficients."""
        return self._of(self.fit.standard_errors)

    @property
    def digits(self) -> Array:
        """Certified correct decimal digits of each coefficient, 0 to 15.95."""
        return self._of(self.fit.digits)

    @property
    def se_digits(self) -> Array:
        """Certified correct decimal digits of each standard error."""
        return self._of(self.fit.se_digits)

    @property
    def t(self) -> Array:
        """The t statistics against zero; inf where a standard error is 0."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.asarray(self.coefficients / self.standard_errors)

    @property
    def p(self) -> Array:
        """Two-sided p-values of t."""
        return t_two_sided(self.t, self.fit.dof)

    @property
    def covariance(self) -> Array:
        """Of the coefficients, shape (m, m), or (k, m, m)."""
        with np.errstate(over="ignore", invalid="ignore"):
            se = self.fit.standard_errors.T
            each = self.fit.correlation * se[:, :, None] * se[:, None, :]
        return np.asarray(each[0] if self.single else each)

    @property
    def quality(self) -> Quality | tuple[Quality, ...]:
        """R-squared, sigma, F, likelihood and criteria, for each target."""
        found = tuple(quality(self.fit, t) for t in range(len(self.fit.rss)))
        return found[0] if self.single else found

    @property
    def r_squared(self) -> Any:
        """Share of the variation explained: a number, or one for each target."""
        with np.errstate(divide="ignore", invalid="ignore"):
            share = self.fit.explained / self.fit.tss
        exact = (self.fit.rss == 0.0) & (self.fit.tss > 0.0)
        return self._each(np.where(exact, 1.0, share))

    @property
    def sigma(self) -> Any:
        """Residual standard error: a number, or one for each target."""
        each = [quality(self.fit, t).sigma for t in range(len(self.fit.rss))]
        return self._each(np.array(each))

    @property
    def n(self) -> float:
        """Observations counted."""
        return self.fit.observations

    @property
    def dof(self) -> float:
        """Residual degrees of freedom."""
        return self.fit.dof

    @property
    def rank(self) -> int:
        """Coefficients estimated, the intercept included."""
        return self.fit.rank

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return confidence intervals of the coefficients, as (low, high).

        Parameters
        ----------
        level : float
            Coverage, between 0 and 1.
        """
        return interval(
            self.coefficients, self.standard_errors, self.dof, check_level(level)
        )

    def predict(self, X: Any) -> Array:
        """Predict rows: the mean of the target, shape (n,) or (n, k).

        Parameters
        ----------
        X : array_like, shape (n, p)
            Rows in the units of the fit; NaN gives NaN.

        Raises
        ------
        DataError
            When X has another number of columns.
        """
        fit = self.fit
        rows, p = np.asarray(X, dtype=np.float64), len(fit.kept)
        if rows.ndim != 2 or rows.shape[1] != p:
            raise DataError(
                f"X has shape {rows.shape}, the fit has {p} inputs",
                fix=f"Give an array of shape (n, {p})",
            )
        k = fit.coefficients.shape[1]
        means = [predict_rows(basis_of(fit, t), rows)[0] for t in range(k)]
        return means[0] if self.single else np.column_stack(means)

    def _of(self, a: Array) -> Array:
        return a[:, 0] if self.single else a

    def _each(self, a: Array) -> Any:
        return float(a[0]) if self.single else a
