"""How a fit of a loss predicts: new rows -> predictors and what they are worth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leastwise.design.recipe import Recipe
from leastwise.infer.combine import Combined, combine_coefficients
from leastwise.infer.cov.spread import Spread
from leastwise.infer.predict import Basis, predict_rows, spread_unit
from leastwise.model.named import read_only
from leastwise.moments.double import Array
from leastwise.rows.read import read_table
from leastwise.rows.table import Table


@dataclass(frozen=True, eq=False)
class Predicted:
    """Predictors of new rows.

    Attributes
    ----------
    eta, std_error : ndarray, shape (n,)
        Linear predictors (of a model that is none: its output), and their standard
        errors; NaN for rows with a missing value.
    notes : tuple of str
        What the user should know, such as levels the fit has not seen.
    """

    eta: Array
    std_error: Array
    notes: tuple[str, ...] = ()


class Predictor(ABC):
    """What new rows go through: it holds nothing of the rows of the fit."""

    @abstractmethod
    def predict(self, data: Any, scale: float) -> Predicted:
        """Return predictors of new rows.

        Parameters
        ----------
        data : data frame, mapping, path or ndarray
            The rows.
        scale : float
            Root of the dispersion.
        """

    @abstractmethod
    def combined(self, matrix: Array, scale: float) -> Combined:
        """Return combinations of coefficients with their covariance.

        Parameters
        ----------
        matrix : ndarray, shape (r, m)
            What each coefficient counts.
        scale : float
            Root of the dispersion.
        """

    def under(self, spread: Spread, basis: Basis) -> Predictor:
        """Return it with another covariance, where it holds one.

        Parameters
        ----------
        spread : Spread
            What the covariance says.
        basis : Basis
            Of the least squares fit of the working rows.
        """
        return self

    def placed(self, covariance: Array) -> Array:
        """Return the covariance of the least squares fit as that of all coefficients.

        Parameters
        ----------
        covariance : ndarray, shape (q, q)
            Of the coefficients of the working rows.
        """
        return covariance


@dataclass(frozen=True, eq=False)
class LinearPredictor(Predictor):
    """``eta = x'b + offset``, the columns made by a recipe.

    Attributes
    ----------
    recipe : Recipe
        How columns become the design.
    basis : Basis
        What predictions need of the fit.
    """

    recipe: Recipe
    basis: Basis

    def predict(self, data: Any, scale: float) -> Predicted:
        """Return predictors of new rows."""
        source = data
        if not (isinstance(data, (np.ndarray, Table)) or self._is_matrix(data)):
            source = read_table(data, self.recipe.inputs, decimal=self.recipe.decimal)
        design = self.recipe.replay(source, missing="nan")
        eta, leverage = predict_rows(
            self.basis, design.X, design.origin, design.origin_low, design.X_low
        )
        if design.offset is not None:
            eta = eta + design.offset
        unit = scale if self.basis.spread is None else spread_unit(self.basis)
        with np.errstate(invalid="ignore"):
            return Predicted(eta, unit * np.sqrt(leverage), design.notes)

    def _is_matrix(self, data: Any) -> bool:
        return self.recipe.kind == "arrays" and isinstance(data, (list, tuple))

    def combined(self, matrix: Array, scale: float) -> Combined:
        """Return combinations of coefficients with their covariance."""
        return combine_coefficients(
            self.basis, scale, matrix, intercept=self.recipe.intercept
        )

    def under(self, spread: Spread, basis: Basis) -> LinearPredictor:
        """Return it with another covariance."""
        return replace(self, basis=replace(basis, spread=read_only(spread.root)))
