"""What checks of a fit found, as records."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class CheckRecord:
    """One check.

    Attributes
    ----------
    name, about : str
        Its name; what it is about, such as "equal variance".
    statistic_name : str
        What the statistic is called.
    statistic : float
        Its value; NaN where it was not computed.
    df : tuple of float
        Degrees of freedom.
    p_value : float
        NaN where there is none.
    effect_name : str
        What says how much, whatever the number of rows.
    effect : float
        Its value.
    status : {"ok", "fails", "slight", "unclear", "none"}
        "slight": significant, but little. "unclear": too few rows to tell. "none": not
        computed.
    verdict, advice : str
        What that says, and what to do; the latter may be empty.
    header : tuple of str
        What the columns of `table` are.
    table : tuple of tuples
        Details, a name first.

    Examples
    --------
    >>> nan = float("nan")
    >>> CheckRecord("White", "equal variance", "n R2", nan, (), nan, "R2", nan, "none",
    ...             "Not computed: no input.").to_json()["statistic"] is None
    True
    """

    name: str
    about: str
    statistic_name: str
    statistic: float
    df: tuple[float, ...]
    p_value: float
    effect_name: str
    effect: float
    status: str
    verdict: str
    advice: str = ""
    header: tuple[str, ...] = ()
    table: tuple[tuple[str | float, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON: NaN and infinity are null."""
        return {name: _plain(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class ChecksRecord:
    """All checks of a fit.

    Attributes
    ----------
    formula : str
        The model.
    n : float
        Observations.
    order : str or None
        The column that rows were put in order by; None for the order they came in.
    checks : tuple of CheckRecord
        In the order in which they are shown.

    Examples
    --------
    >>> ChecksRecord("y ~ x", 5, None, ()).passed
    True
    """

    formula: str
    n: float
    order: str | None
    checks: tuple[CheckRecord, ...]

    @property
    def passed(self) -> bool:
        """Whether no check fails."""
        return all(check.status != "fails" for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "formula": self.formula,
            "n": self.n,
            "order": self.order,
            "passed": self.passed,
            "checks": [check.to_json() for check in self.checks],
        }


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
