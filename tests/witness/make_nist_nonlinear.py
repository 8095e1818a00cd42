"""The solutions of the NIST nonlinear problems to 25 digits, of two kinds of data.

Newton's method on the sum of squares, derivatives by differences at 80 digits, from
the certified values. Writes ``exact``, for the float64 data, and ``decimal``, for the
decimals that are published, into each file of tests/data/nist_nonlinear.

Run: python -m tests.witness.make_nist_nonlinear
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import matrix, mp, mpf

from tests.witness import nist_nonlinear_models as nist

DIGITS, SHOWN = 80, 25
STEP = 20  # differences over 1e-20 of a parameter


class _Exact:
    """The functions that the models take from `jax.numpy`, in mpmath."""

    # As the models have it: a number of float64.
    pi = property(lambda self: mpf(np.pi))

    def __getattr__(self, name: str) -> Any:
        function = getattr(mp, {"arctan": "atan"}.get(name, name))
        return np.vectorize(function, otypes=[object])


def solve(name: str, read: Callable[[float], Any]) -> dict[str, Any]:
    """Solve one problem, for the numbers that are read of its float64 data."""
    problem = nist.load(name)
    columns = {
        key: np.array([read(float(v)) for v in values], dtype=object)
        for key, values in problem.data.items()
    }
    y = columns.pop("y")
    names = list(problem.starts[0])
    b = [mpf(str(value)) for value in problem.estimates]
    h = mpf(10) ** -STEP

    def residuals(values: list[Any]) -> np.ndarray:
        p = dict(zip(names, values, strict=True))
        return np.asarray(y - problem.model(p, columns))

    def moved(values: list[Any], j: int, sign: int) -> list[Any]:
        return [v * (1 + sign * h) if i == j else v for i, v in enumerate(values)]

    def jacobian(values: list[Any]) -> np.ndarray:
        slopes = [
            (residuals(moved(values, j, -1)) - residuals(moved(values, j, 1)))
            / (2 * h * values[j])
            for j in range(len(values))
        ]
        return np.array(slopes).T

    def score(values: list[Any]) -> np.ndarray:
        return np.asarray(jacobian(values).T @ residuals(values))

    for _ in range(12):
        hessian = matrix(len(b), len(b))
        for j in range(len(b)):
            bend = (score(moved(b, j, -1)) - score(moved(b, j, 1))) / (2 * h * b[j])
            for i in range(len(b)):
                hessian[i, j] = bend[i]
        step = mp.lu_solve(hessian, matrix(list(score(b))))
        b = [v + s for v, s in zip(b, step, strict=True)]
        if max(abs(s / v) for v, s in zip(b, step, strict=True)) < mpf(10) ** -28:
            break
    else:
        raise ArithmeticError(f"{name} did not converge")
    J, r = jacobian(b), residuals(b)
    rss = sum(v * v for v in r)
    inverse = matrix((J.T @ J).tolist()) ** -1
    sigma2 = rss / (len(r) - len(b))
    errors = [mp.sqrt(sigma2 * inverse[j, j]) for j in range(len(b))]
    return {
        "B": [mp.nstr(v, SHOWN) for v in b],
        "SE": [mp.nstr(v, SHOWN) for v in errors],
        "rss": mp.nstr(rss, SHOWN),
    }


def main() -> None:
    """Solve all, and write what was found into the files."""
    mp.dps = DIGITS
    nist.jnp = _Exact()
    for name in nist.MODELS:
        file = nist.FOLDER / f"{name}.json"
        record = json.loads(file.read_text("utf-8"))
        record["exact"] = solve(name, mpf)
        record["decimal"] = solve(name, lambda value: mpf(repr(value)))
        file.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        print(name, *record["exact"]["B"][:2], flush=True)


if __name__ == "__main__":
    main()
