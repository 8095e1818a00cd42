"""How a fit of several predictors predicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.design.recipe import Recipe
from leastwise.infer.combine import Combined
from leastwise.infer.cov.spread import Spread
from leastwise.infer.predict import Basis
from leastwise.loss.many.base import ManyLoss
from leastwise.model.predictor import Predicted, Predictor
from leastwise.moments.double import Array
from leastwise.rows.read import read_table
from leastwise.rows.table import Table


@dataclass(frozen=True, eq=False)
class ManyPredictor(Predictor):
    """``eta_c = x'b_c``, each predictor with coefficients of its own.

    Attributes
    ----------
    recipe : Recipe
        How columns become the design.
    loss : ManyLoss
        What the predictors are for.
    estimates : ndarray, shape (m,)
        Coefficients in original units, NaN for aliased ones.
    back : ndarray, shape (m, P)
        Coefficients from those of the coordinates of the fit.
    root : ndarray, shape (P, P)
        ``root root'`` is the covariance in these coordinates.
    center : ndarray, shape (p,)
        What inputs are counted from.
    about, back_about : ndarray, shapes (m,) and (m, P)
        As `estimates` and `back`, intercepts those of inputs at the center.
    """

    recipe: Recipe
    loss: ManyLoss
    estimates: Array
    back: Array
    root: Array
    center: Array
    about: Array
    back_about: Array

    def predict(self, data: Any, scale: float) -> Predicted:
        """Return predictors of new rows, shape (n, k)."""
        eta, rows, notes = self.look(data)
        error = np.sqrt(np.einsum("nkp,nkp->nk", rows, rows))
        return Predicted(eta, error, notes)

    def look(self, data: Any) -> tuple[Array, Array, tuple[str, ...]]:
        """Return predictors and the roots of their covariances, shape (n, k, P)."""
        matrix = self.recipe.kind == "arrays" and isinstance(data, (list, tuple))
        source = data
        if not (isinstance(data, (np.ndarray, Table)) or matrix):
            source = read_table(data, self.recipe.inputs, decimal=self.recipe.decimal)
        design = self.recipe.replay(source, missing="nan")
        p = design.X.shape[1]
        origin, low = design.origin[:p], design.origin_low[:p]
        X = design.X + (origin + low)
        # From the center, so that nothing large is taken off anything large.
        near = design.X + (origin - self.center + low)
        n, k, at = len(X), len(self.loss.parts), 0
        eta, rows = np.zeros((n, k)), np.zeros((n, k, len(self.root)))
        # A row with a missing value has no predictor, that of a constant neither.
        lost = np.where(np.isnan(X).any(axis=1), np.nan, 0.0)
        for c, part in enumerate(self.loss.parts):
            ones = part.kind == "level" or (
                part.kind == "all" and self.recipe.intercept
            )
            centred = part.kind == "all" and self.recipe.intercept
            inputs = X[:, :0] if part.kind == "level" else near if centred else X
            whole = np.hstack([np.ones((n, int(ones))), inputs])
            mine = slice(at, at + whole.shape[1])
            b = self.about if centred else self.estimates
            back = self.back_about if centred else self.back
            eta[:, c] = whole @ np.nan_to_num(b[mine]) + lost
            rows[:, c] = whole @ (np.nan_to_num(back[mine]) @ self.root)
            if part.has_offset and design.offset is not None:
                eta[:, c] += design.offset
            at = mine.stop
        return eta, rows, design.notes

    def under(self, spread: Spread, basis: Basis) -> ManyPredictor:
        """Refuse: its covariances are those of `model.many_covariance`."""
        raise RequestError(
            "a fit of several predictors has no working rows",
            fix='Ask model.with_cov("HC0")',
        )

    def plain(self) -> dict[str, Any]:
        """Return what is saved of it, by name."""
        kept = ("recipe", "root", "back", "center", "about", "back_about")
        return {"kind": "many"} | {name: getattr(self, name) for name in kept}

    def combined(self, matrix: Array, scale: float) -> Combined:
        """Return combinations of coefficients with their covariance."""
        gone = np.isnan(self.estimates)
        b = np.where(gone, 0.0, self.estimates)
        back = self.back.copy()
        back[gone] = 0.0
        root = (matrix @ back) @ self.root
        return Combined(matrix @ b, root @ root.T)
