"""A fitted model as a record: what every renderer shows and `--json` prints."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class CoefficientRow:
    """One line of the coefficient table.

    Attributes
    ----------
    name : str
        Coefficient.
    estimate, std_error, t, p_value : float
        Estimate, standard error, t against zero and its two-sided p-value.
    low, high : float
        Ends of the confidence interval.
    digits : float or None
        Certified correct decimal digits of the estimate.

    Examples
    --------
    >>> CoefficientRow("celsius", 1.8, 0.1, 18.0, 0.0, 1.6, 2.0, 15.9).name
    'celsius'
    """

    name: str
    estimate: float
    std_error: float
    t: float
    p_value: float
    low: float
    high: float
    digits: float | None


@dataclass(frozen=True)
class AliasedRow:
    """A column that was left out, and why.

    Attributes
    ----------
    name : str
        Coefficient that is NaN.
    reason : str
        The combination it equals, or what else stands in its way.
    digits : int or None
        Digits to which the numbers of the combination are known; None where there
        are none, or it is not known to be one.
    left_out : bool
        Whether it has no coefficient; False for a solution of least norm.

    Examples
    --------
    >>> AliasedRow("f", "f = 32 + 1.8 c", 15).text
    'f = 32 + 1.8 c (15 digits)'
    """

    name: str
    reason: str
    digits: int | None = None
    left_out: bool = True

    @property
    def text(self) -> str:
        """The reason with its digits."""
        if self.digits is None:
            return self.reason
        return f"{self.reason} ({self.digits} digit{'s' * (self.digits != 1)})"


@dataclass(frozen=True)
class RowsRecord:
    """What became of the rows.

    Attributes
    ----------
    read, used : int
        Rows in the source; rows the fit stands on.
    dropped : tuple of (str, int)
        Reasons with their counts; a row counts under the first that it has.
    gaps : tuple of (str, int, int)
        For each column that lacks values (or other reason): all the rows it lacks them
        in, and those of them that lack nothing else.
    """

    read: int
    used: int
    dropped: tuple[tuple[str, int], ...] = ()
    gaps: tuple[tuple[str, int, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "read": self.read,
            "used": self.used,
            "dropped": self.read - self.used,
            "reasons": [
                {"reason": reason, "count": count} for reason, count in self.dropped
            ],
            "missing": [
                {"column": name, "rows": rows, "alone": alone}
                for name, rows, alone in self.gaps
            ],
        }


@dataclass(frozen=True)
class ArithmeticRecord:
    """Which arithmetic ran.

    Attributes
    ----------
    tier : int
        Slices each number was cut into, 1 to 3; 4 is exact arithmetic.
    kernel : str
        What folded the rows.
    reason : str
        Why this tier.
    target : float
        Digits that were to be certified.
    undecided : int
        Columns left out though it is not known whether they are combinations.
    """

    tier: int
    kernel: str
    reason: str
    target: float
    undecided: int


@dataclass(frozen=True)
class CovarianceRecord:
    """How the covariance of the coefficients was estimated.

    Attributes
    ----------
    name : str
        Such as ``HC3``.
    text : str
        What that is, for the reader.
    dof : float or None
        Degrees of freedom of intervals about predictions and below F, where they are
        not the residual ones.
    notes : tuple of str
        What a reader should know of it.
    call, word : str or None
        What asks for it in Python and on the command line; None where nothing does,
        as with arrays of clusters.
    """

    name: str
    text: str
    dof: float | None = None
    notes: tuple[str, ...] = ()
    call: str | None = None
    word: str | None = None


@dataclass(frozen=True)
class WeightsRecord:
    """What the weights of a fit mean.

    Attributes
    ----------
    kind : str
        ``analytic``, ``frequency`` or ``probability``.
    strata, cluster : str or None
        Columns of the design, for probability weights.
    """

    kind: str
    strata: str | None = None
    cluster: str | None = None


CLASSICAL = CovarianceRecord("Classical", "classical")


@dataclass(frozen=True)
class FitRecord:
    """Everything that is said about a fit with one target.

    Attributes
    ----------
    formula, target : str
        What was asked.
    n : float
        Observations counted.
    rank : int
        Coefficients estimated.
    dof : float
        Residual degrees of freedom.
    sigma, r_squared, adj_r_squared, f, f_p_value : float
        Residual standard error; shares explained; overall F and its p-value.
    f_dof : tuple of float
        Degrees of freedom of F.
    centred : bool
        Whether R-squared is about the mean (with an intercept) or about zero.
    log_likelihood, aic, bic : float
        Gaussian, sigma counted as a parameter.
    covariance : tuple of tuples of float
        Covariance of the coefficients, NaN for aliased ones.
    coefficients : tuple of CoefficientRow
        The table.
    aliased : tuple of AliasedRow
        Columns left out.
    rows : RowsRecord
        Rows read, used and dropped.
    notes : tuple of str
        What a reader should know.
    level : float
        Coverage of the intervals.
    plan : str
        Which tier of arithmetic ran and why; empty for the plain one.
    arithmetic : ArithmeticRecord
        The same in numbers.
    rss, rss_digits, r_squared_digits : float
        Residual sum of squares; certified digits of it and of R-squared.
    cov : CovarianceRecord
        How the covariance was estimated.
    """

    formula: str
    target: str
    n: float
    rank: int
    dof: float
    sigma: float
    r_squared: float
    adj_r_squared: float
    f: float
    f_p_value: float
    f_dof: tuple[float, float]
    centred: bool
    log_likelihood: float
    aic: float
    bic: float
    covariance: tuple[tuple[float, ...], ...]
    coefficients: tuple[CoefficientRow, ...]
    aliased: tuple[AliasedRow, ...]
    rows: RowsRecord
    notes: tuple[str, ...]
    level: float
    plan: str
    arithmetic: ArithmeticRecord
    rss: float
    rss_digits: float
    r_squared_digits: float
    cov: CovarianceRecord = CLASSICAL

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON.

        JSON has no NaN and no infinity: both become null, and a note says why
        where it matters (an exact fit, no degrees of freedom).
        """
        return {
            "formula": self.formula,
            "target": self.target,
            "n": _plain(self.n),
            "rank": self.rank,
            "dof": _plain(self.dof),
            "sigma": _plain(self.sigma),
            "rss": _plain(self.rss),
            "rss_digits": _plain(self.rss_digits),
            "r_squared": _plain(self.r_squared),
            "r_squared_digits": _plain(self.r_squared_digits),
            "r_squared_kind": "centred" if self.centred else "uncentred",
            "adj_r_squared": _plain(self.adj_r_squared),
            "f": _plain(self.f),
            "f_dof": [_plain(v) for v in self.f_dof],
            "f_p_value": _plain(self.f_p_value),
            "log_likelihood": _plain(self.log_likelihood),
            "aic": _plain(self.aic),
            "bic": _plain(self.bic),
            "covariance_kind": {
                "name": self.cov.name,
                "text": self.cov.text,
                "dof": _plain(self.dof if self.cov.dof is None else self.cov.dof),
                "f": "classical" if self.cov.name == CLASSICAL.name else "Wald",
            },
            "covariance": [[_plain(v) for v in row] for row in self.covariance],
            "coefficients": [
                {"name": row.name}
                | {key: _plain(getattr(row, key)) for key in _NUMBERS}
                for row in self.coefficients
            ],
            "level": _plain(self.level),
            "aliased": [asdict(row) for row in self.aliased],
            "rows": self.rows.to_json(),
            "notes": list(self.notes),
            "arithmetic": {"text": self.plan or None, **asdict(self.arithmetic)},
        }


def _plain(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    # NumPy's numbers are shown as NumPy's by those who print a dict.
    return int(value) if isinstance(value, int) else float(value)


_NUMBERS = ("estimate", "std_error", "t", "p_value", "low", "high", "digits")
