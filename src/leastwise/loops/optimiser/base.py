"""What every first-order solver has, and how it is run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any, NamedTuple

from leastwise._kit.errors import RequestError

# As many as a float64 counts.
MOST_STEPS = 2**53
ROUNDING = 2.0**-52


class Rule(NamedTuple):
    """How steps are made of gradients.

    Attributes
    ----------
    init : callable (params) -> state
        What is remembered, at the start.
    update : callable (gradient, state, params, value, value_fn) -> (step, state)
        What is added to the parameters. ``value_fn`` gives the loss of others.
    """

    init: Callable[..., Any]
    update: Callable[..., Any]


@dataclass(frozen=True)
class Run:
    """What goes on around the steps of a solver.

    Attributes
    ----------
    batch : int, optional
        Rows a step looks at; all of them when None. Rows are shuffled anew for each
        epoch.
    epochs : int, optional
        How often each row is looked at: with `batch`, in place of the steps of the
        solver.
    seed : int
        Of the shuffles: the same seed, the same bits.
    checkpoint : str or path, optional
        A file that the run can be taken up from: what is there is read first. It is
        replaced as a whole, and kept when the run is interrupted.
    every : float
        Seconds between checkpoints, at least.
    progress : bool, optional
        Whether to show how far it is, on the terminal; when None, after two seconds
        and where there is one.

    Examples
    --------
    >>> Run(batch=256, seed=1).batch
    256
    """

    batch: int | None = None
    epochs: int | None = None
    seed: int = 0
    checkpoint: str | Path | None = None
    every: float = 60.0
    progress: bool | None = None

    def check(self) -> None:
        """Refuse what cannot be."""
        if self.batch is not None and not is_whole(self.batch, 1):
            raise RequestError(
                f"batch={self.batch!r} is no number of rows", fix="Give 1 or more"
            )
        if self.epochs is not None and not is_whole(self.epochs, 1):
            raise RequestError(
                f"epochs={self.epochs!r} is no number of epochs", fix="Give 1 or more"
            )
        if self.epochs is not None and self.batch is None:
            raise RequestError(
                "epochs= counts passes of batches", fix="Give batch= too, or steps="
            )
        if not is_whole(self.seed, 0):
            raise RequestError(
                f"seed={self.seed!r} is no seed", fix="Give a whole number, 0 or more"
            )
        if not (isinstance(self.every, Real) and self.every >= 0):
            raise RequestError(
                f"every={self.every!r} is no time", fix="Give seconds, 0 or more"
            )


@dataclass(frozen=True)
class Optimiser(ABC):
    """A first-order solver: a rule, how long it runs, where it starts.

    Parameters are standardised: inputs of mean 0 and standard deviation 1, a predictor
    in units of what it spreads over, so that numbers here do not depend on units.

    Attributes
    ----------
    rate : float, optional
        Step length; chosen from the curvature of the loss when None.
    steps : int
        Most steps to take.
    tolerance : float
        Converged when the gradient is this part of the first one, or is no more
        than the rounding of its own terms. With 0 all steps are taken.
    start : ndarray, shape (m,) or (m, k), optional
        Standardised coefficients to start from; zero when None.
    run : Run
        Minibatches, checkpoints, progress.
    """

    rate: float | None = None
    steps: int = 5000
    # One rounding: go on until the gradient is nothing but rounding.
    tolerance: float = ROUNDING
    start: Any = None
    run: Run = Run()

    @abstractmethod
    def rule(self, rate: Any, steps: Any) -> Rule:
        """Return the rule, to be called under `jax.jit`.

        Parameters
        ----------
        rate, steps : scalar
            Step length, and most steps.
        """

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return type(self).__name__

    def chosen_rate(self, largest: float, smallest: float) -> float:
        """Return a step length for a loss of these curvatures.

        Parameters
        ----------
        largest, smallest : float
            Eigenvalues of the Hessian; the second is 0 where it is not known.
        """
        return 1.0 / largest if largest > 0 else 1.0

    def tuned(self, largest: float, smallest: float) -> Optimiser:
        """Return the solver with what else it chooses from the curvature."""
        return self

    @property
    def has_rate(self) -> bool:
        """Whether the rate is what sets the length of its steps."""
        return True

    def largest_rate(self, largest: float) -> float | None:
        """Return the rate below which all converge near an optimum, if one is known.

        Parameters
        ----------
        largest : float
            Largest eigenvalue of the Hessian.
        """
        return None

    @property
    def may_be_halved(self) -> bool:
        """Whether a rate that it chose itself may turn out too large."""
        return True

    @property
    def key(self) -> Optimiser:
        """The rule alone: what a compiled loop depends on."""
        return replace(self, rate=None, steps=1, tolerance=0.0, start=None, run=Run())

    @property
    def fingerprint(self) -> str:
        """What its steps depend on, as text, the same in every process."""
        return self.call

    @property
    def call(self) -> str:
        """What makes it in Python, as text; start and run are left out."""
        given = [
            f"{f.name}={getattr(self, f.name)!r}"
            for f in fields(self)
            if f.name not in ("start", "run")
        ]
        return f"{self.name}({', '.join(given)})"

    def over(self, rows: int) -> Optimiser:
        """Return the solver with the steps of its epochs.

        Parameters
        ----------
        rows : int
            How many there are.
        """
        batch, epochs = self.run.batch, self.run.epochs
        if epochs is None or batch is None:
            return self
        return replace(self, steps=epochs * -(-rows // min(batch, rows)))

    def check(self) -> None:
        """Refuse a rate, steps or a tolerance that cannot be."""
        rate = self.rate
        if rate is not None and not (
            isinstance(rate, Real) and 0 < rate < float("inf")
        ):
            raise RequestError(
                f"rate={rate} is not a step length",
                fix="Give a positive number, or None to have it chosen",
            )
        if not is_whole(self.steps, 1) or self.steps > MOST_STEPS:
            raise RequestError(f"steps={self.steps}", fix="Take at least 1 step")
        if not (isinstance(self.tolerance, Real) and 0 <= self.tolerance < 1):
            raise RequestError(
                f"tolerance={self.tolerance}", fix="Give a number from 0 to below 1"
            )
        if not isinstance(self.run, Run):
            raise RequestError(
                f"run={self.run!r} is no run", fix="Give leastwise.Run(...)"
            )
        self.run.check()


def check_part(name: str, value: float | None) -> None:
    """Refuse what is not a number from 0 to below 1.

    Parameters
    ----------
    name : str
        Of the argument.
    value : float or None
        None is for it to be chosen.
    """
    if value is not None and not (isinstance(value, Real) and 0 <= value < 1):
        raise RequestError(
            f"{name}={value!r} is no decay", fix="Give a number from 0 to below 1"
        )


def is_whole(value: Any, least: int) -> bool:
    """Say whether a value is a whole number, and no less than another.

    Examples
    --------
    >>> is_whole(3, 1), is_whole(True, 0), is_whole(2.0, 1)
    (True, False, False)
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and int(value) >= least
