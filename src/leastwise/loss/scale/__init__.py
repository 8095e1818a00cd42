"""Scales of residuals: a file each.

Examples
--------
>>> import leastwise as lw
>>> lw.scale.MAD().text
'median absolute residual'
"""

from leastwise.loss.scale.base import ResidualScale as ResidualScale
from leastwise.loss.scale.fixed import Fixed as Fixed
from leastwise.loss.scale.likelihood import Likelihood as Likelihood
from leastwise.loss.scale.mad import MAD as MAD
from leastwise.loss.scale.proposal2 import Proposal2 as Proposal2
from leastwise.loss.scale.s import S as S

__all__ = ["MAD", "Fixed", "Likelihood", "Proposal2", "ResidualScale", "S"]
