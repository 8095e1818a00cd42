"""The list of routes, in the order they run and are shown."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from leastwise._kit.errors import RequestError
from leastwise.engine.routes.base import Route

_HERE = "leastwise.engine.routes"

ROUTES = (
    Route(
        "statistics",
        f"{_HERE}.textbook",
        "textbook formulas: alpha = Sxy/Sxx, beta = ybar - alpha*xbar; for more "
        "inputs the normal equations of centred data",
    ),
    Route("scikit-learn", f"{_HERE}.scikit_learn", "scikit-learn LinearRegression"),
    Route(
        "gradient-descent",
        f"{_HERE}.gradient_descent",
        "JAX: standardise, gradient descent over the rows (5000 steps at rate 0.1, "
        "under jit), restore",
    ),
    Route("leastwise", f"{_HERE}.direct", "leastwise, direct solve"),
    Route(
        "leastwise-descent",
        f"{_HERE}.moments_descent",
        "leastwise, gradient descent on moments with its own choice of rate",
    ),
    Route("numpy", f"{_HERE}.numpy_lstsq", "numpy.linalg.lstsq"),
    Route("statsmodels", f"{_HERE}.statsmodels_ols", "statsmodels OLS"),
    Route(
        "pytorch",
        f"{_HERE}.pytorch",
        "PyTorch: the same training (autograd, SGD, 5000 steps at rate 0.1, one "
        "thread, float64)",
    ),
    Route(
        "tensorflow",
        f"{_HERE}.tensorflow_tape",
        "TensorFlow: the same training (GradientTape in a tf.function, 5000 steps at "
        "rate 0.1, float64)",
    ),
)


def chosen_routes(routes: Sequence[str | Route] | None) -> tuple[Route, ...]:
    """Look up the routes asked for; all of them when None.

    Parameters
    ----------
    routes : sequence of str or Route, optional
        Names of known routes, or routes of your own.

    Returns
    -------
    tuple of Route

    Raises
    ------
    RequestError
        When a name is not known; says which one may have been meant.

    Examples
    --------
    >>> [r.name for r in chosen_routes(["numpy", "statistics"])]
    ['numpy', 'statistics']
    """
    if routes is None:
        return ROUTES
    if isinstance(routes, (str, Route)):
        routes = [routes]
    if not routes:
        raise RequestError(
            "no route was asked for", fix="Name at least one, or leave routes out"
        )
    chosen: dict[str, Route] = {}
    for route in routes:
        found = route if isinstance(route, Route) else _known(route)
        chosen.setdefault(found.name, found)
    return tuple(chosen.values())


def _known(name: str) -> Route:
    known = {route.name: route for route in ROUTES}
    if name in known:
        return known[name]
    close = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=0.5)
    hint = f'Did you mean "{close[0]}"? ' if close else ""
    raise RequestError(
        f'there is no route "{name}"', fix=f"{hint}Routes: {', '.join(known)}"
    )
