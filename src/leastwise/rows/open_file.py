"""Bytes of a file, plain or compressed, with every failure of reading named."""

from __future__ import annotations

import codecs
import gzip
import importlib
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from leastwise._kit.errors import DataError, LeastwiseError
from leastwise._kit.optional import need

# Python 3.14 brings zstd; before it, pyarrow does.
STDLIB_ZSTD = sys.version_info >= (3, 14)
COMPRESSED = (".gz", ".zst")

# How files that are no text begin, and what to tell their owner.
STRANGERS = (
    (b"\x1f\x8b", "is compressed with gzip", "Give its name the ending .gz."),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd", "Give its name the ending .zst."),
    (b"PAR1", "is a Parquet file", "Give its name the ending .parquet."),
    (b"PK\x03\x04", "is a zip or Excel file", "Unpack it, or save the sheet as CSV."),
    (codecs.BOM_UTF16_LE, "is UTF-16 text", "Save as UTF-8."),
    (codecs.BOM_UTF16_BE, "is UTF-16 text", "Save as UTF-8."),
)


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading, through gzip or zstd when its name says so.

    Errors while reading are made clear by `reading`, which stands around it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "a.csv.gz")
    ...     _ = path.write_bytes(gzip.compress(b"x"))
    ...     with open_bytes(path) as stream:
    ...         print(stream.read())
    b'x'
    """
    ending = path.suffix.lower()
    if ending == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    if ending == ".zst":
        return _open_zstd(path)
    return open(path, "rb")


def _open_zstd(path: Path) -> IO[bytes]:
    if STDLIB_ZSTD:
        # By name: older Pythons, and the type checker set to them, have none.
        zstd: Any = importlib.import_module("compression.zstd")
        return cast(IO[bytes], zstd.open(path, "rb"))
    arrow: Any = need("pyarrow", f"reading {path.name}")
    return cast(IO[bytes], arrow.CompressedInputStream(str(path), "zstd"))


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong in reading a file's bytes into a `DataError` naming it.

    Examples
    --------
    >>> with reading(Path("no_such.csv")):  # doctest: +ELLIPSIS
    ...     raise EOFError("ended before the end-of-stream marker")
    Traceback (most recent call last):
    leastwise._kit.errors.DataError: no_such.csv: the file is cut off: its compressed...
    """
    try:
        yield
    except LeastwiseError:
        raise
    except EOFError as error:
        raise _cut_off(path) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(path, error) from error
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise DataError(
            f"the file cannot be opened ({error.strerror})", where=path.name
        ) from error
    except Exception as error:
        # The zstd readers have error classes of their own, in modules that may not
        # be there to import; all others pass.
        if path.suffix.lower() != ".zst" or isinstance(
            error, (ValueError, MemoryError)
        ):
            raise
        if "runcated" in str(error) or "end" in str(error).split():
            raise _cut_off(path) from error
        raise _damaged(path, error) from error


def _cut_off(path: Path) -> DataError:
    return DataError(
        "the file is cut off: its compressed data ends early",
        where=path.name,
        fix="Copy or download it again.",
    )


def _damaged(path: Path, error: Exception) -> DataError:
    kind = "gzip" if path.suffix.lower() == ".gz" else "zstd"
    return DataError(
        f"the name ends in {path.suffix}, and the content is no sound "
        f"{kind} data ({error})",
        where=path.name,
        fix=f"Copy it again, or take {path.suffix} off the name if it is plain text.",
    )


def refuse_strangers(path: Path) -> None:
    """Refuse a file that starts as no text file does, and say what it is.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:  # doctest: +ELLIPSIS
    ...     path = pathlib.Path(folder, "a.csv")
    ...     _ = path.write_bytes(b"PAR1....")
    ...     refuse_strangers(path)
    Traceback (most recent call last):
    leastwise._kit.errors.DataError: a.csv: the file is a Parquet file. Give its name...
    """
    with reading(path), open_bytes(path) as stream:
        start = stream.read(4)
    for mark, what, fix in STRANGERS:
        if start.startswith(mark):
            raise DataError(f"the file {what}", where=path.name, fix=fix)


def utf8_error(path: Path) -> DataError:
    """Build the error for a file that is no UTF-8: the line and the byte.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "a.csv")
    ...     _ = path.write_bytes(b"town\\nK\\xf6ln\\n")
    ...     print(utf8_error(path))
    a.csv: byte 2 of line 2 (0xf6) is not UTF-8 text. Save as UTF-8.
    """
    line = 0
    with reading(path), open_bytes(path) as stream:
        for data in stream:
            # Lines of old Mac files end in a lone CR, which Python does not split at.
            for part in data.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\r"):
                line += 1
                try:
                    part.decode("utf-8")
                except UnicodeDecodeError as error:
                    return DataError(
                        f"byte {error.start + 1} of line {line} "
                        f"(0x{part[error.start]:02x}) is not UTF-8 text",
                        where=path.name,
                        fix="Save as UTF-8.",
                    )
    return DataError("the file is not UTF-8 text", path.name, "Save as UTF-8.")
