"""A grid as a LaTeX table with booktabs."""

from __future__ import annotations

import re
import unicodedata

from leastwise.report.number import on_one_line
from leastwise.report.tables.grid import Grid

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "\N{MINUS SIGN}": r"\ensuremath{-}",
    "\N{MULTIPLICATION SIGN}": r"\ensuremath{\times}",
    "\N{DEGREE SIGN}": r"\ensuremath{^{\circ}}",
    "\N{SUPERSCRIPT TWO}": r"\ensuremath{^{2}}",
    "\N{SUPERSCRIPT THREE}": r"\ensuremath{^{3}}",
    "\N{MICRO SIGN}": r"\ensuremath{\mu}",
}
_SMALL = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho "
    "sigma tau upsilon phi chi psi omega"
)
_CAPITAL = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
# Unicode writes lambda without its b.
_GREEK = {
    unicodedata.lookup(f"GREEK {size} LETTER {name.upper().replace('MBD', 'MD')}"): name
    for size, names in (("SMALL", _SMALL), ("CAPITAL", _CAPITAL))
    for name in names.split()
}
# Accented letters of Latin scripts, which every LaTeX since 2018 reads as they are.
_LATIN = re.compile("[À-ÖØ-öø-ÿĀ-ćĊ-ďĐ-ěĞ-ģĨ-ķĹ-ŉŊ-ŋŌ-ťŨ-ž]")
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")


def as_latex(grid: Grid) -> str:
    r"""Write a grid as a ``tabular`` of booktabs, with its notes below.

    The preamble needs ``\usepackage{booktabs}`` and, for quotes in names,
    ``\usepackage[T1]{fontenc}`` and ``\usepackage{textcomp}``.

    Parameters
    ----------
    grid : Grid
        The table.

    Examples
    --------
    >>> print(as_latex(Grid("", ("", "n"), ((("a_b", "-1.2e-07"),),), ("50%.",))))
    % \usepackage{booktabs}
    \begin{tabular}{lr}
    \toprule
     & n \\
    \midrule
    a\_b & $-1.2\times 10^{-7}$ \\
    \bottomrule
    \end{tabular}
    <BLANKLINE>
    {\footnotesize 50\%.\par}
    """
    width = len(grid.head)
    lines = [r"% \usepackage{booktabs}", rf"\begin{{tabular}}{{l{'r' * (width - 1)}}}"]
    lines += [r"\toprule", _line(tuple(map(escaped, grid.head)))]
    for group in grid.groups:
        lines.append(r"\midrule")
        lines += [
            _line((escaped(name), *(_number(cell) for cell in cells)))
            for name, *cells in group
        ]
    lines += [r"\bottomrule", r"\end{tabular}"]
    if grid.notes:
        notes = " ".join(map(escaped, grid.notes))
        lines += ["", rf"{{\footnotesize {notes}\par}}"]
    return "\n".join(lines)


def escaped(text: str) -> str:
    r"""Write a text so that LaTeX sets it as it is.

    Letters that pdfLaTeX does not know are written by number there, and as they are
    where XeLaTeX or LuaLaTeX reads them.

    Examples
    --------
    >>> escaped("50% of a_b"), escaped("\N{GREEK SMALL LETTER SIGMA}")
    ('50\\% of a\\_b', '\\ensuremath{\\sigma}')
    """
    # Two hyphens would become a dash.
    return "".join(map(_letter, on_one_line(text))).replace("--", "-{}-{}")


def _letter(letter: str) -> str:
    if letter in _SPECIAL:
        return _SPECIAL[letter]
    if letter in _GREEK:
        return rf"\ensuremath{{\{_GREEK[letter]}}}"
    if letter.isascii() or _LATIN.match(letter):
        return letter
    code = f"U+{ord(letter):04X}"
    if "\ud800" <= letter <= "\udfff":
        return code
    return rf"{{\ifdefined\Uchar {letter}\else {code}\fi}}"


def _line(cells: tuple[str, ...]) -> str:
    line = f"{' & '.join(cells)} \\\\"
    # What stands after the end of a row in brackets, or as a star, is its argument.
    return f"{{}}{line}" if line.startswith(("[", "*")) else line


def _number(cell: str) -> str:
    """Set the numbers of a cell as numbers, with a minus, and escape the rest."""
    text, end = "", 0
    for found in _NUMBER.finditer(cell):
        text += escaped(cell[end : found.start()]) + _set(found.group())
        end = found.end()
    return text + escaped(cell[end:])


def _set(number: str) -> str:
    head, _, power = number.partition("e")
    head = head.replace(",", "{,}")
    if power:
        return rf"${head}\times 10^{{{int(power)}}}$"
    return f"${head}$" if head.startswith("-") or "{,}" in head else head
