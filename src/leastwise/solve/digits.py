"""Digits: what a relative error is worth, and the constants of the certificate."""

from __future__ import annotations

import numpy as np

from leastwise.moments.double import PAIR_ROUNDOFF, Array

MOST_DIGITS = float(-np.log10(2.0**-53))  # 15.95: a float64 holds no more
# Rounding a pair to the float64 that is shown.
UNIT = 2.0**-53
THREE_ROUNDINGS = 3 * UNIT
# Beyond this share of the Gram an error makes every claim void. The bound holds up
# to 1; a tenth leaves room for the doubt about e itself.
AMPLIFICATION_LIMIT = 0.1
# Errors in entries of a Gram are roundings of different products. A sum of terms of
# at most c_j each, whose signs follow no rule, exceeds z |c|_2 with a probability of
# 2 exp(-z^2 / 2) at most (W. Hoeffding 1963, doi:10.1080/01621459.1963.10500830). An
# entry counts twice, by symmetry: 8 is z = 5.6, two chances in ten million. Measured
# with up to 150 columns, where roundings all go one way (a giant above rows of a
# coarse grid): at most 1.3. Fewer than seven columns never come to it.
SPREAD = 8.0
# Entries of a scatter come of some five operations in pairs of at most 2^-104 each,
# and residuals of the system of a few more. Their worst is never all at once:
# measured, at most 2^-105 of what the certificate takes them to be relative to.
ALGEBRA_ROUNDOFF = 2.0**-102
# A residual summed in pairs: p + 2 operations of 2^-103 each, p below some hundreds.
RESIDUAL_PAIR_ROUNDOFF = 2.0**6 * PAIR_ROUNDOFF
# What `engine/plan.py` takes for the rounding of a residual, with room.
RESIDUAL_ROUNDOFF = 2.0**-90


def relative_to_digits(error: Array) -> Array:
    """Turn relative errors into decimal digits, from 0 to 15.95."""
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = -np.log10(np.maximum(error, 2.0**-53))
    return np.asarray(np.clip(np.nan_to_num(digits, nan=0.0), 0.0, MOST_DIGITS))
