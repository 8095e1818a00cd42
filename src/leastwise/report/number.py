"""Numbers as a reader wants them: enough digits, no more."""

from __future__ import annotations

import math
import unicodedata

# Where plain notation ends, and the figures a float64 has.
_PLAIN_BELOW, _MOST_DECIMALS, _FIGURES = 1e8, 8, 15


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


def by_error(value: float | None, error: float | None, figures: int = 2) -> str:
    """Write a number to the decimals that its standard error makes worth reading.

    The last decimal is that of the last of `figures` significant digits of the
    error; digits before the point are never rounded away. Without an error there
    are six significant digits.

    Examples
    --------
    >>> by_error(1.805913, 0.0261), by_error(0.0261, 0.0261), by_error(-3482258.6, 9e5)
    ('1.806', '0.026', '-3482259')
    >>> by_error(1.23456e-9, 2.5e-12), by_error(2.0, 0.0), by_error(-0.001, 0.5)
    ('1.2346e-09', '2', '0.00')
    """
    if value is None or math.isnan(value) or math.isinf(value):
        return number(value)
    if error is None or not math.isfinite(error) or error <= 0:
        return number(value)
    last = _exponent(error, figures) - figures + 1
    size = abs(value)
    if size >= _PLAIN_BELOW or -last > _MOST_DECIMALS:
        # In powers of ten, with as many figures as reach the same place.
        reach = (_exponent(value, figures) if size else last) - last
        return f"{value:.{min(max(reach, 0), _FIGURES - 1)}e}"
    text = f"{value:.{max(-last, 0)}f}"
    return text.lstrip("-") if not text.strip("-0.") else text


def _exponent(value: float, figures: int) -> int:
    # Through the text, so that 0.0996 counts as the 0.10 it is rounded to.
    return int(f"{value:.{figures - 1}e}".split("e")[1])


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


def room(text: str) -> int:
    """Count the places a text takes in a terminal.

    Examples
    --------
    >>> room("town"), room("\u753a"), room("e\u0301")
    (4, 2, 1)
    """
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


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
