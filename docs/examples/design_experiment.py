"""Where to measure, by the gradient of the covariance that the measurements will have.

An enzyme works at the speed v x / (k + x) (Michaelis and Menten). Six measurements of
it between 0 and 10 are to tell v and k as well as six can: their covariance is that of
`pure.nonlinear`, and a fit can be differentiated by where it was measured.

The answer is known (Box and Lucas 1959, doi:10.1093/biomet/46.1-2.77): half of them at
the end, half at ``k x_max / (2 k + x_max)``.

    python docs/examples/design_experiment.py
"""

import jax
import jax.numpy as jnp

from leastwise import pure

END, TRUTH = 10.0, {"k": 2.0, "v": 1.0}
STEPS, RATE = 400, 0.1


def speed(p, x):
    """The model."""
    return p["v"] * x / (p["k"] + x)


def main():
    """Walk down from evenly spaced measurements."""
    with jax.enable_x64(True):

        def cost(log_x):
            """The log of the volume of the confidence region, for errors of 1."""
            x = jnp.exp(log_x)
            fit = pure.nonlinear(speed, TRUTH, x, speed(TRUTH, x))
            return jnp.linalg.slogdet(fit.unscaled_covariance)[1]

        @jax.jit
        def walk(log_x):
            def step(_, at):
                return jnp.minimum(at - RATE * jax.grad(cost)(at), jnp.log(END))

            return jax.lax.fori_loop(0, STEPS, step, log_x)

        start = jnp.log(jnp.linspace(END / 6, END, 6))
        end = walk(start)
        return {
            "measure at": jnp.exp(end).tolist(),
            "known": [TRUTH["k"] * END / (2 * TRUTH["k"] + END), END],
            "volume": float(jnp.exp(0.5 * (cost(end) - cost(start)))),
        }


if __name__ == "__main__":
    for name, found in main().items():
        print(name, found)
