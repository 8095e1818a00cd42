"""Moments -> `Fit`: coefficients, standard errors, rank and digits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.pytree import pytree, static
from leastwise.moments.double import Array, Double, matvec
from leastwise.moments.state import Moments, bordered
from leastwise.solve.alias import combinations
from leastwise.solve.certify import certify
from leastwise.solve.factor import Factor
from leastwise.solve.scatter import Scatter, scatter_of
from leastwise.solve.system import Solution, solve_system


@pytree
@dataclass(frozen=True)
class Fit:
    """The least squares fit of k targets on p inputs, in original units.

    Rows of the arrays are coefficients, the intercept first when there is one
    (m = p + 1, else m = p); columns are targets. A coefficient of a dropped
    column is NaN.

    Attributes
    ----------
    coefficients, standard_errors : ndarray, shape (m, k)
        Estimates; classical standard errors (NaN when dof is 0).
    digits, se_digits : ndarray, shape (m, k)
        Certified correct decimal digits of the two, 0 to 15.95.
    correlation : ndarray, shape (m, m)
        Of the coefficients, from (X'WX)^-1, whose own entries can leave the range
        of float64; NaN for dropped columns.
    rss, tss, explained, rss_digits : ndarray, shape (k,)
        Residual, total and explained weighted sums of squares (about the mean with
        an intercept, about zero without), and the digits of the first. Sums are in
        units of ``2**(2 * target_exponent + weight_exponent)``: in those of the
        data a target of 1e300 would leave the range of float64.
    rss_bound : ndarray, shape (k,)
        Absolute error bound of `rss`.
    r_squared_digits : ndarray, shape (k,)
        Certified digits of ``explained / tss``.
    target_exponent : ndarray of int, shape (k,)
        Targets are held in units of ``2**target_exponent``.
    weight_exponent : int
        Weights are held in units of ``2**weight_exponent``.
    kept : ndarray of bool, shape (p,)
        False for dropped columns.
    combination : ndarray, shape (p, 1 + p)
        For each dropped column the constant and the coefficients of the
        combination it equals.
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
        How many times the Gram's error is amplified relative to S at worst.
    log_weight : float
        Sum of log weights, as the likelihood has it: 0 for frequencies.
    intercept : bool
        Whether the first coefficient is an intercept.
    """

    coefficients: Array
    standard_errors: Array
    digits: Array
    se_digits: Array
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
    combination: Array
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

    @property
    def rank(self) -> int:
        """Coefficients estimated, intercept included."""
        return int(self.kept.sum()) + int(self.intercept)


def solve(
    m: Moments,
    *,
    intercept: bool = True,
    observations: float | None = None,
    residuals: Array | None = None,
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

    Returns
    -------
    Fit

    Examples
    --------
    >>> from leastwise.moments.fold import Rows, fold_rows
    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]])
    >>> solve(fold_rows(Rows(x, y))).coefficients.ravel().tolist()
    [1.0, 2.0]
    """
    s = scatter_of(m, intercept=intercept)
    factored, solution = solve_system(s, m.count - int(intercept))
    if residuals is not None:
        solution = replace(solution, rss=Double.of(residuals), summed=True)
    return _in_original_units(m, s, factored, solution, intercept, observations)


def _in_original_units(
    m: Moments,
    s: Scatter,
    f: Factor,
    solution: Solution,
    intercept: bool,
    observations: float | None,
) -> Fit:
    """Undo shift and scale: b = A b_scaled with A = [[-mean'], [I]]."""
    p = m.n_inputs
    ex, ey, ew = m.exponent[:p], m.exponent[p:], m.weight_exponent
    scaled, inverse = _with_intercept(s, solution, intercept)
    power = np.concatenate([np.zeros(int(intercept), int), -ex])
    n = float(m.count) if observations is None else observations
    dof = n - f.rank - int(intercept)
    variance = solution.rss.rounded() / dof if dof > 0 else np.full(len(ey), np.nan)
    se = np.sqrt(np.diagonal(inverse.hi)[:, None] * variance[None, :])
    bad = np.concatenate([np.zeros(int(intercept), bool), ~f.kept])
    certificate = certify(s, solution, scaled, inverse.hi)
    shift = power[:, None] + ey[None, :]
    mean = s.mean.scaled(m.exponent)
    nan = np.where(bad, np.nan, 0.0)
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
        digits=np.where(np.isfinite(coefficients), certificate.digits, np.nan),
        se_digits=np.where(
            np.isfinite(standard_errors), certificate.se_digits, np.nan
        ),
        correlation=_correlation(inverse.rounded()) + nan[:, None] + nan,
        rss=solution.rss.rounded(),
        tss=s.yy.rounded(),
        explained=solution.explained.rounded(),
        rss_digits=certificate.rss_digits,
        rss_bound=certificate.rss_bound,
        r_squared_digits=certificate.r_squared_digits,
        target_exponent=ey,
        weight_exponent=ew,
        kept=f.kept,
        combination=combinations(f, s, ex),
        center=mean.hi[:p],
        center_low=mean.lo[:p],
        target_mean=mean.hi[p:],
        root=root,
        weight=float(np.ldexp(s.weight.rounded(), ew)),
        observations=n,
        dof=dof,
        slopes=solution.slopes,
        level=s.local_mean[p:] - matvec(solution.slopes.T, s.local_mean[:p]),
        condition=certificate.condition,
        # Weights that say a variance are in the likelihood, counts are not.
        log_weight=m.log_weight if observations is None else 0.0,
        intercept=intercept,
    )


def _correlation(inverse: Array) -> Array:
    # A dropped column has a diagonal of 0.
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.diagonal(inverse))
        correlation: Array = inverse / np.outer(root, root)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def _with_intercept(
    s: Scatter, solution: Solution, intercept: bool
) -> tuple[Double, Double]:
    """Add the row of the intercept, if any, to the coefficients and to the inverse.

    b_0 = mean_y - mean' b, so var(b_0) = 1/W + mean' V mean and
    cov(b_0, b) = -V mean.
    """
    if not intercept:
        return solution.slopes, solution.inverse
    p = len(solution.slopes)
    mean = s.mean[:p]
    first = s.mean[p:] - (solution.slopes.T * mean[None, :]).sum(axis=1)
    v = matvec(solution.inverse, mean)
    corner = Double.of(1.0) / s.weight + (v * mean).sum()
    scaled = Double(
        np.vstack([first.hi[None, :], solution.slopes.hi]),
        np.vstack([first.lo[None, :], solution.slopes.lo]),
    )
    return scaled, bordered(corner, -v, solution.inverse)
