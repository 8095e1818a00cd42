"""The prediction of a fit of a loss in other languages."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


class AsksLossExport(ABC):
    """Scoring expressions, as methods of `LossModel`."""

    formula: str

    def to_sql(self, dialect: str) -> str:
        """Write the mean of the target as an expression of SQL.

        The linear predictor is written as `Model.to_sql` does, and the inverse of the
        link around it. Where a link is the normal distribution function, that is
        written with exponentials and ratios of polynomials (Hart 1968), with an
        absolute error below 2e-15. Of classes there is a column for the probability of
        each, ``... AS "name of the class"``, and one more, ``class``, that names the
        most probable.

        Parameters
        ----------
        dialect : str
            As in `Model.to_sql`.

        Returns
        -------
        str
            An expression, or several with names, to stand in ``SELECT ... FROM table``.

        Raises
        ------
        RequestError
            For an unknown dialect, a model or mean that is a Python function, and what
            `Model.to_sql` refuses.
        MissingDependency
            Without sqlglot.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> "EXP(" in m.to_sql("duckdb")
        True
        """
        from leastwise.model.export.loss_score import loss_score_of
        from leastwise.model.export.sql import to_sql

        return to_sql(loss_score_of(cast("LossModel", self)), dialect)

    def to_python(self) -> str:
        """Write the mean of the target as a Python module that needs only `math`.

        Its one function, ``predict(row)``, is that of `Model.to_python`. Of classes it
        returns a dict: the probability of each by its name, and ``"class"``, the name
        of the most probable; NaN in its place where a value is missing.

        Returns
        -------
        str
            The text of the module.

        Raises
        ------
        RequestError
            For a model or a mean that is a Python function.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> space = {}
        >>> exec(m.to_python(), space)
        >>> round(space["predict"]({"x": 4.0}), 6)
        11.877409
        """
        from leastwise.model.export.loss_score import loss_score_of
        from leastwise.model.export.python import to_python

        return to_python(loss_score_of(cast("LossModel", self)))

    def to_onnx(self) -> Any:
        """Write the mean of the target as an ONNX model in float64.

        Inputs are those of `Model.to_onnx`. The output ``prediction`` has shape
        (rows,); of classes it has shape (rows, classes), in the order of
        ``m.loss.classes``, and a second output ``class`` names the most probable, an
        empty text where there is none.

        Returns
        -------
        onnx.ModelProto
            ``onnx.save(model, path)`` writes it.

        Raises
        ------
        RequestError
            For a model or a mean that is a Python function, and without inputs.
        MissingDependency
            Without onnx.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> [value.name for value in m.to_onnx().graph.output]
        ['prediction']
        """
        from leastwise.model.export.loss_score import loss_score_of
        from leastwise.model.export.onnx_graph import to_onnx

        return to_onnx(loss_score_of(cast("LossModel", self)))
