"""leastwise: linear regression that says how many of its digits are right.

Names load when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from leastwise._kit.version import __version__ as __version__

if TYPE_CHECKING:
    from leastwise import loss, pure
    from leastwise._kit.errors import (
        AccuracyWarning,
        DataError,
        FormulaError,
        LeastwiseError,
        LeastwiseWarning,
        LevelWarning,
        MissingDependency,
        RequestError,
    )
    from leastwise.api import compare, ols, wls
    from leastwise.arrays import fit_arrays
    from leastwise.design import levels, weights
    from leastwise.design.simulate import simulate
    from leastwise.engine.starts import MultiStart
    from leastwise.infer import cov
    from leastwise.loops import transform
    from leastwise.loops.optimiser.adam import Adam
    from leastwise.loops.optimiser.base import Run
    from leastwise.loops.optimiser.gradient_descent import GradientDescent
    from leastwise.loops.optimiser.lbfgs import LBFGS
    from leastwise.loops.optimiser.momentum import Momentum, Nesterov
    from leastwise.loops.optimiser.of_optax import Optax
    from leastwise.loss import family, scale
    from leastwise.model.anova import anova
    from leastwise.model.array_fit import ArrayFit
    from leastwise.model.comparison import Comparison
    from leastwise.model.explanation import Explanation, explain
    from leastwise.model.load import load
    from leastwise.model.loss_model import LossModel
    from leastwise.model.model import Model
    from leastwise.model.models import Models
    from leastwise.model.prediction import Prediction
    from leastwise.model.quantiles import Quantiles
    from leastwise.model.table import ModelTable, table
    from leastwise.rows.stream import Stream
    from leastwise.verbs.descend import descend
    from leastwise.verbs.fit_loss import fit_loss
    from leastwise.verbs.glm import glm
    from leastwise.verbs.nonlinear import nonlinear
    from leastwise.verbs.quantile import expectile, quantile
    from leastwise.verbs.robust import robust
    from leastwise.witness.selftest import selftest

# Public name -> where it lives.
_HOME = {
    "AccuracyWarning": "leastwise._kit.errors",
    "Adam": "leastwise.loops.optimiser.adam",
    "ArrayFit": "leastwise.model.array_fit",
    "Comparison": "leastwise.model.comparison",
    "DataError": "leastwise._kit.errors",
    "Explanation": "leastwise.model.explanation",
    "FormulaError": "leastwise._kit.errors",
    "GradientDescent": "leastwise.loops.optimiser.gradient_descent",
    "LBFGS": "leastwise.loops.optimiser.lbfgs",
    "LeastwiseError": "leastwise._kit.errors",
    "LeastwiseWarning": "leastwise._kit.errors",
    "LevelWarning": "leastwise._kit.errors",
    "MissingDependency": "leastwise._kit.errors",
    "LossModel": "leastwise.model.loss_model",
    "Model": "leastwise.model.model",
    "ModelTable": "leastwise.model.table",
    "Momentum": "leastwise.loops.optimiser.momentum",
    "Nesterov": "leastwise.loops.optimiser.momentum",
    "Optax": "leastwise.loops.optimiser.of_optax",
    "Run": "leastwise.loops.optimiser.base",
    "Stream": "leastwise.rows.stream",
    "Models": "leastwise.model.models",
    "MultiStart": "leastwise.engine.starts",
    "Prediction": "leastwise.model.prediction",
    "Quantiles": "leastwise.model.quantiles",
    "RequestError": "leastwise._kit.errors",
    "anova": "leastwise.model.anova",
    "compare": "leastwise.api",
    "descend": "leastwise.verbs.descend",
    "expectile": "leastwise.verbs.quantile",
    "explain": "leastwise.model.explanation",
    "fit_arrays": "leastwise.arrays",
    "fit_loss": "leastwise.verbs.fit_loss",
    "glm": "leastwise.verbs.glm",
    "load": "leastwise.model.load",
    "nonlinear": "leastwise.verbs.nonlinear",
    "ols": "leastwise.api",
    "quantile": "leastwise.verbs.quantile",
    "robust": "leastwise.verbs.robust",
    "selftest": "leastwise.witness.selftest",
    "simulate": "leastwise.design.simulate",
    "table": "leastwise.model.table",
    "wls": "leastwise.api",
}
_MODULES = {
    "cov": "leastwise.infer.cov",
    "family": "leastwise.loss.family",
    "levels": "leastwise.design.levels",
    "loss": "leastwise.loss",
    "pure": "leastwise.pure",
    "scale": "leastwise.loss.scale",
    "transform": "leastwise.loops.transform",
    "weights": "leastwise.design.weights",
}

# In plain order, as `dir` has it; the linter would put LBFGS first, as a constant.
__all__ = [  # noqa: RUF022
    "AccuracyWarning",
    "Adam",
    "ArrayFit",
    "Comparison",
    "DataError",
    "Explanation",
    "FormulaError",
    "GradientDescent",
    "LBFGS",
    "LeastwiseError",
    "LeastwiseWarning",
    "LevelWarning",
    "LossModel",
    "MissingDependency",
    "Model",
    "ModelTable",
    "Models",
    "Momentum",
    "MultiStart",
    "Nesterov",
    "Optax",
    "Prediction",
    "Quantiles",
    "RequestError",
    "Run",
    "Stream",
    "anova",
    "compare",
    "cov",
    "descend",
    "expectile",
    "explain",
    "family",
    "fit_arrays",
    "fit_loss",
    "glm",
    "levels",
    "load",
    "loss",
    "nonlinear",
    "ols",
    "pure",
    "quantile",
    "robust",
    "scale",
    "selftest",
    "simulate",
    "table",
    "transform",
    "weights",
    "wls",
]


def __getattr__(name: str) -> Any:
    value: Any
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = import_module(_MODULES[name])
    else:
        raise AttributeError(f"module 'leastwise' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
