"""Pointwise losses: what a row costs, written once as a scalar function."""

from leastwise.loss.base import Loss as Loss
from leastwise.loss.base import Pointwise as Pointwise

__all__ = ["Loss", "Pointwise"]
