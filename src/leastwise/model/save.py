"""Models as versioned JSON: small, readable, without data, never pickled."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from leastwise.design.recipe import Recipe

FORMAT = "leastwise-model"
# 1: without provenance; some fields came while it was written.
VERSION = 2
READ = (1, 2)
LEFT_OUT = ("trace", "sample")


def to_text(
    content: Mapping[str, Any], *, kind: tuple[str, int] = (FORMAT, VERSION)
) -> str:
    """Write the fields of a model as JSON text.

    Numbers keep every bit; NaN and infinity, which JSON has not, are the strings
    "NaN", "Infinity" and "-Infinity". The trace of a descent and the rows are not
    kept.

    Parameters
    ----------
    content : Mapping of str to value
        Fields by name; values are plain, arrays, frozen records or a recipe.
    kind : tuple of (str, int)
        What the file is, and of which version.
    """
    kept = {name: value for name, value in content.items() if name not in LEFT_OUT}
    body = {"format": kind[0], "version": kind[1], **kept}
    return json.dumps(_encode(body), indent=1, allow_nan=False) + "\n"


def _encode(value: Any) -> Any:
    if isinstance(value, Recipe):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _encode(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(item) for item in value]
    if isinstance(value, np.ndarray):
        return _encode(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return (
            "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
        )
    return value
