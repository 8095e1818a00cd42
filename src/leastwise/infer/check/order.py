"""Rows that have an order, and whether they have one."""

from __future__ import annotations

import numpy as np

from leastwise.infer.check.base import Case

ORDERED = "rows that stand for several have no order"


def repeats(case: Case) -> bool:
    """Say whether a row stands for more than one, so that there is no order.

    Parameters
    ----------
    case : Case
        The fit.
    """
    return case.counted and bool(np.any(case.counts != 1.0))
