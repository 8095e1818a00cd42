"""What weights mean, said by the one who gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.layout import Design
from leastwise.rows.read import read_table
from leastwise.rows.table import Column, make_table


@dataclass(frozen=True, eq=False)
class Weights:
    """Case weights and what they mean.

    Attributes
    ----------
    values : str or array_like, shape (n,)
        A column of the data, or one number a row; 0 or more.
    kind : {"analytic", "frequency", "probability"}
        Analytic: the variance of a row is sigma^2/w, a row counts as one
        observation (R's ``lm``). Frequency: a row stands for w equal rows.
        Probability: a row was drawn with a chance in proportion to 1/w.
    strata, cluster : str or array_like, shape (n,), optional
        The design, for probability weights.
    """

    values: Any
    kind: Literal["analytic", "frequency", "probability"]
    strata: Any = None
    cluster: Any = None


def analytic(values: Any) -> Weights:
    """Weights in inverse proportion to the variance of a row (R's ``lm``).

    Parameters
    ----------
    values : str or array_like, shape (n,)
        A column of the data, or one number a row; 0 or more.

    Examples
    --------
    >>> analytic("precision").kind
    'analytic'
    """
    return Weights(values, "analytic")


def frequency(values: Any) -> Weights:
    """Weights that say how many equal rows a row stands for.

    Parameters
    ----------
    values : str or array_like, shape (n,)
        A column of the data, or one number a row; whole, 0 or more.

    Examples
    --------
    >>> frequency("count").kind
    'frequency'
    """
    return Weights(values, "frequency")


def probability(values: Any, *, strata: Any = None, cluster: Any = None) -> Weights:
    """Weights in inverse proportion to the chance of a row to be in the sample.

    The coefficients are those of analytic weights. Standard errors are design-based
    (`leastwise.cov.Survey`), as those of R's ``survey::svyglm``. There is no
    likelihood: AIC and BIC are NaN. The residual standard error is that of the rows
    with weights of mean 1.

    Parameters
    ----------
    values : str or array_like, shape (n,)
        A column of the data, or one number a row; 0 or more.
    strata, cluster : str or array_like, shape (n,), optional
        The strata, and the primary sampling units within them.

    Examples
    --------
    >>> probability("w", strata="region").strata
    'region'
    """
    return Weights(values, "probability", strata, cluster)


def with_weights(
    data: Any, values: Any, *, decimal: bool = False, role: str = "weights"
) -> tuple[Any, str]:
    """Name the column of weights; an array beside a table becomes a column of it.

    Parameters
    ----------
    data : data frame, mapping, path or Table
        What the formula is about.
    values : str or array_like, shape (n,)
        A column of `data`, or one number a row.
    decimal : bool
        How `data` are read, as in `read_table`.
    role : str
        What the values are, where they are not weights.

    Returns
    -------
    data, str
        The data, or a Table with one column more, and the name of the column.

    Examples
    --------
    >>> table, name = with_weights({"x": [1.0, 2.0]}, [1, 3])
    >>> name, table.column(name).values.tolist()
    ('weights', [1, 3])
    """
    if isinstance(values, str):
        return data, values
    # Not at the top: a file on the command line needs no array door.
    from leastwise.rows.arrays import as_matrix
    from leastwise.rows.mapping import check_index, index_of

    table = read_table(data, decimal=decimal)
    matrix = as_matrix(values, role)
    if matrix.values.shape != (table.n_rows, 1):
        raise DataError(
            f"{role} of {len(matrix.values)} rows for {table.n_rows} rows",
            table.source,
            "Give one number for each row",
        )
    if matrix.index is not None and index_of(data) is not None:
        check_index(("data", index_of(data)), (role, matrix.index))
    name = role
    while name in table.columns:
        name += "_"
    gaps = None if matrix.missing is None else matrix.missing[:, 0]
    joined = make_table(
        [
            *table.columns.values(),
            Column(name, "number", matrix.values[:, 0], gaps, None),
        ],
        source=table.source,
        first_line=table.first_line,
        lines=table.lines,
        unread=table.unread,
    )
    return joined, name


def whole_sum(design: Design) -> float:
    """Return how many observations the frequency weights of a design count.

    Raises
    ------
    DataError
        For a weight that is no whole number.
    """
    w = design.weights
    if w is None or not np.all(w == np.round(w)):
        bad = None if w is None else float(w[w != np.round(w)][0])
        raise DataError(
            f"frequency weights are whole numbers, found {bad}",
            fix="Use leastwise.weights.analytic for other weights",
        )
    return float(w.sum())
