"""The 27 NIST StRD nonlinear problems: models as published, data as decimals.

Source: National Institute of Standards and Technology, Statistical Reference
Datasets (public domain). `recomputed25` in the files is the solution to 20 digits
and more; it agrees with every certified value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

FOLDER = Path(__file__).parent.parent / "data" / "nist_nonlinear"
MOST = 17.0


def bennett5(p: Any, d: Any) -> Any:
    return p["b1"] * (p["b2"] + d["x"]) ** (-1 / p["b3"])


def boxbod(p: Any, d: Any) -> Any:
    return p["b1"] * (1 - jnp.exp(-p["b2"] * d["x"]))


def chwirut(p: Any, d: Any) -> Any:
    return jnp.exp(-p["b1"] * d["x"]) / (p["b2"] + p["b3"] * d["x"])


def danwood(p: Any, d: Any) -> Any:
    return p["b1"] * d["x"] ** p["b2"]


def enso(p: Any, d: Any) -> Any:
    def wave(period: Any, cosine: Any, sine: Any) -> Any:
        turn = 2 * jnp.pi * d["x"] / period
        return cosine * jnp.cos(turn) + sine * jnp.sin(turn)

    year = wave(12, p["b2"], p["b3"])
    first, second = wave(p["b4"], p["b5"], p["b6"]), wave(p["b7"], p["b8"], p["b9"])
    return p["b1"] + year + first + second


def eckerle4(p: Any, d: Any) -> Any:
    z = (d["x"] - p["b3"]) / p["b2"]
    return (p["b1"] / p["b2"]) * jnp.exp(-0.5 * z**2)


def gauss(p: Any, d: Any) -> Any:
    def bell(height: Any, middle: Any, width: Any) -> Any:
        return height * jnp.exp(-((d["x"] - middle) ** 2) / width**2)

    fall = p["b1"] * jnp.exp(-p["b2"] * d["x"])
    return fall + bell(p["b3"], p["b4"], p["b5"]) + bell(p["b6"], p["b7"], p["b8"])


def cubic_over_cubic(p: Any, d: Any) -> Any:
    x = d["x"]
    above = p["b1"] + p["b2"] * x + p["b3"] * x**2 + p["b4"] * x**3
    return above / (1 + p["b5"] * x + p["b6"] * x**2 + p["b7"] * x**3)


def kirby2(p: Any, d: Any) -> Any:
    x = d["x"]
    above = p["b1"] + p["b2"] * x + p["b3"] * x**2
    return above / (1 + p["b4"] * x + p["b5"] * x**2)


def lanczos(p: Any, d: Any) -> Any:
    def fall(size: Any, rate: Any) -> Any:
        return size * jnp.exp(-rate * d["x"])

    return fall(p["b1"], p["b2"]) + fall(p["b3"], p["b4"]) + fall(p["b5"], p["b6"])


def mgh09(p: Any, d: Any) -> Any:
    x = d["x"]
    return p["b1"] * (x**2 + x * p["b2"]) / (x**2 + x * p["b3"] + p["b4"])


def mgh10(p: Any, d: Any) -> Any:
    return p["b1"] * jnp.exp(p["b2"] / (d["x"] + p["b3"]))


def mgh17(p: Any, d: Any) -> Any:
    x = d["x"]
    return p["b1"] + p["b2"] * jnp.exp(-x * p["b4"]) + p["b3"] * jnp.exp(-x * p["b5"])


def misra1a(p: Any, d: Any) -> Any:
    return p["b1"] * (1 - jnp.exp(-p["b2"] * d["x"]))


def misra1b(p: Any, d: Any) -> Any:
    return p["b1"] * (1 - (1 + p["b2"] * d["x"] / 2) ** -2)


def misra1c(p: Any, d: Any) -> Any:
    return p["b1"] * (1 - (1 + 2 * p["b2"] * d["x"]) ** -0.5)


def misra1d(p: Any, d: Any) -> Any:
    return p["b1"] * p["b2"] * d["x"] * (1 + p["b2"] * d["x"]) ** -1


def nelson(p: Any, d: Any) -> Any:
    return p["b1"] - p["b2"] * d["x1"] * jnp.exp(-p["b3"] * d["x2"])


def rat42(p: Any, d: Any) -> Any:
    return p["b1"] / (1 + jnp.exp(p["b2"] - p["b3"] * d["x"]))


def rat43(p: Any, d: Any) -> Any:
    return p["b1"] / (1 + jnp.exp(p["b2"] - p["b3"] * d["x"])) ** (1 / p["b4"])


def roszman1(p: Any, d: Any) -> Any:
    angle = jnp.arctan(p["b3"] / (d["x"] - p["b4"]))
    return p["b1"] - p["b2"] * d["x"] - angle / jnp.pi


MODELS: dict[str, Callable[..., Any]] = {
    "Bennett5": bennett5, "BoxBOD": boxbod, "Chwirut1": chwirut, "Chwirut2": chwirut,
    "DanWood": danwood, "ENSO": enso, "Eckerle4": eckerle4, "Gauss1": gauss,
    "Gauss2": gauss, "Gauss3": gauss, "Hahn1": cubic_over_cubic, "Kirby2": kirby2,
    "Lanczos1": lanczos, "Lanczos2": lanczos, "Lanczos3": lanczos, "MGH09": mgh09,
    "MGH10": mgh10, "MGH17": mgh17, "Misra1a": misra1a, "Misra1b": misra1b,
    "Misra1c": misra1c, "Misra1d": misra1d, "Nelson": nelson, "Rat42": rat42,
    "Rat43": rat43, "Roszman1": roszman1, "Thurber": cubic_over_cubic,
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One problem: model, data, both starts, the published truth, and two exact ones.

    `exact` is that of the float64 data, `decimal` that of the decimals; pi is that of
    float64 in both.
    """

    name: str
    model: Callable[..., Any]
    data: dict[str, np.ndarray]
    starts: tuple[dict[str, float], dict[str, float]]
    estimates: tuple[Decimal, ...]
    errors: tuple[Decimal, ...]
    rss: Decimal
    exact: tuple[Decimal, ...]
    exact_errors: tuple[Decimal, ...]
    decimal: tuple[Decimal, ...]
    decimal_errors: tuple[Decimal, ...]


