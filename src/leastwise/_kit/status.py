"""How an iterative answer ended, with what to do about it."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """How a loop ended. The value is the word that reports show.

    Examples
    --------
    >>> Status.DIVERGED.value
    'diverged'
    >>> Status.CONVERGED.is_success
    True
    """

    CONVERGED = "converged"
    STEPS_EXHAUSTED = "steps exhausted"
    DIVERGED = "diverged"
    STUCK = "stuck"
    NOT_FINITE = "not finite"
    SEPARATED = "separated"
    EDGE = "stopped at an edge"

    @property
    def is_success(self) -> bool:
        """Whether the numbers that came with it can be used."""
        return self is Status.CONVERGED

    @property
    def advice(self) -> str:
        """What to do now; empty when there is nothing to do."""
        return _ADVICE[self]


_ADVICE = {
    Status.CONVERGED: "",
    Status.STEPS_EXHAUSTED: (
        "The loop was still moving: allow more steps, start nearer, or, in a descent, "
        "leave the rate out so that it is chosen from the data."
    ),
    Status.DIVERGED: (
        "Every step overshoots: take a smaller rate, or leave the rate out so that "
        "it is chosen from the data."
    ),
    Status.STUCK: (
        "No step lowers the loss, though its derivatives say that one should: the "
        "model jumps or is rounded where it stands. Start elsewhere, or write it with "
        "functions that are smooth."
    ),
    Status.NOT_FINITE: (
        "The data hold NaN or infinity, or numbers whose squares leave the range "
        "of float64: remove those rows or change the unit."
    ),
    Status.EDGE: (
        "The loss is least where the mean of a row ends what the family and the link "
        "allow, and there is no minimum inside: take another link."
    ),
    Status.SEPARATED: (
        "Some inputs tell the targets apart without error, and their coefficients run "
        "away: leave the inputs out, join levels, or add a penalty."
    ),
}
