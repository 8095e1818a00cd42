"""Standardise, fit, restore: a change of units and its exact inverse.

A column z is standardised as z_s = (z - shift)/scale. A fit on standardised
columns,

    y_s = a_0 + sum_j a_j x_s,j,

says in original units, with r_j = scale_y / scale_x,j,

    y = shift_y + scale_y a_0 + sum_j r_j a_j (x_j - shift_x,j)
      = [shift_y + scale_y a_0 - sum_j r_j shift_x,j a_j] + sum_j [r_j a_j] x_j.

So the original coefficients are b = J a + shift_y e_0, where

        | scale_y   -r_1 shift_x,1   ...   -r_p shift_x,p |
    J = |    0            r_1                     0       |
        |    0             0                     r_p      |

and, because shift_y is a known number, cov(b) = J cov(a) J'. Note the slope in
each term of the intercept: shift_x,j is multiplied by r_j *a_j*. A restore that
forgets a_j is right only when the standardised slope is 1, and otherwise off by
(1 - a_j) shift_x,j r_j.

The inverse map is the same one with the inverse changes of units. Nothing here
is iterative or approximate, and p is any number of inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Affine:
    """A change of units of some columns: ``z_s = (z - shift) / scale``.

    Attributes
    ----------
    shift : ndarray, shape (q,)
        What is subtracted from each column.
    scale : ndarray, shape (q,)
        What each column is then divided by; not 0.

    Examples
    --------
    >>> to_fahrenheit = Affine(np.array([-32 / 1.8]), np.array([1 / 1.8]))
    >>> to_fahrenheit.apply(np.array([[100.0]])).round(9).tolist()
    [[212.0]]
    """

    shift: Array
    scale: Array

    def apply(self, values: Array) -> Array:
        """Change the units of rows of values, shape (..., q)."""
        return np.asarray((values - self.shift) / self.scale)

    def undo(self, values: Array) -> Array:
        """Bring rows of standardised values back, shape (..., q)."""
        return np.asarray(values * self.scale + self.shift)

    @property
    def inverse(self) -> Affine:
        """The change of units that undoes this one."""
        return Affine(-self.shift / self.scale, 1.0 / self.scale)


def restore_matrix(
    inputs: Affine, target_scale: float, *, intercept: bool = True
) -> Array:
    """Return J of the module's derivation for one target.

    Parameters
    ----------
    inputs : Affine
        How the p inputs were standardised.
    target_scale : float
        Scale of the target.
    intercept : bool
        Whether the first coefficient is an intercept.

    Returns
    -------
    ndarray, shape (m, m)
        m = p + 1 with an intercept, else p.

    Examples
    --------
    >>> restore_matrix(Affine(np.array([5.0]), np.array([2.0])), 4.0).tolist()
    [[4.0, -10.0], [0.0, 2.0]]
    """
    ratio = target_scale / inputs.scale
    if not intercept:
        _require_no_shift(inputs)
        return np.diag(ratio)
    j = np.diag(np.concatenate([[target_scale], ratio]))
    j[0, 1:] = -ratio * inputs.shift
    return j


def restore(
    coefficients: Array, inputs: Affine, targets: Affine, *, intercept: bool = True
) -> Array:
    """Bring coefficients of a standardised fit to original units.

    Parameters
    ----------
    coefficients : ndarray, shape (..., m, k)
        Standardised coefficients, the intercept first when there is one;
        columns are targets. Leading axes (steps of a descent) are kept.
    inputs, targets : Affine
        How the p inputs and k targets were standardised.
    intercept : bool
        Whether the first coefficient is an intercept. Without one a shift
        cannot be undone, so all shifts must be 0.

    Returns
    -------
    ndarray, shape (..., m, k)

    Examples
    --------
    >>> inputs = Affine(np.array([5.0]), np.array([2.0]))
    >>> targets = Affine(np.array([41.0]), np.array([3.6]))
    >>> restore(np.array([[0.0], [1.0]]), inputs, targets).round(9).tolist()
    [[32.0], [1.8]]
    """
    a = np.asarray(coefficients, dtype=np.float64)
    ratio = targets.scale / inputs.scale[:, None]
    if not intercept:
        _require_no_shift(inputs)
        _require_no_shift(targets)
        return ratio * a
    slopes = ratio * a[..., 1:, :]
    centre = np.einsum("p,...pk->...k", inputs.shift, slopes)
    constant = targets.shift + targets.scale * a[..., 0, :] - centre
    return np.concatenate([constant[..., None, :], slopes], axis=-2)


def restore_covariance(
    covariance: Array, inputs: Affine, targets: Affine, *, intercept: bool = True
) -> Array:
    """Bring the covariance of standardised coefficients to original units.

    Parameters
    ----------
    covariance : ndarray, shape (m, m) for one target, else (k, m, m)
        Covariance of the standardised coefficients of each target.
    inputs, targets : Affine
        How the inputs and targets were standardised.
    intercept : bool
        Whether the first coefficient is an intercept.

    Returns
    -------
    ndarray, the shape of `covariance`

    Examples
    --------
    >>> inputs = Affine(np.array([5.0]), np.array([2.0]))
    >>> targets = Affine(np.array([41.0]), np.array([4.0]))
    >>> restore_covariance(np.eye(2), inputs, targets).tolist()
    [[116.0, -20.0], [-20.0, 4.0]]
    """
    cov = np.asarray(covariance, dtype=np.float64)
    each = cov[None] if cov.ndim == 2 else cov
    if len(each) != len(targets.scale):
        raise RequestError(
            f"{len(each)} covariance matrices for {len(targets.scale)} targets",
            fix="Give one matrix a target, shape (k, m, m)",
        )
    restored = [
        j @ c @ j.T
        for c, scale in zip(each, targets.scale, strict=True)
        for j in [restore_matrix(inputs, float(scale), intercept=intercept)]
    ]
    return restored[0] if cov.ndim == 2 else np.stack(restored)


def standardise(
    coefficients: Array, inputs: Affine, targets: Affine, *, intercept: bool = True
) -> Array:
    """Bring coefficients in original units to standardised ones: undo `restore`.

    Examples
    --------
    >>> inputs = Affine(np.array([5.0]), np.array([2.0]))
    >>> targets = Affine(np.array([41.0]), np.array([3.6]))
    >>> standardise(np.array([[32.0], [1.8]]), inputs, targets).round(9).tolist()
    [[0.0], [1.0]]
    """
    b = np.asarray(coefficients, dtype=np.float64)
    ratio = inputs.scale[:, None] / targets.scale
    if not intercept:
        _require_no_shift(inputs)
        _require_no_shift(targets)
        return ratio * b
    # Written out, and not through `inverse`, because 1/scale would round once more.
    centre = np.einsum("p,...pk->...k", inputs.shift, b[..., 1:, :])
    constant = (b[..., 0, :] - targets.shift + centre) / targets.scale
    return np.concatenate([constant[..., None, :], ratio * b[..., 1:, :]], axis=-2)


def standardise_covariance(
    covariance: Array, inputs: Affine, targets: Affine, *, intercept: bool = True
) -> Array:
    """Bring a covariance in original units to standardised ones.

    Examples
    --------
    >>> inputs = Affine(np.array([5.0]), np.array([2.0]))
    >>> targets = Affine(np.array([41.0]), np.array([4.0]))
    >>> cov = np.array([[116.0, -20.0], [-20.0, 4.0]])
    >>> standardise_covariance(cov, inputs, targets).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return restore_covariance(
        covariance, inputs.inverse, targets.inverse, intercept=intercept
    )


def _require_no_shift(columns: Affine) -> None:
    if np.any(columns.shift != 0):
        raise RequestError(
            "a column was shifted, which only an intercept can undo",
            fix="Standardise by scale alone in a model without an intercept",
        )
