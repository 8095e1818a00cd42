"""Steps of a rule, compiled: with full gradients, or those of batches of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from leastwise._kit.precision import jax_module
from leastwise.loops.objective import Objective
from leastwise.loops.optimiser import Optimiser

Array = np.ndarray[Any, Any]


def begin(
    key: Optimiser, objective: Objective, params: Any, data: Any, rate: Any, steps: int
) -> Any:
    """Return step, parameters, state of the rule, loss and gradient at the start.

    Parameters
    ----------
    key : Optimiser
        The rule.
    objective, params, data
        The loss, and of what.
    rate : float
        Step length.
    steps : int
        Most steps.
    """
    jax = jax_module()
    params = jax.tree.map(lambda a: jax.numpy.asarray(a, float), params)
    # jit of one and the same function: compiled once for a rule, a loss and shapes.
    made = jax.jit(_begin, static_argnums=(0, 1))
    return made(key, objective, params, data, float(rate), steps)


def advance_by(
    key: Optimiser,
    objective: Any,
    carry: Any,
    data: Any,
    limits: Array,
    steps: int,
    rows: Array,
    counted: Array,
) -> Any:
    """Take a step for each batch of rows.

    Parameters
    ----------
    key, objective : Optimiser, OfRows
        The rule and the loss.
    carry, data : pytree of arrays
        As `begin` makes it, and all rows.
    limits : ndarray, shape (3,)
        The rate first.
    steps : int
        Most steps.
    rows, counted : ndarray, shape (b, size)
        Which rows each batch has, and which of them count.
    """
    made = jax_module().jit(_advance_by, static_argnums=(0, 1))
    return made(key, objective, carry, data, limits, steps, rows, counted)


def full_gradient(objective: Objective, params: Any, data: Any) -> Any:
    """Return the loss of all rows and its gradient.

    Parameters
    ----------
    objective, params, data
        The loss, and of what.
    """
    made = jax_module().jit(_full_gradient, static_argnums=0)
    return made(objective, params, data)


def _full_gradient(objective: Objective, params: Any, data: Any) -> Any:
    import jax

    return jax.value_and_grad(objective.value)(params, data)


def _advance_by(
    key: Optimiser,
    objective: Any,
    carry: Any,
    data: Any,
    limits: Any,
    steps: Any,
    rows: Any,
    counted: Any,
) -> Any:
    import jax

    rule = key.rule(limits[0], steps)

    def one_step(carry: Any, here: Any) -> Any:
        step, params, state, _, _ = carry
        some = objective.part(data, *here)

        def value_fn(there: Any) -> Any:
            return objective.value(there, some)

        value, gradient = jax.value_and_grad(value_fn)(params)
        change, state = rule.update(gradient, state, params, value, value_fn)
        params = jax.tree.map(lambda a, d: (a + d).astype(a.dtype), params, change)
        return (step + 1, params, state, value, gradient), None

    return jax.lax.scan(one_step, carry, (rows, counted))[0]


def _begin(
    key: Optimiser, objective: Objective, params: Any, data: Any, rate: Any, steps: Any
) -> Any:
    import jax

    value, gradient = jax.value_and_grad(objective.value)(params, data)
    state = key.rule(rate, steps).init(params)
    return jax.numpy.zeros((), int), params, state, value, gradient


def advance(
    key: Optimiser,
    objective: Objective,
    carry: Any,
    data: Any,
    limits: Array,
    steps: int,
    until: int,
) -> Any:
    """Take steps with full gradients.

    Parameters
    ----------
    key, objective : Optimiser, Objective
        The rule and the loss.
    carry, data : pytree of arrays
        As `begin` makes it, and all rows.
    limits : ndarray, shape (3,)
        The rate; the gradients at which to stop, from above and from below.
    steps, until : int
        Most steps, and at how many to come back.
    """
    made = jax_module().jit(_advance, static_argnums=(0, 1))
    return made(key, objective, carry, data, limits, steps, until)


def _advance(
    key: Optimiser,
    objective: Objective,
    carry: Any,
    data: Any,
    limits: Any,
    steps: Any,
    until: Any,
) -> Any:
    """Take steps up to a number of them, or until the gradient is low or far off."""
    import jax

    rate, floor, ceiling = limits[0], limits[1], limits[2]
    rule = key.rule(rate, steps)

    def value_fn(params: Any) -> Any:
        return objective.value(params, data)

    def goes_on(carry: Any) -> Any:
        norm = norm_of(carry[4])
        # A NaN compares false: the loop stops.
        return (carry[0] < until) & (norm > floor) & (norm <= ceiling)

    def one_step(carry: Any) -> Any:
        step, params, state, value, gradient = carry
        change, state = rule.update(gradient, state, params, value, value_fn)
        params = jax.tree.map(lambda a, d: (a + d).astype(a.dtype), params, change)
        value, gradient = jax.value_and_grad(value_fn)(params)
        return step + 1, params, state, value, gradient

    return jax.lax.while_loop(goes_on, one_step, carry)


def size_of(objective: Objective, params: Any, data: Any) -> float:
    """Return how large the terms of a gradient are; see `Objective.size`.

    Parameters
    ----------
    objective, params, data
        The loss, where, and of what.
    """
    made = jax_module().jit(_size, static_argnums=0)
    return float(made(objective, params, data))


def _size(objective: Objective, params: Any, data: Any) -> Any:
    return objective.size(params, data)


def norm_of(tree: Any) -> Any:
    """Return the root of the sum of squares of all leaves."""
    import jax
    import jax.numpy as jnp

    return jnp.sqrt(sum((leaf * leaf).sum() for leaf in jax.tree.leaves(tree)))
