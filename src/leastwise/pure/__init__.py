"""Least squares inside JAX: jit, vmap, grad and jacfwd go through it.

`leastwise.ols` reads tables and names its answer; here arrays go in and arrays come
out, with nothing that a transformation of JAX could not follow. The same fold and the
same solution in pairs of float64 stand behind both.

`glm` takes any convex loss of a linear predictor, `nonlinear` any model; their
derivatives are those of the minimum. `left_out` says what each row says of the others.

Bad shapes raise at the door. Bad values cannot, inside `jit`: they end in
`PureFit.status` and in NaN where there is no number.

Examples
--------
>>> import jax, jax.numpy as jnp
>>> from leastwise import pure
>>> X, y = jnp.array([[0.0], [1.0], [2.0]]), jnp.array([1.0, 3.0, 5.5])
>>> fit = jax.jit(pure.ols)(X, y)
>>> round(float(fit.coefficients[0]), 6), int(fit.rank)
(2.25, 2)
>>> jax.grad(lambda y: pure.ols(X, y).coefficients[0])(y).tolist()
[-0.5, 0.0, 0.5]
"""

from leastwise.pure.door import ols
from leastwise.pure.fit import PureFit, Status
from leastwise.pure.glm import PureGlm, glm
from leastwise.pure.hc3 import hc3
from leastwise.pure.left_out import LeftOut, left_out
from leastwise.pure.nonlinear import PureNonlinear, nonlinear

__all__ = [
    "LeftOut",
    "PureFit",
    "PureGlm",
    "PureNonlinear",
    "Status",
    "glm",
    "hc3",
    "left_out",
    "nonlinear",
    "ols",
]
