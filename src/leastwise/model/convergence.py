"""How the loop behind a fit ended, in standard errors."""

from __future__ import annotations

from dataclasses import dataclass

from leastwise._kit.status import Status
from leastwise.loops.trace import Trace
from leastwise.report.number import number


@dataclass(frozen=True)
class Convergence:
    """How a loop ended.

    Attributes
    ----------
    status : Status
        Whether it arrived.
    steps : int
        Steps taken.
    decrement : float
        Length of the last step, ``sqrt(d'Hd)``, in standard errors.
    left : float
        Bound on what is left to the optimum, that of rounding included, in standard
        errors.
    method : str
        What took the steps.
    trace : Trace or None
        The way of a first-order solver; its distances are to where it ended.

    Examples
    --------
    >>> Convergence(Status.CONVERGED, 5, 2e-9, 3e-14).text
    'converged in 5 steps, 3e-14 standard errors from the optimum at most'
    """

    status: Status
    steps: int
    decrement: float
    left: float
    method: str = "Newton"
    trace: Trace | None = None

    @property
    def text(self) -> str:
        """In words."""
        count = f"{self.steps} step{'s' * (self.steps != 1)}"
        if self.status is Status.CONVERGED:
            far = f"{number(self.left, 2)} standard errors from the optimum at most"
            return f"converged in {count}, {far}"
        what = f"{self.status.value} after {count}"
        if self.status is Status.STEPS_EXHAUSTED:
            far = f"{number(self.decrement, 2)} standard errors"
            newton = self.method == "Newton"
            what += f", the last {far} long" if newton else f", {far} off"
        return f"{what}. {self.status.advice}".rstrip()
