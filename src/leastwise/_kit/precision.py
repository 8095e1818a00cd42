"""The one place that decides precision.

Everything leastwise computes is float64 (or better, as pairs of float64). JAX
works in float32 unless told otherwise, so each entry into JAX runs inside a
scoped `jax.enable_x64`; the process-wide flag is never touched, and what comes
back to the caller is NumPy float64, which no later operation can cut down.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from leastwise._kit.errors import MissingDependency
from leastwise._kit.pytree import register_pytrees

UNIT_ROUNDOFF = 2.0**-53
"""Half the gap between 1 and the next float64."""

# jaxlib 0.10.2 computes wrong numbers on CPU, silently: jax-ml/jax#39103.
BROKEN_JAX = ("0.10.2",)


def jax_module() -> Any:
    """Import JAX, refuse a release known to compute wrong numbers."""
    import jax

    if jax.__version__ in BROKEN_JAX:
        raise MissingDependency(
            f"jax {jax.__version__} computes wrong numbers on CPU without a word "
            "(jax-ml/jax#39103)",
            fix='Run: pip install "jax!=0.10.2"',
        )
    register_pytrees()
    return jax


def float64_scope() -> AbstractContextManager[Any]:
    """Enter JAX in float64 for the length of a `with` block, and only there."""
    scope: AbstractContextManager[Any] = jax_module().enable_x64(True)
    return scope


def to_host(value: Any) -> np.ndarray[Any, Any]:
    """Bring an array to the host as NumPy, so that float64 stays float64."""
    return np.asarray(value)
