"""A fit of a loss as a record: what every renderer shows and `--json` prints."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from leastwise.record.fit import (
    CLASSICAL,
    AliasedRow,
    CoefficientRow,
    CovarianceRecord,
    RowsRecord,
)


@dataclass(frozen=True)
class Measure:
    """One number that says how good a fit is.

    Attributes
    ----------
    name : str
        What it is called, in lower case.
    value : float
        The number.
    more : str
        What stands after it, such as degrees of freedom.

    Examples
    --------
    >>> Measure("deviance", 12.5, "on 3 degrees of freedom").name
    'deviance'
    """

    name: str
    value: float
    more: str = ""


@dataclass(frozen=True)
class LossRecord:
    """Everything that is said about a fit of a loss.

    Attributes
    ----------
    formula, target : str
        What was asked.
    kind : str
        What was fitted, such as ``Poisson regression, log link``.
    loss : str
        What makes the loss in Python.
    n : float
        Observations counted.
    rank : int
        Coefficients estimated.
    dof : float
        Residual degrees of freedom.
    statistic : {"z", "t"}
        What estimates over standard errors are.
    coefficients : tuple of CoefficientRow
        The table; its `t` is that statistic.
    covariance : tuple of tuples of float
        Covariance of the coefficients, NaN for aliased ones.
    measures : tuple of Measure
        How good the fit is.
    convergence : str
        How the loop ended, in words.
    converged : bool
        Whether it arrived.
    aliased : tuple of AliasedRow
        Columns left out.
    rows : RowsRecord
        Rows read, used and dropped.
    notes : tuple of str
        What a reader should know.
    level : float
        Coverage of the intervals.
    cov : CovarianceRecord
        How the covariance was estimated.
    """

    formula: str
    target: str
    kind: str
    loss: str
    n: float
    rank: int
    dof: float
    statistic: str
    coefficients: tuple[CoefficientRow, ...]
    covariance: tuple[tuple[float, ...], ...]
    measures: tuple[Measure, ...]
    convergence: str
    converged: bool
    aliased: tuple[AliasedRow, ...]
    rows: RowsRecord
    notes: tuple[str, ...]
    level: float
    cov: CovarianceRecord = CLASSICAL

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN and infinity become null."""
        rows = [
            {"name": row.name}
            | {key: _plain(getattr(row, key)) for key in _NUMBERS}
            | {self.statistic: _plain(row.t)}
            for row in self.coefficients
        ]
        return {
            "formula": self.formula,
            "target": self.target,
            "kind": self.kind,
            "loss": self.loss,
            "n": _plain(self.n),
            "rank": self.rank,
            "dof": _plain(self.dof),
            "statistic": self.statistic,
            "coefficients": rows,
            "covariance_kind": {"name": self.cov.name, "text": self.cov.text},
            "covariance": [[_plain(v) for v in row] for row in self.covariance],
            "measures": {m.name: _plain(m.value) for m in self.measures},
            "convergence": {"converged": self.converged, "text": self.convergence},
            "level": self.level,
            "aliased": [asdict(row) for row in self.aliased],
            "rows": self.rows.to_json(),
            "notes": list(self.notes),
        }


def _plain(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    return int(value) if isinstance(value, int) else float(value)


_NUMBERS = ("estimate", "std_error", "p_value", "low", "high", "digits")
