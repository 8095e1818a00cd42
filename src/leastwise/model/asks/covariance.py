"""Another covariance."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.infer.cov.base import Covariance
    from leastwise.model.model import Model


class AsksCovariance(ABC):
    """The question of a covariance, as methods of `Model`."""

    covariance: Array

    def with_cov(self, cov: Covariance | str, *, data: Any = None) -> Model:
        """Return the model with another covariance of its coefficients.

        Nothing is fitted again: estimates, residuals and R-squared stay, standard
        errors, t, p and intervals are those of the covariance, and F is that of Wald:
        ``b' V^-1 b / q`` over the q inputs. What is certified of standard errors is the
        classical ones: `se_digits` is NaN for others.

        Parameters
        ----------
        cov : Covariance or str
            Such as ``lw.cov.HC3()``, see `leastwise.cov`; or a word for it: ``"HC3"``,
            ``"cluster:town,year"``, ``"hac:4"``, see `leastwise.cov.read_cov`.
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Model

        Raises
        ------
        RequestError
            When there are no rows, or `cov` is no covariance.
        DataError
            When `data` are other rows than the model was fitted to.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
        >>> robust = m.with_cov(lw.cov.HC3())
        >>> round(robust.se["x"], 6), robust.coef["x"] == m.coef["x"]
        (0.365335, True)
        """
        from leastwise.model.covariance import with_covariance

        return with_covariance(cast("Model", self), cov, data)
