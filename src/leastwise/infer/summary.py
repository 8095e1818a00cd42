"""A fit -> what is said about it: tests, R-squared, F, likelihood, criteria."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.dist import Array, f_upper, t_quantile, t_two_sided
from leastwise.solve.result import Fit


@dataclass(frozen=True)
class Tests:
    """Coefficient tests of one target, in the order of the coefficients.

    Attributes
    ----------
    t, p : ndarray, shape (m,)
        t statistics against zero and two-sided p-values; NaN where dropped.
    """

    t: Array
    p: Array


@dataclass(frozen=True)
class Quality:
    """How well one target is fitted.

    Attributes
    ----------
    sigma : float
        Residual standard error, the root of rss/dof.
    rss, tss : float
        Residual and total sums of squares; infinite where float64 ends, which the
        numbers below do not notice.
    r_squared, adj_r_squared : float
        Share of `tss` explained; the same with degrees of freedom taken off.
    centred : bool
        Whether `tss` is about the mean (True with an intercept) or about zero.
    f, f_p_value : float
        Overall F against the model without inputs, and its p-value.
    f_numerator, dof : float
        Degrees of freedom of F.
    log_likelihood, aic, bic : float
        Gaussian; the criteria count sigma as a parameter, as R does.
    rss_digits, r_squared_digits : float
        Certified digits of `rss` and `r_squared`, 0 to 15.95; NaN where they are not
        known.
    """

    sigma: float
    rss: float
    tss: float
    r_squared: float
    adj_r_squared: float
    centred: bool
    f: float
    f_p_value: float
    f_numerator: float
    dof: float
    log_likelihood: float
    aic: float
    bic: float
    rss_digits: float = float("nan")
    r_squared_digits: float = float("nan")


def coefficient_tests(
    estimates: Array,
    standard_errors: Array,
    dof: float | Array,
    digits: Array | None = None,
) -> Tests:
    """Test each coefficient against zero: t = b/se with `dof` degrees of freedom.

    Parameters
    ----------
    estimates, standard_errors : ndarray, shape (m,)
        In the same units. A standard error of 0 (an exact fit) gives t of inf.
    dof : float or ndarray, shape (m,)
        Degrees of freedom of t, one for all or one each.
    digits : ndarray, shape (m,), optional
        Certified digits of the estimates. Without error, one of no digit may be 0 as
        well: its t is not defined.
    """
    if digits is not None:
        none = (standard_errors == 0) & (digits == 0)
        estimates = np.where(none, 0.0, estimates)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        t = estimates / standard_errors
    if not isinstance(dof, np.ndarray):
        return Tests(t, t_two_sided(t, dof))
    p = np.empty(len(t))
    for own in _each(dof):
        p[dof == own] = t_two_sided(t[dof == own], float(own))
    return Tests(t, np.where(np.isnan(dof), np.nan, p))


def interval(
    estimates: Array, standard_errors: Array, dof: float | Array, level: float
) -> tuple[Array, Array]:
    """Return b -/+ q se, with q the two-sided t quantile at `level`."""
    quantile: float | Array
    if isinstance(dof, np.ndarray):
        quantile = np.full(len(dof), np.nan)
        for own in _each(dof):
            quantile[dof == own] = t_quantile(level, float(own))
    else:
        quantile = t_quantile(level, dof)
    with np.errstate(over="ignore", invalid="ignore"):
        half = quantile * standard_errors
        return estimates - half, estimates + half


def _each(dof: Array) -> Array:
    found: Array = np.unique(dof[~np.isnan(dof)])
    return found


def quality(fit: Fit, target: int) -> Quality:
    """Say how well one target is fitted.

    Parameters
    ----------
    fit : Fit
        The fit.
    target : int
        Which target, from 0.
    """
    rss, tss = float(fit.rss[target]), float(fit.tss[target])
    explained = float(fit.explained[target])
    exponent = 2 * int(fit.target_exponent[target]) + fit.weight_exponent
    with np.errstate(over="ignore", under="ignore"):
        in_units = [float(np.ldexp(value, exponent)) for value in (rss, tss)]
    n, dof = fit.observations, fit.dof
    model_dof = fit.rank - int(fit.intercept)
    r_squared = explained / tss if tss > 0 else float("nan")
    if rss == 0.0 and tss > 0:
        r_squared = 1.0
    adjusted = (
        1.0 - (rss / tss) * (n - int(fit.intercept)) / dof
        if dof > 0 and tss > 0
        else float("nan")
    )
    f = _f_statistic(explained, rss, tss, model_dof, dof)
    log_likelihood = _log_likelihood(rss, exponent, n, fit.log_weight)
    parameters = fit.rank + 1
    return Quality(
        sigma=_root(rss / dof, exponent) if dof > 0 else float("nan"),
        rss=in_units[0],
        tss=in_units[1],
        r_squared=r_squared,
        adj_r_squared=adjusted,
        centred=fit.intercept,
        f=f,
        f_p_value=f_upper(f, model_dof, dof),
        f_numerator=float(model_dof),
        dof=dof,
        log_likelihood=log_likelihood,
        aic=-2 * log_likelihood + 2 * parameters,
        bic=-2 * log_likelihood + float(np.log(n)) * parameters,
        # Nothing that varies leaves nothing to count digits of.
        rss_digits=float(fit.rss_digits[target]) if tss > 0 else float("nan"),
        r_squared_digits=(
            float(fit.r_squared_digits[target]) if tss > 0 else float("nan")
        ),
    )


def _f_statistic(
    explained: float, rss: float, tss: float, model_dof: int, dof: float
) -> float:
    if model_dof == 0 or not dof > 0 or not tss > 0:
        return float("nan")
    return float("inf") if rss == 0 else (explained / model_dof) / (rss / dof)


def _root(square: float, exponent: int) -> float:
    """Return the root of square * 2^exponent, which itself may be out of range."""
    odd = exponent % 2
    with np.errstate(over="ignore"):
        return float(np.ldexp(np.sqrt(np.ldexp(square, odd)), (exponent - odd) // 2))


def _log_likelihood(rss: float, exponent: int, n: float, log_weight: float) -> float:
    """Gaussian log-likelihood at the maximum, sigma^2 = rss 2^exponent/n."""
    if rss == 0:
        return float("inf")
    log_variance = np.log(2 * np.pi * rss / n) + exponent * np.log(2.0)
    return float(0.5 * (log_weight - n * (log_variance + 1.0)))
