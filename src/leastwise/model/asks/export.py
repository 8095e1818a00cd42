"""The prediction in other languages."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from leastwise.model.model import Model


class AsksExport(ABC):
    """Scoring expressions, as methods of `Model`."""

    formula: str

    def to_sql(self, dialect: str) -> str:
        """Write the prediction as an expression of SQL.

        Columns are measured from their means, ``c + b (x - mean)``: written as it is
        printed, ``b_0 + b x`` loses the digits of a year or a time stamp. Every
        constant is rounded once. Numbers are cast to double precision; whole numbers
        beyond 2**53 are first subtracted as whole numbers. Terms of categories become
        CASE, with NULL for a level that the fit has not seen unless the model was
        fitted with ``levels="reference"`` or ``"other"``. A row with a missing value
        is NULL. Logarithms are written with LN, which SQLite has when it was built
        with its mathematical functions.

        Parameters
        ----------
        dialect : str
            ``"sqlite"``, ``"duckdb"``, ``"postgres"``, ``"bigquery"``,
            ``"snowflake"``, ``"redshift"``, ``"databricks"``, ``"spark"``,
            ``"trino"``, ``"clickhouse"``, ``"mysql"``, ``"sqlserver"`` or
            ``"oracle"``. The first three are tested by running them.

        Returns
        -------
        str
            An expression, to stand in ``SELECT ... FROM table``.

        Raises
        ------
        RequestError
            For an unknown dialect, for ``lag`` and ``diff``, which need other rows,
            and where levels differ in case only and the database does not see it.
        MissingDependency
            Without sqlglot.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0]})
        >>> m.to_sql("duckdb")
        '3.0e0 + 2.0e0 * (CAST("x" AS DOUBLE) + -1.0e0)'
        """
        from leastwise.model.export.score import score_of
        from leastwise.model.export.sql import to_sql

        return to_sql(score_of(cast("Model", self)), dialect)

    def to_python(self) -> str:
        """Write the prediction as a Python module that needs nothing but `math`.

        Its one function, ``predict(row)``, takes a mapping of columns to values and
        returns a float; NaN where a value is missing (None or NaN). A level that the
        fit has not seen is a ValueError, or what ``levels=`` of the fit says. Numbers
        are written with every digit.

        Returns
        -------
        str
            The text of the module.

        Raises
        ------
        RequestError
            For ``lag`` and ``diff``, which need other rows.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0]})
        >>> print(m.to_python())
        import math
        <BLANKLINE>
        <BLANKLINE>
        def predict(row):
            'Predict y as fitted by y ~ x'
            # row: columns by name; None or NaN where a value is missing.
            x = row['x']
            if any(v is None or v != v for v in (x,)):
                return math.nan
            x = float(x)
            return float(
                3.0
                + 2.0 * (x + (-1.0))
            )
        <BLANKLINE>
        """
        from leastwise.model.export.python import to_python
        from leastwise.model.export.score import score_of

        return to_python(score_of(cast("Model", self)))

    def to_onnx(self) -> Any:
        """Write the prediction as an ONNX model in float64.

        Each column is an input of shape (rows,): float64 for numbers, text for texts,
        booleans for truths, int64 for whole numbers beyond 2**53. The output
        ``prediction`` is float64 of shape (rows,), NaN where a number is missing or a
        level is not one of the fit.

        Returns
        -------
        onnx.ModelProto
            ``onnx.save(model, path)`` writes it.

        Raises
        ------
        RequestError
            For ``lag`` and ``diff``, and for a model without inputs.
        MissingDependency
            Without onnx.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0]})
        >>> [value.name for value in m.to_onnx().graph.input]
        ['x']
        """
        from leastwise.model.export.onnx_graph import to_onnx
        from leastwise.model.export.score import score_of

        return to_onnx(score_of(cast("Model", self)))
