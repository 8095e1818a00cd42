"""Moments -> `Fit`: coefficients, standard errors, rank and digits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from leastwise.moments.double import Array, Double, matvec
from leastwise.moments.state import Moments
from leastwise.solve.alias import Combinations, combinations
from leastwise.solve.certify import Certificate, certify
from leastwise.solve.compiled import solve_compiled
from leastwise.solve.factor import Factor
from leastwise.solve.minimum_norm import (
    MinimumNorm,
    of_combinations,
    take_off,
    to_minimum_norm,
)
from leastwise.solve.result import (
    Fit,
    Weighing,
    fit_of,
    where_defined,
    where_held,
    worth_of,
)
from leastwise.solve.scatter import Scatter, scatter_of
from leastwise.solve.system import (
    FIRST_TIER_ROUNDOFF,
    Solution,
    correlation_of,
    solve_system,
    with_intercept,
)

# From here on LAPACK's inverse is faster than pairs; a better Gram deserves the pairs
# up to where they would be waited for.
MOST_IN_PAIRS, MOST_IN_FINE_PAIRS = 128, 400
# More columns than any machine holds: tests set it to 0 to have NumPy's solve.
COMPILED_COLUMNS = 1 << 30
Rank = Literal["drop", "error", "minimum_norm"]
"""What becomes of columns that are combinations of others."""


def solve(
    m: Moments,
    *,
    intercept: bool = True,
    observations: float | None = None,
    residuals: Array | None = None,
    rank: Rank = "drop",
) -> Fit:
    """Solve the normal equations of moments, in pairs of float64.

    Minimises ``sum_i w_i (y_i - b_0 - x_i' b)^2``. The scatter S = L D L' is
    factored in about 32 digits, so the digits that are lost are those the Gram
    has lost; the certificate says how many are left.

    Parameters
    ----------
    m : Moments
        Of at least one row.
    intercept : bool
        Whether the model has an intercept.
    observations : float, optional
        Observations to count; the number of rows when not given (frequency
        weights count more).
    residuals : ndarray, shape (k,), optional
        Sums of squared residuals from a second pass, in scaled units: used in
        place of ``y'y - b'X'y``.
    rank : {"drop", "error", "minimum_norm"}
        Whether columns that are combinations of others are left out (also with
        "error": who knows the names refuses them), or share as the least squares
        solution does whose slopes have the smallest sum of squares in original
        units. The intercept is not in that norm: it follows from the means, so
        that an offset of a column changes nothing but the intercept. Which columns
        are combinations is decided by one rule in all cases.

    Returns
    -------
    Fit

    Examples
    --------
    >>> from leastwise.moments.blocks import Rows
    >>> from leastwise.moments.fold import fold_rows
    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]])
    >>> solve(fold_rows(Rows(x, y))).coefficients.ravel().tolist()
    [1.0, 2.0]
    """
    quick = _compiled(m, intercept, observations, residuals)
    if quick is not None:
        return quick
    s = scatter_of(m, intercept=intercept)
    factored, solution = solve_system(s, m.count - int(intercept))
    if residuals is not None:
        solution = replace(solution, rss=Double.of(residuals), summed=True)
    return fit_of_system(
        (m, s), (factored, solution), observations=observations, rank=rank
    )


def fit_of_system(
    system: tuple[Moments, Scatter],
    solved: tuple[Factor, Solution],
    *,
    observations: float | None,
    rank: Rank,
) -> Fit:
    """Take a system that is solved to the fit in original units.

    Parameters
    ----------
    system : Moments, Scatter
        What was solved.
    solved : Factor, Solution
        Which columns were kept, and the solution of those.
    observations, rank
        As in `solve`.
    """
    (m, s), (factored, solution) = system, solved
    exponent = m.exponent[: m.n_inputs]
    found = combinations(factored, s, solution.inverse.hi, exponent)
    least = None
    if rank == "minimum_norm" and not factored.kept.all():
        least = to_minimum_norm(s, factored, solution, exponent)
        solution = least.solution
    dropped = _Dropped(factored, found, least)
    return _in_original_units(m, s, dropped, solution, s.intercept, observations)


def _compiled(
    m: Moments,
    intercept: bool,
    observations: float | None,
    residuals: Array | None,
) -> Fit | None:
    p = m.n_inputs
    if p > m.count - int(intercept) or p >= COMPILED_COLUMNS:
        return None
    n = float(m.count) if observations is None else observations
    most = MOST_IN_PAIRS if m.roundoff > FIRST_TIER_ROUNDOFF else MOST_IN_FINE_PAIRS
    found = solve_compiled(
        m,
        intercept=intercept,
        observations=n,
        residuals=residuals,
        plain=p >= most,
    )
    if found is None:
        return None
    weighing = Weighing(
        n, m.weight_exponent, m.log_weight if observations is None else 0.0
    )
    return fit_of(found, weighing, intercept=intercept)


@dataclass(frozen=True)
class _Dropped:
    """What was decided about rank, and the solution of least norm if asked for."""

    factor: Factor
    found: Combinations
    least: MinimumNorm | None

    @property
    def kept(self) -> Array:
        return self.factor.kept

    def gaps(self, intercept: bool) -> Array:
        """Return NaN for coefficients that there are not, 0 for the others."""
        gone = ~self.kept & (self.least is None)
        return np.where(np.append(np.zeros(int(intercept), bool), gone), np.nan, 0.0)


def _in_original_units(
    m: Moments,
    s: Scatter,
    dropped: _Dropped,
    solution: Solution,
    intercept: bool,
    observations: float | None,
) -> Fit:
    """Undo shift and scale: b = A b_scaled with A = [[-mean'], [I]]."""
    p = m.n_inputs
    ex, ey, ew = m.exponent[:p], m.exponent[p:], m.weight_exponent
    scaled, inverse = with_intercept(s, solution, intercept)
    power = np.concatenate([np.zeros(int(intercept), int), -ex])
    n = float(m.count) if observations is None else observations
    dof = n - dropped.factor.rank - int(intercept)
    variance = solution.rss.rounded() / dof if dof > 0 else np.full(len(ey), np.nan)
    se = np.sqrt(np.diagonal(inverse.hi)[:, None] * variance[None, :])
    nan = dropped.gaps(intercept)
    certain = certify(s, solution, scaled, inverse.hi, se)
    certain = _with_combinations(certain, s, dropped.least, (scaled, inverse, se))
    shift = power[:, None] + ey[None, :]
    mean = s.mean.scaled(m.exponent)
    with np.errstate(over="ignore"):
        # Coefficients of columns of 1e-310 can leave the range of float64: infinity
        # has no digits.
        coefficients = np.ldexp(scaled.rounded(), shift) + nan[:, None]
        # Weights in units of 2^ew cancel between the variance and the inverse.
        standard_errors = np.ldexp(se, shift) + nan[:, None]
        root = np.ldexp(solution.roots.rounded(), -ex[None, :]) * 2.0 ** (-ew / 2)
    return Fit(
        coefficients=coefficients,
        standard_errors=standard_errors,
        digits=where_defined(coefficients, scaled.hi, certain.digits),
        se_digits=where_held(standard_errors, certain.se_digits),
        worth=worth_of(coefficients, certain.digits, certain.worth),
        correlation=correlation_of(inverse.rounded()) + nan[:, None] + nan,
        rss=solution.rss.rounded(),
        tss=s.yy.rounded(),
        explained=solution.explained.rounded(),
        rss_digits=certain.rss_digits,
        rss_bound=certain.rss_bound,
        r_squared_digits=certain.r_squared_digits,
        target_exponent=ey,
        weight_exponent=ew,
        kept=dropped.kept,
        aliases=dropped.found,
        center=mean.hi[:p],
        center_low=mean.lo[:p],
        target_mean=mean.hi[p:],
        root=root,
        weight=float(np.ldexp(s.weight.rounded(), ew)),
        observations=n,
        dof=dof,
        slopes=solution.slopes,
        level=_at_shift(s, solution.slopes),
        condition=certain.condition,
        # Weights that say a variance are in the likelihood, counts are not.
        log_weight=m.log_weight if observations is None else 0.0,
        intercept=intercept,
        least_norm=dropped.least is not None,
    )


def _at_shift(s: Scatter, slopes: Double) -> Double:
    """Return the fitted value at the shift, measured from the target's shift."""
    p = len(slopes)
    return s.local_mean[p:] - matvec(slopes.T, s.local_mean[:p])


def _with_combinations(
    certain: Certificate,
    s: Scatter,
    least: MinimumNorm | None,
    scaled: tuple[Double, Double, Array],
) -> Certificate:
    """Take off what the combinations of a solution of least norm leave open."""
    if least is None:
        return certain
    b, inverse, se = scaled
    moved, root = of_combinations(s, least, intercept=len(b) > len(s.xx))
    # Row i of the roots has the length se_i / sigma.
    length = np.sqrt(np.diagonal(inverse.hi))
    return replace(
        certain,
        digits=take_off(certain.digits, moved, b.hi),
        worth=take_off(certain.worth, moved, np.fmax(np.abs(b.hi), se)),
        se_digits=take_off(certain.se_digits, root[:, None], length[:, None]),
    )
