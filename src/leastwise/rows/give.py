"""Columns out again, as the data frame of a library that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from leastwise._kit.errors import RequestError
from leastwise._kit.optional import installed, need

FrameKind: TypeAlias = Literal["auto", "pandas", "polars", "arrow", "dict"]
LIBRARY = {"pandas": "pandas", "polars": "polars", "arrow": "pyarrow"}


def give_frame(columns: Mapping[str, Any], kind: str = "auto") -> Any:
    """Return columns as a data frame.

    Parameters
    ----------
    columns : Mapping of str to array_like
        Of one length.
    kind : {"auto", "pandas", "polars", "arrow", "dict"}
        Which library; the first that is installed when "auto", a dict when none.

    Examples
    --------
    >>> give_frame({"a": [1, 2]}, "dict")
    {'a': [1, 2]}
    """
    choices = (*LIBRARY, "dict")
    if kind == "auto":
        kind = next((k for k in LIBRARY if installed(LIBRARY[k])), "dict")
    if kind not in choices:
        raise RequestError(f"frame={kind!r} is none of {', '.join(('auto', *choices))}")
    if kind == "dict":
        return dict(columns)
    library = need(LIBRARY[kind], f'a frame of kind "{kind}"')
    return (
        library.table(dict(columns)) if kind == "arrow" else library.DataFrame(columns)
    )
