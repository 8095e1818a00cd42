"""How far a long run is, on the terminal."""

from __future__ import annotations

import sys
import time

PATIENCE = 2.0
PAUSE = 0.2
WIDTH = 24


class Bar:
    """A line on the terminal that is written over.

    Parameters
    ----------
    steps : int
        Most steps.
    wanted : bool or None
        Whether to show it; when None, after two seconds and on a terminal.
    """

    def __init__(self, steps: int, wanted: bool | None) -> None:
        self._steps = steps
        self._wanted = wanted
        self._began = self._last = time.monotonic()
        self._first: int | None = None
        self._shown = 0

    def show(self, step: int, value: float, gradient_norm: float) -> None:
        """Say where the run is, now and then.

        Parameters
        ----------
        step : int
            Steps taken.
        value, gradient_norm : float
            Loss, and norm of its gradient.
        """
        now = time.monotonic()
        if self._first is None:
            self._first = step
        if self._wanted is False or (self._shown and now - self._last < PAUSE):
            return
        if self._wanted is None and (
            now - self._began < PATIENCE or not sys.stderr.isatty()
        ):
            return
        self._last = now
        text = line(step, self._steps, value, gradient_norm, self._left(now, step))
        sys.stderr.write("\r" + text.ljust(self._shown))
        sys.stderr.flush()
        self._shown = len(text)

    def _left(self, now: float, step: int) -> float:
        done = step - (self._first or 0)
        if done <= 0:
            return float("nan")
        return (now - self._began) / done * (self._steps - step)

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r" + " " * self._shown + "\r")
            sys.stderr.flush()
            self._shown = 0


def line(step: int, steps: int, value: float, norm: float, left: float) -> str:
    """Return what the bar says.

    Parameters
    ----------
    step, steps : int
        Taken, and most.
    value, norm : float
        Loss, and norm of its gradient.
    left : float
        Seconds to the last step, if it takes all; NaN when that is not known.

    Examples
    --------
    >>> line(1250, 5000, 0.5, 1e-3, 12.0)[27:]
    '1,250 of 5,000 steps, loss 0.5, gradient 0.001, 12 s left'
    """
    full = WIDTH * step // max(steps, 1)
    bar = "#" * full + "-" * (WIDTH - full)
    text = f"[{bar}] {step:,} of {steps:,} steps, loss {value:.6g}, gradient {norm:.2g}"
    return text if left != left else f"{text}, {left:.0f} s left"
