"""A prediction as an ONNX graph in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise._kit.optional import need
from leastwise.model.export.arctangent import arctangent
from leastwise.model.export.expression import (
    Category,
    Column,
    Compare,
    Const,
    Expression,
    Function,
    Interval,
    IsText,
    Level,
    Lookup,
    Named,
    Pieces,
    Polynomial,
    Power,
    Product,
    Quotient,
    Score,
    Sum,
)
from leastwise.model.export.normal import normal_below

# Equal on texts came with this version of the operators.
OPERATORS = 19
IR_VERSION = 9
DIRECT = {"log": "Log", "exp": "Exp", "sqrt": "Sqrt", "abs": "Abs", "sin": "Sin",
          "cos": "Cos", "tanh": "Tanh"}  # fmt: skip
COMPARE = {"<": "Less", "<=": "LessOrEqual", ">": "Greater", ">=": "GreaterOrEqual",
           "==": "Equal"}  # fmt: skip
LN2, LN10 = 0.6931471805599453, 2.302585092994046


def to_onnx(score: Score) -> Any:
    """Write a prediction as an ONNX model.

    Each column is an input of shape (rows,): float64 for numbers, text for texts,
    booleans for truths, int64 for whole numbers beyond 2**53. The output
    ``prediction`` is float64 of shape (rows,). A missing number is NaN.

    Parameters
    ----------
    score : Score
        The prediction.

    Raises
    ------
    RequestError
        When there is no input, so that nothing says how many rows there are.
    """
    if not score.inputs:
        raise RequestError(
            "a model without inputs has no form in ONNX: nothing says how many rows",
            fix=f"Use the constant {score.value.value!r}"
            if isinstance(score.value, Const)
            else "",
        )
    return _Writer(score).model()


class _Writer:
    """The nodes of the graph, each with the name of what it makes."""

    def __init__(self, score: Score) -> None:
        self.score = score
        self.onnx = need("onnx", "to_onnx")
        self.helper = need("onnx.helper", "to_onnx")
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.places: dict[tuple[Any, ...], str] = {}
        self.inputs = {name: f"input {name}" for name, _ in score.inputs}
        self.kinds = dict(score.inputs)

    def model(self) -> Any:
        helper, types = self.helper, self.onnx.TensorProto
        of_kind = {"text": types.STRING, "boolean": types.BOOL,
                   "integer": types.INT64, "number": types.DOUBLE}  # fmt: skip
        # Inputs have the names of the columns; inner names cannot be theirs.
        self.inputs = {name: name for name in self.inputs}
        output = self._free("prediction")
        outputs = self._several(output) if self.score.several else [self._one(output)]
        graph = helper.make_graph(
            self.nodes,
            "leastwise",
            [
                helper.make_tensor_value_info(name, of_kind[kind], ["rows"])
                for name, kind in self.score.inputs
            ],
            outputs,
            self.constants,
            doc_string=f"{self.score.target} as fitted by {self.score.formula}",
        )
        model = helper.make_model(
            graph,
            producer_name="leastwise",
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPERATORS)],
        )
        self.onnx.checker.check_model(model, full_check=True)
        return model

    def _one(self, output: str) -> Any:
        whole = self._a_row_each(self.score.value)
        self.nodes.append(self.helper.make_node("Identity", [whole], [output]))
        double = self.onnx.TensorProto.DOUBLE
        return self.helper.make_tensor_value_info(output, double, ["rows"])

    def _a_row_each(self, value: Expression) -> str:
        """Give one number a row, also where the value is the same for all."""
        first = self._number_of(self.score.inputs[0][0])
        return self._node("Expand", self.write(value), self._node("Shape", first))

    def _several(self, output: str) -> list[Any]:
        helper, types = self.helper, self.onnx.TensorProto
        each = [self._a_row_each(value) for _, value in self.score.several]
        side = self._vector(types.INT64, [-1, 1])
        columns = [self._node("Reshape", one, side) for one in each]
        self.nodes.append(helper.make_node("Concat", columns, [output], axis=1))
        shape = ["rows", len(each)]
        made = [helper.make_tensor_value_info(output, types.DOUBLE, shape)]
        if self.score.ranks:
            ranks = [self._a_row_each(value) for value in self.score.ranks]
            best = ranks[0]
            for rank in ranks[1:]:
                best = self._node("Max", best, rank)
            found = self._text("")
            for (name, _), rank in zip(
                reversed(self.score.several), reversed(ranks), strict=True
            ):
                same = self._node("Equal", rank, best)
                found = self._node("Where", same, self._text(name), found)
            label = self._free(self.score.name_of_class)
            self.nodes.append(helper.make_node("Identity", [found], [label]))
            made.append(helper.make_tensor_value_info(label, types.STRING, ["rows"]))
        return made

    def _vector(self, kind: int, values: list[int]) -> str:
        key = ("vector", kind, repr(values))
        if key not in self.places:
            self.places[key] = self._free(f"_{len(self.places)}")
            self.constants.append(
                self.helper.make_tensor(self.places[key], kind, [len(values)], values)
            )
        return self.places[key]

    def _free(self, name: str) -> str:
        while name in self.inputs:
            name += "_"
        return name

    def _node(self, kind: str, *given: str, **options: Any) -> str:
        key = (kind, given, tuple(sorted(options.items())))
        if key not in self.places:
            # What is computed twice is computed once.
            self.places[key] = self._free(f"_{len(self.places)}")
            self.nodes.append(
                self.helper.make_node(kind, list(given), [self.places[key]], **options)
            )
        return self.places[key]

    def _constant(self, kind: int, value: Any) -> str:
        key = ("constant", kind, repr(value))
        if key not in self.places:
            self.places[key] = self._free(f"_{len(self.places)}")
            given = [value.encode()] if isinstance(value, str) else [value]
            self.constants.append(
                self.helper.make_tensor(self.places[key], kind, [], given)
            )
        return self.places[key]

    def _number(self, value: float) -> str:
        return self._constant(self.onnx.TensorProto.DOUBLE, value)

    def _number_of(self, name: str) -> str:
        if self.kinds[name] == "number":
            return self.inputs[name]
        if self.kinds[name] == "text":
            # Only its shape is asked for.
            return self._cast(self._node("Equal", name, self._text("")))
        return self._cast(self.inputs[name])

    def _text(self, value: str) -> str:
        return self._constant(self.onnx.TensorProto.STRING, value)

    def _cast(self, name: str) -> str:
        return self._node("Cast", name, to=int(self.onnx.TensorProto.DOUBLE))

    def _many(self, kind: str, parts: Sequence[str]) -> str:
        made = parts[0]
        for part in parts[1:]:
            made = self._node(kind, made, part)
        return made

    def write(self, e: Expression) -> str:
        if isinstance(e, Const):
            return self._number(e.value)
        if isinstance(e, Column):
            if not e.less:
                return self._number_of(e.name)
            off = self._constant(self.onnx.TensorProto.INT64, e.less)
            return self._cast(self._node("Sub", self.inputs[e.name], off))
        if isinstance(e, Sum):
            return self._many("Add", [self.write(part) for part in e.parts])
        if isinstance(e, Product):
            return self._many("Mul", [self.write(part) for part in e.parts])
        if isinstance(e, Quotient):
            return self._node("Div", self.write(e.top), self.write(e.bottom))
        if isinstance(e, Power):
            return self._node("Pow", self.write(e.base), self.write(e.exponent))
        if isinstance(e, Named):
            return self.write(e.value)
        if isinstance(e, Function) and e.name == "ndtr":
            return self.write(normal_below(e.argument))
        if isinstance(e, Function) and e.name == "atan":
            # The operator is there, and its implementations are for float32.
            return self.write(arctangent(e.argument))
        if isinstance(e, Function):
            return self._function(e.name, self.write(e.argument))
        return self._choice(e)

    def _choice(self, e: Expression) -> str:
        if isinstance(e, Compare):
            left, right = self.write(e.left), self.write(e.right)
            if e.symbol == "!=":
                return self._cast(self._node("Not", self._node("Equal", left, right)))
            return self._cast(self._node(COMPARE[e.symbol], left, right))
        if isinstance(e, IsText):
            same = self._node("Equal", self.inputs[e.name], self._text(e.text))
            return self._cast(same if e.equal else self._node("Not", same))
        if isinstance(e, Polynomial):
            x, made = self.write(e.argument), self._number(e.coefficients[-1])
            for c in e.coefficients[-2::-1]:
                made = self._node("Add", self._node("Mul", made, x), self._number(c))
            return made
        if isinstance(e, Pieces):
            x, made = self.write(e.argument), self.write(e.pieces[-1])
            for bound, piece in zip(e.bounds[::-1], e.pieces[-2::-1], strict=True):
                below = self._node("Less", x, self._number(bound))
                made = self._node("Where", below, self.write(piece), made)
            return made
        if isinstance(e, Lookup):
            return self._lookup(e)
        raise TypeError(f"{e!r} is no expression")

    def _lookup(self, e: Lookup) -> str:
        first, rest = e.categories[0], e.categories[1:]
        step = len(e.table) // first.count
        inner = [
            self._lookup(Lookup(rest, e.table[code * step : (code + 1) * step]))
            if rest
            else self._number(e.table[code])
            for code in range(first.count)
        ]
        made = self._number(float("nan"))
        if first.otherwise is not None:
            made = inner[first.otherwise]
        for code, test in self._tests(first):
            made = self._node("Where", test, inner[code], made)
        return made

    def _tests(self, category: Category) -> list[tuple[int, str]]:
        if category.argument is not None:
            x = self.write(category.argument)
            cases = [(code, i) for code, i in category.intervals if code >= 0]
            return [(code, self._within(x, i)) for code, i in cases]
        name = category.column or ""
        return [
            (code, self._is(name, level))
            for code, same in enumerate(category.values)
            for level in same
        ]

    def _is(self, name: str, level: Level) -> str:
        column = self.inputs[name]
        if isinstance(level, str):
            return self._node("Equal", column, self._text(level))
        if self.kinds[name] == "boolean":
            return column if level else self._node("Not", column)
        if self.kinds[name] == "integer":
            whole = self._constant(self.onnx.TensorProto.INT64, int(level))
            return self._node("Equal", column, whole)
        return self._node("Equal", column, self._number(float(level)))

    def _within(self, x: str, interval: Interval) -> str:
        tests = []
        if interval.low is not None:
            kind = "GreaterOrEqual" if interval.with_low else "Greater"
            tests.append(self._node(kind, x, self._number(interval.low)))
        if interval.high is not None:
            kind = "LessOrEqual" if interval.with_high else "Less"
            tests.append(self._node(kind, x, self._number(interval.high)))
        # A number is equal to itself, NaN is not.
        return self._many("And", tests or [self._node("Equal", x, x)])

    def _function(self, name: str, x: str) -> str:
        if name in DIRECT:
            return self._node(DIRECT[name], x)
        one = self._number(1.0)
        if name in ("log2", "log10"):
            base = self._number(LN2 if name == "log2" else LN10)
            return self._node("Div", self._node("Log", x), base)
        if name == "tan":
            return self._node("Div", self._node("Sin", x), self._node("Cos", x))
        if name == "log1p":
            # The rounding of u = 1 + x cancels (Kahan).
            u = self._node("Add", one, x)
            ratio = self._node("Div", x, self._node("Sub", u, one))
            made = self._node("Mul", self._node("Log", u), ratio)
            return self._node("Where", self._node("Equal", u, one), x, made)
        if name == "expm1":
            u = self._node("Exp", x)
            off = self._node("Sub", u, one)
            near = self._node("Mul", off, self._node("Div", x, self._node("Log", u)))
            far = self._node("Greater", self._node("Abs", x), one)
            made = self._node("Where", far, off, near)
            return self._node("Where", self._node("Equal", u, one), x, made)
        raise RequestError(
            f"{name} has no form in ONNX",
            fix="Predict with leastwise, or make the column in the data and fit again",
        )
