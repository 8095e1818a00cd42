"""Linear hypotheses about coefficients: as text, or as a matrix with values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from leastwise._kit.errors import FormulaError, RequestError
from leastwise.infer.dist import Array
from leastwise.infer.expression import Apply, Number, Symbol, Tree, parse_sides

# Coefficient -> how often it counts, and None -> the number beside them.
Form: TypeAlias = dict[str | None, Fraction]


@dataclass(frozen=True, eq=False)
class Hypotheses:
    """Hypotheses ``matrix b = values``.

    Attributes
    ----------
    labels : tuple of str, length q
        As they were written.
    matrix : ndarray, shape (q, m)
        What each coefficient counts.
    values : ndarray, shape (q,)
        What the combinations are equal to.
    exact : tuple of tuples of Fraction
        The same, a row of coefficients and value each, without rounding.
    """

    labels: tuple[str, ...]
    matrix: Array
    values: Array
    exact: tuple[tuple[Fraction, ...], ...]


def hypotheses_of(
    given: Sequence[Any], values: Any, names: Sequence[str]
) -> Hypotheses:
    """Read what was asked: texts, or a matrix with values.

    Parameters
    ----------
    given : sequence of str, or of one matrix of shape (q, m)
        Texts such as ``"a = 2 * b"``; without an equals sign, 0 is meant.
    values : array-like, shape (q,), or None
        What the rows of a matrix are equal to; 0 when None.
    names : sequence of str
        The coefficients.

    Raises
    ------
    RequestError
        When there is none, or the shapes are others.
    FormulaError
        When a text is not linear in coefficients.

    Examples
    --------
    >>> hypotheses_of(["a = 2 * (b - 1)"], None, ["a", "b"]).matrix.tolist()
    [[1.0, -2.0]]
    """
    if not given:
        raise RequestError("there is no hypothesis", fix='Give one, such as "x = 0"')
    if not all(isinstance(text, str) for text in given):
        return _of_matrix(given, values, names)
    if values is not None:
        raise RequestError(
            "values= goes with a matrix", fix='Write the value in the text: "x = 2"'
        )
    forms = [linear_form(text, names) for text in given]
    labels = [text.strip() for text in given]
    rows = [[form.get(name, Fraction(0)) for name in names] for form in forms]
    right = [-form.get(None, Fraction(0)) for form in forms]
    return _numbers(labels, rows, right)


def linear_form(text: str, names: Sequence[str]) -> Form:
    """Return the left side less the right side of a hypothesis.

    Examples
    --------
    >>> form = linear_form("x / 2 + 0.1 = 1", ["x"])
    >>> str(form["x"]), str(form[None])
    ('1/2', '-9/10')
    """
    sides = parse_sides(text, names)
    found = _form(sides.left, text)
    if sides.right is not None:
        found = _plus(found, _form(sides.right, text), Fraction(-1))
    if not any(v for name, v in found.items() if name is not None):
        raise FormulaError(
            "no coefficient is left in this hypothesis", text, 0,
            "Name one or more coefficients, such as x = 0",
        )  # fmt: skip
    return found


def _form(tree: Tree, text: str) -> Form:
    if isinstance(tree, Number):
        return {None: tree.value}
    if isinstance(tree, Symbol):
        return {tree.name: Fraction(1)}
    parts = [_form(part, text) for part in tree.parts]
    if tree.what == "minus":
        return _plus({}, parts[0], Fraction(-1))
    if tree.what in "+-":
        return _plus(parts[0], parts[1], Fraction(1 if tree.what == "+" else -1))
    if tree.what == "*":
        for number, other in (parts, parts[::-1]):
            if set(number) <= {None}:
                return _plus({}, other, number.get(None, Fraction(0)))
    if tree.what == "/" and set(parts[1]) <= {None}:
        if not parts[1].get(None):
            raise FormulaError("this divides by zero", text, tree.position)
        return _plus({}, parts[0], 1 / parts[1][None])
    return {None: _constant_power(tree, parts, text)}


def _constant_power(tree: Apply, parts: list[Form], text: str) -> Fraction:
    plain = all(set(part) <= {None} for part in parts)
    if tree.what == "^" and plain:
        base, power = (part.get(None, Fraction(0)) for part in parts)
        if power.denominator == 1 and abs(power) <= 64 and (base or power >= 0):
            return Fraction(base ** int(power))
    raise FormulaError(
        f"{tree.what!r} makes the hypothesis not linear", text, tree.position,
        "A linear hypothesis is sums of coefficients times numbers; m.delta() takes "
        "other functions",
    )  # fmt: skip


def _plus(a: Form, b: Form, times: Fraction) -> Form:
    keys = dict.fromkeys([*a, *b])
    zero = Fraction(0)
    return {key: a.get(key, zero) + times * b.get(key, zero) for key in keys}


def _of_matrix(given: Sequence[Any], values: Any, names: Sequence[str]) -> Hypotheses:
    if len(given) != 1 or isinstance(given[0], (str, Mapping)):
        raise RequestError(
            "hypotheses are all text, or one matrix", fix='Such as m.test("x = 0")'
        )
    try:
        matrix = np.atleast_2d(np.asarray(given[0], dtype=np.float64))
        zero = np.zeros(len(matrix)) if values is None else values
        right = np.atleast_1d(np.asarray(zero, dtype=np.float64))
    except (TypeError, ValueError):
        raise RequestError(
            "the hypotheses are no matrix of numbers", fix="Give texts, or numbers"
        ) from None
    if matrix.ndim != 2 or matrix.shape[1] != len(names) or not len(matrix):
        raise RequestError(
            f"a matrix of shape {matrix.shape} for {len(names)} coefficients",
            fix="Give a row for each hypothesis, a column for each coefficient",
        )
    if right.shape != (len(matrix),):
        raise RequestError(
            f"values of shape {right.shape} for {len(matrix)} hypotheses",
            fix="Give one value for each row",
        )
    if not (np.isfinite(matrix).all() and np.isfinite(right).all()):
        raise RequestError("a hypothesis has a number that is not finite")
    for i, row in enumerate(matrix):
        if not row.any():
            raise RequestError(f"hypothesis {i + 1} names no coefficient")
    rows = [[Fraction(v) for v in row] for row in matrix.tolist()]
    labels = [_written(row, r, names) for row, r in zip(matrix, right, strict=True)]
    return _numbers(labels, rows, [Fraction(v) for v in right.tolist()])


def _written(row: Array, right: float, names: Sequence[str]) -> str:
    parts: list[str] = []
    for value, name in zip(row.tolist(), names, strict=True):
        if value:
            size = "" if abs(value) == 1 else f"{abs(value):g} "
            sign = "-" if value < 0 else "+"
            head = ("-" if value < 0 else "") if not parts else f" {sign} "
            parts.append(f"{head}{size}{name}")
    return f"{''.join(parts)} = {right:g}"


def _numbers(
    labels: Sequence[str], rows: list[list[Fraction]], right: list[Fraction]
) -> Hypotheses:
    try:
        matrix = np.array([[float(v) for v in row] for row in rows])
        values = np.array([float(v) for v in right])
    except OverflowError:
        raise RequestError(
            "a number of the hypotheses is beyond what a float64 holds"
        ) from None
    exact = tuple((*row, v) for row, v in zip(rows, right, strict=True))
    return Hypotheses(tuple(labels), matrix, values, exact)


def refuse_dependent(asked: Hypotheses) -> None:
    """Refuse hypotheses that follow from those before them, or contradict them.

    By elimination in fractions: no rounding and no tolerance is in it.

    Raises
    ------
    RequestError
        Names the hypotheses.

    Examples
    --------
    >>> refuse_dependent(hypotheses_of(["a = b", "b = 0"], None, ["a", "b"]))
    """
    rows: list[tuple[list[Fraction], dict[int, Fraction]]] = []
    for i, numbers in enumerate(asked.exact):
        row, made = list(numbers), {i: Fraction(1)}
        for other, of in rows:
            at = next(j for j, v in enumerate(other) if v)
            if row[at]:
                times = row[at] / other[at]
                row = [a - times * b for a, b in zip(row, other, strict=True)]
                for key, value in of.items():
                    made[key] = made.get(key, Fraction(0)) - times * value
        if any(row[:-1]):
            rows.append((row, made))
            continue
        used = [asked.labels[k] for k in sorted(made) if made[k] and k != i]
        which = ", ".join(f'"{label}"' for label in used)
        if row[-1]:
            raise RequestError(
                f'"{asked.labels[i]}" contradicts {which}',
                fix="No coefficients fulfil them together; leave one out",
            )
        raise RequestError(
            f'"{asked.labels[i]}" follows from {which}', fix="Leave it out"
        )


def rank_of(asked: Hypotheses) -> int:
    """Return how many hypotheses do not follow from others, exactly.

    Examples
    --------
    >>> rank_of(hypotheses_of(["a = 0", "2 * a = 0"], None, ["a", "b"]))
    1
    """
    rows: list[list[Fraction]] = []
    for numbers in asked.exact:
        row = list(numbers[:-1])
        for other in rows:
            at = next(j for j, v in enumerate(other) if v)
            times = row[at] / other[at]
            row = [a - times * b for a, b in zip(row, other, strict=True)]
        if any(row):
            rows.append(row)
    return len(rows)
