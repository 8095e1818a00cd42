"""Is a residual like the one before? Durbin and Watson."""

from __future__ import annotations

import numpy as np

from leastwise.infer.check.base import Case
from leastwise.infer.check.finding import Finding, Numbers, Words, absent, judge
from leastwise.infer.check.order import ORDERED, repeats
from leastwise.infer.dist import Array

WORDS = Words(
    "Durbin-Watson", "independence", "DW", "the correlation of neighbours",
    "No sign that a residual is like the one before",
    "A residual is like the one before",
    'Rows have an order that matters: use m.with_cov("hac"), or model it.',
)  # fmt: skip
# Up to here the distribution is computed, beyond it is normal to 3 digits or more.
EXACT = 100


def durbin_watson(case: Case) -> Finding:
    """``sum (e_i - e_{i-1})^2 / sum e_i^2`` against positive correlation.

    Durbin and Watson (1950), doi:10.1093/biomet/37.3-4.409; lmtest's ``dwtest``, in
    the order in which rows come unless `order` says another. Below 100 rows the
    p-value is exact for normal errors (Imhof 1961, doi:10.1093/biomet/48.3-4.419,
    integrated to rounding; lmtest has Pan's sum of 15 terms), beyond a normal with the
    exact mean and variance, as there.

    Parameters
    ----------
    case : Case
        The fit.
    """
    if repeats(case):
        return absent(WORDS, ORDERED)
    e, n = case.e, len(case.e)
    if n < 3 or not case.dof > 2:
        return absent(WORDS, "too few rows")
    value = float(np.sum(np.diff(e) ** 2)) / case.rss
    mean, variance = _normal(case)
    if n < EXACT:
        p = below(_eigenvalues(case), value)
    else:
        from scipy import special

        p = float(special.ndtr((value - mean) / np.sqrt(variance)))
    rho = float(e[1:] @ e[:-1]) / case.rss
    needed = 0.5 * 1.645 * float(np.sqrt(variance))
    return judge(WORDS, Numbers(value, p, (), rho, needed, 0.02, 0.5))


def _differences(z: Array) -> Array:
    """Multiply by the matrix of the sum of squared differences of neighbours."""
    step = np.diff(z, axis=0)
    found = np.zeros_like(z)
    found[:-1] -= step
    found[1:] += step
    return found


def _normal(case: Case) -> tuple[float, float]:
    """Mean and variance of the statistic under independence."""
    n, dof = len(case.e), case.dof
    az = _differences(case.z)
    inner = case.z.T @ az
    p = 2.0 * (n - 1) - np.trace(inner)
    q = 2.0 * (3 * n - 4) - 2.0 * np.sum(az * az) + np.sum(inner * inner.T)
    mean = p / dof
    return mean, 2.0 / (dof * (dof + 2.0)) * (q - p * mean)


def _eigenvalues(case: Case) -> Array:
    """Eigenvalues of M A M beside those that are 0 because of M."""
    k = case.rank
    whole, _ = np.linalg.qr(case.z, mode="complete")
    beside = whole[:, k:]
    return np.asarray(np.linalg.eigvalsh(beside.T @ _differences(beside)))


def below(values: Array, ratio: float) -> float:
    """Return P(sum v_i c_i / sum c_i < ratio) of independent chi2 with one degree.

    Imhof's integral over the logarithm of its variable: there the trapezoidal rule
    converges as exp(-pi^2 / step).

    Parameters
    ----------
    values : ndarray
        The v_i.
    ratio : float
        Where.

    Examples
    --------
    >>> round(below(np.array([0.0, 2.0]), 1.0), 12)
    0.5
    """
    a = values - ratio
    if (a >= 0).all() or (a <= 0).all():
        return 0.0 if (a >= 0).all() else 1.0
    a = a / np.abs(a).max()
    step = 0.125
    x = np.arange(-42.0, 42.0 + 80.0 / len(a), step)
    t = np.exp(x)[:, None] * a
    angle = 0.5 * np.arctan(t).sum(axis=1)
    size = 0.25 * np.log1p(t * t).sum(axis=1)
    integral = float(np.sum(np.sin(angle) * np.exp(-size))) * step
    return float(min(1.0, max(0.0, 0.5 - integral / np.pi)))
