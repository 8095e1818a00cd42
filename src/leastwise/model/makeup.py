"""What coefficients are made of: columns, levels, contrasts, parts of curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leastwise.design.formula.nodes import names_in
from leastwise.model.terms import term_columns

if TYPE_CHECKING:
    from leastwise.model.model import Model


@dataclass(frozen=True)
class Level:
    """A coefficient of one level of a category.

    Attributes
    ----------
    column, level : str
        The category and its level.
    base : str
        The level it is compared to; empty where it is compared to none.
    """

    column: str
    level: str
    base: str


@dataclass(frozen=True)
class Makeup:
    """What the coefficients of a model are made of, by their names.

    Attributes
    ----------
    columns : dict of str to frozenset of str
        Columns of the data that each is made of.
    levels : dict of str to Level
        Those of one level.
    contrasts : frozenset of str
        Those of several levels, by another coding.
    curves : frozenset of str
        Those that only together, with others of their term, say something.
    several : frozenset of str
        Columns of the data that more than one number is needed to speak of.
    """

    columns: dict[str, frozenset[str]]
    levels: dict[str, Level]
    contrasts: frozenset[str]
    curves: frozenset[str]
    several: frozenset[str]

    def shared(self, name: str) -> list[str]:
        """Return the columns of a coefficient that others speak of too.

        Parameters
        ----------
        name : str
            The coefficient.
        """
        return sorted(self.several & self.columns.get(name, frozenset()))


def makeup(model: Model) -> Makeup:
    """Look up what the coefficients of a model are made of.

    Parameters
    ----------
    model : Model
        The fit.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 4.0], "y": [1.0, 3.0, 5.0, 8.0]}
    >>> found = makeup(lw.ols("y ~ x + I(x**2)", data))
    >>> found.shared("I(x ** 2)")
    ['x']
    """
    recipe = model.recipe
    names = model.names[int(recipe.intercept) :]
    columns: dict[str, frozenset[str]] = {}
    terms: dict[str, int] = {}
    learnt = {node for node, _ in recipe.learnt}
    curves: set[str] = set()
    for term in term_columns(recipe):
        own = frozenset(names_in(*term.variables))
        columns |= {names[j]: own for j in term.columns}
        for column in own:
            terms[column] = terms.get(column, 0) + 1
        if term.variables[0] in learnt and len(term.variables) == 1 < len(term.columns):
            curves |= {names[j] for j in term.columns}
    levels, contrasts = _of_categories(model)
    curves -= levels.keys() | contrasts
    several = {column for column, count in terms.items() if count > 1}
    several |= {column for name in curves for column in columns[name]}
    return Makeup(
        columns, levels, frozenset(contrasts), frozenset(curves), frozenset(several)
    )


def _of_categories(model: Model) -> tuple[dict[str, Level], set[str]]:
    levels: dict[str, Level] = {}
    contrasts: set[str] = set()
    for node, encoding in model.recipe.encodings:
        for full in (True, False):
            marks = encoding.marks(node, full=full)
            if not encoding.indicators(full=full):
                contrasts |= set(marks)
                continue
            shown = encoding.shown_levels(full=full)
            base = "" if full else encoding.labels[encoding.base]
            for mark, i in zip(marks, shown, strict=True):
                levels[mark] = Level(encoding.column, encoding.labels[i], base)
    return levels, contrasts - levels.keys()
