"""A plot as a record: what is drawn, in the units of the data, and what it says.

Renderers choose colours and sizes and compute nothing. Points are few: where there
are many rows, some are chosen and the others are counted in cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
CurveKind = Literal["fit", "smooth", "reference", "contour"]
BandKind = Literal["mean", "new", "envelope"]


@dataclass(frozen=True, eq=False)
class Cloud:
    """Points, each a row of the data.

    Attributes
    ----------
    x, y : ndarray, shape (k,)
        Where they stand.
    rows : ndarray of int, shape (k,)
        Which rows of the data they are, from 1.
    total : int
        How many rows there are, drawn or not.
    size : ndarray, shape (k,), or None
        Areas, relative; None for equal ones.
    named : ndarray of int
        Which of the points stand out and are labelled, from 0.

    Examples
    --------
    >>> Cloud(np.zeros(2), np.ones(2), np.array([1, 2]), 2).total
    2
    """

    x: Array
    y: Array
    rows: Array
    total: int
    size: Array | None = None
    named: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Cells:
    """How many rows lie in each cell of a lattice.

    Attributes
    ----------
    x_edges, y_edges : ndarray, shapes (a + 1,) and (b + 1,)
        Edges of the cells.
    counts : ndarray of int, shape (a, b)
        Rows in each.

    Examples
    --------
    >>> Cells(np.arange(2.0), np.arange(3.0), np.array([[1, 4]])).counts.sum()
    np.int64(5)
    """

    x_edges: Array
    y_edges: Array
    counts: Array


@dataclass(frozen=True, eq=False)
class Curve:
    """A line through points; NaN breaks it.

    Attributes
    ----------
    x, y : ndarray, shape (k,)
        Its points.
    kind : {"fit", "smooth", "reference", "contour"}
        What it is.
    label : str
        Its name in the legend; none when empty.

    Examples
    --------
    >>> Curve(np.arange(2.0), np.arange(2.0), "fit", "the fit").kind
    'fit'
    """

    x: Array
    y: Array
    kind: CurveKind
    label: str = ""


@dataclass(frozen=True, eq=False)
class Ribbon:
    """The area between two curves.

    Attributes
    ----------
    x, low, high : ndarray, shape (k,)
        Where it is.
    kind : {"mean", "new", "envelope"}
        An interval of the mean, of a new observation, or where points should lie.
    label : str
        Its name in the legend.

    Examples
    --------
    >>> Ribbon(np.arange(2.0), np.zeros(2), np.ones(2), "mean", "95%").label
    '95%'
    """

    x: Array
    low: Array
    high: Array
    kind: BandKind
    label: str


@dataclass(frozen=True, eq=False)
class Bars:
    """Estimates with their intervals, in places of a list.

    Attributes
    ----------
    place : ndarray, shape (k,)
        Where each stands on the axis of names: 0 for the first.
    estimate, low, high : ndarray, shape (k,)
        The estimate and the ends of its interval.
    label : str
        Whose they are, where there are several.
    upright : bool
        Whether names stand along x, and intervals go up.

    Examples
    --------
    >>> Bars(np.zeros(1), np.ones(1), np.zeros(1), np.full(1, 2.0)).upright
    False
    """

    place: Array
    estimate: Array
    low: Array
    high: Array
    label: str = ""
    upright: bool = False


@dataclass(frozen=True, eq=False)
class Panel:
    """One plot.

    Attributes
    ----------
    kind : str
        Its name in the registry of plots.
    title : str
        What it shows.
    x_name, y_name : str
        Of the axes, with the unit where the column's name has one.
    words : str
        What is to be seen, for who cannot see it.
    clouds, cells, curves, ribbons, bars : tuples
        What is drawn, from the back: ribbons, cells, clouds, bars, curves.
    names : tuple of str
        Names in the places of an axis of names; empty for numbers.
    zero : float or None
        Where a line for zero stands, across the axis of values.
    note : str
        What a reader should know.

    Examples
    --------
    >>> Panel("fit", "A line", "x", "y", "It rises.").clouds
    ()
    """

    kind: str
    title: str
    x_name: str
    y_name: str
    words: str
    clouds: tuple[Cloud, ...] = ()
    cells: tuple[Cells, ...] = ()
    curves: tuple[Curve, ...] = ()
    ribbons: tuple[Ribbon, ...] = ()
    bars: tuple[Bars, ...] = ()
    names: tuple[str, ...] = ()
    zero: float | None = None
    note: str = ""

    @property
    def upright(self) -> bool:
        """Whether names stand along x."""
        return any(bars.upright for bars in self.bars)
