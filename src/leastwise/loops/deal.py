"""Batches dealt from rows that pass in blocks: shuffled, the same for the same seed.

Blocks come in an order shuffled anew for each epoch; pieces of them are gathered until
there are enough rows, which are shuffled together and dealt in batches. What is over
goes on to the next. All depends on (seed, epoch) and on the sizes of the pieces alone,
so that a run that is taken up in the middle of an epoch reads on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from leastwise._kit.ahead import ahead
from leastwise.loops.objective import Dealt
from leastwise.loops.passing import Passing
from leastwise.moments.double import Array

# Rows of a deal, about: one shape, compiled once.
ROWS_DEALT = 65_536

P = TypeVar("P")
D = TypeVar("D", bound=Dealt)


@dataclass(frozen=True)
class Hand:
    """How rows are dealt.

    Attributes
    ----------
    batch : int
        Rows of a batch.
    shuffled : int
        Rows that are shuffled together, at least.
    seed : int
        Of the shuffles.
    """

    batch: int
    shuffled: int
    seed: int

    @property
    def batches(self) -> int:
        """Batches of a deal."""
        return max(1, ROWS_DEALT // self.batch)


@dataclass(frozen=True, eq=False)
class Deal(Generic[D]):
    """Some batches.

    Attributes
    ----------
    cases : Dealt
        Their rows, in order; of as many rows in every deal.
    rows, counted : ndarray, shape (b, batch)
        Which rows each batch has, and which of them count.
    """

    cases: D
    rows: Array
    counted: Array


def batches_of(rows: int, hand: Hand) -> int:
    """Return the batches of an epoch.

    Examples
    --------
    >>> batches_of(10, Hand(4, 100, 0))
    3
    """
    return -(-rows // hand.batch)


def deals(
    blocks: Passing[P],
    hand: Hand,
    epoch: int,
    place: int,
    cases_of: Callable[[P], D],
) -> Iterator[Deal[D]]:
    """Yield the batches of an epoch, from one of them on.

    Parameters
    ----------
    blocks : Passing
        The rows.
    hand : Hand
        How they are dealt.
    epoch, place : int
        Which epoch, and the batches of it that were dealt before.
    cases_of : callable
        Makes standardised rows of a piece.
    """
    size = hand.batches * hand.batch
    over: D | None = None
    lots = _shuffled(blocks, hand, epoch, place * hand.batch, cases_of)
    for lot in ahead(lots):
        over = lot if over is None else over.joined([over, lot])
        while len(over.y) >= size:
            yield _whole(over.taken(slice(0, size)), hand)
            over = over.taken(slice(size, None))
    if over is not None and len(over.y):
        yield _last(over, size, hand)


def _shuffled(
    blocks: Passing[P],
    hand: Hand,
    epoch: int,
    wanted: int,
    cases_of: Callable[[P], D],
) -> Iterator[D]:
    """Yield the lots of an epoch, shuffled, without the rows before one of them."""
    lots = _lots(blocks, hand, epoch)
    before = 0
    for number, lot in enumerate(lots):
        count = sum(blocks.sizes[b][p] for b, p in lot)
        if before + count <= wanted and number + 1 < len(lots):
            before += count
            continue
        order = np.random.default_rng((hand.seed, epoch, number)).permutation(count)
        order = order[max(wanted - before, 0) :]
        before += count
        yield _gathered(blocks, lot, cases_of).taken(order)


def _lots(blocks: Passing[Any], hand: Hand, epoch: int) -> list[list[tuple[int, int]]]:
    """Say which pieces are shuffled together, in the order of an epoch."""
    order = np.random.default_rng((hand.seed, epoch)).permutation(len(blocks.sizes))
    lots: list[list[tuple[int, int]]] = []
    held = hand.shuffled
    for block in order.tolist():
        for piece, rows in enumerate(blocks.sizes[block]):
            if not rows:
                continue
            if held >= hand.shuffled:
                lots.append([])
                held = 0
            lots[-1].append((block, piece))
            held += rows
    return lots


def _gathered(
    blocks: Passing[P],
    lot: list[tuple[int, int]],
    cases_of: Callable[[P], D],
) -> D:
    """Read the pieces of a lot."""
    found: list[D] = []
    for block in dict.fromkeys(b for b, _ in lot):
        places = [p for b, p in lot if b == block]
        pieces = blocks.pieces(block, places[0])
        # Places first: no piece is read that is not wanted.
        found += [cases_of(problem) for _, problem in zip(places, pieces, strict=False)]
    return found[0].joined(found)


def _whole(cases: D, hand: Hand) -> Deal[D]:
    rows = np.arange(len(cases.y)).reshape(-1, hand.batch)
    return Deal(cases, rows, np.ones(rows.shape, bool))


def _last(cases: D, size: int, hand: Hand) -> Deal[D]:
    """Fill a deal up with rows that do not count."""
    n = len(cases.y)
    filled = cases.taken(np.resize(np.arange(n), size))
    batches = -(-n // hand.batch)
    rows = np.arange(batches * hand.batch).reshape(batches, hand.batch)
    return Deal(filled, rows, rows < n)
