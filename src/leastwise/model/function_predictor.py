"""How a model that is a function predicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leastwise.design.function_rows import function_columns
from leastwise.infer.combine import Combined
from leastwise.infer.cov.spread import Spread
from leastwise.infer.predict import Basis, root_of
from leastwise.loops.mapping import Mapped, MappedRows
from leastwise.model.predictor import Predicted, Predictor
from leastwise.moments.double import Array
from leastwise.rows.read import read_table


@dataclass(frozen=True, eq=False)
class FunctionPredictor(Predictor):
    """``f(theta, columns)``.

    Attributes
    ----------
    mapping : Mapping
        The function of a flat vector.
    columns, targets : tuple of str
        What it reads, and what it gives.
    theta : ndarray, shape (p,)
        The parameters.
    covariance : ndarray, shape (p, p)
        Of the parameters; NaN for those that a bound holds or that have no influence.
    free : ndarray of bool, shape (p,)
        Parameters that the least squares fit is of.
    """

    mapping: Mapped
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    theta: Array
    covariance: Array
    free: Array

    def predict(self, data: Any, scale: float) -> Predicted:
        """Return the output for new rows, and its standard error by delta method."""
        table = read_table(data, self.columns)
        columns, good = function_columns(table, self.columns)
        n, k = table.n_rows, len(self.targets)
        eta, error = np.full((n, k), np.nan), np.full((n, k), np.nan)
        if good.any():
            curve = MappedRows(self.mapping, columns, np.zeros((int(good.sum()), k)))
            parts = list(curve.rows(self.theta))
            # The target is 0: residuals are what the model gives, with the other sign.
            eta[good] = -np.concatenate([part.Y for part in parts]).reshape(-1, k)
            J = np.concatenate([part.X for part in parts])
            root = root_of(np.nan_to_num(self.covariance))
            error[good] = np.linalg.norm(J @ root.T, axis=1).reshape(-1, k)
        if k == 1:
            return Predicted(eta[:, 0], error[:, 0])
        return Predicted(eta, error)

    def combined(self, matrix: Array, scale: float) -> Combined:
        """Return combinations of parameters with their covariance."""
        covariance = matrix @ np.nan_to_num(self.covariance) @ matrix.T
        return Combined(matrix @ self.theta, covariance)

    def under(self, spread: Spread, basis: Basis) -> FunctionPredictor:
        """Return it with another covariance."""
        return replace(self, covariance=self.placed(spread.covariance))

    def placed(self, covariance: Array) -> Array:
        """Return the covariance of the free parameters at the place of each."""
        p = len(self.theta)
        whole = np.full((p, p), np.nan)
        whole[np.ix_(self.free, self.free)] = covariance
        return whole
