"""Families of distributions for `leastwise.glm`: a file each.

Examples
--------
>>> import leastwise as lw
>>> lw.family.Binomial("probit").name
'Binomial'
"""

from leastwise.loss.family.base import Family as Family
from leastwise.loss.family.binomial import Binomial as Binomial
from leastwise.loss.family.gamma import Gamma as Gamma
from leastwise.loss.family.gaussian import Gaussian as Gaussian
from leastwise.loss.family.inverse_gaussian import InverseGaussian as InverseGaussian
from leastwise.loss.family.negative_binomial import NegativeBinomial as NegativeBinomial
from leastwise.loss.family.poisson import Poisson as Poisson
from leastwise.loss.family.quasi import QuasiBinomial as QuasiBinomial
from leastwise.loss.family.quasi import QuasiPoisson as QuasiPoisson
from leastwise.loss.family.tweedie import Tweedie as Tweedie
from leastwise.loss.many import Beta as Beta
from leastwise.loss.many import Exponential as Exponential
from leastwise.loss.many import LogLogistic as LogLogistic
from leastwise.loss.many import LogNormal as LogNormal
from leastwise.loss.many import Multinomial as Multinomial
from leastwise.loss.many import Ordered as Ordered
from leastwise.loss.many import Tobit as Tobit
from leastwise.loss.many import Weibull as Weibull

__all__ = [
    "Beta",
    "Binomial",
    "Exponential",
    "Family",
    "Gamma",
    "Gaussian",
    "InverseGaussian",
    "LogLogistic",
    "LogNormal",
    "Multinomial",
    "NegativeBinomial",
    "Ordered",
    "Poisson",
    "QuasiBinomial",
    "QuasiPoisson",
    "Tobit",
    "Tweedie",
    "Weibull",
]
