"""The certificate: how many decimal digits of each number are right.

A Gram with entries off by at most e d_i d_j moves the coefficients by at most

    bound_i = sum_j |V_ij| e d_j (sum_k d_k |b_k| + d_y),     V = S^-1,

to first order, and the variance V_ii by sum_jk |V_ij| e d_j d_k |V_ki|. A safety
factor of 2 covers the second order while the bound is small; near the point
where it is not, the claim is withdrawn.
"""

from __future__ import annotations

import numpy as np

from leastwise.moments.double import Array

SAFETY = 2.0
MOST_DIGITS = float(-np.log10(2.0**-53))  # 15.95: a float64 holds no more
SE_ROUNDOFF = 2.0**-52
# The bound is first order in q = e |V| d d; beyond this it proves nothing.
FIRST_ORDER_LIMIT = 0.1
# Residuals summed row by row with coefficients in pairs keep this much of what
# they are the difference of (the coefficients themselves are first order here).
RESIDUAL_ROUNDOFF = 2.0**-90


def relative_to_digits(error: Array) -> Array:
    """Turn relative errors into decimal digits, from 0 to 15.95."""
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = -np.log10(np.maximum(error, 2.0**-53))
    return np.asarray(np.clip(np.nan_to_num(digits, nan=0.0), 0.0, MOST_DIGITS))


def amplification(inverse: Array, extent: Array, roundoff: float) -> float:
    """Return how much of S the error of the Gram is: below 0.1 or no claim."""
    if not len(extent):
        return 0.0
    return float(SAFETY * roundoff * (extent @ np.abs(inverse) @ extent))
