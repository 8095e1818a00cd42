"""`Fit`: everything that was found of one set of moments, in original units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.pytree import pytree, static
from leastwise.moments.double import Array, Double
from leastwise.solve.alias import Combinations, no_combinations
from leastwise.solve.compiled import Numbers
from leastwise.solve.digits import MOST_DIGITS
from leastwise.solve.minimum_norm import take_off

# The smallest normal number, and the distance of the numbers below it.
TINY, SPACING = 2.0**-1022, 2.0**-1074


@pytree
@dataclass(frozen=True)
class Carried:
    """The basis a fit was solved in, for predictions that lose nothing.

    Attributes
    ----------
    change : ndarray, shape (p, p)
        ``z = (x - center) change``.
    slopes : ndarray, shape (p, k)
        Of z.
    root : ndarray, shape (p, p)
        ``|root z|^2`` is the variance of the slopes' part, in units of sigma^2.
    """

    change: Array
    slopes: Array
    root: Array


@pytree
@dataclass(frozen=True)
class Fit:
    """The least squares fit of k targets on p inputs, in original units.

    Rows of the arrays are coefficients, the intercept first when there is one
    (m = p + 1, else m = p); columns are targets. A coefficient of a dropped
    column is NaN, unless the solution of least norm was asked for.

    Attributes
    ----------
    coefficients, standard_errors : ndarray, shape (m, k)
        Estimates; classical standard errors (NaN when dof is 0).
    digits, se_digits : ndarray, shape (m, k)
        Certified correct decimal digits of the two, 0 to 15.95; NaN for a
        coefficient of exactly 0 with an error bound above 0: digits are relative.
    worth : ndarray, shape (m, k)
        Certified digits of the coefficient or, where its standard error is larger,
        digits of that size: what the data can use.
    correlation : ndarray, shape (m, m)
        Of the coefficients, from (X'WX)^-1, whose own entries can leave the range
        of float64; NaN where the coefficients are.
    rss, tss, explained, rss_digits : ndarray, shape (k,)
        Residual, total and explained weighted sums of squares (about the mean with
        an intercept, about zero without), and the digits of the first. Sums are in
        units of ``2**(2 * target_exponent + weight_exponent)``: in those of the
        data a target of 1e300 would leave the range of float64.
    rss_bound : ndarray, shape (k,)
        Absolute error bound of `rss`.
    r_squared_digits : ndarray, shape (k,)
        Certified digits of ``explained / tss``; NaN where that is 0, or 0/0.
    target_exponent : ndarray of int, shape (k,)
        Targets are held in units of ``2**target_exponent``.
    weight_exponent : int
        Weights are held in units of ``2**weight_exponent``.
    kept : ndarray of bool, shape (p,)
        False for dropped columns.
    aliases : Combinations
        What dropped columns equal, and what is known of that.
    center, center_low : ndarray, shape (p,)
        Weighted means of the inputs, as a pair; zero without an intercept.
    target_mean : ndarray, shape (k,)
        Weighted means of the targets; zero without an intercept.
    root : ndarray, shape (p, p)
        ``root @ (x - center)`` has the squared length x'(X'WX)^-1 x, centred.
    weight, observations, dof : float
        Sum of weights; observations counted; residual degrees of freedom.
    slopes, level : Double, shapes (p, k) and (k,)
        The fit in scaled units about the shift, for a second pass.
    condition : float
        ``sum_ij d_i |V_ij| d_j`` of the certificate (`leastwise.solve.certify`): how
        many times a relative error of the Gram is amplified at worst.
    log_weight : float
        Sum of log weights, as the likelihood has it: 0 for frequencies.
    intercept : bool
        Whether the first coefficient is an intercept.
    least_norm : bool
        Whether this is the solution of least norm of several.
    carried : Carried or None
        The basis that the fit was solved in, when that is not the columns.
    """

    coefficients: Array
    standard_errors: Array
    digits: Array
    se_digits: Array
    worth: Array
    correlation: Array
    rss: Array
    tss: Array
    explained: Array
    rss_digits: Array
    rss_bound: Array
    r_squared_digits: Array
    target_exponent: Array
    weight_exponent: int
    kept: Array
    aliases: Combinations
    center: Array
    center_low: Array
    target_mean: Array
    root: Array
    weight: float
    observations: float
    dof: float
    slopes: Double
    level: Double
    condition: float
    log_weight: float
    intercept: bool = static()
    least_norm: bool = static(default=False)
    carried: Carried | None = None

    @property
    def rank(self) -> int:
        """Coefficients estimated, intercept included."""
        return int(self.kept.sum()) + int(self.intercept)


@dataclass(frozen=True)
class Weighing:
    """What a fit says of its rows; see `Fit`."""

    observations: float
    weight_exponent: int = 0
    log_weight: float = 0.0


def fit_of(found: Numbers, weighing: Weighing, *, intercept: bool) -> Fit:
    """Make a fit of full rank of what the compiled solve found.

    Parameters
    ----------
    found : Numbers
        Its numbers.
    weighing : Weighing
        What is known of the rows.
    intercept : bool
        Whether the first coefficient is an intercept.
    """
    p = len(found.arrays["center"])
    return Fit(
        **found.arrays,
        weight=found.weight,
        condition=found.condition,
        weight_exponent=weighing.weight_exponent,
        kept=np.ones(p, dtype=bool),
        aliases=no_combinations(p),
        observations=weighing.observations,
        dof=weighing.observations - p - int(intercept),
        # Weights that say a variance are in the likelihood, counts are not.
        log_weight=weighing.log_weight,
        intercept=intercept,
    )


def where_defined(coefficients: Array, scaled: Array, digits: Array) -> Array:
    """Take off the digits that float64 does not hold, and those of 0.

    Parameters
    ----------
    coefficients, scaled : ndarray, shape (m, k)
        In original units, and before.
    digits : ndarray, shape (m, k)
        Of the latter.
    """
    small = (np.abs(coefficients) < TINY) & (scaled != 0)
    # Below the normal range float64 has fewer digits, and at its end none.
    digits = take_off(digits, small * SPACING, coefficients)
    lost = small & (coefficients == 0)
    # Digits are relative: an estimate of 0 with a bound above 0 has no number of them.
    none = (coefficients == 0) & (digits < MOST_DIGITS) & ~lost
    none = none | ~np.isfinite(coefficients)
    return np.where(none, np.nan, np.where(lost, 0.0, digits))


def where_held(errors: Array, digits: Array) -> Array:
    """Take off the digits that a standard error below the normal range has not.

    Parameters
    ----------
    errors, digits : ndarray, shape (m, k)
        In original units; of what they are in scaled units.
    """
    small = (errors < TINY) & (errors > 0)
    held = take_off(digits, small * SPACING, errors)
    return np.where(np.isfinite(errors), held, np.nan)


def worth_of(coefficients: Array, digits: Array, worth: Array) -> Array:
    """Leave out coefficients beyond the range of float64, where that is certain.

    Parameters
    ----------
    coefficients : ndarray, shape (m, k)
        In original units.
    digits, worth : ndarray, shape (m, k)
        In scaled units. Infinity without a certain digit is what rounding left of a
        coefficient, in units that differ by more than the range: it may be any number.
    """
    beyond = np.where(digits < 1.0, digits, np.nan)
    return np.where(np.isfinite(coefficients), worth, beyond)
