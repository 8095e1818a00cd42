"""Covariances of a fit of several predictors: the sandwich of its scores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.combine import lengths
from leastwise.infer.cov.base import Covariance
from leastwise.infer.cov.classical import Classical
from leastwise.infer.cov.cluster import Cluster
from leastwise.infer.cov.groups import groups_of
from leastwise.infer.cov.hc import HC0, HC1
from leastwise.infer.cov.hessian import Hessian
from leastwise.infer.cov.read import read_cov
from leastwise.infer.cov.sandwich import Sandwich
from leastwise.model.many_sample import ManySample
from leastwise.model.named import read_only
from leastwise.moments.double import Array
from leastwise.record.fit import CLASSICAL, CovarianceRecord

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


def many_covariance(model: LossModel, kept: ManySample, cov: Any) -> LossModel:
    """Return a model with another covariance: ``H^-1 (sum_i G_i G_i') H^-1``.

    G are the scores of rows, or their sums within clusters. Huber (1967); White (1982),
    doi:10.2307/1912526.

    Parameters
    ----------
    model : LossModel
        The fit.
    kept : ManySample
        Its rows.
    cov : Covariance or str
        Classical (which is the observed information), HC0, HC1, or CR0 and CR1 of one
        column.
    """
    estimator = read_cov(cov)
    inverse = kept.solved.inverse
    if isinstance(estimator, (Classical, Hessian)):
        return with_root(model, _root(inverse), CLASSICAL)
    scores, factor, groups = _scores(estimator, kept, model)
    triangle = np.asarray(np.linalg.qr(scores, mode="r"))
    root = np.sqrt(factor) * inverse @ triangle.T
    text = f"{estimator.name}, the sandwich of the scores"
    dof = None
    found = with_root(
        model,
        root,
        CovarianceRecord(estimator.name, text, dof, (), estimator.call, estimator.word),
    )
    if groups is None:
        return found
    own = np.full(len(model.names), groups - 1.0)
    record = replace(found.cov, dof=groups - 1.0)
    return replace(found, own_dof=read_only(own), cov=record)


def _scores(
    estimator: Covariance, kept: ManySample, model: LossModel
) -> tuple[Array, float, float | None]:
    """Return scores, the factor of the meat, and the clusters if there are any."""
    solved, n = kept.solved, model.n
    scores = solved.problem.scores(solved.newton.there.score)
    weights = solved.problem.weights
    copies = weights if kept.sample.frequency else None
    if isinstance(estimator, (HC0, HC1, Sandwich)):
        if isinstance(estimator, Sandwich) and type(estimator.meat) is not HC0:
            raise _unknown(estimator)
        if copies is not None:
            # A row that stands for w rows has w scores of a w-th of its own.
            with np.errstate(divide="ignore", invalid="ignore"):
                scores = np.where(
                    copies[:, None] > 0, scores / np.sqrt(copies)[:, None], 0.0
                )
        factor = n / (n - model.rank) if isinstance(estimator, HC1) else 1.0
        return scores, factor, None
    if not isinstance(estimator, Cluster) or len(estimator.by) != 1:
        raise _unknown(estimator)
    if estimator.kind not in ("CR0", "CR1"):
        raise _unknown(estimator)
    columns = {name: kept.sample.values(name) for name in estimator.columns}
    groups = groups_of(kept.sample.seen(columns), estimator.by[0], "the cluster")
    if groups.count < 2:
        raise RequestError(
            "all rows are in one cluster", fix="Name a column with more values"
        )
    sums = np.zeros((groups.count, scores.shape[1]))
    np.add.at(sums, groups.codes, scores)
    g = float(groups.count)
    factor = 1.0
    if estimator.kind == "CR1":
        factor = g / (g - 1.0) * (n - 1.0) / (n - model.rank)
    return sums, factor, g


def _unknown(estimator: Covariance) -> RequestError:
    return RequestError(
        f"{estimator.name} is not made for a fit with several predictors",
        fix='Use "classical", "HC0", "HC1", or "CR0:town" and "cluster:town" of one '
        "column",
    )


def with_root(model: LossModel, root: Array, record: CovarianceRecord) -> LossModel:
    """Return a model with a covariance.

    Parameters
    ----------
    model : LossModel
        The fit.
    root : ndarray, shape (P, P)
        ``root root'`` is the covariance in the coordinates of the fit.
    record : CovarianceRecord
        How it was estimated.
    """
    from leastwise.model.many_predictor import ManyPredictor
    from leastwise.model.many_words import told_of

    predictor = model.predictor
    if not isinstance(predictor, ManyPredictor):
        raise AssertionError("a fit of several predictors has their predictor")
    whole = predictor.back @ root
    covariance = whole @ whole.T
    made = replace(
        model,
        covariance=read_only(covariance),
        standard_errors=read_only(lengths(whole)),
        predictor=replace(predictor, root=read_only(root)),
        cov=record,
        own_dof=None,
    )
    return replace(made, told=told_of(made))


def _root(inverse: Array) -> Array:
    values, vectors = np.linalg.eigh(inverse)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
