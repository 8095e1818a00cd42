"""The covariance as a table."""

from __future__ import annotations

from abc import ABC
from typing import Any

from leastwise.moments.double import Array
from leastwise.rows.give import give_frame


class AsksCovarianceFrame(ABC):
    """The covariance of the coefficients with their names, as a method."""

    covariance: Array
    names: tuple[str, ...]

    def covariance_frame(self, kind: str = "auto") -> Any:
        """Return the covariance of the coefficients as a data frame.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".

        Returns
        -------
        data frame
            A column ``name`` (``name_`` where a coefficient is called so), and one for
            each coefficient.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.5]})
        >>> list(m.covariance_frame("dict"))
        ['name', 'Intercept', 'x']
        """
        label = "name"
        while label in self.names:
            label += "_"
        columns: dict[str, list[Any]] = {label: list(self.names)}
        for name, column in zip(self.names, self.covariance.T, strict=True):
            columns[name] = column.tolist()
        return give_frame(columns, kind)
