"""Everything a report shows of a fit, as a record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from leastwise.record.check import CheckRecord
from leastwise.record.fit import FitRecord
from leastwise.record.loss import LossRecord
from leastwise.record.panel import Panel


@dataclass(frozen=True)
class Meaning:
    """What a coefficient says, in words.

    Attributes
    ----------
    name : str
        The coefficient.
    short : str
        A sentence, with units where the names have them.
    sure : str
        How sure that is.
    clear : bool
        Whether its interval leaves its sign in no doubt.
    """

    name: str
    short: str
    sure: str
    clear: bool


@dataclass(frozen=True)
class RowRecord:
    """A row that pulls at the fit.

    Attributes
    ----------
    row : int
        Which row of the data, from 1.
    fitted, residual : float
        The two parts of its target; of a fit of a loss what all other rows predict,
        and the deviance residual, or the derivative of the loss.
    leverage, studentized, cook : float
        How far out it is, how far from the fit without it, how much it moves the fit.
    """

    row: int
    fitted: float
    residual: float
    leverage: float
    studentized: float
    cook: float


@dataclass(frozen=True)
class ReportRecord:
    """A report: answer, coefficients, plots, checks, rows, and how it was computed.

    Attributes
    ----------
    title : str
        What it is called.
    answer : str
        The answer in a sentence.
    lede : str
        On what it stands, and how well it describes the data.
    fit : FitRecord or LossRecord
        All numbers.
    meanings : tuple of Meaning
        What each coefficient says.
    panels : tuple of Panel
        Plots.
    checks : tuple of CheckRecord
        Checks with their verdicts.
    rows : tuple of RowRecord
        Those that pull most, first the most.
    how : tuple of (str, str)
        How it was computed: what, and its value.
    command : tuple of (str, str)
        Lines that make the report again: where they are typed, and what.
    missing : tuple of str
        What the report cannot show, and why.
    """

    title: str
    answer: str
    lede: str
    fit: FitRecord | LossRecord
    meanings: tuple[Meaning, ...]
    panels: tuple[Panel, ...] = ()
    checks: tuple[CheckRecord, ...] = ()
    rows: tuple[RowRecord, ...] = ()
    how: tuple[tuple[str, str], ...] = ()
    command: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON, without the plots."""
        return {
            "title": self.title,
            "answer": self.answer,
            "lede": self.lede,
            "fit": self.fit.to_json(),
            "meanings": [asdict(row) for row in self.meanings],
            "checks": [check.to_json() for check in self.checks],
            "rows": [asdict(row) for row in self.rows],
            "how": dict(self.how),
            "command": dict(self.command),
            "missing": list(self.missing),
        }
