"""Levels that some databases cannot tell apart."""

from __future__ import annotations

from leastwise._kit.errors import RequestError
from leastwise.model.export.expression import Category, Level


def refuse_alike(category: Category, dialect: str) -> None:
    """Refuse levels that a database without upper and lower case takes for the same.

    Parameters
    ----------
    category : Category
        With the levels.
    dialect : str
        For the message.
    """
    seen: dict[str, Level] = {}
    for level in (v for same in category.values for v in same):
        if not isinstance(level, str):
            continue
        before = seen.setdefault(level.casefold().rstrip(), level)
        if before != level:
            raise RequestError(
                f'{dialect} takes the levels "{before}" and "{level}" of '
                f"{category.label} for the same",
                fix="Give them other names in the data and fit again",
            )
