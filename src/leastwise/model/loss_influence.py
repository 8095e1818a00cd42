"""What each row does to a fit of a family, with the names of rows and coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.cov.ground import stand_on
from leastwise.infer.loss_influence import loss_influences
from leastwise.loss.family.base import Family
from leastwise.model.influence import labels_of
from leastwise.model.kept_rows import rows_of
from leastwise.model.named import read_only
from leastwise.moments.double import Array
from leastwise.report.number import number, on_one_line
from leastwise.report.text import columns
from leastwise.rows.give import give_frame

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel

MEASURES = (
    "leverage", "response", "pearson", "deviance", "working", "standardized",
    "standardized_pearson", "studentized", "cook", "dffits", "covratio", "left_out",
    "left_out_deviance",
)  # fmt: skip
SHOWN = 10


@dataclass(frozen=True, eq=False)
class LossInfluence:
    """What each row does to a fit of a family; the conventions are R's for ``glm``.

    With h the leverage in the working rows, w the case weight, mu the fitted mean, V
    its variance, d the unit deviance, f the dispersion:

    Attributes
    ----------
    row : ndarray of int, shape (n,)
        Which row of the data, from 1.
    label : tuple of str, or None
        What the rows are called, where a column says so.
    leverage : ndarray, shape (n,)
        R's ``hatvalues``.
    response, pearson, deviance, working : ndarray, shape (n,)
        ``y - mu``; ``(y - mu) sqrt(w / V)``; ``sign(y - mu) sqrt(w d)``;
        ``(y - mu) / mu'``: R's ``residuals`` of these types.
    standardized, standardized_pearson : ndarray, shape (n,)
        Deviance and Pearson residuals over ``sqrt(f (1 - h))``: R's ``rstandard``.
    studentized : ndarray, shape (n,)
        ``sign sqrt(deviance^2 + h pearson^2 / (1 - h))``, over the root of the deviance
        without the row by its degrees of freedom where the dispersion is estimated: R's
        ``rstudent`` (Williams 1987, doi:10.2307/2347550).
    cook : ndarray, shape (n,)
        ``(pearson / (1 - h))^2 h / (f rank)``.
    dffits, covratio, dfbetas : ndarray, shapes (n,), (n,) and (n, m)
        R's, which take deviance residuals for those of least squares.
    one_step : ndarray, shape (n, m)
        Coefficients without the row, after one step of scoring from the fit with it
        (Pregibon 1981, doi:10.1214/aos/1176345513).
    left_out : ndarray, shape (n,)
        The mean of each row predicted from all others, approximately: one step of
        Newton's method with the observed curvature (Rad and Maleki 2020,
        doi:10.1111/rssb.12374).
    left_out_deviance : ndarray, shape (n,)
        What each row adds to the deviance there.
    names : tuple of str
        The m coefficients.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
    >>> found = lw.glm("y ~ x", data, family="poisson").influence()
    >>> found.leverage.round(6).tolist()
    [0.461369, 0.382123, 0.28928, 0.867228]
    """

    row: Array
    label: tuple[str, ...] | None
    leverage: Array
    response: Array
    pearson: Array
    deviance: Array
    working: Array
    standardized: Array
    standardized_pearson: Array
    studentized: Array
    cook: Array
    dffits: Array
    covratio: Array
    left_out: Array
    left_out_deviance: Array
    dfbetas: Array
    one_step: Array
    names: tuple[str, ...]

    def most(self, rows: int = SHOWN, by: str = "cook") -> tuple[int, ...]:
        """Return the places of the rows that do most, from 0, the most first.

        Parameters
        ----------
        rows : int
            How many.
        by : str
            The measure, or a coefficient: its DFBETAS.
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
            Which library; the first installed when "auto".
        """
        made: dict[str, Any] = {"row": self.row}
        if self.label is not None:
            made["label"] = list(self.label)
        made |= {name: getattr(self, name) for name in MEASURES}
        for j, name in enumerate(self.names):
            made[f"dfbetas({name})"] = self.dfbetas[:, j]
        return give_frame(made, kind)

    def __str__(self) -> str:
        shown = ("leverage", "deviance", "studentized", "cook", "dffits")
        body = []
        for i in self.most():
            name = str(int(self.row[i]))
            if self.label is not None:
                name += f" {on_one_line(self.label[i])}"
            body.append([name, *(number(getattr(self, s)[i], 4) for s in shown)])
        n = len(self.row)
        head = f"{n:,} rows" if n <= SHOWN else f"the {SHOWN} of {n:,} rows"
        lines = [f"{head} with the largest Cook's distance", ""]
        return "\n".join([*lines, *columns([["row", *shown], *body])])


def influence_of(model: LossModel, label: str | None) -> LossInfluence:
    """Measure what each row does; see `LossModel.influence`."""
    kept = rows_of(model)
    if not isinstance(model.loss, Family):
        raise RequestError(
            f"{model.kind} is no fit of a family: its rows have no deviance",
            fix="Look at m.row_weights and the residuals",
        )
    sample = kept.sample
    found = loss_influences(
        stand_on(sample.seen()), model.loss, kept.look, kept.problem.y,
        model.measures.dispersion,
    )  # fmt: skip
    arrays = {n: read_only(getattr(found, n)) for n in (*MEASURES, "dfbetas")}
    with np.errstate(invalid="ignore"):
        unit = model.standard_errors / model.sigma
        one_step = model.estimates - found.one_step * unit
    return LossInfluence(
        row=read_only(sample.used + 1),
        label=None if label is None else labels_of(sample, label),
        one_step=read_only(one_step),
        names=model.names,
        **arrays,
    )
