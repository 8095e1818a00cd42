"""All checks, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Callable

from leastwise.infer.check.base import Case
from leastwise.infer.check.breusch_godfrey import breusch_godfrey_1, breusch_godfrey_2
from leastwise.infer.check.breusch_pagan import normal, score, studentized
from leastwise.infer.check.collinearity import conditions, inflation
from leastwise.infer.check.durbin_watson import durbin_watson
from leastwise.infer.check.finding import Finding
from leastwise.infer.check.harvey_collier import harvey_collier
from leastwise.infer.check.normality import jarque_bera, qq, shapiro
from leastwise.infer.check.outliers import outlier
from leastwise.infer.check.rainbow import rainbow
from leastwise.infer.check.reset import reset
from leastwise.infer.check.white import white

CHECKS: tuple[Callable[[Case], Finding], ...] = (
    studentized,
    normal,
    score,
    white,
    jarque_bera,
    shapiro,
    qq,
    durbin_watson,
    breusch_godfrey_1,
    breusch_godfrey_2,
    reset,
    rainbow,
    harvey_collier,
    inflation,
    conditions,
    outlier,
)
