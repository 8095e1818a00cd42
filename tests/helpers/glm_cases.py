"""The generalized linear models of ``make_glm.R``, fitted here."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

import leastwise as lw

R = Path(__file__).parents[1] / "data" / "r"
REFERENCES: dict[str, Any] = json.loads((R / "glm.json").read_text("utf-8"))
CATEGORIES = ("cyl", "wool", "tension", "agegp", "alcgp", "tobgp", "am", "model")


def table(name: str) -> dict[str, Any]:
    """A data set as R has it, with the columns that ``make_glm.R`` adds."""
    with open(R / f"{name}.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    data: dict[str, Any] = {
        key: [row[key] for row in rows]
        if key in CATEGORIES
        else np.array([float(row[key]) for row in rows])
        for key in rows[0]
    }
    if name == "mtcars":
        data["am"] = np.array([float(v == "manual") for v in data["am"]])
        data["trials"] = data["carb"] + data["gear"]
        data["many"] = np.round(data["w1"] * 3)
        data["share"] = data["carb"] / data["trials"]
    return data


def cases() -> dict[str, tuple[str, str, Any, dict[str, Any]]]:
    """Name -> formula, data, family, other arguments."""
    f = lw.family
    made: dict[str, tuple[str, str, Any, dict[str, Any]]] = {}
    for link in ("logit", "probit", "cloglog", "cauchit"):
        made[f"binomial_{link}"] = ("am ~ hp + qsec", "mtcars", f.Binomial(link), {})
        share = ("cbind(carb, gear) ~ wt + C(cyl)", "mtcars")
        made[f"share_{link}"] = (*share, f.Binomial(link), {})
        made[f"quasi_share_{link}"] = (*share, f.QuasiBinomial(link), {})
    for link in ("log", "identity"):
        hp = ("cbind(carb, gear) ~ hp", "mtcars")
        made[f"binomial_{link}"] = (*hp, f.Binomial(link), {})
    weighted = ("share ~ wt + C(cyl)", "mtcars", f.Binomial(), {"weights": "trials"})
    made["binomial_weighted"] = weighted
    groups = "cbind(ncases, ncontrols) ~ agegp + alcgp + tobgp"
    made["esoph"] = (groups, "esoph", f.Binomial(), {})
    for link in ("log", "sqrt", "identity"):
        breaks = ("breaks ~ wool * tension", "warpbreaks")
        made[f"poisson_{link}"] = (*breaks, f.Poisson(link), {})
        made[f"quasipoisson_{link}"] = (*breaks, f.QuasiPoisson(link), {})
    offset = ("breaks ~ wool + tension + offset(log(exposure))", "warpbreaks")
    made["poisson_offset"] = (*offset, f.Poisson(), {})
    made["quasi_poisson_offset"] = (*offset, f.QuasiPoisson(), {})
    made["poisson_without"] = ("carb ~ 0 + wt + hp", "mtcars", f.Poisson(), {})
    made["poisson_offset_without"] = (
        "carb ~ 0 + wt + offset(log(gear))", "mtcars", f.Poisson(), {},
    )  # fmt: skip
    made["poisson_weighted"] = (
        "carb ~ wt + hp", "mtcars", f.Poisson(), {"weights": "many"},
    )  # fmt: skip
    made["poisson_aliased"] = ("carb ~ wt + I(2 * wt) + hp", "mtcars", f.Poisson(), {})
    mpg = ("mpg ~ wt + hp", "mtcars")
    for link in ("inverse", "log", "identity"):
        made[f"gamma_{link}"] = (*mpg, f.Gamma(link), {})
        made[f"gaussian_{link}"] = (*mpg, f.Gaussian(link), {})
    made["gamma_weighted"] = (*mpg, f.Gamma("log"), {"weights": "w1"})
    made["gaussian_weighted"] = (*mpg, f.Gaussian("log"), {"weights": "w1"})
    for link in ("1/mu^2", "inverse", "log"):
        made[f"inverse_gaussian_{link}"] = (*mpg, f.InverseGaussian(link), {})
    made["tweedie"] = (*mpg, f.Tweedie("log", 1.5), {})
    made["negative_binomial"] = (*breaks, f.NegativeBinomial("log", 3.0), {})
    return made


CASES = cases()


def fitted(name: str) -> lw.LossModel:
    """Fit one of them."""
    formula, data, family, more = CASES[name]
    return lw.glm(formula, table(data), family=family, **more)
