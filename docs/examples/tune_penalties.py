"""A penalty for each column, tuned by the gradient of the exact leave-one-out error.

Ridge regression with one penalty shrinks what matters as much as what does not. Nobody
searches a grid of twelve penalties; their gradient takes one fit of the rows a step.

    python docs/examples/tune_penalties.py
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.optimize import minimize

from leastwise import pure

ROWS, COLUMNS, MATTER = 60, 12, 3


def draw(rows, seed):
    """Draw rows in which three columns of twelve matter, and agree with the others."""
    random = np.random.default_rng(seed)
    common = random.normal(size=(rows, 1))
    X = 0.7 * common + random.normal(size=(rows, COLUMNS))
    slopes = np.r_[[2.0, -1.5, 1.0], np.zeros(COLUMNS - MATTER)]
    return jnp.asarray(X), jnp.asarray(X @ slopes + 2.0 * random.normal(size=rows))


def main():
    """Tune, and compare on rows that no fit has seen."""
    with jax.enable_x64(True):
        (X, y), (new, truth) = draw(ROWS, 2), draw(5_000, 3)

        @jax.jit
        def cost(log_penalty):
            """The logarithm of the leave-one-out error: no row predicts itself."""
            left = pure.left_out(X, y, penalty=jnp.exp(log_penalty))
            return jnp.log(left.press / ROWS)

        @jax.jit
        def error(log_penalty):
            """The error on new rows."""
            fit = pure.ols(X, y, penalty=jnp.exp(log_penalty))
            rest = truth - fit.intercept - new @ fit.coefficients
            return (rest**2).mean()

        # One penalty, the best of a fine grid.
        grid = jnp.linspace(-5.0, 8.0, 131)
        costs = jax.lax.map(lambda one: cost(jnp.full(COLUMNS, one)), grid)
        one = jnp.full(COLUMNS, grid[jnp.argmin(costs)])
        # A penalty for each column, from there; none beyond exp(+-10).
        many = minimize(
            lambda p: cost(10.0 * jnp.tanh(p / 10.0)), one, method="BFGS",
            options={"maxiter": 60},
        ).x  # fmt: skip
        many = 10.0 * jnp.tanh(many / 10.0)
        result = {
            name: {"left out": float(jnp.exp(cost(p))), "new rows": float(error(p))}
            for name, p in (("one", one), ("each", many))
        }
        result["penalties"] = np.exp(np.asarray(many)).round(2).tolist()
    return result


if __name__ == "__main__":
    for name, found in main().items():
        print(name, found)
