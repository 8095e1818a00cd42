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

__all__ = [
    "Binomial",
    "Family",
    "Gamma",
    "Gaussian",
    "InverseGaussian",
    "NegativeBinomial",
    "Poisson",
    "QuasiBinomial",
    "QuasiPoisson",
    "Tweedie",
]
