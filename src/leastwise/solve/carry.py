"""A fit in another basis, brought back to the coefficients that were asked for.

With u the inputs in scaled units from the shift, z = u C and y = a + z b_z, the slopes
of u are C b_z and the intercept is a less the shift's share. Nothing is solved again:
coefficients are carried by A = [[1, -shift C], [0, C]], covariances by A V A', and the
bounds of `certify` with A V in place of V.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise.moments.double import Array, Double, matmul
from leastwise.moments.state import Moments
from leastwise.solve.certify import certify
from leastwise.solve.fit import solve
from leastwise.solve.result import Carried, Fit, where_defined, where_held, worth_of
from leastwise.solve.scatter import Scatter, scatter_of
from leastwise.solve.system import Solution, correlation_of, solve_system


def change_for(fit: Fit, m: Moments) -> Array:
    """Return combinations of the scaled inputs that have little in common."""
    p = m.n_inputs
    with np.errstate(over="ignore"):
        change: Array = np.ldexp(fit.root, m.exponent[None, :p]).T
    size = np.abs(change).max(axis=0, initial=0.0)
    # Powers of two keep the combinations near 1.
    return np.ldexp(change, -np.frexp(np.where(size > 0, size, 1.0))[1])


def solve_carried(
    raw: Fit,
    m: Moments,
    other: Moments,
    change: Array,
    *,
    observations: float | None = None,
    residuals: Array | None = None,
) -> Fit | None:
    """Solve moments in another basis for the coefficients of the first.

    Parameters
    ----------
    raw, m : Fit, Moments
        The first fit, which kept every column, and its moments.
    other : Moments
        Of ``z = u change`` and the scaled targets.
    change : ndarray, shape (p, p)
        The basis.
    observations, residuals
        As in `solve`; residuals in the units of `other`.

    Returns
    -------
    Fit or None
        None where a combination is lost to rounding after all.
    """
    z = solve(
        other,
        intercept=raw.intercept,
        observations=observations,
        residuals=residuals,
    )
    if not z.kept.all():
        return None
    p, lead = m.n_inputs, int(raw.intercept)
    s = scatter_of(other, intercept=raw.intercept)
    _, solution = solve_system(s, other.count - lead)
    if residuals is not None:
        solution = replace(solution, rss=Double.of(residuals), summed=True)
    ey = other.exponent[p:]
    carry = _carry(m, np.ldexp(change, -other.exponent[:p]), intercept=raw.intercept)
    scaled, level = _coefficients(m, z, carry, ey)
    inverse = _inverse(s, solution, carry)
    variance = solution.rss.rounded() / z.dof if z.dof > 0 else np.full(len(ey), np.nan)
    se = np.sqrt(np.diagonal(inverse)[:, None] * variance)
    in_units = scaled.scaled(-ey)
    certain = certify(s, solution, in_units, inverse, se, carry=np.abs(carry.hi))
    power = np.concatenate([np.zeros(lead, int), -m.exponent[:p]])[:, None]
    with np.errstate(over="ignore"):
        coefficients = np.ldexp(scaled.rounded(), power + m.exponent[p:])
        standard_errors = np.ldexp(se, power + m.exponent[p:] + ey)
        return replace(
            raw,
            coefficients=coefficients,
            standard_errors=standard_errors,
            digits=where_defined(coefficients, scaled.hi, certain.digits),
            se_digits=where_held(standard_errors, certain.se_digits),
            worth=worth_of(coefficients, certain.digits, certain.worth),
            correlation=correlation_of(inverse),
            rss=np.ldexp(z.rss, 2 * ey),
            tss=np.ldexp(z.tss, 2 * ey),
            explained=np.ldexp(z.explained, 2 * ey),
            rss_digits=certain.rss_digits,
            rss_bound=np.ldexp(certain.rss_bound, 2 * ey),
            r_squared_digits=certain.r_squared_digits,
            slopes=scaled[lead:],
            level=level,
            condition=z.condition,
            carried=Carried(
                change=np.ldexp(change, -m.exponent[:p, None]),
                slopes=np.ldexp(z.coefficients[lead:], m.exponent[p:]),
                root=z.root,
            ),
        )


def _carry(m: Moments, unit: Array, *, intercept: bool) -> Double:
    """Return A without the column of the level."""
    p = m.n_inputs
    if not intercept:
        return Double.of(unit)
    shift = m.shift[:p].scaled(-m.exponent[:p])
    first = matmul(-shift[None, :], Double.of(unit))
    return Double(np.vstack([first.hi, unit]), np.vstack([first.lo, 0.0 * unit]))


def _coefficients(
    m: Moments, z: Fit, carry: Double, ey: Array
) -> tuple[Double, Double]:
    """Return coefficients in scaled units, and the value at the shift."""
    p = m.n_inputs
    moved = matmul(carry, z.slopes).scaled(ey)
    shift = m.shift.scaled(-m.exponent)
    if not z.intercept:
        at_shift = matmul(shift[None, :p], moved)[0]
        return moved, at_shift - shift[p:]
    level = z.level.scaled(ey)
    first = moved[0] + level + shift[p:]
    hi = np.vstack([first.hi, moved.hi[1:]])
    return Double(hi, np.vstack([first.lo, moved.lo[1:]])), level


def _inverse(s: Scatter, solution: Solution, carry: Double) -> Array:
    p = len(s.xx)
    about_mean = carry
    if s.intercept:
        # The intercept is the value at the mean, carried from there.
        first = carry[0] - s.local_mean[:p]
        about_mean = Double(
            np.vstack([first.hi, carry.hi[1:]]), np.vstack([first.lo, carry.lo[1:]])
        )
    spread = matmul(about_mean, solution.roots.T)
    inverse = matmul(spread, spread.T)
    if s.intercept:
        corner = inverse[0, 0] + Double.of(1.0) / s.weight
        inverse.hi[0, 0], inverse.lo[0, 0] = corner.hi, corner.lo
    return inverse.rounded()
