"""Errors and warnings: what happened, where, and what to do about it.

Every error a user can meet is a `LeastwiseError` in three parts. The command
line prints it and exits with 2; Python raises it at the door.
"""

from __future__ import annotations


class LeastwiseError(Exception):
    """An error that says what happened, where, and what to do.

    Parameters
    ----------
    what : str
        What happened, with the values that show it.
    where : str, optional
        The column, row, group, file or character it happened at.
    fix : str, optional
        What to do now.

    Examples
    --------
    >>> print(LeastwiseError("2 rows, 3 needed", where="homes.csv", fix="add rows"))
    homes.csv: 2 rows, 3 needed. add rows
    """

    def __init__(self, what: str, where: str | None = None, fix: str | None = None):
        self.what, self.where, self.fix = what, where, fix
        head = f"{where}: {what}" if where else what
        super().__init__(f"{head.rstrip('.')}. {fix}" if fix else head)


class DataError(LeastwiseError, ValueError):
    """The data cannot be used as asked.

    Examples
    --------
    >>> print(DataError('there is no column "agee"', "homes.csv", "Did you mean age?"))
    homes.csv: there is no column "agee". Did you mean age?
    """


class FormulaError(LeastwiseError, ValueError):
    """The formula cannot be read; points at the character.

    Parameters
    ----------
    what : str
        What is wrong.
    text : str
        The whole formula.
    position : int
        Index of the character at fault, 0 to ``len(text)``.
    fix : str, optional
        What to do now.

    Examples
    --------
    >>> print(FormulaError("a term is missing here", "y ~ a +", 7))
    a term is missing here
      y ~ a +
             ^
    """

    def __init__(self, what: str, text: str, position: int, fix: str | None = None):
        self.text, self.position = text, position
        # One character a character, so that the caret stands under the culprit.
        line = "".join(" " if c in "\n\r\t" else c for c in text)
        caret = " " * position + "^"
        tail = f"\n{fix}" if fix else ""
        LeastwiseError.__init__(self, what)
        self.fix = fix
        self.args = (f"{what}\n  {line}\n  {caret}{tail}",)


class RequestError(LeastwiseError, ValueError):
    """An argument or option is not one of those that exist.

    Examples
    --------
    >>> print(RequestError("level=95 is not a coverage", fix="Give 0.95"))
    level=95 is not a coverage. Give 0.95
    """


class MissingDependency(LeastwiseError, ImportError):
    """An optional library is needed and not installed; carries the pip line.

    Examples
    --------
    >>> print(MissingDependency("PNG needs matplotlib", fix="Run: pip install ..."))
    PNG needs matplotlib. Run: pip install ...
    """


class LeastwiseWarning(UserWarning):
    """Something in the answer deserves a look; stands in ``model.notes`` too.

    Examples
    --------
    >>> issubclass(LeastwiseWarning, UserWarning)
    True
    """


class AccuracyWarning(LeastwiseWarning):
    """Some coefficients have fewer good digits than the reader would assume.

    Examples
    --------
    >>> issubclass(AccuracyWarning, LeastwiseWarning)
    True
    """


class LevelWarning(LeastwiseWarning):
    """New rows have levels that the fit has not seen, and another stands for them.

    Examples
    --------
    >>> issubclass(LevelWarning, LeastwiseWarning)
    True
    """
