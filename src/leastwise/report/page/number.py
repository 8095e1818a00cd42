"""Numbers as a reader wants them: a few good figures, a real minus sign.

The page's script never formats a number of the fit: every text it shows was
made here, so the page and its tables cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# Outside these bounds a number is written with a power of ten.
_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-4, 1e7


def significant(value: float | None, figures: int = 4) -> str:
    """Write a number with so many significant figures.

    Examples
    --------
    >>> significant(31.8869), significant(-0.00123456), significant(4.2e-9, 2)
    ('31.89', '−0.001235', '4.2×10⁻⁹')
    >>> significant(float("nan")), significant(float("inf")), significant(123456.7)
    ('–', '∞', '123457')
    """
    odd = _not_plain(value)
    if value is None or odd is not None:
        return odd or NOTHING
    size = abs(value)
    if size != 0 and not _SMALLEST_PLAIN <= size < _LARGEST_PLAIN:
        return scientific(value, figures)
    places = 0 if size == 0 else figures - 1 - _exponent(value, figures)
    return _signed(f"{value:.{max(places, 0)}f}")


def scientific(value: float, figures: int = 3) -> str:
    """Write a finite number as a power of ten.

    Examples
    --------
    >>> scientific(-12345.0)
    '−1.23×10⁴'
    """
    odd = _not_plain(value)
    if odd is not None:
        return odd
    head, power = f"{value:.{figures - 1}e}".split("e")
    return f"{_signed(head)}×10{str(int(power)).translate(_SUPERSCRIPT)}"


def fixed(value: float, places: int) -> str:
    """Write a number with so many decimals, or as a power of ten if it is huge.

    Examples
    --------
    >>> fixed(1.8059, 3), fixed(-2.5e12, 3)
    ('1.806', '−2.500×10¹²')
    """
    odd = _not_plain(value)
    if odd is not None:
        return odd
    if abs(value) >= _LARGEST_PLAIN:
        return scientific(value, 4)
    return _signed(f"{value:.{places}f}")


def places_for(size: float, figures: int) -> int | None:
    """Count the decimals that show so many figures of a number this large.

    None when such a number is better written as a power of ten.

    Examples
    --------
    >>> places_for(0.151, 3), places_for(31.9, 6), places_for(1e-9, 3)
    (3, 4, None)
    """
    if not math.isfinite(size) or size == 0:
        return None
    if not _SMALLEST_PLAIN <= abs(size) < _LARGEST_PLAIN:
        return None
    return max(figures - 1 - _exponent(size, figures), 0)


def p_value(value: float) -> str:
    """Write a p-value; 0 is what is below the smallest float64.

    Examples
    --------
    >>> p_value(0.0431), p_value(3e-20), p_value(0.0)
    ('0.0431', '3.00×10⁻²⁰', '< 10⁻³⁰⁰')
    """
    return "< 10⁻³⁰⁰" if value == 0 else significant(value, 3)


def seconds(value: float | None) -> str:
    """Write a duration in the unit that fits it.

    Examples
    --------
    >>> seconds(0.0000341), seconds(0.0123), seconds(2.5), seconds(None)
    ('34.1 µs', '12.3 ms', '2.50 s', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0 s"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        # 0.9995 and more would be rounded up to 1.00 of the unit.
        if abs(value) >= 0.9995 * scale:
            return f"{significant(value / scale, 3)} {unit}"
    return f"{significant(value / 1e-6, 3)} µs"


def memory(mib: float | None) -> str:
    """Write an amount of memory, given in MiB, in the unit that fits it.

    Examples
    --------
    >>> memory(0.0205), memory(12.0), memory(2048.0), memory(0.0)
    ('21 KiB', '12 MiB', '2.0 GiB', '0 MiB')
    """
    if mib is None or not math.isfinite(mib):
        return NOTHING
    if mib == 0:
        return "0 MiB"
    for unit, scale in (("GiB", 1024.0), ("MiB", 1.0), ("KiB", 1 / 1024)):
        if abs(mib) >= scale:
            return f"{significant(mib / scale, 2)} {unit}"
    return "< 1 KiB"


def count(value: int | None) -> str:
    """Write a whole number with its thousands apart.

    Examples
    --------
    >>> count(5000), count(None)
    ('5,000', '–')
    """
    return NOTHING if value is None else f"{value:,d}"


def equation(target: str, terms: Iterable[tuple[str, float]]) -> str:
    """Write an answer as an equation.

    Examples
    --------
    >>> equation("y", [("Intercept", -3.0), ("x", -1.2345), ("z", 2.0)])
    'y = −3.000 − 1.234 x + 2.000 z'
    """
    text = ""
    for name, value in terms:
        sign = MINUS if math.copysign(1.0, value) < 0 else "+"
        size = significant(abs(value))
        unit = "" if name == "Intercept" else f" {name}"
        if text:
            text += f" {sign} {size}{unit}"
        else:
            text = f"{sign if sign == MINUS else ''}{size}{unit}"
    return f"{target} = {text or '0'}"


def plain(value: float) -> str:
    """Write a constant of the truth as somebody would type it.

    Examples
    --------
    >>> plain(32.0), plain(1.8), plain(-0.5)
    ('32', '1.8', '−0.5')
    """
    odd = _not_plain(value)
    if odd is not None:
        return odd
    if value != 0 and not _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN:
        return significant(value, 6)
    return _signed(f"{value:.10g}")


def _exponent(value: float, figures: int) -> int:
    # Through the text, so that 9.9996 counts as the 10.00 it is rounded to.
    return int(f"{value:.{figures - 1}e}".split("e")[1])


def _not_plain(value: float | None) -> str | None:
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return None


def _signed(text: str) -> str:
    # "-0.00" is a zero.
    if text.startswith("-") and not text.strip("-0."):
        return text[1:]
    return text.replace("-", MINUS)
