"""Numbers as a reader wants them: enough digits, no more."""

from __future__ import annotations

import math
import unicodedata


def number(value: float | None, digits: int = 6) -> str:
    """Write a number with significant digits; NaN as a dash.

    Parameters
    ----------
    value : float or None
        The number.
    digits : int
        Significant digits.

    Examples
    --------
    >>> number(1.8000001), number(1234567.0, 4), number(float("nan"))
    ('1.8', '1.235e+06', '-')
    """
    if value is None or math.isnan(value):
        return "-"
    return f"{value:.{digits}g}"


def p_value(value: float) -> str:
    """Write a p-value: three digits, "<1e-300" below what a float64 can say.

    Examples
    --------
    >>> p_value(0.04321), p_value(0.0), p_value(2e-16)
    ('0.0432', '<1e-300', '2e-16')
    """
    if math.isnan(value):
        return "-"
    return "<1e-300" if value == 0 else f"{value:.3g}"


def count(value: float, noun: str) -> str:
    """Write a count with its noun: "1 row", "3 rows".

    Examples
    --------
    >>> count(1, "row"), count(3, "row")
    ('1 row', '3 rows')
    """
    return f"{value:,g} {noun}{'' if value == 1 else 's'}"


def good_digits(value: float | None) -> str:
    """Write a count of certified digits, cut and never rounded up.

    Examples
    --------
    >>> good_digits(15.95), good_digits(None)
    ('15.9', '-')
    """
    if value is None or math.isnan(value):
        return "-"
    return f"{math.floor(10 * value) / 10:.1f}"


def on_one_line(text: str) -> str:
    """Write what a file or a user called something so that it stays where it stands.

    Line ends would break a table, and control characters steer a terminal: both
    are shown as escapes.

    Examples
    --------
    >>> on_one_line("town"), on_one_line("new\\nport"), on_one_line("a\\x1b[31m")
    ('town', 'new\\\\nport', 'a\\\\x1b[31m')
    """
    if text.isprintable():
        return text
    return "".join(
        c
        if c.isprintable() or unicodedata.category(c) == "Zs"
        else c.encode("unicode_escape").decode()
        for c in text
    )
