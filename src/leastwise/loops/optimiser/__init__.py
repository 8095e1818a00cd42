"""Rules that turn gradients into steps, a file each."""

from leastwise.loops.optimiser.adam import Adam
from leastwise.loops.optimiser.base import Optimiser, Rule, Run
from leastwise.loops.optimiser.gradient_descent import GradientDescent
from leastwise.loops.optimiser.lbfgs import LBFGS
from leastwise.loops.optimiser.momentum import Momentum, Nesterov
from leastwise.loops.optimiser.of_optax import Optax

__all__ = [
    "LBFGS",
    "Adam",
    "GradientDescent",
    "Momentum",
    "Nesterov",
    "Optax",
    "Optimiser",
    "Rule",
    "Run",
]
