"""Which columns of the design belong to which term of the formula."""

from __future__ import annotations

from dataclasses import dataclass

from leastwise.design.assemble import term_names
from leastwise.design.formula.nodes import Node
from leastwise.design.formula.show import show
from leastwise.design.recipe import Recipe


@dataclass(frozen=True)
class TermColumns:
    """A term and its columns.

    Attributes
    ----------
    label : str
        As it is written, such as ``wt:cyl``.
    variables : tuple of nodes
        What is multiplied.
    start, stop : int
        Its columns in the design, without the intercept.
    full : bool
        Whether a category shows all its levels here, because the model has not the
        terms (or the intercept) that would make one of them the base.
    """

    label: str
    variables: tuple[Node, ...]
    start: int
    stop: int
    full: bool

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns, from 0."""
        return tuple(range(self.start, self.stop))


def term_columns(recipe: Recipe) -> tuple[TermColumns, ...]:
    """Return the terms of a recipe with their columns, in order.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"y": [1.0, 2.0, 4.0, 3.0], "x": [1, 2, 3, 5], "g": ["a", "b", "c", "a"]}
    >>> m = lw.ols("y ~ x + g", data)
    >>> [(t.label, t.columns) for t in term_columns(m.recipe)]
    [('x', (0,)), ('g', (1, 2))]
    """
    encodings, learnt = dict(recipe.encodings), dict(recipe.learnt)
    start, found = 0, []
    for term in recipe.terms:
        stop = start + len(term_names(term, encodings, learnt))
        label = ":".join(show(variable) for variable in term.variables)
        found.append(TermColumns(label, term.variables, start, stop, any(term.full)))
        start = stop
    return tuple(found)
