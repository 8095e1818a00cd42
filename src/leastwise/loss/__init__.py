"""Pointwise losses: what a row costs, written once as a scalar function.

Examples
--------
>>> import leastwise as lw
>>> lw.loss.Huber(1.345).convex, lw.loss.Bisquare().convex
(True, False)
"""

from leastwise.loss.base import Loss as Loss
from leastwise.loss.base import Pointwise as Pointwise
from leastwise.loss.quantile import Quantile as Quantile
from leastwise.loss.robust import Bisquare as Bisquare
from leastwise.loss.robust import Cauchy as Cauchy
from leastwise.loss.robust import Expectile as Expectile
from leastwise.loss.robust import Fair as Fair
from leastwise.loss.robust import Huber as Huber
from leastwise.loss.robust import LogCosh as LogCosh
from leastwise.loss.robust import Robust as Robust
from leastwise.loss.robust import StudentT as StudentT
from leastwise.loss.robust import Welsch as Welsch
from leastwise.loss.smooth_quantile import SmoothQuantile as SmoothQuantile

__all__ = [
    "Bisquare",
    "Cauchy",
    "Expectile",
    "Fair",
    "Huber",
    "LogCosh",
    "Loss",
    "Pointwise",
    "Quantile",
    "Robust",
    "SmoothQuantile",
    "StudentT",
    "Welsch",
]
