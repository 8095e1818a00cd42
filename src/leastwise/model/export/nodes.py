"""Arithmetic of a formula -> the expression it is."""

from __future__ import annotations

from collections.abc import Mapping

from leastwise._kit.errors import RequestError
from leastwise.design.evaluate import FUNCTIONS
from leastwise.design.formula import nodes as formula
from leastwise.design.formula.functions import BASES, LEARNT_NUMBERS, MOVED, plain_name
from leastwise.design.formula.nodes import COMPARISONS, Node
from leastwise.design.formula.show import show
from leastwise.design.learnt.base import Learnt
from leastwise.model.export.expression import (
    Column,
    Compare,
    Const,
    Expression,
    Function,
    IsText,
    Power,
    Product,
    Quotient,
    Sum,
)
from leastwise.model.export.learnt import columns_of, one_of


def expression_of(node: Node, learnt: Mapping[Node, Learnt]) -> Expression:
    """Write a numeric variable of a formula as an expression.

    Parameters
    ----------
    node : node
        A column or arithmetic.
    learnt : Mapping of node to Learnt
        What its functions learnt.

    Raises
    ------
    RequestError
        For what depends on other rows.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> expression_of(parse_expression("I(x / 2)"), {})
    Quotient(top=Column(name='x', less=0), bottom=Const(value=2.0))
    """
    if isinstance(node, formula.Name):
        return Column(node.name)
    if isinstance(node, formula.Number):
        return Const(node.value)
    if isinstance(node, formula.Sum):
        return Sum(
            tuple(
                _signed(sign, expression_of(part, learnt)) for sign, part in node.parts
            )
        )
    if isinstance(node, formula.Operation):
        return _operation(node, learnt)
    if isinstance(node, formula.Call):
        return _call(node, learnt)
    raise _no_form(node)


def columns_of_variable(
    node: Node, learnt: Mapping[Node, Learnt]
) -> tuple[Expression, ...]:
    """Write every column of a numeric variable: one, or those of a spline.

    Examples
    --------
    >>> columns_of_variable(formula.Name("x"), {})
    (Column(name='x', less=0),)
    """
    if isinstance(node, formula.Call) and node.function in BASES:
        return columns_of(learnt[node], expression_of(node.arguments[0], learnt))
    return (expression_of(node, learnt),)


def _signed(sign: int, part: Expression) -> Expression:
    if sign > 0:
        return part
    if isinstance(part, Const):
        return Const(-part.value)
    return Product((Const(-1.0), part))


def _operation(node: formula.Operation, learnt: Mapping[Node, Learnt]) -> Expression:
    if node.symbol in COMPARISONS:
        for text, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(text, formula.Text) and isinstance(other, formula.Name):
                return IsText(other.name, text.value, node.symbol == "==")
    left, right = expression_of(node.left, learnt), expression_of(node.right, learnt)
    if node.symbol in COMPARISONS:
        return Compare(node.symbol, left, right)
    if node.symbol == "*":
        return Product((left, right))
    if node.symbol == "/":
        return Quotient(left, right)
    if node.symbol == "**":
        return Power(left, right)
    raise _no_form(node)


def _call(node: formula.Call, learnt: Mapping[Node, Learnt]) -> Expression:
    function = plain_name(node.function)
    if function in MOVED:
        raise RequestError(
            f"{show(node)} takes values of other rows, an expression knows one",
            fix="Make the column in the data and fit again, or predict with leastwise",
        )
    if function == "I":
        return expression_of(node.arguments[0], learnt)
    if function in LEARNT_NUMBERS:
        return one_of(learnt[node], expression_of(node.arguments[0], learnt))
    if function in FUNCTIONS:
        return Function(function, expression_of(node.arguments[0], learnt))
    raise _no_form(node)


def _no_form(node: Node) -> RequestError:
    return RequestError(
        f"{show(node)} has no form as a scoring expression",
        fix="Predict with leastwise, or make the column in the data and fit again",
    )
