"""A scatter's inverse in float64, by LAPACK: many columns, far from collinear."""

from __future__ import annotations

import numpy as np

from leastwise.moments.double import Array

# Entries of an inverse computed in float64, relative as those of a Gram are.
PLAIN_ROUNDOFF = 2.0**-50
# Refinement in pairs reaches the Gram's own digits while this much is left over.
PLAIN_LIMIT = 1e-4
# Pivots (relative to their diagonal) well clear of any rank decision.
CLEAR_PIVOT = 1e-8
# Below this an inverse is one call; above it, matrix products of halves are faster.
_HALVES = 128


def invert_plainly(xx: Array) -> tuple[Array, Array] | None:
    """Return R and V = R'R = xx^-1 in float64, or None.

    Parameters
    ----------
    xx : ndarray, shape (p, p)
        Centred cross-products.

    Returns
    -------
    root, inverse : ndarray, shape (p, p), or None
        R is lower triangular. None when a column might be a combination of others.
    """
    diagonal = np.diagonal(xx)
    if not (diagonal > 0).all():
        return None
    unit = np.sqrt(diagonal)
    scaled = xx / unit
    scaled /= unit[:, None]
    try:
        lower = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        return None
    if not (np.diagonal(lower) ** 2 > CLEAR_PIVOT).all():
        return None
    root = _inverse_of_lower(lower)
    root /= unit
    return root, root.T @ root


def _inverse_of_lower(lower: Array) -> Array:
    p = len(lower)
    if p <= _HALVES:
        return np.tril(np.linalg.inv(lower))
    half = p // 2
    inverse = np.zeros((p, p))
    first, second = (
        _inverse_of_lower(lower[:half, :half]),
        _inverse_of_lower(lower[half:, half:]),
    )
    inverse[:half, :half], inverse[half:, half:] = first, second
    inverse[half:, :half] = -second @ (lower[half:, :half] @ first)
    return inverse
