"""Sums over working rows in coordinates in which their inputs are orthonormal.

With ``W`` the working weights and ``Z = X R'`` such that ``Z'WZ = 1``, the Hessian of a
loss is ``Z'HZ`` with H the second derivatives of the rows, of either sign: a small
matrix without units, whose eigenvalues say at once whether the loss has a minimum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leastwise.loops.newton import fold_and_solve
from leastwise.loops.working import Look, Point, Problem
from leastwise.moments.blocks import Frame, Rows, blocks, first_row
from leastwise.moments.double import Array
from leastwise.moments.fitted import Fitted
from leastwise.moments.state import Moments
from leastwise.solve.again import fitted_of
from leastwise.solve.result import Fit


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Working rows with the root of their curvature.

    Attributes
    ----------
    rows : Rows
        The working rows.
    moments : Moments
        What they were folded into.
    fitted : Fitted
        Their fit.
    alive : ndarray of bool, shape (q,)
        Coordinates that there are: not those of columns that were left out.
    """

    rows: Rows
    moments: Moments
    fitted: Fitted
    alive: Array

    def walk(self) -> Iterator[tuple[slice, Array]]:
        """Yield blocks of rows: which they are, and their coordinates."""
        m, fitted = self.moments, self.fitted
        p = m.n_inputs
        unit = 2.0 ** (-m.weight_exponent / 2.0)
        frame = Frame(first_row(self.rows), m.exponent, m.weight_exponent, m.grain)
        start = 0
        for u, low, _ in blocks(self.rows, frame):
            here = slice(start, start + len(u))
            start = here.stop
            z = np.empty((len(u), 1 + p))
            z[:, 0] = np.sqrt(fitted.beside)
            z[:, 1:] = (u[:, 1 : 1 + p] - fitted.mean + low[:, 1 : 1 + p]) @ (
                fitted.root.T
            )
            yield here, z * unit

    def sums(self, curvature: Array, vectors: Array) -> tuple[Array, Array]:
        """Return ``sum_i h_i z_i z_i'`` and ``sum_i v_i z_i``.

        Parameters
        ----------
        curvature : ndarray, shape (n,)
            Of the rows, case weights included.
        vectors : ndarray, shape (k, n)
            Each is summed with the coordinates.
        """
        q = len(self.alive)
        bread, found = np.zeros((q, q)), np.zeros((len(vectors), q))
        for here, z in self.walk():
            bread += z.T @ (curvature[here, None] * z)
            found += vectors[:, here] @ z
        bread[~self.alive, ~self.alive] = 1.0
        return 0.5 * (bread + bread.T), found

    def moved(self, point: Point, step: Array) -> Point:
        """Return a point, a step in the coordinates away.

        Parameters
        ----------
        point : Point
            From where.
        step : ndarray, shape (q,)
            Of the coordinates.
        """
        m, fitted = self.moments, self.fitted
        step = step * 2.0 ** (-m.weight_exponent / 2.0)
        slopes = fitted.root.T @ step[1:]
        level = np.sqrt(fitted.beside) * step[0] - float(fitted.mean @ slopes)
        return Point(
            point.level + float(level),
            point.slopes + np.ldexp(slopes, -m.exponent[: m.n_inputs]),
        )


def weighted_fit(problem: Problem, look: Look) -> tuple[Rows, Moments, Fit]:
    """Return the working rows of a look, what they fold into, and its solution.

    Parameters
    ----------
    problem : Problem
        The rows.
    look : Look
        The loss at a point.
    """
    working = look.working(problem)
    return working, *fold_and_solve(problem, working)


def coordinates(rows: Rows, m: Moments, fit: Fit) -> Coordinates:
    """Return coordinates in which the inputs of working rows are orthonormal.

    Parameters
    ----------
    rows : Rows
        The working rows.
    m : Moments
        What they were folded into.
    fit : Fit
        Its solution.
    """
    fitted = fitted_of(m, fit)
    alive = np.concatenate([[fitted.beside > 0], fitted.root.any(axis=1)])
    return Coordinates(rows, m, fitted, alive)
