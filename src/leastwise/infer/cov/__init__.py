"""Covariances of coefficients, one estimator a file.

Examples
--------
>>> import leastwise as lw
>>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
>>> m.with_cov(lw.cov.HC3()).cov.name
'HC3'
"""

from __future__ import annotations

from leastwise.infer.cov.base import Covariance
from leastwise.infer.cov.classical import Classical
from leastwise.infer.cov.cluster import Cluster
from leastwise.infer.cov.driscoll_kraay import DriscollKraay
from leastwise.infer.cov.hac import HAC
from leastwise.infer.cov.hc import HC0, HC1, HC2, HC3, HC4, HC5, HC4m
from leastwise.infer.cov.hessian import Hessian
from leastwise.infer.cov.huber import Huber
from leastwise.infer.cov.jackknife import Jackknife
from leastwise.infer.cov.read import read_cov
from leastwise.infer.cov.sandwich import Sandwich
from leastwise.infer.cov.sparsity import Sparsity
from leastwise.infer.cov.survey import Survey

__all__ = [
    "HAC",
    "HC0",
    "HC1",
    "HC2",
    "HC3",
    "HC4",
    "HC5",
    "Classical",
    "Cluster",
    "Covariance",
    "DriscollKraay",
    "HC4m",
    "Hessian",
    "Huber",
    "Jackknife",
    "Sandwich",
    "Sparsity",
    "Survey",
    "read_cov",
]
