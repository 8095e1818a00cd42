"""THE rank rule: when a column is a combination of the columns before it.

What is left of a column after the best combination of the others is compared
with what cannot be told from zero: (a) the rounding that its own values and the
values it is combined from may carry, and (b) the error of the Gram. Both scale
with the columns, so units and offsets cannot matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from leastwise.moments.double import Array

# A computed column such as 32 + 1.8 * temp_c rounds a few times on its way.
ROUNDINGS = 8.0
# Where the Gram cannot say, the column is taken as aliased at the finest tier.
GRAM_DOUBT = 4.0


class Verdict(Enum):
    """What the rank rule says of a column.

    Attributes
    ----------
    KEPT
        More is left of it than rounding could have left.
    COMBINATION
        No more is left of it than the rounding of the data.
    DOUBTFUL
        More than that, and less than the error of the Gram: it is left out, and
        whether it is a combination is not known.
    """

    KEPT = "kept"
    COMBINATION = "combination"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True)
class Scale:
    """What the rank rule measures against, in the units of the scatter.

    Attributes
    ----------
    grain : ndarray, shape (p,)
        Largest rounding error in a value of each column.
    extent : ndarray, shape (p,)
        What errors of the Gram are relative to.
    roundoff : float
        Relative error of the Gram.
    weight : float
        Sum of weights.
    """

    grain: Array
    extent: Array
    roundoff: float
    weight: float


def judge(pivot: float, combination: Array, j: int, scale: Scale) -> Verdict:
    """Decide whether column j equals a combination of the columns before it.

    Parameters
    ----------
    pivot : float
        Weighted sum of squares left of column j.
    combination : ndarray, shape (j,)
        Coefficients of the combination of columns 0 to j - 1.
    j : int
        The column.
    scale : Scale
        Sizes of rounding.
    """
    weights = np.append(np.abs(combination), 1.0)
    rounding = ROUNDINGS * float(weights @ scale.grain[: j + 1])
    doubt = float(weights @ scale.extent[: j + 1])
    if not pivot > scale.weight * rounding**2:
        return Verdict.COMBINATION
    if not pivot > GRAM_DOUBT * scale.roundoff * doubt**2:
        return Verdict.DOUBTFUL
    return Verdict.KEPT