def load(name: str) -> Problem:
    """Read a problem; Nelson's response is log(y), as published."""
    found = json.loads((FOLDER / f"{name}.json").read_text())
    table = np.array([[float(v) for v in row] for row in found["data"]])
    q = table.shape[1] - 1
    names = ["x"] if q == 1 else [f"x{i + 1}" for i in range(q)]
    data = {"y": table[:, 0], **dict(zip(names, table[:, 1:].T, strict=True))}
    if name == "Nelson":
        data["y"] = np.log(data["y"])
    one, two = (
        {f"b{i + 1}": float(v) for i, v in enumerate(found[key])}
        for key in ("start1", "start2")
    )
    truth = found["recomputed25"]
    return Problem(
        name,
        MODELS[name],
        data,
        (one, two),
        tuple(map(Decimal, truth["B"])),
        tuple(map(Decimal, truth["SE"])),
        Decimal(truth["rss"]),
        *(
            tuple(map(Decimal, found[kind][what]))
            for kind in ("exact", "decimal")
            for what in ("B", "SE")
        ),
    )


def digits(found: Any, truth: tuple[Decimal, ...]) -> float:
    """Return the fewest correct digits of several numbers, to 17."""
    fewest = MOST
    for one, right in zip(found, truth, strict=True):
        if not np.isfinite(one):
            return 0.0
        off = abs((Decimal(float(one)) - right) / right)
        if off > 0:
            fewest = min(fewest, -float(off.log10()))
    return max(fewest, 0.0)
