"""What a row costs, as JAX needs it: value, score and curvature by the predictor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import float64_scope, jax_module
from leastwise.loss.base import Loss
from leastwise.loss.family.base import Family
from leastwise.loss.family.binomial import LikeBinomial
from leastwise.loss.family.gamma import Gamma
from leastwise.loss.family.gaussian import Gaussian
from leastwise.loss.family.inverse_gaussian import InverseGaussian

Traced = Any
Pointwise = tuple[Traced, Traced, Traced]


@dataclass(frozen=True)
class Cost:
    """The loss of a row: a function of predictor, target and what it closes over.

    Attributes
    ----------
    value : callable
        ``(eta, y, *extra) -> scalar``.
    family : Family or None
        Where the loss is one: variance and link say its score.
    """

    value: Callable[..., Traced]
    family: Family | None = None

    def score(self, eta: Traced, y: Traced, *extra: Traced) -> Traced:
        """Return the derivative of the value by the predictor.

        Parameters
        ----------
        eta, y, *extra
            Of one row.
        """
        jax = jax_module()
        jnp = jax.numpy
        family = self.family
        if family is None:
            return jax.grad(self.value)(eta, y, *extra)
        # Linear in y also where y is 0, which the value is not.
        if isinstance(family, LikeBinomial):
            if family.link == "logit":
                return (1.0 - y) * jax.nn.sigmoid(eta) - y * jax.nn.sigmoid(-eta)
            up = family.how.slope_by_rest(eta, jnp)
            return (1.0 - y) * up - y * family.how.slope_by_mean(eta, jnp)
        mean = family.how.mean(eta, jnp)
        slope = family.how.slope(eta, jnp)
        return (mean - y) * slope / family.variance(mean, jnp)

    def local(self, eta: Traced, y: Traced, extra: tuple[Traced, ...]) -> Pointwise:
        """Return value, score and curvature of rows.

        Parameters
        ----------
        eta, y : array, shape (n,)
            Predictors and targets.
        extra : tuple of arrays
            What the value closes over.
        """
        jax = jax_module()
        jnp = jax.numpy
        axes = (0, 0, *(None for _ in extra))
        value = jax.vmap(self.value, axes)(eta, y, *extra)
        if self.family is not None:
            # Below 0 there is no mean for the predictor.
            value = jnp.where(value < -1e-9, jnp.nan, value)
        score = jax.vmap(self.score, axes)(eta, y, *extra)
        curvature = jax.vmap(jax.grad(self.score), axes)(eta, y, *extra)
        return value, score, curvature

    def accepts(self, y: Traced) -> Traced:
        """Say whether a family can take targets.

        Parameters
        ----------
        y : array, shape (n,)
            The targets.
        """
        jnp = jax_module().numpy
        if isinstance(self.family, LikeBinomial):
            return (y >= 0) & (y <= 1)
        if isinstance(self.family, Gamma | InverseGaussian):
            return y > 0
        if self.family is None or isinstance(self.family, Gaussian):
            return jnp.isfinite(y)
        return y >= 0

    def start(self, y: Traced, w: Traced) -> Traced:
        """Return predictors to start from.

        Parameters
        ----------
        y, w : array, shape (n,)
            Targets and weights.
        """
        jnp = jax_module().numpy
        if self.family is None:
            return jnp.zeros_like(y)
        level = (w * y).sum() / w.sum()
        return self.family.how.predictor(0.5 * (y + level), jnp)

    def information(self, eta: Traced, y: Traced, extra: tuple[Traced, ...]) -> Traced:
        """Return the curvature that is expected, or the observed one if unknown.

        Parameters
        ----------
        eta, y, extra
            As in `local`.
        """
        jnp = jax_module().numpy
        if self.family is None:
            return self.local(eta, y, extra)[2]
        slope, mean = self.family.how.slope(eta, jnp), self.family.how.mean(eta, jnp)
        if isinstance(self.family, LikeBinomial):
            up, down = (
                f(eta, jnp)
                for f in (self.family.how.slope_by_rest, self.family.how.slope_by_mean)
            )
            return up * down
        return slope**2 / self.family.variance(mean, jnp)

    def pearson(self, eta: Traced, y: Traced) -> Traced:
        """Return squared residuals over their variance, for families.

        Parameters
        ----------
        eta, y : array, shape (n,)
            Predictors and targets.
        """
        jnp = jax_module().numpy
        family = self.family
        if family is None:
            return jnp.ones_like(y)
        mean = family.how.mean(eta, jnp)
        return (y - mean) ** 2 / family.variance(mean, jnp)


def cost_of(loss: Any) -> tuple[Cost, tuple[Traced, ...]]:
    """Return a cost and the traced numbers that it closes over.

    Parameters
    ----------
    loss : Family, Loss or callable
        ``(eta, y) -> scalar`` of one row.
    """
    jax = jax_module()
    if isinstance(loss, Family):
        if getattr(loss, "theta", 1.0) is None:
            raise RequestError(
                "theta of NegativeBinomial is not given", fix="Give theta=, a number"
            )
        return Cost(loss.value, loss), ()
    value = loss.value if isinstance(loss, Loss) else loss
    if not callable(value):
        raise RequestError(
            f"family is {loss!r}, neither a family nor a function",
            fix="Give lw.family.Poisson() or lambda eta, y: ...",
        )
    with float64_scope():
        one = jax.numpy.zeros((), "float64")
        shape = jax.eval_shape(value, one, one)
        if getattr(shape, "shape", None) != ():
            raise RequestError(
                f"the loss of one row is {shape}, not one number",
                fix="Return a scalar of eta and y",
            )
        closed, extra = jax.closure_convert(value, one, one)
    # A function of its own each time would be compiled each time.
    return (Cost(closed), tuple(extra)) if extra else (Cost(value), ())
