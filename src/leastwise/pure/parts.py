"""What the solution of a least squares problem consists of, in scaled units."""

from __future__ import annotations

from typing import Any, NamedTuple

from leastwise._kit.precision import jax_module
from leastwise.moments.pairs_jax import dot, scaled

Traced = Any


class Rows(NamedTuple):
    """Rows as arrays of JAX: X (n, p), Y (n, k), w (n,), penalty (p,); or None."""

    X: Traced
    Y: Traced
    w: Traced | None = None
    penalty: Traced | None = None


class Request(NamedTuple):
    """What does not change under tracing.

    Attributes
    ----------
    dtype : str
        The type of the answer.
    roundoff : tuple of float
        Unit roundoff of X and of Y as they were given.
    intercept : bool
        Whether the model has an intercept.
    """

    dtype: str
    roundoff: tuple[float, float]
    intercept: bool


class Answer(NamedTuple):
    """Numbers that are given back; k targets in the last axis.

    Attributes
    ----------
    slopes, errors : array, shape (p, k)
        Coefficients and their standard errors; NaN without rank.
    level, level_error : array, shape (k,)
        The intercept and its standard error.
    covariance : array, shape (q, q, k)
        Of the coefficients, the intercept first where there is one.
    rss, tss : array, shape (k,)
        Sums of squares.
    dof : array, shape ()
        Residual degrees of freedom.
    """

    slopes: Traced
    errors: Traced
    level: Traced
    level_error: Traced
    covariance: Traced
    rss: Traced
    tss: Traced
    dof: Traced


class Solution(NamedTuple):
    """A solved system, float64, with what was given back for it.

    Attributes
    ----------
    slopes : array, shape (p, k)
        Coefficients; 0 where a column is not kept.
    inverse : array, shape (p, p)
        Inverse of the centred Gram with its penalties; 0 where not kept.
    mean : array, shape (p + k,)
        Means, or zeros without an intercept, measured from the shift.
    place : array, shape (p,)
        The means of the inputs with the shift.
    weight : array, shape ()
        Sum of weights.
    rss : array, shape (k,)
        Residual sums of squares.
    shift : array, shape (p + k,)
        What values are measured from, in their own units; a constant.
    exponent, weight_exponent : array of int, shapes (p + k,) and ()
        Units: powers of two.
    kept : array of bool, shape (p,)
        Columns with a coefficient.
    status : array of int, shape ()
        See `leastwise.pure.Status`.
    answer : Answer
        The same in the units of the columns.
    """

    slopes: Traced
    inverse: Traced
    mean: Traced
    place: Traced
    weight: Traced
    rss: Traced
    shift: Traced
    exponent: Traced
    weight_exponent: Traced
    kept: Traced
    status: Traced
    answer: Answer

    @property
    def sums(self) -> Traced:
        """Powers of two of sums of squares, shape (k,)."""
        return 2 * self.exponent[len(self.kept) :] + self.weight_exponent

    @property
    def penalty_power(self) -> Traced:
        """Powers of two that bring penalties to scaled units, shape (p,)."""
        return -2 * self.exponent[: len(self.kept)] - self.weight_exponent

    def power(self, *, intercept: bool) -> Traced:
        """Powers of two of coefficients, the intercept first: shape (q, k)."""
        jnp, p = jax_module().numpy, len(self.kept)
        ex, ey = self.exponent[:p], self.exponent[p:]
        if intercept:
            ex = jnp.concatenate([jnp.zeros_like(ey[:1]), ex])
        return ey[None, :] - ex[:, None]


class Centred(NamedTuple):
    """Rows in scaled units, measured from their means.

    Attributes
    ----------
    u, target : array, shapes (n, p) and (n, k)
        Inputs and targets.
    residual : array, shape (n, k)
        Targets less what the solution says.
    through : array, shape (n, p)
        Inputs times the inverse.
    w : array, shape (n, 1), or None
        Weights.
    penalty : array, shape (p,), or None
        Penalties.
    """

    u: Traced
    target: Traced
    residual: Traced
    through: Traced
    w: Traced | None
    penalty: Traced | None


def centred(s: Solution, rows: Rows) -> Centred:
    """Return rows as the derivative and the leverages need them.

    Parameters
    ----------
    s : Solution
        Of these rows.
    rows : Rows
        float64.
    """
    jnp = jax_module().numpy
    X, Y, w, penalty = rows
    p = X.shape[1]
    z = jnp.concatenate([X, Y], axis=1)
    if w is not None:
        # What is left out may be anything, and 0 times anything may be NaN.
        z = jnp.where((w[:, None] > 0) | jnp.isfinite(z), z, s.shift)
        w = scaled(w, -s.weight_exponent)[:, None]
    z = scaled(z - s.shift, -s.exponent) - s.mean
    u, target = z[:, :p], z[:, p:]
    if penalty is not None:
        penalty = scaled(penalty, s.penalty_power)
    return Centred(u, target, target - dot(u, s.slopes), dot(u, s.inverse), w, penalty)


def covariance_of(s: Solution, c: Centred) -> Traced:
    """Return V S V: the covariance of slopes for a residual variance of 1.

    It is the inverse V itself where nothing is penalised: ``S = V^-1`` then.

    Parameters
    ----------
    s, c : Solution and Centred
        Of the same rows.
    """
    if c.penalty is None:
        return s.inverse
    through = c.through if c.w is None else c.w * c.through
    return dot(through.T, c.through)
