"""Whether what a fit takes for granted holds."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, cast

from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.check import Checks
    from leastwise.model.model import Model


class AsksCheck(ABC):
    """The question of checks, as a method of `Model`."""

    covariance: Array

    def check(self, *, order: str | None = None, data: Any = None) -> Checks:
        """Check what the fit takes for granted, and say what it means.

        Equal variance (Breusch-Pagan, score test, White), normal errors (Jarque-Bera,
        Shapiro-Wilk, QQ correlation), independence (Durbin-Watson, Breusch-Godfrey),
        the form of the model (RESET, rainbow, Harvey-Collier), inputs that go together
        (variance inflation, condition indices), outliers. Each says how much beside
        how sure: with many rows little becomes significant, and with few a verdict is
        that nobody can tell. With weights that say a variance, residuals and inputs are
        multiplied by their roots, and an offset is taken off the target: R's tests
        leave out both. A row that stands for several has no order among others: what
        depends on it is not computed then. Sources and conventions stand with each
        check in ``leastwise.infer.check``.

        Parameters
        ----------
        order : str, optional
            A column to put rows in order by, for the checks that depend on it.
        data : data frame, mapping or path, optional
            The rows the model was fitted to, for a model that was saved and loaded.

        Returns
        -------
        Checks

        Raises
        ------
        RequestError
            When there are no rows, or the fit is exact.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1, 2, 3, 4], "y": [1.0, 3, 5, 8, 9]})
        >>> m.check()["Durbin-Watson"].status
        'ok'
        """
        from leastwise.model.check import checks_of

        return checks_of(cast("Model", self), order, data)
