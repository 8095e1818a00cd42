"""A file that a run can be taken up from, to the bit.

A zip archive of arrays (NumPy's own, no pickles) with a header in JSON: what was run,
on what. It is written beside the old one and then takes its place, so that there is a
whole one at any time; every array in it has a check sum.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, LeastwiseWarning, RequestError
from leastwise._kit.precision import jax_module, to_host

Array = np.ndarray[Any, Any]
Kept = list[tuple[int, float, float, Array]]

FORMAT = 1
HEADER, LEAF = "header", "leaf"
RECORDS = ("step", "value", "gradient_norm", "params")


@dataclass(frozen=True, eq=False)
class Keeper:
    """Saves a run now and then, and takes it up again.

    Attributes
    ----------
    path : Path or None
        The file; None to keep nothing.
    every : float
        Seconds between two savings, at least.
    about : str
        What the run was of: nothing else is taken up.
    """

    path: Path | None
    every: float
    about: str
    _last: list[float] = field(default_factory=lambda: [time.monotonic()])

    def resume(self, carry: Any, rate: float) -> tuple[Any, Kept]:
        """Return where a run stands, and what it has written down.

        Parameters
        ----------
        carry : pytree of arrays
            Where it begins; what is saved has the same shape.
        rate : float
            Its step length.

        Raises
        ------
        DataError
            When the file is damaged.
        RequestError
            When it is of another run.
        """
        if self.path is None or not self.path.exists():
            return carry, []
        header, arrays = self._read(self.path)
        if header.get("about") != _digest(self.about):
            raise RequestError(
                f"{self.path.name} is of another run: {header.get('text', 'unknown')}; "
                f"this is {self.about}",
                fix="Give another file, or the solver and the data of that run",
            )
        if header.get("rate") != rate:
            # A rate that overshot was cut since, or is about to be.
            return carry, []
        jax = jax_module()
        leaves, tree = jax.tree.flatten(carry)
        saved = [arrays.get(f"{LEAF}{i}") for i in range(len(leaves))]
        if any(
            new is None or new.shape != old.shape or new.dtype != old.dtype
            for new, old in zip(saved, leaves, strict=True)
        ):
            raise self._damaged("its arrays are not those of this solver")
        kept = [
            (int(a), float(b), float(c), d)
            for a, b, c, d in zip(*(arrays[name] for name in RECORDS), strict=True)
        ]
        return tree.unflatten([jax.numpy.asarray(a) for a in saved]), kept

    def save(self, carry: Any, kept: Kept, rate: float, *, now: bool = False) -> None:
        """Write where a run stands, unless it has just been done.

        Parameters
        ----------
        carry : pytree of arrays
            All that the next step depends on.
        kept : list
            What has been written down.
        rate : float
            Its step length.
        now : bool
            Whether however recently.
        """
        due = now or time.monotonic() - self._last[0] >= self.every
        if self.path is None or not due or not kept:
            return
        leaves = [to_host(leaf) for leaf in jax_module().tree.leaves(carry)]
        header = {
            "format": FORMAT,
            "about": _digest(self.about),
            "text": self.about,
            "rate": rate,
        }
        arrays = {f"{LEAF}{i}": leaf for i, leaf in enumerate(leaves)}
        for name, values in zip(RECORDS, zip(*kept, strict=True), strict=True):
            arrays[name] = np.stack([np.asarray(value) for value in values])
        text = json.dumps(header).encode()
        arrays[HEADER] = np.frombuffer(text, np.uint8)
        try:
            _write(self.path, arrays)
        except OSError as error:
            warnings.warn(
                f"the checkpoint {self.path} could not be written ({error}); the run "
                "goes on",
                LeastwiseWarning,
                stacklevel=2,
            )
        self._last[0] = time.monotonic()

    def _read(self, path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
        try:
            with path.open("rb") as data, np.load(data, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            header = json.loads(arrays[HEADER].tobytes())
            if header["format"] != FORMAT:
                raise self._damaged(f"it has format {header['format']}")
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            if isinstance(error, DataError):
                raise
            raise self._damaged(str(error) or type(error).__name__) from error
        return header, arrays

    def _damaged(self, why: str) -> DataError:
        return DataError(
            f"the checkpoint is damaged, or none ({' '.join(why.split())})",
            str(self.path),
            "Delete it to begin anew",
        )


def keeper_of(run: Any, solver: str, data: Any) -> Keeper:
    """Return the keeper of a run.

    Parameters
    ----------
    run : Run
        Which file, how often.
    solver : str
        The solver, as text.
    data : pytree of arrays
        What it runs on: its check sum is part of what the run is about.
    """
    if run.checkpoint is None:
        return Keeper(None, run.every, "")
    about = f"{solver}, seed {run.seed}, batch {run.batch}, data {check_sum(data):08x}"
    return Keeper(Path(run.checkpoint), float(run.every), about)


def check_sum(data: Any) -> int:
    """Return a check sum of arrays.

    Parameters
    ----------
    data : pytree of arrays
        Of any types.
    """
    found = 0
    for leaf in jax_module().tree.leaves(data):
        array = np.ascontiguousarray(to_host(leaf))
        found = zlib.crc32(f"{array.dtype.str}{array.shape}".encode(), found)
        found = zlib.crc32(array.reshape(-1).view(np.uint8).data, found)
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(path: Path, arrays: dict[str, Array]) -> None:
    """Write a whole file or none."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
