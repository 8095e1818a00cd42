"""Exact moments as bytes: versioned, without pickle, any damage detected."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.moments.exact import Dyadic, ExactMoments

MAGIC, VERSION = b"leastwise-exact-moments\n", 1
DIGEST = 32


def exact_to_bytes(m: ExactMoments) -> bytes:
    """Write exact moments; equal moments of equal grain give equal bytes.

    A line that says what it is, the SHA-256 of the rest, and the rest: JSON, with
    whole numbers in hexadecimal.

    Examples
    --------
    >>> from leastwise.moments.blocks import Rows
    >>> from leastwise.moments.exact import fold_exact
    >>> m = fold_exact(Rows(np.array([[1.0], [0.1]]), np.array([[3.0], [5.0]])))
    >>> exact_from_bytes(exact_to_bytes(m)) == m
    True
    """
    plain = {
        "version": VERSION,
        "count": m.count,
        "n_inputs": m.n_inputs,
        "log_weight": _plain(m.log_weight),
        "grain": [float(v).hex() for v in m.grain],
        # Of a symmetric matrix, one half.
        "entries": [
            [None if e is None else _plain(e) for e in row[i:]]
            for i, row in enumerate(m.entries)
        ],
    }
    body = json.dumps(plain, separators=(",", ":")).encode()
    return MAGIC + hashlib.sha256(body).digest() + body


def exact_from_bytes(data: bytes) -> ExactMoments:
    """Read what `exact_to_bytes` wrote.

    Raises
    ------
    DataError
        When the bytes are damaged, cut short, of a later version, or no exact moments.
    """
    start = len(MAGIC) + DIGEST
    body = data[start:]
    intact = data[: len(MAGIC)] == MAGIC and (
        hashlib.sha256(body).digest() == data[len(MAGIC) : start]
    )
    if not intact:
        raise DataError(
            "these bytes are no exact moments, or damaged", fix="Fold the rows again"
        )
    plain: dict[str, Any] = json.loads(body)
    if plain["version"] != VERSION:
        raise DataError(
            f"exact moments of version {plain['version']!r}; this release reads "
            f"{VERSION}",
            fix="Install a newer leastwise, or fold the rows again",
        )
    half = [
        [None if e is None else _dyadic(e) for e in row] for row in plain["entries"]
    ]
    size = range(len(half))
    return ExactMoments(
        count=int(plain["count"]),
        entries=tuple(tuple(half[min(i, j)][abs(i - j)] for j in size) for i in size),
        n_inputs=int(plain["n_inputs"]),
        log_weight=_dyadic(plain["log_weight"]),
        grain=np.array([float.fromhex(v) for v in plain["grain"]]),
    )


def _plain(value: Dyadic) -> list[Any]:
    return [f"{value[0]:x}", value[1]]


def _dyadic(value: list[Any]) -> Dyadic:
    return int(value[0], 16), int(value[1])
