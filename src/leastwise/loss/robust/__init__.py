"""Losses that large residuals do not rule: a file each.

Examples
--------
>>> import leastwise as lw
>>> lw.loss.Huber(1.5).call
'Huber(k=1.5)'
"""

from leastwise.loss.robust.base import Robust as Robust
from leastwise.loss.robust.bisquare import Bisquare as Bisquare
from leastwise.loss.robust.cauchy import Cauchy as Cauchy
from leastwise.loss.robust.expectile import Expectile as Expectile
from leastwise.loss.robust.fair import Fair as Fair
from leastwise.loss.robust.huber import Huber as Huber
from leastwise.loss.robust.log_cosh import LogCosh as LogCosh
from leastwise.loss.robust.student_t import StudentT as StudentT
from leastwise.loss.robust.welsch import Welsch as Welsch

__all__ = [
    "Bisquare",
    "Cauchy",
    "Expectile",
    "Fair",
    "Huber",
    "LogCosh",
    "Robust",
    "StudentT",
    "Welsch",
]
