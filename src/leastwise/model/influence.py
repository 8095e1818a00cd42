"""What each row does to a fit, with the names of rows and coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.cov.ground import stand_on
from leastwise.infer.influence import influences
from leastwise.model.covariance import sample_of
from leastwise.model.named import read_only
from leastwise.model.sample import Sample
from leastwise.moments.double import Array
from leastwise.report.number import count, number, on_one_line
from leastwise.report.text import columns
from leastwise.rows.give import give_frame

if TYPE_CHECKING:
    from leastwise.model.model import Model

MEASURES = (
    "leverage", "residual", "left_out", "standardized", "studentized", "cook",
    "dffits", "covratio",
)  # fmt: skip
# Rows that are printed.
SHOWN = 10


@dataclass(frozen=True, eq=False)
class Influence:
    """What each row does to a fit; the conventions are R's.

    With h the leverage, e the residual, w the weight (1 without), s the residual
    standard error and s_i the one without row i:

    Attributes
    ----------
    row : ndarray of int, shape (n,)
        Which row of the data, from 1.
    label : tuple of str, or None
        What the rows are called, where a column says so.
    leverage : ndarray, shape (n,)
        Diagonal of the hat matrix: R's ``hatvalues``.
    residual : ndarray, shape (n,)
        ``e = y - fitted``, in units of the target.
    left_out : ndarray, shape (n,)
        ``e / (1 - h)``: the exact error of predicting the row from all others.
    standardized : ndarray, shape (n,)
        ``sqrt(w) e / (s sqrt(1 - h))``: R's ``rstandard``.
    studentized : ndarray, shape (n,)
        ``sqrt(w) e / (s_i sqrt(1 - h))``: R's ``rstudent``; t with dof - 1.
    cook : ndarray, shape (n,)
        ``standardized^2 h / (1 - h) / rank`` (Cook 1977, doi:10.2307/1268249).
    dffits : ndarray, shape (n,)
        ``studentized sqrt(h / (1 - h))``: how far the fit of the row moves.
    covratio : ndarray, shape (n,)
        Determinant of the covariance without the row, by that with it.
    dfbetas : ndarray, shape (n, m)
        Each coefficient less that without the row, in standard errors without it
        (Belsley, Kuh and Welsch 1980, doi:10.1002/0471725153); NaN for aliased ones.
    names : tuple of str
        The m coefficients.
    press : float
        Weighted sum of squares of `left_out`.
    notes : tuple of str
        What a reader should know.

    Notes
    -----
    A row of leverage 1 fits itself: what divides by ``1 - h`` is NaN, as in R, and its
    DFBETAS are 0, as in R. `left_out` has no counterpart there. Where weights count
    rows, all is about one of the rows that a row stands for.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> m.influence().leverage.round(6).tolist()
    [0.7, 0.3, 0.3, 0.7]
    """

    row: Array
    label: tuple[str, ...] | None
    leverage: Array
    residual: Array
    left_out: Array
    standardized: Array
    studentized: Array
    cook: Array
    dffits: Array
    covratio: Array
    dfbetas: Array
    names: tuple[str, ...]
    press: float
    notes: tuple[str, ...] = ()

    def most(self, rows: int = SHOWN, by: str = "cook") -> tuple[int, ...]:
        """Return the places of the rows that do most, from 0, the most first.

        Parameters
        ----------
        rows : int
            How many.
        by : str
            The measure, such as ``"dffits"``, or a coefficient: its DFBETAS.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1, 2, 3, 9], "y": [1.0, 3, 5, 8, 2]})
        >>> m.influence().most(1)
        (4,)
        """
        if by in MEASURES:
            size = np.abs(getattr(self, by))
        elif by in self.names:
            size = np.abs(self.dfbetas[:, self.names.index(by)])
        else:
            raise RequestError(
                f'by="{by}" is neither a measure nor a coefficient',
                fix=f"Use one of {', '.join((*MEASURES, *self.names))}",
            )
        order = np.argsort(-np.where(np.isnan(size), -1.0, size), kind="stable")
        return tuple(int(i) for i in order[:rows])

    def frame(self, kind: str = "auto") -> Any:
        """Return a data frame, a row per observation.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto". DFBETAS are in columns
            ``dfbetas(name)``.
        """
        made: dict[str, Any] = {"row": self.row}
        if self.label is not None:
            made["label"] = list(self.label)
        made |= {name: getattr(self, name) for name in MEASURES}
        for j, name in enumerate(self.names):
            made[f"dfbetas({name})"] = self.dfbetas[:, j]
        return give_frame(made, kind)

    def __str__(self) -> str:
        shown = ("leverage", "residual", "studentized", "cook", "dffits")
        body = []
        for i in self.most():
            name = str(int(self.row[i]))
            if self.label is not None:
                name += f" {on_one_line(self.label[i])}"
            body.append([name, *(number(getattr(self, s)[i], 4) for s in shown)])
        n = len(self.row)
        head = f"{n:,} rows" if n <= SHOWN else f"the {SHOWN} of {n:,} rows"
        lines = [f"{head} with the largest Cook's distance", ""]
        lines += [*columns([["row", *shown], *body]), ""]
        lines += [f"PRESS {number(self.press)}"]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def influence_of(model: Model, label: str | None = None, data: Any = None) -> Influence:
    """Measure what each row does; see `Model.influence`."""
    sample = sample_of(model, data)
    found = influences(stand_on(sample.seen()))
    weights, alone = sample.rows.weights, found.leverage == 1.0
    square = np.where(alone, 0.0, found.left_out) ** 2
    press = float(square.sum() if weights is None else weights @ square)
    arrays = {name: read_only(getattr(found, name)) for name in (*MEASURES, "dfbetas")}
    return Influence(
        row=read_only(sample.used + 1),
        label=None if label is None else labels_of(sample, label),
        names=model.names,
        press=np.nan if alone.any() else press,
        notes=tuple(_notes(sample, alone)),
        **arrays,
    )


def labels_of(sample: Sample, name: str) -> tuple[str, ...]:
    """Return what a column calls the rows used.

    Parameters
    ----------
    sample : Sample
        The rows.
    name : str
        The column.
    """
    column = sample.column(name)
    if column.levels is not None:
        return tuple(column.levels[int(code)] for code in column.values)
    return tuple(f"{value:g}" for value in column.values.tolist())


def _notes(sample: Sample, alone: Array) -> list[str]:
    notes = []
    if alone.any():
        rows = [str(int(i) + 1) for i in sample.used[alone][:8]]
        more = int(alone.sum()) - len(rows)
        which = ", ".join(rows) + (f" and {more} more" if more else "")
        plural = "s" * (len(rows) > 1)
        notes.append(
            f"Row{plural} {which}: leverage 1, the fit goes through by itself; what "
            "divides by 1 - leverage is NaN."
        )
    dof = sample.solved.fit.dof
    if dof <= 1:
        notes.append(
            f"{count(dof, 'degree')} of freedom: none is left without a row, and what "
            "needs the residual standard error without it is NaN."
        )
    if sample.seen().exact:
        notes.append("The fit is exact: every residual is 0, and ratios to it are NaN.")
    return notes
