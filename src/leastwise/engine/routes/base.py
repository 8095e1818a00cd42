"""What every route is given and gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Problem:
    """The data every route gets.

    Attributes
    ----------
    X : ndarray, shape (n, p)
        Inputs in float64, without a column of ones.
    y : ndarray, shape (n,)
        Target.
    intercept : bool
        Whether to fit an intercept.
    """

    X: Array
    y: Array
    intercept: bool


@dataclass(frozen=True)
class Answer:
    """What a route found, in original units.

    Attributes
    ----------
    coefficients : ndarray, shape (m,)
        The intercept first when there is one.
    steps : int or None
        Steps an iterative route took.
    note : str
        What the reader should know about these numbers; often empty.
    """

    coefficients: Array
    steps: int | None = None
    note: str = ""


Solver = Callable[[Problem], Answer]


@dataclass(frozen=True)
class Route:
    """A way to the coefficients: a name and the file that goes it.

    The module has a function ``load() -> Solver``, which imports what it needs.
    It is called in a process of its own, never in this one.

    Attributes
    ----------
    name : str
        What the user calls it.
    module : str
        Full name of the module.
    about : str
        What it does, for the reader of a table.

    Examples
    --------
    >>> Route("mine", "my_package.my_route", "my own solver").name
    'mine'
    """

    name: str
    module: str
    about: str


def with_ones(problem: Problem) -> Array:
    """Return the design matrix, with a first column of ones if there is an intercept.

    Examples
    --------
    >>> with_ones(Problem(np.array([[2.0]]), np.array([1.0]), True)).tolist()
    [[1.0, 2.0]]
    """
    if not problem.intercept:
        return problem.X
    return np.column_stack([np.ones(len(problem.X)), problem.X])


def rank_note(rank: int, columns: int) -> str:
    """Say that a library took columns for collinear; empty when it did not.

    Examples
    --------
    >>> rank_note(2, 2)
    ''
    """
    if rank >= columns:
        return ""
    return (
        f"found rank {rank} of {columns}: some coefficients are one choice of many, "
        "or wrong if the columns only differ in size"
    )
