"""The command ``leastwise``: which subcommands there are, and how they end.

Exit codes: 0 done, 1 a check failed, 2 the request or the data is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from leastwise import __version__
from leastwise._kit.errors import AccuracyWarning, LeastwiseError
from leastwise.cli import (
    check,
    check_accuracy,
    compare,
    demo,
    explain,
    export,
    fit,
    predict,
    report,
    selftest,
)

COMMANDS = (
    fit,
    predict,
    explain,
    check,
    report,
    export,
    compare,
    demo,
    check_accuracy,
    selftest,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process when not given.

    Examples
    --------
    >>> main(["fit", "y ~", "nothing.csv"])
    2
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    # Notes are part of what is printed; a warning would say the same twice.
    warnings.simplefilter("ignore", AccuracyWarning)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except LeastwiseError as error:
        # Not at the top: only an error's text needs it here.
        from leastwise.report.number import on_one_line

        lines = f"leastwise: {error}".split("\n")
        print("\n".join(map(on_one_line, lines)), file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader (head, less) has gone: nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("leastwise: interrupted", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leastwise",
        description="Linear regression that says how many of its digits are right.",
    )
    parser.add_argument(
        "--version", action="version", version=f"leastwise {__version__}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser
