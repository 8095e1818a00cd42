"""Saved models of the first version, as the present one writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leastwise.engine.plan import TARGET_DIGITS
from leastwise.record.fit import CLASSICAL


def upgraded(body: Mapping[str, Any]) -> dict[str, Any]:
    """Add what models of version 1 do not say, for it had one answer then.

    Parameters
    ----------
    body : Mapping
        The whole file.

    Returns
    -------
    dict
        Of version 2; damage stays what it is.

    Examples
    --------
    >>> upgraded({"version": 1, "plan": {"tier": 3}})["plan"]["undecided"]
    0
    """
    body = dict(body)
    for name, value in (
        ("cov", {"name": CLASSICAL.name, "text": CLASSICAL.text}),
        ("own_dof", None),
        ("weighing", None),
        ("provenance", None),
    ):
        body[name] = value if body.get(name) is None else body[name]
    body["cov"] = _with(body["cov"], dof=None, notes=[], call=None, word=None)
    body["plan"] = _with(body.get("plan"), target=TARGET_DIGITS, undecided=0)
    limits = {"most_leverage": None, "low": None, "high": None}
    body["basis"] = _with(body.get("basis"), change=None, spread=None, **limits)
    body["rows"] = _with(body.get("rows"), gaps=[])
    digits = {"rss_digits": "NaN", "r_squared_digits": "NaN"}
    body["quality"] = _with(body.get("quality"), **digits)
    aliased = body.get("aliased")
    if isinstance(aliased, list):
        body["aliased"] = [_with(row, digits=None, left_out=True) for row in aliased]
    return body


def _with(record: Any, **older: Any) -> Any:
    return {**older, **record} if isinstance(record, dict) else record
