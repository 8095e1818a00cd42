"""The largest and the smallest eigenvalue of a Hessian, without the Hessian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise.loops.objective import Objective

# Up to so many parameters the Hessian is made, a column a time.
MOST_COLUMNS = 64
POWER_STEPS = 40
# What power iteration leaves out of the largest eigenvalue, at most about.
SHORT = 1.05
ROUNDING = 2.0**-40
LEAST = 2.0**-1000


@dataclass(frozen=True)
class Curvature:
    """Eigenvalues of the Hessian of a loss.

    Attributes
    ----------
    largest : float
        Rates below 2 over it converge.
    smallest : float
        Of those that are not rounding; 0 where it is not known.
    moved : bool
        Whether it is not that of the start.
    """

    largest: float
    smallest: float = 0.0
    moved: bool = False


def curvature_at(objective: Objective, params: Any, data: Any) -> Curvature:
    """Return the curvature of a loss at a point.

    Parameters
    ----------
    objective : Objective
        The loss.
    params, data : pytree of arrays
        Where, and of what.
    """
    jax = jax_module()
    with float64_scope():
        m = sum(np.size(leaf) for leaf in jax.tree.leaves(params))
        if m == 0:
            return Curvature(0.0)
        if m <= MOST_COLUMNS:
            columns = jax.jit(_columns, static_argnums=0)
            h = to_host(columns(objective, params, data))
            if not np.isfinite(h).all():
                return Curvature(float("nan"))
            values = np.linalg.eigvalsh(0.5 * (h + h.T))
            top = float(max(values[-1], 0.0))
            real = values[values > ROUNDING * top]
            return Curvature(top, float(real[0]) if len(real) else 0.0)
        top = float(jax.jit(_power, static_argnums=0)(objective, params, data))
        return Curvature(SHORT * top)


def _product(objective: Objective, params: Any, data: Any) -> tuple[Any, int]:
    """Return what multiplies a flat vector by the Hessian, and how long that is."""
    import jax
    from jax.flatten_util import ravel_pytree

    flat, back = ravel_pytree(params)
    slope = jax.grad(lambda t: objective.value(back(t), data))
    return (lambda v: jax.jvp(slope, (flat,), (v,))[1]), len(flat)


def _columns(objective: Objective, params: Any, data: Any) -> Any:
    import jax

    product, m = _product(objective, params, data)
    # One after the other: the rows are not stored once for each.
    return jax.lax.map(product, jax.numpy.eye(m))


def _power(objective: Objective, params: Any, data: Any) -> Any:
    import jax
    import jax.numpy as jnp

    product, m = _product(objective, params, data)

    def again(_: Any, v: Any) -> Any:
        w = product(v)
        return w / jnp.maximum(jnp.linalg.norm(w), LEAST)

    v = jax.random.normal(jax.random.key(0), (m,), float)
    v = jax.lax.fori_loop(0, POWER_STEPS, again, v / jnp.linalg.norm(v))
    return jnp.linalg.norm(product(v))
