"""Frozen dataclasses that JAX sees as containers of arrays.

JAX is not imported here: importing leastwise must stay cheap. A class that is
declared before JAX is loaded is remembered, and `register_pytrees` hands all of
them to JAX when the first function that needs JAX enters it.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import Any, TypeVar

T = TypeVar("T")

_waiting: list[type] = []


def static(**options: Any) -> Any:
    """Mark a field that is part of the structure, not an array."""
    return dataclasses.field(metadata={"static": True}, **options)


def pytree(cls: type[T]) -> type[T]:
    """Register a frozen dataclass as a JAX container, now or when JAX comes.

    Fields made with `static()` are structure; all others are children. Nodes
    are rebuilt without ``__init__``, so that tracers and batched shapes pass.
    """
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__name__} is not a dataclass")
    _waiting.append(cls)
    if "jax" in sys.modules:
        register_pytrees()
    return cls


def register_pytrees() -> None:
    """Hand every waiting class to JAX. Imports JAX; safe to call many times."""
    if not _waiting:
        return
    import jax

    while _waiting:
        _register(jax, _waiting.pop())


def _register(jax: Any, cls: type) -> None:
    fields = dataclasses.fields(cls)
    structure = [f.name for f in fields if f.metadata.get("static")]
    children = [f.name for f in fields if not f.metadata.get("static")]

    def flatten_with_keys(node: Any) -> tuple[Any, Any]:
        key = jax.tree_util.GetAttrKey
        leaves = tuple((key(name), getattr(node, name)) for name in children)
        return leaves, tuple(getattr(node, name) for name in structure)

    def flatten(node: Any) -> tuple[Any, Any]:
        leaves = tuple(getattr(node, name) for name in children)
        return leaves, tuple(getattr(node, name) for name in structure)

    def rebuild(aux: Any, leaves: Any) -> Any:
        # Not through __init__: a checked or converted field would meet tracers.
        node: Any = object.__new__(cls)
        for name, value in zip(structure, aux, strict=True):
            object.__setattr__(node, name, value)
        for name, value in zip(children, leaves, strict=True):
            object.__setattr__(node, name, value)
        return node

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, rebuild, flatten)
