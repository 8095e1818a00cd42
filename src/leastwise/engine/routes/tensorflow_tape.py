"""Route: TensorFlow training the same standardised line in a tf.function."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from leastwise._kit.optional import need
from leastwise.engine.routes.base import Answer, Problem, Solver
from leastwise.engine.routes.training import RATE, STEPS, standardise_rows, trained


def load() -> Solver:
    """Import TensorFlow, quietly, and return the solver."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    tf = need("tensorflow", "this route")

    # Weights go in and come out as tensors: variables would be traced anew each run.
    @tf.function  # type: ignore[untyped-decorator]
    def train(x: Any, y: Any, w: Any, b: Any, learn_b: Any) -> Any:
        for _ in tf.range(STEPS):
            with tf.GradientTape() as tape:
                tape.watch((w, b))
                loss = tf.reduce_mean((tf.linalg.matvec(x, w) + b - y) ** 2)
            dw, db = tape.gradient(loss, (w, b))
            w, b = w - RATE * dw, b - learn_b * db
        return w, b

    def solve(problem: Problem) -> Answer:
        rows = standardise_rows(problem)
        x = tf.constant(rows.X, dtype=tf.float64)
        y = tf.constant(rows.y, dtype=tf.float64)
        w = tf.zeros(rows.X.shape[1], dtype=tf.float64)
        b = tf.zeros((), dtype=tf.float64)
        # Without an intercept b stays at zero.
        learn_b = tf.constant(RATE * float(problem.intercept), dtype=tf.float64)
        w, b = train(x, y, w, b, learn_b)
        return trained(rows, np.asarray(w.numpy(), np.float64), float(b))

    return solve
