"""Operations of our own that JAX does not look into: a name, and the rules it has."""

from __future__ import annotations

from typing import Any, NamedTuple

from leastwise._kit.precision import jax_module


class Rules(NamedTuple):
    """Where JAX keeps the rules of operations.

    Attributes
    ----------
    ad, batching, mlir : module
        Of derivatives, of batches and of what is compiled.
    """

    ad: Any
    batching: Any
    mlir: Any


def operation(name: str) -> tuple[Any, Rules]:
    """Return a new operation without rules, and where to put them.

    Parameters
    ----------
    name : str
        As it is printed.
    """
    jax_module()
    from jax.extend.core import Primitive
    from jax.interpreters import ad, batching, mlir

    return Primitive(name), Rules(ad, batching, mlir)
