"""Run the NIST StRD linear regression problems on this machine and count digits.

The truth is the exact rational solution of the decimals as published, to 40
digits; it agrees with every certified value. Source: National Institute of
Standards and Technology, Statistical Reference Datasets (public domain).
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from importlib import resources
from typing import Any

import numpy as np

from leastwise._kit.errors import AccuracyWarning
from leastwise.engine.plan import fit_rows
from leastwise.moments.blocks import Rows

PROBLEMS = (
    "Norris", "Pontius", "NoInt1", "NoInt2", "Filip", "Longley",
    "Wampler1", "Wampler2", "Wampler3", "Wampler4", "Wampler5",
)  # fmt: skip

# What the float64 data allow: fewest correct digits of the exact solution of the
# rounded data (coefficients, standard errors), powers rounded for Filip.
FLOAT64_LIMIT = {
    "Norris": (13.9, 13.9), "Pontius": (13.4, 13.7), "NoInt1": (15.5, 15.5),
    "NoInt2": (15.5, 15.5), "Filip": (7.5, 7.5), "Longley": (14.6, 15.0),
    "Wampler1": (15.5, 15.5), "Wampler2": (13.1, 15.0), "Wampler3": (15.5, 15.5),
    "Wampler4": (15.5, 15.5), "Wampler5": (15.5, 15.5),
}  # fmt: skip
MOST = 17.0


@dataclass(frozen=True)
class Score:
    """Correct digits on one problem.

    Attributes
    ----------
    problem, difficulty : str
        NIST's name and level.
    coefficients, standard_errors : float
        Fewest correct digits, to 17 (equal).
    certified : float
        Fewest digits the certificate claims for a coefficient, given the float64
        data.
    limit : tuple of float
        What the float64 data allow.
    """

    problem: str
    difficulty: str
    coefficients: float
    standard_errors: float
    certified: float
    limit: tuple[float, float]

    @property
    def passed(self) -> bool:
        """Whether both reach what the data allow."""
        return (
            self.coefficients >= self.limit[0] and self.standard_errors >= self.limit[1]
        )


def run_nist() -> tuple[Score, ...]:
    """Solve the eleven problems and score them against 40-digit truth.

    Examples
    --------
    >>> len(PROBLEMS)
    11
    """
    return tuple(_score(name) for name in PROBLEMS)


def _score(name: str) -> Score:
    source = resources.files("leastwise.witness").joinpath("nist", f"{name}.json")
    problem = json.loads(source.read_text(encoding="utf-8"))
    table = np.array([[float(v) for v in row] for row in problem["data"]])
    X, Y = table[:, 1:], table[:, :1]
    degree: Any = problem["poly_degree"]
    if degree:
        X = np.column_stack([X[:, 0] ** k for k in range(1, degree + 1)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        fit = fit_rows(Rows(X, Y), intercept=problem["intercept"]).fit
    truth = problem["truth"]
    return Score(
        problem=name,
        difficulty=problem["difficulty"],
        coefficients=fewest_digits(fit.coefficients[:, 0], truth["coefficients"]),
        standard_errors=fewest_digits(
            fit.standard_errors[:, 0], truth["standard_errors"]
        ),
        certified=float(fit.digits.min()),
        limit=FLOAT64_LIMIT[name],
    )


def fewest_digits(values: Any, truth: Sequence[str]) -> float:
    """Return the fewest correct decimal digits over several numbers.

    Parameters
    ----------
    values : array_like, shape (m,)
        What was computed.
    truth : sequence of str, length m
        Decimals; where one is 0 the absolute error is scored.

    Examples
    --------
    >>> fewest_digits([1.0, 2.002], ["1", "2"])
    3.0
    """
    with localcontext() as context:
        context.prec = 60
        scores = []
        for value, text in zip(np.asarray(values).tolist(), truth, strict=True):
            exact, got = Decimal(text), Decimal(value)
            error = abs(got) if exact == 0 else abs((got - exact) / exact)
            scores.append(MOST if error == 0 else min(MOST, float(-error.log10())))
    return round(min(scores), 2)
