"""The loss of a quantile: asymmetric absolute errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.base import ROUNDOFF, Array, Loss, Pointwise


@dataclass(frozen=True)
class Quantile(Loss):
    """Asymmetric absolute loss: ``(y - eta) (q - 1[y < eta])``.

    The expectation of it is least where eta is the q-th quantile of the target; with
    q of one half it is half the absolute error. It has no curvature:
    `leastwise.quantile` finds its exact minimum by other means than Newton's.

    Parameters
    ----------
    q : float
        The quantile, between 0 and 1.

    Raises
    ------
    RequestError
        When q is not between 0 and 1.

    References
    ----------
    Koenker and Bassett (1978), doi:10.2307/1913643.

    Examples
    --------
    >>> import numpy as np
    >>> there = Quantile(0.9).local(np.zeros(2), np.array([1.0, -1.0]))
    >>> there.value.round(6).tolist()
    [0.9, 0.1]
    """

    q: float = 0.5

    def __post_init__(self) -> None:
        check_share(self.q)

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return f"quantile {self.q:g}"

    def value(self, eta: Any, y: Any) -> Any:
        """Return the loss of one row."""
        from leastwise._kit.precision import jax_module

        np_ = jax_module().numpy
        return (y - eta) * np_.where(y < eta, self.q - 1.0, self.q)

    def local(self, eta: Array, y: Array) -> Pointwise:
        """Return loss and score of rows; the curvature is 0."""
        score = np.where(y < eta, 1.0 - self.q, -self.q)
        nothing = np.zeros_like(score)
        value = -(y - eta) * score
        return Pointwise(value, score, nothing, ROUNDOFF * np.abs(score))


def check_share(q: float) -> None:
    """Refuse what is not between 0 and 1.

    Parameters
    ----------
    q : float
        A share of the rows.

    Raises
    ------
    RequestError
        For anything else, NaN included.
    """
    if isinstance(q, bool) or not isinstance(q, int | float | np.floating):
        raise RequestError(f"q={q!r} is no number", fix="Use one between 0 and 1")
    if not 0.0 < q < 1.0:
        fix = "Use a share between 0 and 1, such as 0.5"
        if 1.0 < q < 100.0:
            fix += f"; {q:g} percent is {q / 100:g}"
        raise RequestError(f"q={q!r} is not between 0 and 1", fix=fix)
