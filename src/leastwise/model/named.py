"""`Named`: numbers by name, in order, and as an array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.rows.table import did_you_mean, shown


@dataclass(frozen=True, eq=False)
class Named(Mapping[str, Any]):
    """An ordered, read-only mapping from names to numbers.

    Attributes
    ----------
    names : tuple of str
        In order.
    array : ndarray, shape (m,) or (m, 2)
        The numbers; rows of two are pairs such as intervals.

    Examples
    --------
    >>> coef = Named(("Intercept", "age"), np.array([1.0, 2.0]))
    >>> coef["age"], list(coef), coef.array.tolist()
    (2.0, ['Intercept', 'age'], [1.0, 2.0])
    """

    names: tuple[str, ...]
    array: np.ndarray[Any, Any]

    def __getitem__(self, name: str) -> Any:
        try:
            index = self.names.index(name)
        except ValueError:
            hint = did_you_mean(str(name), self.names)
            # A mapping's contract is KeyError; its text is ours.
            raise KeyError(
                f'there is no coefficient "{name}". {hint}The coefficients are '
                f"{shown(self.names)}."
            ) from None
        value = self.array[index]
        return tuple(value.tolist()) if value.ndim else float(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        inner = ", ".join(f"{name!r}: {self[name]!r}" for name in self.names)
        return "{" + inner + "}"


def read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a view that nobody can write into: a model does not change.

    Examples
    --------
    >>> read_only(np.zeros(2)).flags.writeable
    False
    """
    view = array.view()
    view.flags.writeable = False
    return view


def check_level(level: float) -> float:
    """Return a coverage between 0 and 1, or say what is wrong with it.

    Examples
    --------
    >>> check_level(0.95)
    0.95
    """
    if not isinstance(level, Real) or not 0.0 < level < 1.0:
        raise RequestError(
            f"level={level!r} is not a coverage", fix="Give a number such as 0.95"
        )
    return float(level)


def classical_covariance(
    correlation: np.ndarray[Any, Any], standard_errors: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Return the covariance of coefficients under equal variances.

    Examples
    --------
    >>> classical_covariance(np.eye(2), np.array([1.0, 2.0])).tolist()
    [[1.0, 0.0], [0.0, 4.0]]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return read_only(correlation * np.outer(standard_errors, standard_errors))
