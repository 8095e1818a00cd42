"""Moments as bytes: versioned, without pickle, any damage detected."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.moments.double import Double
from leastwise.moments.state import Moments

MAGIC, VERSION = b"leastwise-moments\n", 1
DIGEST = 32
ARRAYS = ("gram_hi", "gram_lo", "shift_hi", "shift_lo", "exponent", "grain", "extent")


def to_bytes(m: Moments) -> bytes:
    """Write moments; the same moments give the same bytes.

    A line that says what it is, the SHA-256 of the rest, and the rest: NumPy's zip
    of arrays with a JSON header.

    Examples
    --------
    >>> from leastwise.moments.blocks import Rows
    >>> from leastwise.moments.fold import fold_rows
    >>> m = fold_rows(Rows(np.array([[1.0], [2.0]]), np.array([[3.0], [5.0]])))
    >>> from_bytes(to_bytes(m)).count
    2
    """
    header = {
        "version": VERSION,
        "count": m.count,
        "weight_exponent": m.weight_exponent,
        # Hexadecimal: every bit, also of numbers JSON has no word for.
        "log_weight": float(m.log_weight).hex(),
        "roundoff": float(m.roundoff).hex(),
        "n_inputs": m.n_inputs,
        "kernel": m.kernel,
    }
    arrays = {
        "gram_hi": m.gram.hi,
        "gram_lo": m.gram.lo,
        "shift_hi": m.shift.hi,
        "shift_lo": m.shift.lo,
        "exponent": m.exponent.astype(np.int64),
        "grain": m.grain,
        "extent": m.extent,
        "header": np.frombuffer(json.dumps(header).encode(), np.uint8),
    }
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    body = stream.getvalue()
    return MAGIC + hashlib.sha256(body).digest() + body


def from_bytes(data: bytes) -> Moments:
    """Read what `to_bytes` wrote.

    Raises
    ------
    DataError
        When the bytes are damaged, cut short, of a later version, or no moments.
    """
    start = len(MAGIC) + DIGEST
    body = data[start:]
    intact = data[: len(MAGIC)] == MAGIC and (
        hashlib.sha256(body).digest() == data[len(MAGIC) : start]
    )
    if not intact:
        raise DataError(
            "these bytes are no moments, or damaged", fix="Fold the rows again"
        )
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        header = json.loads(bytes(arrays["header"]))
        if header["version"] != VERSION:
            raise DataError(
                f"moments of version {header['version']!r}; this release reads "
                f"{VERSION}",
                fix="Install a newer leastwise, or fold the rows again",
            )
        return _build(header, {name: arrays[name] for name in ARRAYS})


def _build(header: dict[str, Any], a: dict[str, Any]) -> Moments:
    return Moments(
        count=int(header["count"]),
        gram=Double(a["gram_hi"], a["gram_lo"]),
        shift=Double(a["shift_hi"], a["shift_lo"]),
        exponent=a["exponent"].astype(int),
        weight_exponent=int(header["weight_exponent"]),
        grain=a["grain"],
        extent=a["extent"],
        log_weight=float.fromhex(header["log_weight"]),
        roundoff=float.fromhex(header["roundoff"]),
        n_inputs=int(header["n_inputs"]),
        kernel=str(header["kernel"]),
    )
