"""Paths of files: whether one is there, and what its name says of it."""

from __future__ import annotations

import os
from pathlib import Path

from leastwise._kit.errors import DataError
from leastwise.rows.open_file import open_bytes, reading
from leastwise.rows.table import did_you_mean

DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": None}
JSON_LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")
# Enough of a .txt file to see its first line.
PEEK_BYTES = 65_536


def existing(data: str | os.PathLike[str]) -> Path:
    """Return the path of a file that is there, or say what is there instead.

    Parameters
    ----------
    data : str or path
        As the user gave it.
    """
    text = os.fspath(data)
    try:
        path = Path(text).expanduser()
        if path.is_file():
            return path
        is_folder = path.is_dir()
        neighbours = sorted(os.listdir(path.parent)) if path.parent.is_dir() else []
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f'"{text[:80]}" is no path of a file ({why})') from error
    # Somebody may hand in the text of a file: one line of it is enough.
    text = " ".join(text.split())[:200] if "\n" in text else text
    if is_folder:
        raise DataError("it is a folder", text, "Give one file of it.")
    if "://" in text:
        raise DataError("web addresses are not read", text, "Download the file first.")
    if any(sign in text for sign in "*?["):
        raise DataError(
            "there is no such file, and patterns of several files are not read",
            where=text,
            fix="Put them into one file or one data frame.",
        )
    hint = did_you_mean(path.name, neighbours)
    raise DataError(
        "there is no such file",
        where=text,
        fix=f"{hint}Looked in {path.parent.resolve()}.",
    )


def txt_delimiter(path: Path) -> str:
    """Tell a .txt file of tabs from one of commas by its first line.

    Parameters
    ----------
    path : Path
        The file.
    """
    with reading(path), open_bytes(path) as stream:
        start = stream.read(PEEK_BYTES).lstrip(b"\r\n")
    first = start.splitlines()[:1]
    return "\t" if first and b"\t" in first[0] else ","
