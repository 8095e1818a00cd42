"""The next items while the last one is worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

S = TypeVar("S")
T = TypeVar("T")
END: Any = object()


def ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield items, each made by another thread while the one before is worked on.

    One is held beside the one that is out; an error comes where the item would.

    Parameters
    ----------
    items : iterable
        Such as a generator that reads a file.

    Examples
    --------
    >>> list(ahead(range(3)))
    [0, 1, 2]
    """
    source = iter(items)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, source, END)
        while (item := coming.result()) is not END:
            coming = pool.submit(next, source, END)
            yield item


def mapped_ahead(
    function: Callable[[S], T], items: Iterable[S], workers: int
) -> Iterator[T]:
    """Yield ``function(item)`` in order, some of them made meanwhile by threads.

    Parameters
    ----------
    function : callable
        Such as one that reads a block.
    items : iterable
        What it is called with.
    workers : int
        Threads; as many results wait at most.

    Examples
    --------
    >>> list(mapped_ahead(abs, [-1, -2, 3], 2))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[T]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
