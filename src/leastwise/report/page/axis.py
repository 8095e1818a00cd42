"""Axes: from a value to a place between 0 and 1, and where the ticks stand."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from leastwise.report.page.number import MINUS, scientific
from leastwise.report.page.record import Floats

Kind = Literal["linear", "log", "log1p"]
# Room for a subtraction of two ends without overflow.
_FARTHEST = 8e307
# Room for a tick, a small part of a width, above the smallest normal float.
_NEAREST = 1e-290
# Times its own width from zero, from where ticks are counted from a nearer base.
_FAR_FROM_ZERO = 1e4
_LONGEST_PLAIN = 1e10
_LONGEST_NAME = 18


@dataclass(frozen=True)
class Tick:
    """A tick: its place between 0 (low end) and 1 (high end), and its text.

    Examples
    --------
    >>> Tick(0.5, "10").text
    '10'
    """

    place: float
    text: str


class Scale(Protocol):
    """What a drawing needs of an axis, of numbers or of names."""

    def places(self, values: Floats) -> Floats:
        """Return where values stand: 0 at the low end, 1 at the high end."""
        ...

    def ticks(self) -> tuple[Tick, ...]:
        """Return the ticks."""
        ...

    def name(self, quantity: str) -> str:
        """Return the name of the axis."""
        ...


@dataclass(frozen=True)
class Axis:
    """A scale from `low` to `high`; ``log1p`` is the logarithm of one plus.

    Examples
    --------
    >>> Axis("log", 1.0, 100.0).place(10.0)
    0.5
    >>> [tick.text for tick in Axis("linear", -5.0, 15.0).ticks(5)]
    ['−5', '0', '5', '10', '15']
    >>> Axis("linear", 1.7e9, 1.7e9 + 86400).name("time")
    'time − 1,700,000,000'
    """

    kind: Kind
    low: float
    high: float

    def place(self, value: float) -> float:
        """Return where a value stands: 0 at the low end, 1 at the high end."""
        return float(self.places(np.array([value], dtype=float))[0])

    def places(self, values: Floats) -> Floats:
        """Return where values stand; on a log axis zero stands at the low end."""
        low, high = self._bend(np.array([self.low, self.high]))
        places: Floats = (self._bend(values) - low) / (high - low)
        return places

    def ticks(self, wanted: int = 6) -> tuple[Tick, ...]:
        """Return about as many ticks as wanted, at round values."""
        if self.kind == "linear":
            return _linear_ticks(self, wanted)
        if self.kind == "log":
            return _decade_ticks(self, wanted)
        return _count_ticks(self)

    def name(self, quantity: str) -> str:
        """Return the name of the axis, with what its ticks leave out."""
        whole, unit = self._base()
        if whole == 0:
            return quantity
        value = abs(whole) * unit
        text = scientific(value, len(str(abs(whole)).rstrip("0")))
        if unit >= 1.0 and value < _LONGEST_PLAIN:
            text = f"{value:,.0f}"
        return f"{quantity} {MINUS if whole > 0 else '+'} {text}"

    def _base(self) -> tuple[int, float]:
        """Return what the ticks leave out, as a whole number of a power of ten.

        Far from zero for its width, an axis (of seconds since 1970, say) would
        repeat the same long head on every tick. Else nothing is left out.
        """
        far, span = max(abs(self.low), abs(self.high)), self.high - self.low
        if self.kind != "linear" or far <= _FAR_FROM_ZERO * span:
            return 0, 1.0
        unit = 10.0 ** math.ceil(math.log10(span))
        return round((self.low / 2 + self.high / 2) / unit), unit

    def _bend(self, values: Floats) -> Floats:
        if self.kind == "linear":
            return values
        if self.kind == "log":
            bent: Floats = np.log10(np.maximum(values, self.low))
            return bent
        one_more: Floats = np.log1p(np.maximum(values, 0.0))
        return one_more


@dataclass(frozen=True)
class Places:
    """An axis of names: the first at the left, or at the top.

    Examples
    --------
    >>> [round(t.place, 6) for t in Places(("a<b", "c"), downward=True).ticks()]
    [0.727273, 0.272727]
    """

    names: tuple[str, ...]
    downward: bool

    def places(self, values: Floats) -> Floats:
        """Return where the k-th name stands, and what is between."""
        share: Floats = (values + 0.6) / (len(self.names) + 0.2)
        return 1.0 - share if self.downward else share

    def ticks(self) -> tuple[Tick, ...]:
        """Return a tick a name, cut where it is long."""
        where = self.places(np.arange(len(self.names), dtype=float))
        return tuple(
            Tick(float(place), html.escape(_short(name)))
            for place, name in zip(where, self.names, strict=True)
        )

    def name(self, quantity: str) -> str:
        """Return the name of the axis."""
        return quantity


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def linear_axis(groups: Iterable[Floats], margin: float = 0.04) -> Axis:
    """Make a linear axis that holds every finite value of every group.

    Examples
    --------
    >>> linear_axis([np.array([0.0, 10.0, np.nan])], margin=0.1)
    Axis(kind='linear', low=-1.0, high=11.0)
    """
    values = np.concatenate([np.asarray(g, dtype=float).ravel() for g in groups])
    values = values[np.isfinite(values)]
    if values.size == 0:
        return Axis("linear", 0.0, 1.0)
    values = np.clip(values, -_FARTHEST, _FARTHEST)
    low, high = float(values.min()), float(values.max())
    room = (high - low) * margin
    # Fewer than some hundred floats between the ends: nothing to draw apart.
    size = max(abs(low), abs(high))
    if high - low <= max(1e-13 * size, _NEAREST):
        room = 0.5 * size if size > _NEAREST else 0.5
    return Axis("linear", low - room, high + room)


def log_axis(groups: Iterable[Floats]) -> Axis:
    """Make a logarithmic axis, whole decades, over the positive finite values.

    Examples
    --------
    >>> log_axis([np.array([0.0, 0.02, 300.0])])
    Axis(kind='log', low=0.01, high=1000.0)
    """
    values = np.concatenate([np.asarray(g, dtype=float).ravel() for g in groups])
    values = values[np.isfinite(values) & (values > 0)]
    if values.size == 0:
        return Axis("log", 0.1, 10.0)
    # Decades that a float can hold and be divided by.
    bottom = min(max(math.floor(math.log10(values.min())), -307), 306)
    top = min(math.ceil(math.log10(values.max())), 307)
    return Axis("log", 10.0**bottom, 10.0 ** max(top, bottom + 1))


def step_axis(steps: Floats, progress: Floats) -> Axis:
    """Make the axis of step numbers, logarithmic when all happens early.

    `progress` is the distance to the optimum. When its logarithm has done its
    whole way down in the first fifth of the steps, an even axis would show a
    cliff and a desert.

    Examples
    --------
    >>> early = np.array([1.0, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9])
    >>> step_axis(np.arange(7.0), early).kind
    'log1p'
    >>> step_axis(np.arange(7.0), 0.1 ** np.arange(7.0)).kind
    'linear'
    """
    first, last = float(steps[0]), float(steps[-1])
    last = max(last, first + 1.0)
    usable = np.isfinite(progress) & (progress > 0)
    if not usable.any():
        return Axis("linear", first, last)
    logs = np.log10(np.where(usable, progress, progress[usable].min()))
    near = logs <= logs.min() + 0.05 * (logs.max() - logs.min())
    settled = float(steps[int(np.argmax(near))])
    early = settled - first < 0.2 * (last - first)
    return Axis("log1p" if early else "linear", first, last)


def _linear_ticks(axis: Axis, wanted: int) -> tuple[Tick, ...]:
    rough = (axis.high - axis.low) / max(wanted - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((m * power for m in (1, 2, 5, 10)), key=lambda s: abs(s - rough))
    whole, unit = axis._base()
    # The base is a whole number of steps: 1, 2 and 5 divide any power of ten.
    base = whole * round(unit / step)
    counts = range(math.ceil(axis.low / step), math.floor(axis.high / step) + 1)
    shown = [(k - base) * step for k in counts]
    largest = max((abs(v) for v in shown), default=0.0)
    plain = step >= 1e-4 and largest < 1e7
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    # Enough figures that two neighbours read differently.
    figures = max(1, math.ceil(math.log10(largest / step)) + 1) if largest else 1

    def text(value: float) -> str:
        if value == 0:
            return "0"
        if plain:
            return f"{value:.{places}f}".replace("-", MINUS)
        return scientific(value, figures)

    return tuple(
        Tick(axis.place(k * step), text(v)) for k, v in zip(counts, shown, strict=True)
    )


def _decade_ticks(axis: Axis, wanted: int) -> tuple[Tick, ...]:
    bottom, top = round(math.log10(axis.low)), round(math.log10(axis.high))
    rough = (top - bottom) / max(wanted - 1, 1)
    stride = next((s for s in (1, 2, 3, 4, 5, 10, 20, 50) if s >= rough), 100)
    powers = range(-(-bottom // stride) * stride, top + 1, stride)
    return tuple(Tick(axis.place(10.0**p), _decade(p)) for p in powers)


def _count_ticks(axis: Axis) -> tuple[Tick, ...]:
    values = [0.0] if axis.low <= 0 else []
    decades = range(0, math.ceil(math.log10(axis.high)) + 1)
    values += [10.0**p for p in decades if axis.low <= 10.0**p <= axis.high]
    return tuple(
        Tick(axis.place(v), f"{v:,.0f}" if v < 1e5 else _decade(round(math.log10(v))))
        for v in values
    )


def _decade(power: int) -> str:
    if 0 <= power <= 3:
        return f"{10**power:d}"
    if -2 <= power < 0:
        return f"{10.0**power:.{-power}f}"
    return scientific(10.0**power, 1).split("×")[1]
