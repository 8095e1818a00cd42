"""A scale that is known."""

from __future__ import annotations

from dataclasses import dataclass

from leastwise._kit.errors import RequestError
from leastwise.loss.scale.base import Residuals, ResidualScale


@dataclass(frozen=True)
class Fixed(ResidualScale):
    """A scale that is known; a number does the same.

    Attributes
    ----------
    value : float
        Above 0, in the units of the target.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.scale.Fixed(2.5).text
    'known'
    """

    value: float

    def __post_init__(self) -> None:
        if not 0 < self.value < float("inf"):
            raise RequestError(
                f"the scale is {self.value!r}",
                fix="Give a finite number above 0, in the units of the target",
            )

    @property
    def text(self) -> str:
        return "known"

    def next(self, seen: Residuals, before: float) -> float:
        return float(self.value)

    def equation(self, seen: Residuals, scale: float) -> None:
        return None
