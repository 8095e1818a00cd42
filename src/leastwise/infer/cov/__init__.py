"""Covariances of coefficients, one estimator a file.

Examples
--------
>>> import leastwise as lw
>>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
>>> m.with_cov(lw.cov.HC3()).cov.name
'HC3'
"""

from __future__ import annotations

from leastwise.infer.cov.base import Covariance, Estimate, Seen
from leastwise.infer.cov.classical import Classical
from leastwise.infer.cov.hc import HC0, HC1, HC2, HC3

__all__ = ["HC0", "HC1", "HC2", "HC3", "Classical", "Covariance", "Estimate", "Seen"]
