"""What becomes of levels that the fit has not seen, chosen when it is made.

``leastwise.levels.Error()`` refuses such rows, `Missing` predicts NaN for them,
`Reference` takes the reference level and says so, `Other` takes a level that the fit
kept for rare ones.

Examples
--------
>>> import leastwise as lw
>>> data = {"y": [1.0, 2.0, 4.0, 5.0], "town": ["A", "A", "B", "C"]}
>>> m = lw.ols("y ~ town", data, levels=lw.levels.Other(min_count=2))
>>> m.names, m.predict({"town": ["A", "Z"]}).tolist()
(('Intercept', 'town[T.other]'), [1.5, 4.5])
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from leastwise._kit.errors import RequestError
from leastwise.rows.table import did_you_mean


@dataclass(frozen=True)
class Error:
    """A row with a level that the fit has not seen is an error.

    Examples
    --------
    >>> Error()
    Error()
    """


@dataclass(frozen=True)
class Missing:
    """Such a level is a missing value: the row predicts NaN.

    Examples
    --------
    >>> Missing()
    Missing()
    """


@dataclass(frozen=True)
class Reference:
    """Such a level counts as the reference level, with a warning that counts the rows.

    The reference is the level that treatment and sum coding leave out, and the first
    level for other codings.

    Examples
    --------
    >>> Reference()
    Reference()
    """


@dataclass(frozen=True)
class Other:
    """Levels that are rare in the fit share one level, and new ones go there too.

    Attributes
    ----------
    min_count : int
        Levels with fewer rows than this in the fit are rare; 2 or more.
    label : str
        The name of the level they share.

    Raises
    ------
    RequestError
        For a count or a label that cannot be.

    Examples
    --------
    >>> Other(min_count=10).label
    'other'
    """

    min_count: int = 5
    label: str = "other"

    def __post_init__(self) -> None:
        count: Any = self.min_count
        if isinstance(count, bool) or not isinstance(count, int) or count < 2:
            raise RequestError(
                f"min_count={count!r} is no number of rows, 2 or more",
                fix="Give the number of rows from which a level stands for itself",
            )
        label: Any = self.label
        if not isinstance(label, str) or not label:
            raise RequestError(f"label={label!r} is no name of a level")


ERROR = Error()
Policy: TypeAlias = Error | Missing | Reference | Other
KINDS: dict[str, type[Policy]] = {
    "error": Error,
    "missing": Missing,
    "reference": Reference,
    "other": Other,
}


def read_policy(value: Any) -> Policy:
    """Take a policy, or its name; ``"other=10"`` names the count too.

    Parameters
    ----------
    value : str or Policy
        As the user gave it.

    Examples
    --------
    >>> read_policy("missing"), read_policy("other=10").min_count
    (Missing(), 10)
    """
    if isinstance(value, Error | Missing | Reference | Other):
        return value
    name, separator, count = str(value).partition("=")
    if isinstance(value, str) and name in KINDS:
        if not separator:
            return KINDS[name]()
        if name == "other" and count.isdecimal():
            return Other(int(count))
    raise RequestError(
        f"levels={value!r} is unknown",
        fix=f'{did_you_mean(name, KINDS)}Use "error", "missing", "reference", "other" '
        'or "other=10"',
    )


def policy_record(policy: Policy) -> dict[str, Any]:
    """Write a policy as plain values for JSON.

    Examples
    --------
    >>> policy_record(Other(3))
    {'kind': 'other', 'min_count': 3, 'label': 'other'}
    """
    kind = next(name for name, known in KINDS.items() if isinstance(policy, known))
    if isinstance(policy, Other):
        return {"kind": kind, "min_count": policy.min_count, "label": policy.label}
    return {"kind": kind}


def policy_of(record: Mapping[str, Any] | None) -> Policy:
    """Make a policy of its record; recipes without one refuse unseen levels.

    Examples
    --------
    >>> policy_of({"kind": "missing"}), policy_of(None)
    (Missing(), Error())
    """
    if record is None:
        return Error()
    kind = record["kind"]
    if kind == "other":
        return Other(int(record["min_count"]), str(record["label"]))
    if kind not in KINDS:
        raise ValueError(f"unknown policy of levels {kind!r}")
    return KINDS[kind]()
