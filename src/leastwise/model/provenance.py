"""Where a fit comes from, and a hash by which its rows are known again.

The hash is SHA-256 of a head and then of the rows used, one after the other, so that
it does not depend on how many are taken at a time. The head is JSON, in UTF-8 and
followed by a line feed: a version, the names of the inputs, the target, and whether
there are weights and an offset. A row is its inputs, its target, its weight and its
offset where there are any, each as a float64 in eight bytes, lowest first, 0.0 for
-0.0; where numbers hold more than a float64, all those float64 leave out follow,
column by column in the same order.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import numpy as np

from leastwise._kit.version import __version__
from leastwise.design.layout import BLOCK, Design
from leastwise.model.sample import Sample
from leastwise.moments.double import Array
from leastwise.record.provenance import Provenance


def provenance_of(source: Any) -> Provenance:
    """Say which software fits data, and when; the rows are not looked at.

    Parameters
    ----------
    source : data frame, mapping, path or None
        The data as given; None for arrays.

    Examples
    --------
    >>> provenance_of("folder/homes.csv").source
    'homes.csv'
    """
    return Provenance(
        leastwise=__version__,
        numpy=np.__version__,
        python=".".join(map(str, sys.version_info[:3])),
        fitted=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        source=_source_name(source),
    )


def with_rows(given: Provenance | None, sample: Sample | None) -> Provenance | None:
    """Add the hash of the rows, where they are in memory.

    Parameters
    ----------
    given : Provenance or None
        Of the fit.
    sample : Sample or None
        Its rows.
    """
    if given is None or sample is None:
        return given
    return replace(given, rows=hash_of(sample.design, sample.target))


def hash_of(design: Design, target: int, block: int = BLOCK) -> str:
    """Hash the rows of a design; see the text of this module.

    Parameters
    ----------
    design : Design
        The arrays that were fitted.
    target : int
        Which target, from 0.
    block : int
        Rows at a time; the hash does not depend on it.

    Examples
    --------
    >>> from leastwise.design.build import build
    >>> from leastwise.rows.read import read_table
    >>> _, design = build("y ~ x", read_table({"y": [1.0, 2.0], "x": [3, 4]}))
    >>> hash_of(design, 0, 1) == hash_of(design, 0, 2)
    True
    """
    head = {
        "rows": 1,
        "names": list(design.names),
        "target": design.targets[target],
        "weights": design.weights is not None,
        "offset": design.offset is not None,
    }
    found = hashlib.sha256(json.dumps(head).encode() + b"\n")
    p = len(design.names)
    at = [*range(p), p + target]
    origin, origin_low = design.origin[at], design.origin_low[at]
    wide = bool(origin.any() or origin_low.any())
    wide = wide or any(
        low is not None for low in (design.X_low, design.Y_low, design.offset_low)
    )
    for start in range(0, design.rows.used, block):
        part = slice(start, start + block)
        values = _beside(design.X, design.Y[:, target], part)
        low = _beside(
            _or_zeros(design.X_low, design.X),
            _or_zeros(design.Y_low, design.Y)[:, target],
            part,
        )
        high = values + origin
        # What the sum leaves out (Knuth), and all that was left out before.
        moved = high - values
        low = ((values - (high - moved)) + (origin - moved)) + (origin_low + low)
        columns, lows = [high], [low]
        for extra, rest in (
            (design.weights, None),
            (design.offset, design.offset_low),
        ):
            if extra is not None:
                columns.append(extra[part, None])
                lows.append(_or_zeros(rest, extra)[part, None])
        rows = np.hstack([*columns, *lows] if wide else columns)
        found.update((rows + 0.0).astype("<f8").tobytes())
    return f"sha256:{found.hexdigest()}"


def _beside(inputs: Array, target: Array, part: slice) -> Array:
    return np.hstack([inputs[part], target[part, None]])


def _or_zeros(low: Array | None, like: Array) -> Array:
    return np.broadcast_to(0.0, like.shape) if low is None else low


def _source_name(source: Any) -> str:
    if source is None:
        return "arrays"
    if isinstance(source, (str, os.PathLike)):
        return PurePath(source).name
    kind = type(source)
    if isinstance(source, Mapping):
        return kind.__name__
    return f"{kind.__module__.split('.')[0]}.{kind.__name__}"
