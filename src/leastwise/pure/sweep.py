"""The normal equations by sweeps, in pairs: inverse, coefficients and rank at once.

A sweep of column j turns a Gram into that of the residuals on column j, and leaves
the coefficients in its row [1]_. Sweeping the inputs in their order, each only if the
rank rule keeps it, ends with -S^-1, the coefficients and the residual sums of squares
in one matrix. The loop has no choice in it that a tracer could not make.

.. [1] J. H. Goodnight (1979), doi:10.1080/00031305.1979.10482685.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from leastwise._kit.precision import jax_module
from leastwise.moments.double import Double
from leastwise.moments.pairs_jax import dot
from leastwise.solve.rank import GRAM_DOUBT, ROUNDINGS
from leastwise.solve.scatter import Scatter

Traced = Any


class Swept(NamedTuple):
    """A solved system, in scaled units.

    Attributes
    ----------
    slopes : Double, shape (p, k)
        Coefficients; 0 where a column is not kept.
    inverse : Double, shape (p, p)
        Inverse of the scatter of the columns kept; 0 elsewhere.
    rss : Double, shape (k,)
        Residual sums of squares.
    kept : array of bool, shape (p,)
        False where a column is a combination of the ones before it.
    """

    slopes: Double
    inverse: Double
    rss: Double
    kept: Traced


def solve_by_sweeps(s: Scatter, limit: Traced) -> Swept:
    """Sweep the inputs of a scatter, as far as the rank rule lets them.

    Parameters
    ----------
    s : Scatter
        p inputs, k targets.
    limit : int or array of int
        The largest rank the number of rows allows.
    """
    jax = jax_module()
    jnp = jax.numpy
    p, k = s.xy.shape
    whole = _joined(s, p, k)
    # Built from the data, so that a batch or a device axis is known to be in it.
    kept = jnp.zeros_like(s.grain[:p], dtype=bool) & (s.grain[:p] > 0)

    def step(j: Traced, state: tuple[Double, Traced]) -> tuple[Double, Traced]:
        a, kept = state
        own = jnp.arange(p) == j
        column, pivot = a[:, j], a[j, j]
        weights = jnp.where(own, 1.0, jnp.where(kept, jnp.abs(column.hi[:p]), 0.0))
        rounding = ROUNDINGS * dot(weights, s.grain[:p])
        doubt = dot(weights, s.extent[:p])
        keep = (
            (pivot.hi > s.weight.hi * rounding**2)
            & (pivot.hi > GRAM_DOUBT * s.roundoff * doubt**2)
            & (kept.sum() < limit)
        )
        swept = _sweep(a, j, Double(jnp.where(keep, pivot.hi, 1.0), pivot.lo))
        hi = jnp.where(keep, swept.hi, a.hi)
        lo = jnp.where(keep, swept.lo, a.lo)
        return Double(hi, lo), kept | (own & keep)

    a, kept = jax.lax.fori_loop(0, p, step, (whole, kept))
    both = kept[:, None] & kept[None, :]
    return Swept(
        slopes=_where(kept[:, None], a[:p, p:]),
        inverse=_where(both, -a[:p, :p]),
        rss=_not_negative(_diagonal(a[p:, p:])),
        kept=kept,
    )


def _joined(s: Scatter, p: int, k: int) -> Double:
    jnp = jax_module().numpy
    hi, lo = (
        jnp.block([[xx, xy], [xy.T, jnp.diag(yy)]])
        for xx, xy, yy in (
            (s.xx.hi, s.xy.hi, s.yy.hi),
            (s.xx.lo, s.xy.lo, s.yy.lo),
        )
    )
    return Double(hi, lo)


def _sweep(a: Double, j: Traced, pivot: Double) -> Double:
    jnp = jax_module().numpy
    own = jnp.arange(len(a)) == j
    row = a[j, :] / pivot
    rest = a - a[:, j][:, None] * row[None, :]
    whole = Double(jnp.ones_like(pivot.hi), jnp.zeros_like(pivot.hi))
    corner = -(whole / pivot)

    def put(inner: Traced, edge: Traced, corner: Traced) -> Traced:
        inner = jnp.where(own[:, None], edge[None, :], inner)
        inner = jnp.where(own[None, :], edge[:, None], inner)
        return jnp.where(own[:, None] & own[None, :], corner, inner)

    return Double(put(rest.hi, row.hi, corner.hi), put(rest.lo, row.lo, corner.lo))


def _diagonal(a: Double) -> Double:
    jnp = jax_module().numpy
    return Double(jnp.diagonal(a.hi), jnp.diagonal(a.lo))


def _where(keep: Traced, a: Double) -> Double:
    jnp = jax_module().numpy
    return Double(jnp.where(keep, a.hi, 0.0), jnp.where(keep, a.lo, 0.0))


def _not_negative(a: Double) -> Double:
    return _where(a.hi > 0, a)
