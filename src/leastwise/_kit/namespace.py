"""Whose functions an array wants: NumPy's, or those of the library it came from."""

from __future__ import annotations

from typing import Any

import numpy as np


def is_numpy(array: Any) -> bool:
    """Say whether NumPy's own functions may be used: no tracer, no device array.

    Python's numbers and lists count as NumPy's.

    Examples
    --------
    >>> is_numpy(np.ones(3)), is_numpy(2.0)
    (True, True)
    """
    if isinstance(array, np.ndarray | np.generic):
        return True
    return not hasattr(array, "__array_namespace__")


def namespace(*arrays: Any) -> Any:
    """Return the module with the functions for these arrays.

    That is NumPy unless one of them belongs elsewhere; a JAX array, a tracer
    included, names `jax.numpy` by the protocol of the Python array API.

    Examples
    --------
    >>> namespace(np.ones(3)).__name__
    'numpy'
    """
    for array in arrays:
        if not is_numpy(array):
            return array.__array_namespace__()
    return np
