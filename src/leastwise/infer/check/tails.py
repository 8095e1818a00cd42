"""Tails of chi2, and what is significant at 5%."""

from __future__ import annotations

from leastwise.infer.check.finding import ALPHA


def tails_chi2(value: float, df: float) -> float:
    """Return P(chi2 >= value).

    Examples
    --------
    >>> round(tails_chi2(3.841458820694124, 1.0), 12)
    0.05
    """
    from scipy import special

    return float(special.chdtrc(df, value)) if df > 0 else float("nan")


def needed_chi2(df: float) -> float:
    """Return the value of chi2 that is significant at 5%.

    Examples
    --------
    >>> round(needed_chi2(1.0), 6)
    3.841459
    """
    from scipy import special

    return float(special.chdtri(df, ALPHA)) if df > 0 else float("nan")


def needed_f(numerator: float, denominator: float) -> float:
    """Return the value of F that is significant at 5%.

    Examples
    --------
    >>> round(needed_f(1.0, 10.0), 6)
    4.964603
    """
    from scipy import special

    return float(special.fdtri(numerator, denominator, 1.0 - ALPHA))
