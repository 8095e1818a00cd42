"""What weights mean, said by the one who gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, eq=False)
class Weights:
    """Case weights and what they mean.

    Attributes
    ----------
    values : str or array_like, shape (n,)
        A column of the data, or one number a row; 0 or more.
    kind : {"analytic", "frequency"}
        Analytic: the variance of a row is sigma^2/w, a row counts as one
        observation (R's ``lm``). Frequency: a row stands for w equal rows.
    """

    values: Any
    kind: Literal["analytic", "frequency"]


def analytic(values: Any) -> Weights:
    """Weights in inverse proportion to the variance of a row (R's ``lm``).

    Parameters
    ----------
    values : str or array_like, shape (n,)
        A column of the data, or one number a row; 0 or more.

    Examples
    --------
    >>> analytic("precision").kind
    'analytic'
    """
    return Weights(values, "analytic")


def frequency(values: Any) -> Weights:
    """Weights that say how many equal rows a row stands for.

    Parameters
    ----------
    values : str or array_like, shape (n,)
        A column of the data, or one number a row; whole, 0 or more.

    Examples
    --------
    >>> frequency("count").kind
    'frequency'
    """
    return Weights(values, "frequency")
