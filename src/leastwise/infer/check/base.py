"""What every check reads and returns.

Rows come in coordinates in which the inputs are orthonormal (see
`leastwise.infer.cov.ground`), each multiplied by the root of its weight: a regression
on the inputs is a sum of products. Weights that say a variance make all rows alike
there; a row that stands for several is as long as these together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leastwise.infer.cov.ground import (
    Ground,
    coefficient_rows,
    raw_rows,
    slopes_in_coordinates,
)
from leastwise.infer.dist import Array
from leastwise.moments.blocks import Rows
from leastwise.moments.fold import fold_rows
from leastwise.solve.fit import solve

# Rows that are folded at once where columns are made for a check.
CHUNK = 65_536
# What is left of a column, beside the inputs, below which it is one of them, as R's lm.
RANK = 1e-7


@dataclass(frozen=True, eq=False)
class Case:
    """A fit, as checks read it: n rows, r coefficients estimated.

    Attributes
    ----------
    z : ndarray, shape (n, r)
        Orthonormal coordinates of the rows, the level first when there is an
        intercept, times the root of the weight.
    e : ndarray, shape (n,)
        Residuals times the root of the weight, in units of the fold.
    fitted : ndarray, shape (n,)
        Fitted values, about their mean when there is an intercept, in the same units.
    root : ndarray, shape (n,)
        The roots of the weights.
    counts : ndarray, shape (n,)
        Observations that a row stands for.
    counted : bool
        Whether any of these is not 1 by meaning.
    intercept : bool
        Whether there is one.
    dof : float
        Residual degrees of freedom.
    row : ndarray of int, shape (n,)
        Which row of the data, from 1.
    names : tuple of str
        The coefficients estimated.
    columns : ndarray, shape (r, r)
        The columns of the design in the coordinates, the intercept first.
    toward : ndarray, shape (r, r)
        What coordinates each coefficient estimated is made of.
    terms : Mapping of str to tuple of int
        The coefficients of each term, places in `names`.
    """

    z: Array
    e: Array
    fitted: Array
    root: Array
    counts: Array
    counted: bool
    intercept: bool
    dof: float
    row: Array
    names: tuple[str, ...]
    columns: Array
    toward: Array
    terms: Mapping[str, tuple[int, ...]]

    @property
    def n(self) -> float:
        """Observations."""
        return float(self.counts.sum())

    @property
    def rank(self) -> int:
        """Coefficients estimated."""
        return int(self.z.shape[1])

    @property
    def rss(self) -> float:
        """Residual sum of squares, in units of the fold."""
        return float(self.e @ self.e)

    @property
    def alike(self) -> Array:
        """Residuals that have one variance if the model holds, about 1 in size."""
        e = self.e / self.root if self.counted else self.e
        return np.asarray(e / np.sqrt(self.counts @ e**2 / self.n))

    @property
    def inputs(self) -> Array:
        """The coordinates of the rows themselves, without the level."""
        return np.asarray((self.z / self.root[:, None])[:, int(self.intercept) :])


def case_of(
    ground: Ground,
    names: tuple[str, ...],
    terms: Mapping[str, tuple[int, ...]],
    order: Array | None = None,
) -> Case:
    """Take a fit to where checks read it.

    Parameters
    ----------
    ground : Ground
        The fit and its rows.
    names : tuple of str
        All m coefficients.
    terms : Mapping of str to tuple of int
        The places of each term's coefficients among them.
    order : ndarray of int, optional
        The order of the rows, from 0; as they come when not given.
    """
    seen, fit = ground.seen, ground.seen.fit
    n = ground.n
    z, root = np.empty((n, ground.size)), np.empty(n)
    u, slopes = np.empty(n), slopes_in_coordinates(ground)
    for part, block, w in ground.walk():
        root[part] = np.sqrt(w)
        z[part] = root[part, None] * block
        u[part] = block[:, 1:] @ slopes
    basis = _live(ground, z)
    e = ground.residuals() * root
    rows = np.arange(n) if seen.used is None else seen.used
    weights = ground.rows.weights
    counted = seen.frequency and weights is not None
    counts = np.asarray(weights, float) if counted else np.ones(n)
    if order is not None:
        z, e, u, root = z[order], e[order], u[order], root[order]
        counts, rows = counts[order], rows[order]
    raw = raw_rows(ground) @ basis
    first = np.zeros((1, basis.shape[1]))
    first[0, 0] = 1.0
    columns = raw if not fit.intercept or not ground.kept.any() else np.vstack(
        [first, raw]
    )  # fmt: skip
    columns = columns / np.sqrt((columns**2).sum(axis=1, keepdims=True))
    own = np.flatnonzero(~np.isnan(fit.coefficients[:, seen.target]))
    place = {int(j): i for i, j in enumerate(own)}
    return Case(
        z=z @ basis,
        e=e,
        fitted=u,
        root=root,
        counts=counts,
        counted=counted,
        intercept=bool(fit.intercept),
        dof=float(fit.dof),
        row=rows + 1,
        names=tuple(names[j] for j in own),
        columns=columns,
        toward=coefficient_rows(ground)[0][own] @ basis,
        terms={
            label: kept
            for label, given in terms.items()
            if (kept := tuple(place[j] for j in given if j in place))
        },
    )


def _live(ground: Ground, z: Array) -> Array:
    """Return the coordinates that rows have: those of aliased columns are 0."""
    fit = ground.seen.fit
    if not fit.least_norm:
        return np.eye(ground.size)[:, np.concatenate([[fit.intercept], ground.kept])]
    # A solution of least norm has a coefficient for every column, and fewer
    # coordinates: the directions that rows have.
    values, vectors = np.linalg.eigh(z[:, 1:].T @ z[:, 1:])
    own = vectors[:, values > 0.5]
    found = np.zeros((ground.size, own.shape[1] + int(fit.intercept)))
    found[1:, int(fit.intercept) :] = own
    found[0, : int(fit.intercept)] = 1.0
    return found


def explained(case: Case, columns: Array, response: Array) -> tuple[float, float, int]:
    """Regress something on columns of the rows and an intercept.

    Parameters
    ----------
    case : Case
        The rows, each with its count.
    columns : ndarray, shape (n, c)
        Without the intercept.
    response : ndarray, shape (n,)
        What is regressed.

    Returns
    -------
    explained, total, rank
        Sums of squares about the mean; rank without the intercept.
    """
    weights = case.counts if case.counted else None
    rows = Rows(columns, response[:, None], weights)
    fit = solve(fold_rows(rows, slices=2), intercept=True, observations=case.n)
    unit = 2.0 ** int(2 * fit.target_exponent[0] + fit.weight_exponent)
    return float(fit.explained[0]) * unit, float(fit.tss[0]) * unit, fit.rank - 1


def added(case: Case, columns: Array) -> tuple[float, int]:
    """Return what columns beside the inputs take off the residual sum of squares.

    Parameters
    ----------
    case : Case
        The rows.
    columns : ndarray, shape (n, c)
        Times the roots of the weights.

    Returns
    -------
    drop, rank
        The share of the residual sum of squares, and columns that are new.
    """
    basis: list[Array] = []
    for column in columns.T:
        size = np.sqrt(column @ column)
        if not size > 0:
            continue
        left = column / size
        for _ in range(2):
            left = left - case.z @ (case.z.T @ left)
            for one in basis:
                left = left - one * (one @ left)
        rest = np.sqrt(left @ left)
        if rest > RANK:
            basis.append(left / rest)
    drop = sum(float(one @ case.e) ** 2 for one in basis)
    return drop / case.rss, len(basis)
