"""A loss as plain values, and back: for models that are saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.loss.base import Array, Loss
from leastwise.loss.family.words import FAMILIES, MANY
from leastwise.loss.own import Own
from leastwise.loss.quantile import Quantile
from leastwise.loss.robust.base import Robust
from leastwise.loss.robust.scaled import Scaled
from leastwise.loss.robust.words import LOSSES
from leastwise.loss.smooth_quantile import SmoothQuantile

EVERY: tuple[type[Loss] | type[Robust], ...] = (
    *FAMILIES.values(),
    *LOSSES.values(),
    *MANY.values(),
    Quantile,
    SmoothQuantile,
)
# What a loss is saved as -> what it is: the one list.
KNOWN = {kind.__name__: kind for kind in EVERY}


@dataclass(frozen=True)
class Forgotten(Loss):
    """A loss whose function was not saved.

    Attributes
    ----------
    called : str
        What it was called.
    known : bool
        Whether it was a log-likelihood.
    is_mean : bool
        Whether its predictors are the means.
    """

    called: str
    known: bool = False
    is_mean: bool = True

    @property
    def name(self) -> str:
        return self.called

    @property
    def call(self) -> str:
        return self.called

    @property
    def has_known_dispersion(self) -> bool:
        return self.known

    def value(self, eta: Any, y: Any) -> Any:
        raise _forgotten(self.called)

    def mean(self, eta: Array) -> Array:
        if not self.is_mean:
            raise _forgotten(self.called)
        return eta


def _forgotten(called: str) -> RequestError:
    return RequestError(
        f"the model was saved without the functions of its loss ({called})",
        fix='Fit again to ask this; predict(..., kind="link") needs no function',
    )


def to_plain(loss: Loss) -> dict[str, Any]:
    """Return a loss as plain values.

    Examples
    --------
    >>> from leastwise.loss.family import Poisson
    >>> to_plain(Poisson())
    {'kind': 'Poisson', 'values': {'link': 'log'}}
    """
    if isinstance(loss, Scaled):
        return {"scale": loss.scale, **_plain(loss.robust)}
    return _plain(loss)


def _plain(loss: Loss | Robust) -> dict[str, Any]:
    kind = type(loss).__name__
    if kind not in KNOWN:
        loss = _forgetting(loss)
        kind = Forgotten.__name__
    names = [f.name for f in fields(loss)]  # type: ignore[arg-type]
    return {"kind": kind, "values": {name: getattr(loss, name) for name in names}}


def _forgetting(loss: Any) -> Forgotten:
    if isinstance(loss, Forgotten):
        return loss
    if isinstance(loss, Own):
        return Forgotten(loss.name, loss.likelihood, loss.mean_function is None)
    return Forgotten(str(loss.name), is_mean=False)


def from_plain(record: Mapping[str, Any]) -> Loss:
    """Return the loss that plain values say.

    Raises
    ------
    ValueError
        When there is no such loss, or it takes no such values.

    Examples
    --------
    >>> from_plain({"kind": "Poisson", "values": {"link": "sqrt"}})
    Poisson(link='sqrt')
    """
    kind, values = record["kind"], dict(record["values"])
    made = Forgotten if kind == Forgotten.__name__ else KNOWN.get(kind)
    if made is None:
        raise ValueError(f"there is no loss {kind!r}")
    if isinstance(values.get("levels"), list):
        # Classes: JSON has no tuples.
        levels = values.pop("levels")
        if not all(isinstance(level, str) for level in levels):
            raise ValueError(f"{kind} takes no such classes")
        return made(levels=tuple(levels), **_checked(made, values))  # type: ignore[call-arg]
    found = made(**_checked(made, values))
    if isinstance(found, Robust):
        scale = float(record["scale"])
        if not 0.0 < scale < float("inf"):
            raise ValueError(f"a scale of {scale}")
        return Scaled(found, scale)
    return found


def _checked(made: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    types = (str, int, float, bool, type(None))
    names = {f.name for f in fields(made)}
    if not values.keys() <= names or not all(
        isinstance(v, types) for v in values.values()
    ):
        raise ValueError(f"{made.__name__} takes no such values")
    return values
