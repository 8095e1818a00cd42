"""How a fit is to be solved: the choices beside formula, data and weights."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, TypedDict, get_args

from leastwise._kit.errors import RequestError
from leastwise.design.levels import ERROR, Policy, read_policy
from leastwise.engine.plan import TARGET_DIGITS
from leastwise.rows.table import did_you_mean
from leastwise.solve.fit import Rank

if TYPE_CHECKING:
    from leastwise.infer.cov.base import Covariance
    from leastwise.loops.optimiser import Optimiser

RANKS: tuple[str, ...] = get_args(Rank)


class Asked(TypedDict, total=False):
    """The keywords of `ols` that are `Options`."""

    solver: Optimiser | None
    digits: float
    rank: Rank
    decimal: bool
    exact: bool
    cov: Covariance | str | None
    levels: str | Policy


@dataclass(frozen=True)
class Options:
    """The choices, checked.

    Attributes
    ----------
    solver : Optimiser or None
        In place of the direct solve.
    digits : float
        Digits to certify, 1 to 15.
    rank : {"drop", "error", "minimum_norm"}
        What becomes of columns that are combinations of others.
    decimal : bool
        Whether numbers stand for the decimals they are written as.
    exact : bool
        Whether to sum and to solve without rounding.
    cov : Covariance or None
        Another covariance than the classical one.
    levels : Policy
        What becomes of levels that the fit has not seen.
    """

    solver: Optimiser | None = None
    digits: float = TARGET_DIGITS
    rank: Rank = "drop"
    decimal: bool = False
    exact: bool = False
    cov: Covariance | None = None
    levels: Policy = ERROR

    @property
    def of_design(self) -> dict[str, Any]:
        """The choices that making the arrays of a formula needs."""
        return {"decimal": self.decimal, "levels": self.levels}


def read_options(asked: Asked) -> Options:
    """Check what was asked for.

    Parameters
    ----------
    asked : Asked
        Keywords with their values.

    Raises
    ------
    TypeError
        For a keyword that does not exist, as Python does.
    RequestError
        For a value that does not.

    Examples
    --------
    >>> read_options({"digits": 12}).digits
    12.0
    """
    known = tuple(field.name for field in fields(Options))
    for name in asked:
        if name not in known:
            hint = did_you_mean(name, known)
            raise TypeError(f"unexpected keyword argument {name!r}. {hint}".rstrip())
    given: dict[str, Any] = dict(asked)
    given["levels"] = read_policy(given.get("levels", ERROR))
    if given.get("cov") is not None:
        # Not at the top: most fits are asked for no other.
        from leastwise.infer.cov.read import read_cov

        given["cov"] = read_cov(given["cov"])
    made = Options(**given)
    check_solver(made.solver)
    _check_rank(made.rank)
    if made.solver is not None and made.rank == "minimum_norm":
        raise RequestError(
            'rank="minimum_norm" goes with the direct solve', fix="Leave out solver="
        )
    if not isinstance(made.decimal, bool):
        raise RequestError(
            f"decimal={made.decimal!r} is neither True nor False",
            fix="Give decimal=True to take numbers as the decimals they are written as",
        )
    if not isinstance(made.exact, bool):
        raise RequestError(
            f"exact={made.exact!r} is neither True nor False",
            fix="Give exact=True to sum and to solve without rounding",
        )
    return replace(made, digits=_digits(made.digits))


def check_solver(solver: Any) -> None:
    """Refuse what is no first-order solver.

    Parameters
    ----------
    solver : Optimiser or None
        What was given.
    """
    if solver is None:
        return
    from leastwise.loops.optimiser import Optimiser
    from leastwise.loops.optimiser.of_optax import is_transformation

    if isinstance(solver, Optimiser):
        solver.check()
        return
    fix = "Give leastwise.GradientDescent(), leastwise.Adam(), ..., or leave it out"
    if is_transformation(solver):
        fix = "Put it into leastwise.Optax(...)"
    raise RequestError(f"solver={solver!r} is no solver", fix=fix)


def _digits(digits: Any) -> float:
    real = isinstance(digits, Real) and not isinstance(digits, bool)
    if not real or not 1.0 <= digits <= 15.0:
        raise RequestError(
            f"digits={digits!r} cannot be asked for",
            fix=f"Give a number from 1 to 15; it is {TARGET_DIGITS:g} when left out",
        )
    return float(digits)


def _check_rank(rank: Any) -> None:
    if isinstance(rank, str) and rank in RANKS:
        return
    hint = did_you_mean(str(rank), RANKS)
    raise RequestError(
        f"rank={rank!r} is unknown",
        fix=f'{hint}Use "drop", "error" or "minimum_norm"',
    )
