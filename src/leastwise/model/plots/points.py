"""Rows as points: which are drawn, what becomes of the others."""

from __future__ import annotations

import numpy as np

from leastwise.infer.smooth import lowess
from leastwise.moments.double import Array
from leastwise.record.panel import Cells, Cloud, Curve

# Rows beyond so many are counted in cells, and some of them are drawn.
MOST_POINTS, MOST_SMOOTHED = 2000, 800
CELLS = (60, 40)
# Points that stand out and are named, as in R's plot.lm.
NAMED = 3


def cloud_of(
    x: Array, y: Array, rows: Array, outstanding: Array, size: Array | None = None
) -> tuple[Cloud, tuple[Cells, ...]]:
    """Return the points to draw, and the cells of a lattice where they are many.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        All points; those that are not finite are left out.
    rows : ndarray of int, shape (n,)
        Their rows, from 1.
    outstanding : ndarray, shape (n,)
        How much each stands out: the most are always drawn, and named.
    size : ndarray, shape (n,), optional
        Areas.
    """
    usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    order = usable[np.argsort(-np.nan_to_num(outstanding[usable]), kind="stable")]
    named = order[: min(NAMED, len(order))]
    cells: tuple[Cells, ...] = ()
    chosen = usable
    if len(usable) > MOST_POINTS:
        chosen = np.unique(np.concatenate([order[: MOST_POINTS // 10], named]))
        counts, x_edges, y_edges = np.histogram2d(x[usable], y[usable], bins=CELLS)
        cells = (Cells(x_edges, y_edges, counts.astype(np.int64)),)
    place = {int(row): k for k, row in enumerate(chosen)}
    cloud = Cloud(
        x=x[chosen],
        y=y[chosen],
        rows=rows[chosen],
        total=len(x),
        size=None if size is None else size[chosen],
        named=tuple(place[int(row)] for row in named),
    )
    return cloud, cells


def even_rows(x: Array, most: int) -> Array:
    """Choose rows evenly over the rank of x, both ends kept, in its order.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Values.
    most : int
        How many rows.

    Examples
    --------
    >>> even_rows(np.array([3.0, 1.0, 2.0, 5.0]), 2).tolist()
    [1, 3]
    """
    usable = np.flatnonzero(np.isfinite(x))
    by_x = usable[np.argsort(x[usable], kind="stable")]
    if len(by_x) <= most:
        return by_x
    return by_x[np.linspace(0, len(by_x) - 1, most).round().astype(np.intp)]


def smoother(x: Array, y: Array) -> Curve:
    """Return a smooth through points; through an even choice where they are many.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Points.
    """
    usable = np.isfinite(x) & np.isfinite(y)
    x, y = x[usable], y[usable]
    chosen = even_rows(x, MOST_SMOOTHED)
    if len(chosen) < NAMED:
        return Curve(np.empty(0), np.empty(0), "smooth")
    across, along = x[chosen], lowess(x[chosen], y[chosen])
    first = np.concatenate([[True], np.diff(across) > 0])
    return Curve(across[first], along[first], "smooth", "smooth (lowess)")


def level_line(x: Array, y: float) -> Curve:
    """Return a level line as wide as the points."""
    ends = np.array([np.nanmin(x), np.nanmax(x)])
    return Curve(ends, np.full(2, float(y)), "reference")
