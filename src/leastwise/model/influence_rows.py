"""A table of what rows do to a fit: which do most, as a frame, as text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.moments.double import Array
from leastwise.report.number import number, on_one_line
from leastwise.report.text import columns
from leastwise.rows.give import give_frame

SHOWN = 10


class InfluenceOfRows(ABC):
    """Numbers of rows, and what each does to each coefficient."""

    row: Array
    label: tuple[str, ...] | None
    leverage: Array
    cook: Array
    dfbetas: Array
    names: tuple[str, ...]

    @property
    @abstractmethod
    def measures(self) -> tuple[str, ...]:
        """Names of the numbers of rows."""

    @property
    def shown(self) -> tuple[str, ...]:
        """Those that are printed."""
        wanted = ("leverage", "deviance", "studentized", "score", "cook", "dffits")
        return tuple(name for name in wanted if name in self.measures)

    def most(self, rows: int = SHOWN, by: str = "cook") -> tuple[int, ...]:
        """Return the places of the rows that do most, from 0, the most first.

        Parameters
        ----------
        rows : int
            How many.
        by : str
            The measure, or a coefficient: its DFBETAS.
        """
        if by in self.measures:
            size = np.abs(getattr(self, by))
        elif by in self.names:
            size = np.abs(self.dfbetas[:, self.names.index(by)])
        else:
            raise RequestError(
                f'by="{by}" is neither a measure nor a coefficient',
                fix=f"Use one of {', '.join((*self.measures, *self.names))}",
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
        made |= {name: getattr(self, name) for name in self.measures}
        for j, name in enumerate(self.names):
            made[f"dfbetas({name})"] = self.dfbetas[:, j]
        return give_frame(made, kind)

    def __str__(self) -> str:
        shown = self.shown
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
