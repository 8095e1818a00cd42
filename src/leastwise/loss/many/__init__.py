"""Families with several predictors, or with parameters beside the coefficients."""

from leastwise.loss.many.base import ManyLoss as ManyLoss
from leastwise.loss.many.base import Part as Part
from leastwise.loss.many.beta import Beta as Beta
from leastwise.loss.many.multinomial import Multinomial as Multinomial
from leastwise.loss.many.ordered import Ordered as Ordered
from leastwise.loss.many.survival import Exponential as Exponential
from leastwise.loss.many.survival import LogLogistic as LogLogistic
from leastwise.loss.many.survival import LogNormal as LogNormal
from leastwise.loss.many.survival import Weibull as Weibull
from leastwise.loss.many.tobit import Tobit as Tobit

__all__ = [
    "Beta",
    "Exponential",
    "LogLogistic",
    "LogNormal",
    "ManyLoss",
    "Multinomial",
    "Ordered",
    "Part",
    "Tobit",
    "Weibull",
]
